"""An export is one view of the store, whole or without a manifest, and the same bytes again."""

from __future__ import annotations

import hashlib
import json
from pathlib import Path
from random import Random

import pytest
from sqlalchemy import text

from pipeline import read
from pipeline.export.jsonl import export_jsonl
from pipeline.store import Store
from tests.export.formats import files_of
from tests.read.test_reader import SECRET, place_stories
from tests.read.test_recipes import recipe
from tests.store.desk import Desk


def lines(folder: Path, name: str) -> list[dict[str, object]]:
    return [json.loads(line) for line in (folder / name).read_bytes().splitlines()]


def number(row: dict[str, object]) -> int:
    head = row["head"]
    assert isinstance(head, dict)
    return int(head["story"])


def act(store: Store, desk: Desk, times: int) -> None:
    with store.lease.acquire():
        desk.place()
        for _ in range(times):
            desk.act()


@pytest.mark.parametrize("seed", range(2))
def test_what_changed_laid_over_the_whole_is_the_whole(
    store: Store, reader: read.Reader, tmp_path: Path, seed: int
) -> None:
    desk = Desk(store, Random(seed))
    act(store, desk, 40)
    first = export_jsonl(reader, str(tmp_path / "first"))
    act(store, desk, 20)
    changed = export_jsonl(reader, str(tmp_path / "changed"), first.cursor)
    export_jsonl(reader, str(tmp_path / "whole"))
    rows = {number(row): row for name in ("first", "changed") for row in lines(tmp_path / name, "stories.jsonl")}
    all_rows = {number(row): row for row in lines(tmp_path / "whole", "stories.jsonl")}
    assert rows.keys() == all_rows.keys()
    assert {key: row["versions"] for key, row in rows.items()} == {
        key: row["versions"] for key, row in all_rows.items()
    }
    assert {key: row["copies"] for key, row in rows.items()} == {key: row["copies"] for key, row in all_rows.items()}
    assert changed.cursor == reader.info().cursor
    for file in changed.files:
        content = (tmp_path / "changed" / file.name).read_bytes()
        assert (file.sha256, file.bytes) == (hashlib.sha256(content).hexdigest(), len(content))
        assert file.rows == content.count(b"\n")


def test_a_withdrawn_text_is_in_no_file_and_its_kill_is(
    store: Store, reader: read.Reader, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    place_stories(store, 1, SECRET)
    place_stories(store, 1, "Another story.", start=1)
    with store.engine.begin() as db:
        db.execute(text("UPDATE story SET withdrawn = true WHERE id = 1"))
        db.execute(text("UPDATE change SET kind = 'story-withdrawn' WHERE seq = 3"))
    out = tmp_path / "out"
    export_jsonl(reader, str(out))
    assert SECRET.encode() not in b"".join(files_of(out).values())
    assert [(row["story"], row["level"]) for row in lines(out, "kills.jsonl")] == [(1, "withdrawn")]
    exec(recipe("Exports"), {"FOLDER": out})
    assert capsys.readouterr().out == "Title 2 ['Another story.']\n"
