"""Whatever goes wrong is one line a failure, what to do, and an exit code; the traceback with --debug alone."""

from __future__ import annotations

import errno
import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from pipeline.cli.failures import Ending, ending
from pipeline.errors import ConfigError, ExtractError, StoreError, UsageError
from tests.cli.process import clean_environment, copydesk
from tests.serving import serving

ADDRESS = "https://o.example/"


@pytest.mark.parametrize(
    ("error", "code", "says"),
    [
        (UsageError("no", concerns="x", todo="do y"), 2, "x: no - do y"),
        (StoreError("refused", concerns="db"), 1, "db: refused"),
        (OSError(errno.ENOSPC, "No space left on device", "/x"), 1, "/x: No space left on device - make room"),
        (PermissionError(errno.EACCES, "Permission denied", "/x"), 1, "/x: Permission denied - check its rights"),
        (MemoryError(), 1, "out of memory"),
        (ValueError("first\nsecond"), 1, "ValueError: first - a fault of copydesk; see with --debug"),
        (RecursionError(), 1, "no reason given"),
        (ExceptionGroup("g", [ExceptionGroup("h", [UsageError("one")]), UsageError("one")]), 2, "one"),
        (ExceptionGroup("g", [UsageError("one"), OSError("gone")]), 1, "one"),
        (KeyboardInterrupt(), 130, "stopped"),
        (BaseExceptionGroup("g", [StoreError("x"), KeyboardInterrupt()]), 130, "stopped"),
    ],
)
def test_an_error_ends_a_command(error: BaseException, code: int, says: str) -> None:
    end = ending(error)
    assert end.code == code
    assert end.lines[0].startswith(says) or says in end.lines[0]


def test_of_many_failures_ten_are_told() -> None:
    end = ending(ExceptionGroup("g", [ExtractError(f"e{n}") for n in range(14)]))
    assert (len(end.lines), end.lines[-1]) == (11, "... and 4 more")
    assert ending(ConfigError("a: b\nc: d")) == Ending(("a: b", "c: d"), 1)


@pytest.mark.parametrize(
    "text", ["postgresql://u:hunter2@h/d", "postgres+x://h/d?password=hunter2&x=1", "https://u:hunter2@o.example/f"]
)
def test_no_password_is_told(text: str) -> None:
    assert "hunter2" not in ending(StoreError("x", concerns=text)).lines[0]


def make_folder(tmp_path: Path) -> None:
    (tmp_path / "folder").mkdir()
    (tmp_path / "binary.html").write_bytes(bytes(range(256)) * 40)
    (tmp_path / "binary.jsonl").write_bytes(bytes(range(128, 256)))
    (tmp_path / "good.html").write_text("<p>x</p>", encoding="utf-8")
    (tmp_path / "pages.jsonl").write_text("[]\n", encoding="utf-8")
    os.mkfifo(tmp_path / "fifo")
    (tmp_path / "zero.toml").write_text("[extract]\nworkers = 0\n[fetch]\nconcurrency = -1\n", encoding="utf-8")


@pytest.mark.parametrize(
    ("words", "code", "says"),
    [
        (("extract", "binary.html", "--url", ADDRESS), 1, ADDRESS),
        (("extract", "fifo", "--url", ADDRESS), 1, "not a regular file"),
        (("extract", "/proc/self/environ", "--url", ADDRESS), 1, "a file of the system"),
        (("extract-many", "pages.jsonl", "--out", "x"), 2, "pages.jsonl:1: no JSON record"),
        (("cluster", "binary.jsonl", "--out", "x"), 2, "binary.jsonl:1: not UTF-8"),
        (("lines", "pages.jsonl", "--out", "/proc/x"), 1, "/proc/x.part: No such file or directory - check the name"),
        (("run", "--once", "--feeds", "folder"), 1, "folder: Is a directory"),
        (("--log-level", "loud", "run"), 2, "no level 'loud'"),
    ],
)
def test_a_plain_mistake_is_one_line(tmp_path: Path, words: tuple[str, ...], code: int, says: str) -> None:
    make_folder(tmp_path)
    result = copydesk(*words, home=tmp_path)
    assert (result.returncode, result.stdout) == (code, "")
    assert says in result.stderr
    assert len(result.stderr.strip().splitlines()) == 1


