"""The Parquet export as three readers read it, beside what the client reads; its cards; its kills."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import duckdb
import mlcroissant
import polars
import pyarrow as pa
import pytest
import yaml
from pyarrow import dataset
from sqlalchemy import text, update

from pipeline import read
from pipeline.export.parquet import export_parquet
from pipeline.export.parquet_schema import SCHEMAS, TEXTS, VERSIONS
from pipeline.store import Store
from pipeline.store.schema.tables import article, version
from tests.export.formats import files_of
from tests.export.test_files import fill
from tests.read.test_reader import SECRET, place_stories

FILES = {name: "tombstones.parquet" if name == "tombstones" else f"{name}/*.parquet" for name in SCHEMAS}
Rows = list[dict[str, Any]]
ODD_TEXTS = ["", '"', 'said "no", and', "two\nlines\r\n", "\\N", "\\.", "NULL", "t", " , ", "1", "\u2028\U0001f680\t"]


def rows_of(folder: Path, table: str) -> Rows:
    path = folder / ("tombstones.parquet" if table == "tombstones" else table)
    return comparable(dataset.dataset(path, format="parquet").to_table().to_pylist()) if path.exists() else []


def comparable(rows: Rows) -> Rows:
    """Rows in one order, with times in one zone and lists as Python has them."""
    return sorted(({name: plain(value) for name, value in row.items()} for row in rows), key=str)


def plain(value: Any) -> Any:
    return value.astimezone(UTC) if isinstance(value, datetime) else value


def test_three_readers_read_the_same(store: Store, reader: read.Reader, tmp_path: Path) -> None:
    fill(store, 5)
    export_parquet(reader, str(tmp_path))
    for table, pattern in FILES.items():
        rows = rows_of(tmp_path, table)
        assert rows
        with duckdb.connect() as db:
            answer = db.execute(f"SELECT * FROM '{tmp_path / pattern}'")
            names = [column[0] for column in answer.description or ()]
            assert comparable([dict(zip(names, row, strict=True)) for row in answer.fetchall()]) == rows
        assert comparable(polars.read_parquet(tmp_path / pattern).to_dicts()) == rows


def test_the_tables_are_what_the_client_reads(store: Store, reader: read.Reader, tmp_path: Path) -> None:
    fill(store, 6)
    export_parquet(reader, str(tmp_path))
    lines = reader.changes(limit=100_000, state="full")
    states = sorted(lines.states.values(), key=lambda state: state.head.story)
    # In the files stories that were merged or removed have their versions too, without a text.
    live = {state.head.story for state in states if state.versions}
    heads, versions, copies = (rows_of(tmp_path, table) for table in ("stories", "versions", "copies"))
    assert {
        row["story"]: (row["title"], row["status"], row["first_seen"], row["byline"] or [], row["copies"], row["uri"])
        for row in heads
    } == {
        head.story: (head.title, head.status.value, head.first_seen, list(head.byline), head.copies, head.uri)
        for head in (state.head for state in states)
    }
    assert all(row["day"] == row["first_seen"].date() for row in heads)
    assert {
        (row["story"], row["version"]): (row["body"], row["created"], row["in_force"])
        for row in versions
        if row["story"] in live
    } == {
        (part.story, part.version): (None if part.body is None else [*part.body], part.created, part.in_force)
        for state in states
        for part in state.versions
    }
    assert all(row["body"] is None for row in versions if row["story"] not in live)
    assert {
        row["article"]: (row["url"], row["relation"], row["first_seen"], row["canonical"])
        for row in copies
        if row["story"] in live
    } == {
        part.article: (part.url, part.relation, part.first_seen, part.canonical)
        for state in states
        for part in state.copies
    }
    changes = rows_of(tmp_path, "changes")
    assert sorted(
        (row["seq"], row["kind"], tuple(row["articles"]), row["at"], row["at"].date()) for row in changes
    ) == [
        (line.seq, line.kind.value, line.articles, line.at, row_day)
        for line in lines.lines
        for row_day in [line.at.date()]
    ]


def test_what_changed_laid_over_the_whole_is_the_whole(store: Store, reader: read.Reader, tmp_path: Path) -> None:
    fill(store, 7, acts=20)
    first = export_parquet(reader, str(tmp_path / "first"))
    place_stories(store, 2, start=500)
    with store.engine.begin() as db:
        db.execute(
            text("UPDATE change SET at = '2031-01-01 00:00:00' WHERE seq > :line"),
            {"line": int(first.cursor.split(".")[1])},
        )
    export_parquet(reader, str(tmp_path / "changed"), first.cursor)
    export_parquet(reader, str(tmp_path / "whole"))
    for table in ("stories", "versions", "copies"):
        changed = rows_of(tmp_path / "changed", table)
        stories = {row["story"] for row in changed}
        assert len(stories) == 2
        before = [row for row in rows_of(tmp_path / "first", table) if row["story"] not in stories]
        assert comparable([*before, *changed]) == rows_of(tmp_path / "whole", table)
    all_changes = [*rows_of(tmp_path / "first", "changes"), *rows_of(tmp_path / "changed", "changes")]
    assert comparable(all_changes) == rows_of(tmp_path / "whole", "changes")


def test_a_withdrawn_text_is_in_no_file_and_its_tombstone_is(store: Store, reader: read.Reader, tmp_path: Path) -> None:
    place_stories(store, 1, SECRET)
    place_stories(store, 1, "Another story.", start=1)
    with store.engine.begin() as db:
        db.execute(text("UPDATE story SET withdrawn = true WHERE id = 1"))
        db.execute(text("UPDATE change SET kind = 'story-withdrawn' WHERE seq = 3"))
    export_parquet(reader, str(tmp_path))
    assert SECRET not in str([rows_of(tmp_path, table) for table in SCHEMAS])
    assert [(row["story"], row["level"], row["successor"]) for row in rows_of(tmp_path, "tombstones")] == [
        (1, "withdrawn", None)
    ]
    assert [row["body"] for row in rows_of(tmp_path, "versions")] == [None, ["Another story."]]


def test_the_types_are_as_they_are_told(store: Store, reader: read.Reader, tmp_path: Path) -> None:
    place_stories(store, 1)
    export_parquet(reader, str(tmp_path))
    for table, schema in SCHEMAS.items():
        path = tmp_path / ("tombstones.parquet" if table == "tombstones" else table)
        assert dataset.dataset(path, format="parquet").schema.equals(schema)
    assert VERSIONS.field("body").type == TEXTS
    assert VERSIONS.field("created").type == pa.timestamp("us", "UTC")


def test_texts_and_times_of_every_form_come_through(store: Store, store_url: str, tmp_path: Path) -> None:
    """What CSV has a sign for, and a time whose offset has seconds in the server's zone."""
    place_stories(store, len(ODD_TEXTS))
    old = datetime(1900, 1, 2, 3, 4, 5, 600, UTC)
    with store.engine.begin() as db:
        if store.engine.dialect.name == "postgresql":
            name = db.exec_driver_sql("SELECT quote_ident(current_database())").scalar_one()
            db.exec_driver_sql(f"ALTER DATABASE {name} SET TimeZone = 'Europe/Amsterdam'")
        for number, odd_text in enumerate(ODD_TEXTS, 1):
            values = {"title": odd_text, "deck": odd_text, "byline": [odd_text], "published_utc": old}
            db.execute(update(article).where(article.c.id == number).values(values))
        db.execute(update(article).where(article.c.id == 1).values(dateline_place=None))
        db.execute(update(article).where(article.c.id == 2).values(dateline_place=""))
    with read.open(store_url) as reader:
        export_parquet(reader, str(tmp_path))
        states = [reader.story(number) for number in range(1, len(ODD_TEXTS) + 1)]
    heads, copies = rows_of(tmp_path, "stories"), rows_of(tmp_path, "copies")
    for state in states:
        (head,) = (row for row in heads if row["story"] == state.head.story)
        (copy,) = (row for row in copies if row["story"] == state.head.story)
        assert (head["deck"], head["place"], head["published_utc"]) == (state.head.deck, state.head.place, old)
        assert (copy["title"], copy["byline"], copy["canonical"], copy["score"]) == (
            state.copies[0].title, [*state.copies[0].byline], state.copies[0].canonical, state.copies[0].score,
        )  # fmt: skip
    assert [state.head.deck for state in states] == ODD_TEXTS
    assert [state.head.place for state in states[:2]] == [None, ""]


