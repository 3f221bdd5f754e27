"""A store that is looked at around every commit: no public column changes without a line, and no version at all."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Any

from sqlalchemy import Connection, select

from pipeline.store import Store
from pipeline.store.schema.engine import open_engine
from pipeline.store.schema.sql_views import view_tables
from pipeline.store.schema.tables import change, version
from pipeline.store.story_links import end_of

# View -> the columns that name its rows, and those that name the stories that a row is part of.
VIEWS: Mapping[str, tuple[tuple[str, ...], tuple[str, ...]]] = {
    "story": (("story",), ("story",)),
    "version": (("story", "version"), ("story",)),
    "paragraph": (("story", "version", "paragraph"), ("story",)),
    "copy": (("article",), ("story",)),
    "link": (("article", "other"), ("story", "other")),
    "kill": (("seq",), ("story",)),
}
Rows = dict[tuple[str, ...], Mapping[str, Any]]
NOTHING_LEFT = {"title": "", "body": (), "support": [], "reason": ""}


class WatchedStore(Store):
    """A store that checks after each commit what it changed."""

    def __init__(self, url: str) -> None:
        super().__init__(open_engine(url, migrate=True))
        self.commits = 0
        self._rows, self._versions, self._head = self._look()

    @contextmanager
    def transaction(self) -> Iterator[Connection]:
        with super().transaction() as db:
            yield db
        self.commits += 1
        before, versions, head = self._rows, self._versions, self._head
        self._rows, self._versions, self._head = self._look()
        self._check_names(before, head)
        _check_versions(versions, self._versions)

    def _look(self) -> tuple[Rows, dict[int, Mapping[str, Any]], int]:
        tables = view_tables(self.engine.dialect.name)
        rows: Rows = {}
        with self.reading() as db:
            for name, (keys, _) in VIEWS.items():
                for row in db.execute(select(tables[name])).mappings():
                    rows[name, *(str(row[key]) for key in keys)] = dict(row)
            versions = {row["id"]: dict(row) for row in db.execute(select(version)).mappings()}
            head = db.scalar(select(change.c.seq).order_by(change.c.seq.desc()).limit(1)) or 0
        return rows, versions, head

    def _check_names(self, before: Rows, head: int) -> None:
        """Check that each story of which a row is another now is named by a line since ``head``; a story that was
        merged before is told by the story that it leads to."""
        after = self._rows
        changed = {key for key in before.keys() | after.keys() if before.get(key) != after.get(key)}
        stories = defaultdict(set)
        for key in changed:
            for row in (before.get(key), after.get(key)):
                for number in _stories_of(key[0], row, is_new=key not in before or key not in after):
                    stories[number].add(key)
        with self.reading() as db:
            named_ids = set(db.scalars(select(change.c.story_id).where(change.c.seq > head)))
            silent = {
                number: [(key, before.get(key), after.get(key)) for key in keys]
                for number, keys in stories.items()
                if number not in named_ids and end_of(db, number) not in named_ids
            }
        assert not silent


def _stories_of(view: str, row: Mapping[str, Any] | None, *, is_new: bool) -> set[int]:
    """Return the stories that a row is part of; a link's other end only where the link itself came or went."""
    columns = VIEWS[view][1] if is_new else VIEWS[view][1][:1]
    return {row[column] for column in columns if row[column]} if row else set()


def _check_versions(before: Mapping[int, Mapping[str, Any]], after: Mapping[int, Mapping[str, Any]]) -> None:
    """Check that versions stay as they were made, but that a text may be removed."""
    for number, row in before.items():
        lost_values = {name: value for name, value in after[number].items() if value != row[name]}
        is_removal = after[number]["removed_at"] is not None and all(
            NOTHING_LEFT[name] == value for name, value in lost_values.items() if name != "removed_at"
        )
        assert not lost_values or is_removal, (row, after[number])