@pytest.mark.parametrize(
    "words",
    [
        ("extract", "absent.html", "--url", ADDRESS),
        ("extract", "folder", "--url", ADDRESS),
        ("cluster", "folder", "--out", "x"),
        ("story", "99999999999999999999"),
        ("feeds", "pause", "99999999999999999999"),
        ("merge", "1", "99999999999999999999"),
        ("stories", "--limit", "99999999999999999999"),
    ],
)
def test_bad_usage_is_told_without_a_traceback(tmp_path: Path, words: tuple[str, ...]) -> None:
    make_folder(tmp_path)
    result = copydesk(*words, home=tmp_path)
    assert (result.returncode, result.stdout) == (2, "")
    assert "Traceback" not in result.stderr


def test_a_cursor_that_no_store_gave_is_told_without_a_traceback(tmp_path: Path) -> None:
    make_folder(tmp_path)
    result = copydesk("changes", "--after", "99999999999999999999", home=tmp_path)
    assert (result.returncode, result.stdout) == (1, "")
    assert "Traceback" not in result.stderr


def test_every_fault_of_a_config_is_a_line(tmp_path: Path) -> None:
    make_folder(tmp_path)
    result = copydesk("run", "--feeds", "zero.toml", home=tmp_path)
    assert (result.returncode, len(result.stderr.strip().splitlines())) == (1, 2)


def test_the_traceback_is_shown_with_debug(tmp_path: Path) -> None:
    result = copydesk("--debug", "stories", home=tmp_path)
    assert "Traceback" in result.stderr
    assert result.stderr.strip().splitlines()[-1].startswith("copydesk: ")


# As a shell starts a command in the background: it ignores Ctrl-C.
IN_BACKGROUND = ("sh", "-c", 'trap "" INT; exec "$@"', "sh")


@pytest.mark.parametrize(
    ("sent", "shell"),
    [(signal.SIGINT, ()), (signal.SIGTERM, ()), (signal.SIGTERM, IN_BACKGROUND)],
    ids=["Ctrl-C", "SIGTERM", "SIGTERM in the background"],
)
def test_a_run_that_is_stopped_ends_with_its_children(
    tmp_path: Path, sent: signal.Signals, shell: tuple[str, ...]
) -> None:
    with serving({}) as port:
        (tmp_path / "feeds.toml").write_text(
            f'[fetch]\nhost_gap = 0\nallow = ["127.0.0.1:{port}"]\n[[feed]]\noutlet = "O"\nurl = "http://127.0.0.1:{port}/f"\n',
            encoding="utf-8",
        )
        running = subprocess.Popen(
            [*shell, sys.executable, "-m", "pipeline.cli.main", "run", "--json"],
            cwd=tmp_path, env=clean_environment(tmp_path), stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
            start_new_session=True,
        )  # fmt: skip
        assert running.stdout
        assert '"step": "publish"' in "".join(running.stdout.readline() for _ in range(5))
        running.send_signal(sent)
        # Children share stderr: that it ends is the end of them all.
        _, errors = running.communicate(timeout=60)
    assert running.returncode == {signal.SIGINT: 130, signal.SIGTERM: 143}[sent]
    notes = [line for line in errors.splitlines() if "feed_failed" not in line]  # that the feed failed is logged
    assert notes == ["copydesk: stopped; what is stored stays, and the next run goes on from there"]


def test_a_reader_that_has_gone_is_no_failure_to_tell(tmp_path: Path) -> None:
    urls = [f"http://127.0.0.1:9/{n}/{'x' * 500}" for n in range(300)]
    program = subprocess.Popen(
        [sys.executable, "-m", "pipeline.cli.main", "fetch", *urls, "--json"],
        cwd=tmp_path, env=clean_environment(tmp_path), stdout=subprocess.PIPE, stderr=subprocess.PIPE,
    )  # fmt: skip
    assert program.stdout
    assert program.stderr
    program.stdout.close()
    assert program.stderr.read() == b""
    assert program.wait(60) == 1


def test_a_full_disk_is_told(tmp_path: Path) -> None:
    with Path("/dev/full").open("w") as full:
        result = subprocess.run(
            [sys.executable, "-m", "pipeline.cli.main", "fetch", "http://127.0.0.1:9/", "--json"],
            cwd=tmp_path, env=clean_environment(tmp_path), stdout=full, stderr=subprocess.PIPE, text=True, check=False,
        )  # fmt: skip
    assert result.returncode == 1
    assert "No space left on device - make room" in result.stderr
    assert len(result.stderr.strip().splitlines()) == 1


def test_the_version(tmp_path: Path) -> None:
    assert copydesk("--version", home=tmp_path).stdout.startswith("copydesk 0.")
