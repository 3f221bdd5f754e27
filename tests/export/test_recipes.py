"""The recipes of docs/downstream.md for exports, run as they stand."""

from __future__ import annotations

import json
from pathlib import Path
from random import Random

import pytest
from sqlalchemy import text

from pipeline import read
from pipeline.export.parquet import export_parquet
from pipeline.store import Store
from tests.cli.process import copydesk
from tests.export.test_files import fill
from tests.read.test_pickup import edit, place_copies
from tests.read.test_reader import SECRET, place_stories
from tests.read.test_recipes import recipe
from tests.store.desk import Desk


def test_duckdb_answers_over_all_days(
    store: Store, reader: read.Reader, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    fill(store, 41)
    export_parquet(reader, str(tmp_path))
    exec(recipe("Questions to the Parquet"), {"FOLDER": tmp_path})
    (line,) = capsys.readouterr().out.splitlines()
    killed = {row["story"] for row in tombstones(tmp_path)}
    heads = [head for head in reader.stories(limit=1000).stories if head.story not in killed]
    copies = sum(head.copies for head in heads)
    assert line.split()[:3] == ["Outlet", str(copies), str(len({head.story for head in heads if head.copies}))]


def tombstones(folder: Path) -> list[dict[str, object]]:
    from pyarrow import parquet as pq

    rows: list[dict[str, object]] = pq.read_table(folder / "tombstones.parquet").to_pylist()
    return rows


def test_a_corpus_has_each_live_story_once(store: Store, reader: read.Reader, tmp_path: Path) -> None:
    fill(store, 42)
    export_parquet(reader, str(tmp_path / "out"))
    (tmp_path / "corpus").mkdir()
    exec(recipe("A daily corpus"), {"FOLDER": tmp_path / "out", "CORPUS": tmp_path / "corpus"})
    rows = [json.loads(line) for file in (tmp_path / "corpus").iterdir() for line in file.read_bytes().splitlines()]
    lines = reader.changes(limit=100_000, state="full")
    texts = {
        state.head.story: "\n\n".join(version.body)
        for state in lines.states.values()
        for version in state.versions
        if version.in_force and version.body is not None and any(copy.canonical for copy in state.copies)
    }
    assert {row["story"]: row["text"] for row in rows} == texts
    assert len(rows) == len(texts) > 0


def test_passages_follow_and_forget(
    store: Store, store_url: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    place_stories(store, 1, SECRET, "Another paragraph.")
    names = {"STORE": store_url, "FILE": tmp_path / "passages.db", "QUESTION": "ledger ships"}
    exec(recipe("Retrieval"), dict(names))
    assert capsys.readouterr().out == f"{SECRET} https://outlet.example/story/1 1\n"
    desk = Desk(store, Random(5), 100)
    with store.lease.acquire():
        for _ in range(10):
            desk.act()
    with store.engine.begin() as db:
        db.execute(text("UPDATE story SET withdrawn = true WHERE id = 1"))
        db.execute(text("UPDATE change SET story_id = 1 WHERE seq = (SELECT max(seq) FROM change)"))
    exec(recipe("Retrieval"), dict(names))
    assert SECRET not in capsys.readouterr().out
    assert SECRET.encode() not in (tmp_path / "passages.db").read_bytes()


def test_pandas_reads_the_pick_up(
    store: Store, store_url: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    place_copies(store, 3)
    for number in (2, 3):
        edit(store, number, outlet="NA")
    printed = copydesk("pickup", "--agency", "IANS", "--csv", home=tmp_path, COPYDESK_STORE=store_url)
    (tmp_path / "pickup.csv").write_text(printed.stdout, encoding="utf-8", newline="")
    exec(recipe("Pick-up in pandas and R"), {"FILE": tmp_path / "pickup.csv"})
    assert [line.split() for line in capsys.readouterr().out.splitlines()[2:]] == [
        ["NA", "2", "1.0"], ["Outlet", "0", "1", "1.0"],
    ]  # fmt: skip
