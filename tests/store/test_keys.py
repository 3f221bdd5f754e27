"""Keys of copies: found in their window, dropped behind it, and carried over from a row a key."""

from __future__ import annotations

from datetime import timedelta

import numpy as np
import pytest
from alembic import command
from alembic.config import Config as AlembicConfig
from sqlalchemy import Connection, select, text

from pipeline.match.fingerprint import RECIPE_VERSION, fingerprint_bodies, restore_bands
from pipeline.model import Fingerprint
from pipeline.store import Store
from pipeline.store.band_keys import KeyIndex, insert_keys
from pipeline.store.schema.engine import MIGRATIONS
from pipeline.store.schema.tables import article, copy, keys
from pipeline.store.story_index import AT_ONCE
from pipeline.text.keys import Holders, shared
from tests.store.samples import NOW, keys_of, one_story, stored_articles

HOUR = timedelta(hours=1)


def holders(index: KeyIndex, db: Connection, hours: float, *, keep: bool = True) -> set[int]:
    """Who holds the key 1, of what was seen from so many hours before now on."""
    return {holder for _, holder, _ in shared({99: keys_of(1)}, index.parts(db, NOW - hours * HOUR, keep=keep), 9)}


@pytest.mark.parametrize("most_newer", [0, 65_536])
def test_keys_are_found_in_whatever_part_they_stand(
    store: Store, monkeypatch: pytest.MonkeyPatch, most_newer: int
) -> None:
    monkeypatch.setattr("pipeline.store.band_keys.MOST_NEWER", most_newer)
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
        for number, (seen_age, placed_age) in enumerate(((90, 90), (90, 1), (1, 1)), 1):
            insert_keys(db, {number: keys_of(1)}, NOW - seen_age * HOUR, NOW - placed_age * HOUR)
    assert store.index.forget_keys(NOW - 50 * HOUR, NOW - 50 * HOUR) == 1
    with store.reading() as db:
        assert holders(KeyIndex(), db, 100) == {2, 3}


def test_keys_are_looked_up_by_their_time(store: Store) -> None:
    if store.engine.dialect.name == "sqlite":
        with store.reading() as db:
            assert "ix_keys_newest" in str(db.execute(text(PLAN)).all())


PLAN = "EXPLAIN QUERY PLAN SELECT id FROM keys WHERE newest >= '2025-01-01'"


def test_fingerprints_of_an_older_recipe_are_made_anew(store: Store) -> None:
    text_kept, text_withheld = stored_articles(store, 2)
    with store.lease.acquire():
        for article_id in (text_kept, text_withheld):
            store.stories.apply(one_story(article_id, 5, 7), NOW)
    store.first_seen.save(1, b"of old shingles")
    with store.transaction() as db:
        db.execute(copy.update().values(recipe=6, shingles=b"12345678"))
        db.execute(article.update().where(article.c.id == text_withheld).values(body=()))
        body = db.scalar(select(article.c.body).where(article.c.id == text_kept))
    _migrate(store, "0020", "0021")
    [fingerprint] = fingerprint_bodies([body or ()])
    with store.reading() as db:
        prints = {row.article_id: (row.recipe, row.shingles) for row in db.execute(select(copy))}
    assert prints == {text_kept: (RECIPE_VERSION, fingerprint.shingles), text_withheld: (6, b"12345678")}
    assert store.first_seen.load() is None


def test_keys_of_an_older_recipe_are_made_anew_those_of_the_window_first(store: Store) -> None:
    numbers = stored_articles(store, 30)
    with store.lease.acquire():
        for number in numbers:
            store.stories.apply(one_story(number, 5, 7), NOW)
    with store.transaction() as db:
        db.execute(keys.delete())
        for age, number in enumerate(numbers):
            insert_keys(db, {number: keys_of(1)}, NOW - age * HOUR, NOW)
        bodies = {row.id: _older_form(row.body) for row in db.execute(select(keys))}
        for row_id, body in bodies.items():
            db.execute(keys.update().where(keys.c.id == row_id).values(recipe="", body=body))
        assert not holders(KeyIndex(), db, 100)
    assert store.index.renew_keys(NOW - 2.5 * HOUR) == 3 + AT_ONCE
    assert _holders_of_new_keys(store, 100) == set(numbers[: 3 + AT_ONCE])
    assert [store.index.renew_keys(NOW) for _ in range(3)] == [len(numbers) - 3 - AT_ONCE, 0, 0]
    assert _holders_of_new_keys(store, 100) == set(numbers)


def _older_form(body: bytes) -> bytes:
    """All keys, then their texts, as they were stored before rows named their recipe."""
    new = Holders.unpacked(body)
    return np.concatenate([new.keys, new.texts]).astype("<i8").tobytes()


def _holders_of_new_keys(store: Store, hours: float) -> set[int]:
    """Return whose keys have a key in common with a text of the same shingles as the stored copies."""
    with store.reading() as db:
        row = db.execute(select(copy).limit(1)).one()
        [keys_of_text] = [restore_bands(Fingerprint(row.recipe, row.shingles, b"", row.tokens)).bands]
        parts = KeyIndex().parts(db, NOW - hours * HOUR, keep=True)
    return {holder for _, holder, _ in shared({99: keys_of_text}, parts, 100)}


def _migrate(store: Store, downgraded: str, upgraded: str) -> None:
    script = AlembicConfig()
    script.set_main_option("script_location", str(MIGRATIONS))
    with store.transaction() as db:
        script.attributes["connection"] = db
        command.downgrade(script, downgraded)
        command.upgrade(script, upgraded)
