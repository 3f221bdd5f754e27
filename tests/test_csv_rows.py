"""Tables for spreadsheets: each row is read back, and none of its cells is run."""

from __future__ import annotations

import csv
import io
import json
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipeline.csv_rows import (
    CHANGE_COLUMNS,
    OUTCOME_COLUMNS,
    PICKUP_COLUMNS,
    STORY_COLUMNS,
    csv_cell,
    csv_lines,
    outcome_rows,
)
from pipeline.store import open_store
from pipeline.text.visible import visible
from tests.cli.process import copydesk
from tests.cli.samples import RECORDS
from tests.cli.test_commands import store_story
from tests.store.conftest import store_url
from tests.store.samples import poll

__all__ = ["store_url"]

STARTS = ("=", "+", "-", "@", "\uff1d", "\uff0b", "\uff0d", "\uff20")


def rows_of(text: str) -> list[dict[str, str]]:
    return list(csv.DictReader(io.StringIO(text, newline="")))


@given(st.lists(st.fixed_dictionaries({"a": st.text(), "b": st.none() | st.text() | st.integers()}), max_size=4))
def test_what_is_written_is_read_back(records: list[dict[str, object]]) -> None:
    text = "".join(csv_lines(("a", "b"), records))
    assert text.encode().decode() == text
    cells = [[csv_cell(record["a"]), csv_cell(record["b"])] for record in records]
    assert list(csv.reader(io.StringIO(text, newline=""))) == [["a", "b"], *cells]


@given(st.text(alphabet=st.sampled_from("=+-@ \t\r\n\x00\u200e\u200b\ufeff\uff1d\uff20a1'")))
def test_no_text_begins_a_formula(text: str) -> None:
    cell = csv_cell(text)
    assert not cell.lstrip(" \u200b\ufeff").startswith(STARTS)
    assert cell.removeprefix("'") == visible(text) or cell == visible(text)
    assert "\n" not in cell


def test_values_are_written_plainly() -> None:
    values = (None, True, -1.5, 0, [1, 2], ["é"], "-5", "a-b", "\tx", "x\ny")
    cells = ("", "true", "-1.5", "0", "[1, 2]", '["é"]', "'-5", "a-b", "' x", "x y")
    assert tuple(map(csv_cell, values)) == cells


def test_a_table_has_all_fields_of_its_record() -> None:
    story = list(RECORDS["story"])
    assert set(STORY_COLUMNS) == set(story[: story.index("reason") + 1])
    assert tuple(RECORDS["change"]) == CHANGE_COLUMNS
    assert tuple(RECORDS["pickup"]) == PICKUP_COLUMNS
    (row, *_) = outcome_rows([RECORDS["outcomes"]])
    assert set(row) - set(OUTCOME_COLUMNS) == {"outcomes", "days"}


@pytest.fixture
def filled(store_url: str) -> str:
    """A store whose story and feed have names that a spreadsheet would run."""
    store_story(store_url)
    with open_store(store_url) as store, store.lease.acquire():
        store.feeds.record_poll(poll(1))
        with store.transaction() as db:
            db.exec_driver_sql("UPDATE story SET title = '=1+1, \"né\"'")
            db.exec_driver_sql("UPDATE feed SET outlet = '@Outlet'")
    return store_url


@pytest.mark.parametrize("command", ["stories", "changes", "outcomes"])
def test_a_command_prints_a_table(tmp_path: Path, filled: str, command: str) -> None:
    words = (command, *(("--days", "3650") if command == "outcomes" else ()))
    env = {"COPYDESK_STORE": filled, "PYTHONIOENCODING": "utf-8"}
    rows = rows_of(copydesk(*words, "--csv", home=tmp_path, **env).stdout)
    records = [json.loads(line) for line in copydesk(*words, "--json", home=tmp_path, **env).stdout.splitlines()]
    if command == "outcomes":
        assert [(row["outlet"], row["outcome"], row["times"]) for row in rows] == [("'@Outlet", "ok", "2")]
        return
    assert rows == [{name: csv_cell(value) for name, value in record.items()} for record in records]
    assert command == "changes" or rows[0]["title"] == '\'=1+1, "né"'


def test_a_table_is_utf_8_whatever_the_locale(tmp_path: Path) -> None:
    store_url = f"sqlite:///{tmp_path / 'copydesk.db'}"
    store_story(store_url)
    env = {"COPYDESK_STORE": store_url, "LC_ALL": "C", "PYTHONUTF8": "0", "PYTHONCOERCECLOCALE": "0"}
    with open_store(store_url) as store, store.transaction() as db:
        db.exec_driver_sql("UPDATE story SET title = 'é'")
    assert rows_of(copydesk("stories", "--csv", home=tmp_path, **env).stdout)[0]["title"] == "é"


def test_one_form_is_asked_for(tmp_path: Path) -> None:
    result = copydesk("stories", "--csv", "--json", home=tmp_path)
    assert (result.returncode, result.stdout) == (2, "")
    assert "--json, --csv: only one of them can be printed" in result.stderr
