"""Keys of copies: found in their window, dropped behind it, and carried over from a row a key."""

from __future__ import annotations

from datetime import timedelta

import pytest
from sqlalchemy import Connection, text

from pipeline.store import Store
from pipeline.store.band_keys import KeyIndex, insert_keys
from pipeline.text.keys import shared
from tests.store.samples import NOW, keys_of

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
