"""Retention: polls and archive places that are past their time are deleted."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import and_, delete, select, update

from pipeline.store.database import Subject
from pipeline.store.retry import whole_transaction
from pipeline.store.schema.tables import page, poll


@dataclass(frozen=True, slots=True)
class Pruned:
    """What a pruning deleted: numbers of polls and of pages' archive places.

    ``files`` are the archive files, sorted, that no page refers to any more; the caller may delete them.
    """

    polls: int
    pages: int
    files: tuple[str, ...]


class Retention(Subject):
    """Deletes polls and archive places that are past their time; stories and their texts stay for ever."""

    @whole_transaction
    def prune(self, now: datetime, polls_before: datetime, pages_before: datetime) -> Pruned:
        """Drop old polls (the last of each feed stays on the feed) and old pages' places in the archive."""
        with self._database.transaction() as db:
            polls = db.execute(delete(poll).where(poll.c.polled_at < polls_before)).rowcount
            old = and_(page.c.fetched_at < pages_before, page.c.archive_file.is_not(None))
            files = set(db.scalars(select(page.c.archive_file).where(old).distinct()))
            forget = {"archive_file": None, "archive_offset": None, "archive_length": None}
            pages = db.execute(update(page).where(old).values(forget)).rowcount
            needed = set(db.scalars(select(page.c.archive_file).where(page.c.archive_file.in_(files)).distinct()))
            return Pruned(polls, pages, tuple(sorted(files - needed)))
