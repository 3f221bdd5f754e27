"""What a log line holds: no secrets, one line, keys; and every event of the code stands in the docs."""

from __future__ import annotations

import ast
import json
import logging
import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
import structlog

from pipeline.log import MOST_LENGTH, bound, clean_text, configure, get_logger

ROOT = Path(__file__).resolve().parent.parent
LEVELS = ("debug", "info", "warning", "error", "exception")


@pytest.fixture(autouse=True)
def _as_before() -> Iterator[None]:
    handlers, level = logging.root.handlers[:], logging.root.level
    yield
    structlog.reset_defaults()
    logging.root.handlers[:] = handlers
    logging.root.setLevel(level)


def printed(capsys: pytest.CaptureFixture[str]) -> list[dict[str, object]]:
    return [json.loads(line) for line in capsys.readouterr().err.splitlines()]


def test_an_event_has_its_keys_and_the_ids_around_it(capsys: pytest.CaptureFixture[str]) -> None:
    configure("info", as_json=True)
    with bound(run="r1", feed="https://op:pw@outlet.example/f"):
        get_logger("pipeline.x").warning("feed_failed", outcome="dns", seconds=1.5)
    get_logger("pipeline.x").debug("page_read", entry=1)
    [line] = printed(capsys)
    assert line.pop("timestamp")
    expected = {"event": "feed_failed", "level": "warning", "run": "r1", "outcome": "dns", "seconds": 1.5}
    assert line == expected | {"feed": "https://***@outlet.example/f"}


@pytest.mark.parametrize(
    ("text", "clean"),
    [
        ("https://op:pw@outlet.example/f", "https://***@outlet.example/f"),
        ("postgresql+psycopg://desk:p/w@db:5432/x", "postgresql+psycopg://***@db:5432/x"),
        ("https://a.example/2x@home?page=2", "https://a.example/2x@home?page=2"),
        ("https://a.example/f?api_key=1&page=2&X-Amz-Signature=ab", "https://a.example/f?api_key=***&page=2&X-Amz-Signature=***"),
        ("https://a.example/f?design=3&monkey=4&keyword=x", "https://a.example/f?design=3&monkey=4&keyword=x"),
        ("a\nb\x1b[2J\x9b\x7f\u202e", "a\\u000ab\\u001b[2J\\u009b\\u007f\\u202e"),
        ("a" * MOST_LENGTH + "b", "a" * MOST_LENGTH),
    ],
)  # fmt: skip
def test_a_value_has_no_secret_and_no_control(text: str, clean: str) -> None:
    assert clean_text(text) == clean


def test_values_within_values_and_values_called_secrets_are_cleaned(capsys: pytest.CaptureFixture[str]) -> None:
    configure("info", as_json=True)
    get_logger("x").info("feed_added", hubs=["https://a:b@hub.example/"], counts={"ok\n": 2}, hub_secret="s")
    [line] = printed(capsys)
    assert (line["hubs"], line["counts"]) == (["https://***@hub.example/"], {"ok\\u000a": 2})
    assert line["hub_secret"] == "***"


def test_a_traceback_is_kept_without_its_secrets(capsys: pytest.CaptureFixture[str]) -> None:
    configure("info", as_json=True)
    try:
        raise ValueError("https://op:pw@outlet.example/ \x1b[2J")
    except ValueError:
        get_logger("x").exception("step_failed", step="poll")
    [line] = printed(capsys)
    assert "ValueError: https://***@outlet.example/ \\u001b[2J" in str(line["exception"])


def test_libraries_speak_the_same_way(capsys: pytest.CaptureFixture[str]) -> None:
    configure("info", as_json=True)
    logging.getLogger("somewhere").info("not this")
    logging.getLogger("somewhere").warning("of %s", "https://op:pw@outlet.example/\x1b")
    [line] = printed(capsys)
    assert line["event"] == "of https://***@outlet.example/\\u001b"


def test_a_person_gets_a_line_without_colours_where_no_terminal_is(capsys: pytest.CaptureFixture[str]) -> None:
    configure("warning", as_json=False)
    get_logger("x").warning("feed_failed", feed="https://outlet.example/f", outcome="dns")
    line = capsys.readouterr().err
    assert re.search(r"\[warning +\] feed_failed +feed=https://outlet.example/f outcome=dns\n$", line)
    assert "\x1b" not in line


def test_nothing_is_printed_where_nobody_configured_it() -> None:
    code = "from pipeline.log import get_logger; get_logger('x').error('step_failed')"
    ended = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert (ended.stdout, ended.stderr) == ("", "")


def test_a_configuration_that_is_there_gets_the_event_with_its_keys() -> None:
    with structlog.testing.capture_logs() as events:
        get_logger("x").info("feed_polled", feed="https://op:pw@outlet.example/f", outcome="ok")
    assert events == [
        {"event": "feed_polled", "log_level": "info", "feed": "https://***@outlet.example/f", "outcome": "ok"}
    ]


# ---------------------------------------------------------------- the table of events

ROW = re.compile(r"^\| `(\w+)` \| (\w+) \| ([^|]+) \| ([^|]+) \|$", re.M)


def documented_events() -> dict[str, tuple[str, set[str]]]:
    """Each event of docs/operations.md, with its level and keys."""
    section = (
        (ROOT / "docs/operations.md").read_text(encoding="utf-8").partition("## Log events")[2].partition("\n## ")[0]
    )
    return {name: (level, set(re.findall(r"`(\w+)`", keys))) for name, level, _, keys in ROW.findall(section)}


def logged_events() -> Iterator[tuple[str, str, str, set[str]]]:
    """Each call of a logger in the code: where, its event, its level, its keys."""
    for path in [path for room in ("pipeline", "dags", "plugins") for path in sorted((ROOT / room).rglob("*.py"))]:
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if is_log_call(node):
                place = f"{path.relative_to(ROOT)}:{node.lineno}"
                assert isinstance(node.args[0], ast.Constant), f"{place}: the event is no constant"
                assert all(word.arg for word in node.keywords), f"{place}: write out the keys"
                level = "error" if node.func.attr == "exception" else node.func.attr
                yield place, node.args[0].value, level, {word.arg or "" for word in node.keywords} - {"exc_info"}


def is_log_call(node: ast.AST) -> bool:
    """Whether it is a call such as `log.info(...)`."""
    func = node.func if isinstance(node, ast.Call) else None
    return isinstance(func, ast.Attribute) and func.attr in LEVELS and getattr(func.value, "id", "") == "log"


def test_every_event_stands_in_the_docs_with_its_level_and_keys() -> None:
    table = documented_events()
    for place, event, level, keys in logged_events():
        assert re.fullmatch(r"[a-z]+(_[a-z]+)+", event), f"{place}: {event} is not snake_case of two words or more"
        assert event in table, f"{place}: {event} is missing from docs/operations.md, Log events"
        assert table[event][0] == level, f"{place}: {event} is {level}"
        assert keys <= table[event][1], f"{place}: {event} has keys that its row does not name"


def test_the_docs_name_no_event_that_nobody_logs() -> None:
    assert set(documented_events()) - {event for _, event, _, _ in logged_events()} == set()


def test_structlog_is_configured_and_called_in_one_file() -> None:
    files = [*(ROOT / "pipeline").rglob("*.py")]
    users = [path.name for path in files if re.search(r"^(import|from) (structlog|logging)\b", path.read_text(), re.M)]
    assert users == ["log.py"]
