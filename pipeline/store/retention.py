"""Retention: polls and archive places that are past their time are deleted."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Connection, and_, delete, func, select, update

from pipeline.model import ChangeKind
from pipeline.store.database import Database, Subject
from pipeline.store.lease import Lease
from pipeline.store.past import compact_past
from pipeline.store.retry import whole_transaction
from pipeline.store.schema.tables import change, cursor, log_state, memory, page, poll
from pipeline.store.statements import in_parts

# The name under which the step ``publish`` keeps how far it read the log.
PUBLISHED = "published"
# Polls that one transaction deletes: a tenth of a second's work.
POLLS = 10_000
NEVER_COMPACTED = (
    ChangeKind.STORY_MERGED.value,
    ChangeKind.STORY_REVIVED.value,
    ChangeKind.STORY_WITHDRAWN.value,
    ChangeKind.STORY_RESTORED.value,
    ChangeKind.TEXT_REMOVED.value,
)


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

    def __init__(self, database: Database, lease: Lease) -> None:
        super().__init__(database)
        self._lease = lease

    def compact_log(self, before: datetime) -> int:
        """Delete lines of the change log older than ``before``, but those of kills and redirects, and what stories and
        copies were before them. Return how many lines.

        The lines that the saved memory and the step ``publish`` have yet to read stay. Whoever is further behind has to
        read all stories again. Needs the lease.
        """
        with self._database.transaction() as db:
            self._lease.require(db)
            floor = min(_last_before(db, before), *_unread(db))
            tag = db.scalar(select(change.c.tag).where(change.c.seq == floor))
            if tag is None:
                return 0
            old = delete(change).where(change.c.seq <= floor, change.c.kind.not_in(NEVER_COMPACTED))
            lines = db.execute(old).rowcount
            db.execute(update(log_state).values(floor=floor, floor_tag=tag, past_floor=floor))
            compact_past(db, floor)
            return lines

    def file_owner(self) -> str:
        """Return what stands in the names of the archive files that this store's runs write: the start of its id."""
        with self._database.reading() as db:
            return str(db.scalar(select(log_state.c.store)) or "")[:8]

    def named_files(self, names: Sequence[str]) -> set[str]:
        """Return those of these archive files that a page's row names."""
        query = select(page.c.archive_file).distinct()
        with self._database.reading() as db:
            parts = (db.scalars(query.where(page.c.archive_file.in_(part))) for part in in_parts(names))
            return {str(name) for part in parts for name in part}

    def prune(self, now: datetime, polls_before: datetime, pages_before: datetime) -> Pruned:
        """Drop old polls (the last of each feed stays on the feed) and old pages' places in the archive."""
        polls = 0
        while deleted := self._delete_polls(polls_before):
            polls += deleted
        pages, files = self._forget_places(pages_before)
        return Pruned(polls, pages, files)

    @whole_transaction
    def _delete_polls(self, before: datetime) -> int:
        """Delete up to POLLS old polls, so that no other writer waits for long; return how many."""
        old = select(poll.c.id).where(poll.c.polled_at < before).order_by(poll.c.polled_at).limit(POLLS)
        with self._database.transaction() as db:
            return db.execute(delete(poll).where(poll.c.id.in_(old.scalar_subquery()))).rowcount

    @whole_transaction
    def _forget_places(self, pages_before: datetime) -> tuple[int, tuple[str, ...]]:
        """Return of how many pages the places were dropped, and the files that no page refers to any more."""
        with self._database.transaction() as db:
            old = and_(page.c.fetched_at < pages_before, page.c.archive_file.is_not(None))
            files = set(db.scalars(select(page.c.archive_file).where(old).distinct()))
            forget = {"archive_file": None, "archive_offset": None, "archive_length": None}
            pages = db.execute(update(page).where(old).values(forget)).rowcount
        # What the rows name goes after them: a process that is killed here leaves files, and no row without its file.
        return pages, tuple(sorted(files - self.named_files(sorted(files))))


def _last_before(db: Connection, before: datetime) -> int:
    """Return the last line older than ``before``; a commit's lines have one time, so it ends a commit."""
    return int(db.scalar(select(func.max(change.c.seq)).where(change.c.at < before)) or 0)


def _unread(db: Connection) -> tuple[int, ...]:
    """Return up to where the log was read by those who cannot start again."""
    published = db.scalar(select(cursor.c.seq).where(cursor.c.name == PUBLISHED))
    return (int(published or 0), *db.scalars(select(memory.c.seq)))