def test_half_a_letter_stops_no_export(store: Store, reader: read.Reader, tmp_path: Path) -> None:
    place_stories(store, 2)
    if store.engine.dialect.name == "postgresql":
        pytest.skip("PostgreSQL takes no such text")
    with store.engine.begin() as db:
        db.execute(update(version).where(version.c.story_id == 1).values(body=("One \ud83d.", "Two.")))
    export_parquet(reader, str(tmp_path))
    assert [row["body"] for row in rows_of(tmp_path, "versions")] == [["One ?.", "Two."], ["One.", "Text 2."]]


def test_the_cards_are_valid_and_lead_to_the_rows(store: Store, reader: read.Reader, tmp_path: Path) -> None:
    fill(store, 8)
    manifest = export_parquet(reader, str(tmp_path))
    card = mlcroissant.Dataset(jsonld=str(tmp_path / "croissant.json"))
    assert not card.metadata.issues.errors
    assert not card.metadata.issues.warnings
    read_stories = {record["stories/story"] for record in card.records("stories")}
    assert read_stories == {row["story"] for row in rows_of(tmp_path, "stories")}
    _, front, page = (tmp_path / "README.md").read_text(encoding="utf-8").split("---\n", 2)
    configs = {config["config_name"]: config["data_files"][0]["path"] for config in yaml.safe_load(front)["configs"]}
    assert configs == FILES
    assert yaml.safe_load(front)["language"] == ["en"]
    assert f"| `stories/*.parquet` | {len(read_stories)} |" in page
    assert manifest.cursor in page
    assert json.loads(files_of(tmp_path)["manifest.json"])["format"] == "parquet"
