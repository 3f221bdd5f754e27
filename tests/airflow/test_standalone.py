"""The processes below a keeper all end, however their starter ends; a missing feeds file is said plainly."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import textwrap
from collections.abc import Callable
from pathlib import Path

import pytest

from pipeline.errors import ConfigError
from pipeline.local_airflow import Standalone, free_port, up
from pipeline.local_airflow.keeper import session_members

# Two children that a plain TERM to the first would leave: one in a process group of its own, one deaf to TERM.
STUBBORN = """
import os, signal, subprocess, sys, time
subprocess.Popen([sys.executable, "-c", "import time; time.sleep(600)"], process_group=0)
subprocess.Popen([sys.executable, "-c",
    "import signal, time; signal.signal(signal.SIGTERM, signal.SIG_IGN); print('deaf', flush=True); time.sleep(600)"])
time.sleep(600)
"""


def kept(tmp_path: Path) -> subprocess.Popen[bytes]:
    """A keeper over stubborn children, once they all run."""
    script = tmp_path / "stubborn.py"
    script.write_text(textwrap.dedent(STUBBORN))
    keeper = subprocess.Popen(
        [sys.executable, "-m", "pipeline.local_airflow.keeper", sys.executable, str(script)],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        start_new_session=True,
    )
    assert keeper.stdout
    assert keeper.stdout.readline() == b"deaf\n"
    return keeper


def close_lifeline(keeper: subprocess.Popen[bytes]) -> None:
    for number in (signal.SIGINT, signal.SIGHUP, signal.SIGTERM):
        keeper.send_signal(number)  # a terminal's signals do not end a keeper
    assert len(session_members(keeper.pid)) == 4
    assert keeper.stdin
    keeper.stdin.close()


def kill_the_child(keeper: subprocess.Popen[bytes]) -> None:
    children = [pid for pid in session_members(keeper.pid) if parent_of(pid) == keeper.pid]
    os.kill(children[0], signal.SIGKILL)


def parent_of(pid: int) -> int:
    return int(Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[1])


@pytest.mark.skipif(not Path("/proc/self").exists(), reason="reads /proc")
@pytest.mark.parametrize("end", [close_lifeline, kill_the_child])
def test_nothing_of_a_session_is_left(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, end: Callable[[subprocess.Popen[bytes]], None]
) -> None:
    keeper = kept(tmp_path)
    assert len(session_members(keeper.pid)) == 4
    end(keeper)
    keeper.wait(30)
    assert session_members(keeper.pid) == []


def test_a_free_port_is_free() -> None:
    assert free_port() != 0


def test_stopping_what_never_started_is_nothing(tmp_path: Path) -> None:
    airflow = Standalone(tmp_path, tmp_path, tmp_path)
    airflow.stop()
    assert airflow.processes() == []
    assert airflow.log_tail() == "(no log)"


def test_up_without_a_feeds_file_says_what_to_copy(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match=r"copydesk init"):
        up(tmp_path / "feeds.toml")


def test_up_without_feeds_says_so(tmp_path: Path) -> None:
    file = tmp_path / "feeds.toml"
    file.write_text("[fetch]\ncontact = 'me@example.org'\n")
    with pytest.raises(ConfigError, match="names no feed"):
        up(file)
