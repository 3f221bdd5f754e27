"""What every part of the store stands on: statements of many numbers, rows of many kinds, and times."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta, timezone

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import Column, Connection, DateTime, Integer, MetaData, Table, create_engine, select

from pipeline.store import Store
from pipeline.store.schema.columns import LONGEST_CACHED, Paragraphs, UtcDateTime
from pipeline.store.schema.tables import carried, change, feed, ruling, story
from pipeline.store.statements import among, insert_all
from tests.store.samples import NOW, SPEC

ZONES = st.builds(timezone, st.timedeltas(min_value=timedelta(hours=-14), max_value=timedelta(hours=14)))
# Those whose UTC lies beyond the calendar's ends cannot be written at all.
FIRST, LAST = (datetime(year, 1, 1) for year in (2, 9998))  # noqa: DTZ001 - hypothesis adds the zone
TIMES = st.datetimes(FIRST, LAST, timezones=st.just(UTC) | ZONES)
CARRYING = Table("carrying", MetaData(), Column("id", Integer, primary_key=True), Column("at", UtcDateTime))
TEXTS = Table("texts", MetaData(), Column("id", Integer, primary_key=True), Column("body", Paragraphs))
PLAIN = Table("carrying", MetaData(), Column("id", Integer, primary_key=True), Column("at", DateTime))


@pytest.mark.parametrize("ids", [[], [3], [5, 3, 3, -1, 2**40], range(40_000)])
def test_among_is_in(store: Store, ids: Sequence[int]) -> None:
    rows = [{"kind": "x", "story_id": n, "at": NOW} for n in range(1, 8)]
    with store.transaction() as db:
        store_stories(db, len(rows))
        insert_all(db, change, rows)
        story_ids = set(db.scalars(select(change.c.story_id).where(among(change.c.story_id)), {"ids": list(ids)}))
    assert story_ids == set(ids) & set(range(1, 8))


def store_stories(db: Connection, count: int) -> None:
    columns = {"title": "", "agency": "", "lang": "", "first_seen": NOW, "updated_at": NOW, "version": 0, "kind": ""}
    insert_all(db, story, [columns] * count)


@given(st.lists(st.none() | TIMES, min_size=1, max_size=8))
def test_times_are_written_as_sqlalchemy_writes_them_and_come_back_in_utc(times: list[datetime | None]) -> None:
    with create_engine("sqlite://").begin() as db:
        CARRYING.create(db)
        insert_all(db, CARRYING, [{"id": n, "at": at} for n, at in enumerate(times)])
        bare = [at and at.astimezone(UTC).replace(tzinfo=None) for at in times]
        assert list(db.scalars(select(PLAIN.c.at).order_by(PLAIN.c.id))) == bare
        written = list(db.exec_driver_sql("SELECT at FROM carrying ORDER BY id").scalars())
        db.execute(PLAIN.delete())
        db.execute(PLAIN.insert(), [{"id": n, "at": at} for n, at in enumerate(bare)])
        assert list(db.exec_driver_sql("SELECT at FROM carrying ORDER BY id").scalars()) == written
        read = list(db.scalars(select(CARRYING.c.at).order_by(CARRYING.c.id)))
        assert [(at, at and at.tzinfo) for at in read] == [(at, at and UTC) for at in times]


def test_rows_go_in_as_sqlalchemy_puts_them_in(store: Store) -> None:
    rows = [
        {
            "kind": "merge",
            "story_id": 1,
            "other_id": 2,
            "articles": articles,
            "at": NOW,
            "machine": n == 1,
            "reason": "é",
        }
        for n, articles in enumerate(([], [1, 2], None))
    ]
    with store.transaction() as db:
        store_stories(db, 2)
        insert_all(db, ruling, rows)
        db.execute(ruling.insert(), rows)
        columns = [column for column in ruling.c if column.name != "id"]
        written = [tuple(row) for row in db.execute(select(*columns).order_by(ruling.c.id))]
    assert written[:3] == written[3:]
    assert written[1] == ("merge", 1, 2, [1, 2], NOW, True, "é")


def test_a_columns_own_default_is_put_in(store: Store) -> None:
    with store.transaction() as db:
        row = {"url": SPEC.url, "outlet": "Outlet", "next_poll": NOW, "interval": 900.0}
        insert_all(db, feed, [row, row | {"url": "https://other.example/rss"}])
        assert [tuple(row) for row in db.execute(select(feed.c.recent, feed.c.listed))] == [([], True)] * 2


def test_no_rows_are_no_statement(store: Store) -> None:
    with store.transaction() as db:
        insert_all(db, carried, [])


@given(st.lists(st.lists(st.text(st.characters(exclude_categories=["Cs"]), max_size=8)), min_size=1))
def test_paragraphs_come_back_as_they_were(bodies: list[list[str]]) -> None:
    with create_engine("sqlite://").begin() as db:
        TEXTS.create(db)
        db.execute(TEXTS.insert(), [{"body": body} for body in bodies])
        read = list(db.scalars(select(TEXTS.c.body).order_by(TEXTS.c.id)))
    assert read == list(map(tuple, bodies))


def test_a_text_that_is_read_again_is_the_same_object_unless_it_is_long(store: Store) -> None:
    bodies = [("One.", "Two: ü पानी."), ("x" * LONGEST_CACHED,)]
    with store.transaction() as db:
        TEXTS.create(db)
        insert_all(db, TEXTS, [{"id": n, "body": body} for n, body in enumerate(bodies)])
        query = select(TEXTS.c.body).order_by(TEXTS.c.id)
        first, second = list(db.scalars(query)), list(db.scalars(query))
        TEXTS.drop(db)
    assert first == second == bodies
    same = store.engine.dialect.name == "sqlite"
    assert [body is same_body for body, same_body in zip(first, second, strict=True)] == [same, False]
