"""Keys of copies: found in their window, dropped behind it, and carried over from a row a key."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import numpy as np
import pytest
from alembic import command
from alembic.config import Config as AlembicConfig
from sqlalchemy import Connection, select, text

from pipeline.match.fingerprint import RECIPE_VERSION, fingerprint_bodies
from pipeline.store import Store
from pipeline.store.band_keys import KeyIndex, insert_keys
from pipeline.store.schema.engine import MIGRATIONS, tables_may_move
from pipeline.store.schema.tables import article, copy, keys
from pipeline.text.keys import Holders, shared
from tests.store.samples import NOW, keys_of, one_story, stored_articles

HOUR = timedelta(hours=1)


def holders(index: KeyIndex, db: Connection, hours: float, *, keep: bool = True) -> set[int]:
    """Who holds the key 1, of what was seen from so many hours before now on."""
    return {other for _, other, _ in shared({99: keys_of(1)}, index.parts(db, NOW - hours * HOUR, keep=keep), 9)}


@pytest.mark.parametrize("apart", [0, 65_536])
def test_keys_are_found_in_whatever_part_they_stand(store: Store, monkeypatch: pytest.MonkeyPatch, apart: int) -> None:
    monkeypatch.setattr("pipeline.store.band_keys.APART", apart)
    index = KeyIndex()
    with store.transaction() as db:
        for number, age in ((1, 90), (2, 50), (3, 10)):
            insert_keys(db, {number: keys_of(1, number + 10)}, NOW - age * HOUR, NOW)
        assert holders(index, db, 60) == {2, 3}
        insert_keys(db, {4: keys_of(1)}, NOW, NOW)
        assert holders(index, db, 60) == {2, 3, 4}
        assert holders(index, db, 100, keep=False) == {1, 2, 3, 4}
        assert {3, 4} <= holders(index, db, 20) <= {2, 3, 4}
        assert holders(index, db, 100) == {1, 2, 3, 4}


def test_what_is_behind_the_window_is_put_away_once_it_is_most_of_all(store: Store) -> None:
    index = KeyIndex()
    with store.transaction() as db:
        for number, age in ((1, 90), (2, 80), (3, 70), (4, 10)):
            insert_keys(db, {number: keys_of(1)}, NOW - age * HOUR, NOW)
        assert holders(index, db, 100) == {1, 2, 3, 4}
        assert holders(index, db, 75) == {1, 2, 3, 4}
        assert holders(index, db, 20) == {4}
        assert holders(index, db, 85) == {2, 3, 4}


def test_keys_are_dropped_by_both_times(store: Store) -> None:
    with store.transaction() as db:
        for number, (seen, made) in enumerate(((90, 90), (90, 1), (1, 1)), 1):
            insert_keys(db, {number: keys_of(1)}, NOW - seen * HOUR, NOW - made * HOUR)
    assert store.index.forget_keys(NOW - 50 * HOUR, NOW - 50 * HOUR) == 1
    with store.reading() as db:
        assert holders(KeyIndex(), db, 100) == {2, 3}


def test_keys_come_over_from_a_row_each(store: Store) -> None:
    (first, second) = stored_articles(store, 2)
    with store.lease.acquire():
        for article_id, band in ((first, 5), (second, 6)):
            store.stories.apply(one_story(article_id, band, 7), NOW)
    script = AlembicConfig()
    script.set_main_option("script_location", str(MIGRATIONS))
    with store.engine.connect() as db, tables_may_move(db), db.begin():
        script.attributes["connection"] = db
        command.downgrade(script, "0012")
        rows = sorted(tuple(row) for row in db.execute(text("SELECT key, article_id FROM band")))
        assert rows == [(5, first), (6, second), (7, first), (7, second)]
        command.upgrade(script, "0013")
        (row,) = db.execute(select(keys)).all()
    found = Holders.unpacked(row.body)
    assert sorted(zip(found.keys.tolist(), found.texts.tolist(), strict=True)) == rows
    assert row.newest <= datetime.now(UTC)


def test_fingerprints_of_an_older_recipe_are_made_anew(store: Store) -> None:
    (kept, withheld) = stored_articles(store, 2)
    with store.lease.acquire():
        for article_id in (kept, withheld):
            store.stories.apply(one_story(article_id, 5, 7), NOW)
    store.first_seen.save(1, b"of old shingles")
    with store.transaction() as db:
        db.execute(copy.update().values(recipe=5, shingles=b"12345678"))
        db.execute(article.update().where(article.c.id == withheld).values(body=[]))
        body = db.scalar(select(article.c.body).where(article.c.id == kept))
    script = AlembicConfig()
    script.set_main_option("script_location", str(MIGRATIONS))
    with store.engine.connect() as db, tables_may_move(db), db.begin():
        script.attributes["connection"] = db
        command.downgrade(script, "0017")
        command.upgrade(script, "0018")
        shingles = {row.article_id: (row.recipe, row.shingles) for row in db.execute(select(copy))}
        held = [Holders.unpacked(row) for row in db.scalars(select(keys.c.body))]
    (made,) = fingerprint_bodies([body])
    assert shingles == {kept: (RECIPE_VERSION, made.shingles), withheld: (5, b"12345678")}
    theirs = [one.keys[one.texts == kept].tolist() for one in held]
    assert sorted(key for each in theirs for key in each) == sorted(np.frombuffer(made.bands, "<i8").tolist())
    assert store.first_seen.load() is None


def test_keys_are_looked_up_by_their_time(store: Store) -> None:
    if store.engine.dialect.name == "sqlite":
        with store.reading() as db:
            assert "ix_keys_newest" in str(db.execute(text(PLAN)).all())


PLAN = "EXPLAIN QUERY PLAN SELECT id FROM keys WHERE newest >= '2025-01-01'"
