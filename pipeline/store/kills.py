"""A person's kills: a story withdrawn, restored, or its text erased for good. Each call needs the lease.

What a person withdrew stays so whatever copies come, until a person restores it. Of a removed story a tombstone stays,
with its time and reason; a copy that joins it later loses its text in the same transaction.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping, Sequence
from datetime import datetime
from typing import Any, Literal

from sqlalchemy import Connection, delete, func, select, update

from pipeline.errors import NotStored
from pipeline.model import Actor, ArchiveRef, ChangeKind, EntryStatus, KillReach, StoryStatus, VersionKind
from pipeline.store.change_log import Row, append_changes, change_row, log_time, story_status
from pipeline.store.database import Database, Subject
from pipeline.store.lease import Lease
from pipeline.store.past import erase_past
from pipeline.store.schema.persons import note
from pipeline.store.schema.tables import article, copy, entry, page, ruling, span, story, version
from pipeline.store.search_index import forget_words
from pipeline.store.statements import in_parts
from pipeline.store.story_links import changed_ties, end_of, no_story, with_tombstones
from pipeline.store.versions import BY_AGENCY, BY_PERSON

KillAct = Literal["withdraw", "restore", "remove"]
# What ``article.withheld`` says of an article whose text was removed.
REMOVED = "removed"
NO_ARTICLE_TEXT: dict[str, Any] = {
    "title": "", "deck": "", "byline": [], "dateline_place": None, "dateline_text": None, "body": (), "kept": 0,
    "removed": 0, "line_keys": b"", "places": [], "section": "", "picture": "", "picture_credit": "", "sources": [],
    "withheld": REMOVED,
}  # fmt: skip
NO_ENTRY_TEXT: dict[str, Any] = {
    "title": "", "summary": "", "content": "", "authors": [], "delivered": None, "revisit_at": None,
    "status": EntryStatus.REMOVED.value,
}  # fmt: skip
# The statuses of stories that a person may withdraw, and remove.
WITHDRAWABLE = (StoryStatus.LIVE, StoryStatus.WITHDRAWN)
REMOVABLE = (*WITHDRAWABLE, StoryStatus.REMOVED)
NO_PLACE: dict[str, Any] = {"archive_file": None, "archive_offset": None, "archive_length": None}


class Kills(Subject):
    """Stories that a person withdraws, restores or removes."""

    def __init__(self, database: Database, lease: Lease) -> None:
        super().__init__(database)
        self._lease = lease

    def withdraw(self, story_id: int, now: datetime, reason: str) -> None:
        """Withdraw a story: no text of it is to be used. Raises NotStored where it is no story that could be."""
        with self._database.transaction() as db:
            self._lease.require(db)
            _require(db, story_id, *WITHDRAWABLE)
            values = {"withdrawn": True, "withdrawn_by": BY_PERSON}
            db.execute(update(story).where(story.c.id == story_id).values(values))
            rows = [change_row(ChangeKind.STORY_WITHDRAWN, story_id)]
            self._record(db, "withdraw", story_id, rows, now, reason)

    def restore(self, story_id: int, now: datetime, reason: str) -> None:
        """Undo a person's withdrawal. What an agency's notice withdrew stays so. Raises NotStored."""
        with self._database.transaction() as db:
            self._lease.require(db)
            row = _require_restorable(db, story_id)
            is_notice = row.kind == VersionKind.WITHDRAWAL.value
            values = {"withdrawn": is_notice, "withdrawn_by": BY_AGENCY if is_notice else ""}
            db.execute(update(story).where(story.c.id == story_id).values(values))
            kind = ChangeKind.STORY_CHANGED if is_notice else ChangeKind.STORY_RESTORED
            self._record(db, "restore", story_id, [change_row(kind, story_id)], now, reason)

    def remove(self, story_id: int, now: datetime, reason: str) -> None:
        """Erase a story's text, and that of each of its copies, from all rows. A second call erases what came since.

        The places of the pages in the archive stay, for :meth:`archived_pages`. Raises NotStored.
        """
        with self._database.transaction() as db:
            self._lease.require(db)
            _require(db, story_id, *REMOVABLE)
            now = log_time(db, now)
            articles = list(db.scalars(select(copy.c.article_id).where(copy.c.story_id == story_id)))
            rows = [change_row(ChangeKind.TEXT_REMOVED, story_id, sorted(articles))]
            rows += _empty_versions(db, story_id, articles, now) + changed_ties(db, [story_id], articles)
            erase_articles(db, articles)
            # They may quote the text.
            db.execute(delete(note).where(note.c.story_id.in_(with_tombstones(db, [story_id]))))
            _empty_stories(db, with_tombstones(db, [story_id]), story_id, now)
            self._record(db, "remove", story_id, rows, now, reason)

    def reach(self, story_id: int, act: KillAct) -> KillReach:
        """Return what the act would reach, and do nothing. Raises NotStored where the act would."""
        with self._database.reading() as db:
            row = _CHECKS[act](db, story_id)
            return _reach(db, row)

    def _record(
        self, db: Connection, kind: str, story_id: int, rows: Sequence[Row], now: datetime, reason: str
    ) -> None:
        at = log_time(db, now)
        columns = {"kind": kind, "story_id": story_id, "other_id": story_id, "articles": [], "at": at}
        db.execute(ruling.insert(), columns | {"machine": False, "reason": reason})
        append_changes(db, rows, at, Actor.PERSON, reason)

    def archived_pages(self, most: int = 1000) -> dict[int, ArchiveRef]:
        """Return pages of removed texts whose bytes the archive has yet, by id."""
        columns = (page.c.id, page.c.archive_file, page.c.archive_offset, page.c.archive_length)
        removed = select(article.c.entry_id).where(article.c.withheld == REMOVED)
        query = select(*columns).where(page.c.archive_file.is_not(None), page.c.entry_id.in_(removed))
        with self._database.reading() as db:
            return {row[0]: ArchiveRef(*row[1:]) for row in db.execute(query.order_by(page.c.id).limit(most))}

    def forget_pages(self, pages: Mapping[int, ArchiveRef], renamed: Mapping[str, str]) -> list[str]:
        """Forget the places of these pages in the archive, once their bytes are erased there, and give all others in
        ``renamed`` files (old name -> new name) the new name. Return the files that no row names any more: a new one
        where another process had renamed the old one before, whose pages are then to be erased again."""
        with self._database.transaction() as db:
            moves = {old: update(page).where(page.c.archive_file == old).values(archive_file=new)
                     for old, new in sorted(renamed.items())}  # fmt: skip
            unnamed = [old if db.execute(move).rowcount else renamed[old] for old, move in moves.items()]
            for number, place in pages.items():
                erased = page.c.id == number, page.c.archive_file == renamed.get(place.file, place.file)
                db.execute(update(page).where(*erased).values(NO_PLACE))
        return unnamed


def _require(db: Connection, story_id: int, *statuses: StoryStatus) -> Any:
    """Return the row of a story that has one of these statuses. Raises NotStored."""
    row = db.execute(select(story).where(story.c.id == story_id)).first()
    if row is None:
        raise no_story(story_id)
    status, concerns = story_status(row), f"story {story_id}"
    if status is StoryStatus.MERGED:
        target = end_of(db, story_id)
        raise NotStored(f"merged into story {target}", concerns=concerns, todo=f"name story {target}")
    if status not in statuses:
        raise NotStored(f"the story is {status.value}", concerns=concerns)
    return row


def _require_restorable(db: Connection, story_id: int) -> Any:
    """Return the row of a story that a person withdrew. Raises NotStored."""
    row = _require(db, story_id, StoryStatus.WITHDRAWN)
    if row.withdrawn_by != BY_PERSON:
        raise NotStored("its agency withdrew it, no person", concerns=f"story {story_id}")
    return row


_CHECKS: dict[KillAct, Callable[[Connection, int], Any]] = {
    "withdraw": lambda db, story_id: _require(db, story_id, *WITHDRAWABLE),
    "restore": _require_restorable,
    "remove": lambda db, story_id: _require(db, story_id, *REMOVABLE),
}


def _reach(db: Connection, row: Any) -> KillReach:
    """Return what belongs to the story of this row."""
    own_ids = with_tombstones(db, [row.id])
    articles = select(copy.c.article_id).where(copy.c.story_id == row.id)
    outlets = db.scalars(select(article.c.outlet).where(article.c.id.in_(articles)).order_by(article.c.id)).all()
    entries = select(article.c.entry_id).where(article.c.id.in_(articles))
    quoting = select(version.c.story_id).where(version.c.article_id.in_(articles), version.c.story_id.not_in(own_ids))
    counts = (
        select(func.count()).where(version.c.story_id.in_(own_ids)),
        select(func.count()).where(page.c.entry_id.in_(entries), page.c.archive_file.is_not(None)),
    )
    versions, pages = (db.scalar(query) or 0 for query in counts)
    return KillReach(
        story_id=row.id, title=row.title, status=story_status(row), outlets=tuple(dict.fromkeys(outlets)),
        copies=len(outlets), versions=versions, pages=pages, merged=tuple(sorted(set(own_ids) - {row.id})),
        quoting=tuple(db.scalars(quoting.distinct().order_by(version.c.story_id))),
    )  # fmt: skip


def erase_articles(db: Connection, articles: Collection[int]) -> None:
    """Erase the texts of articles, of their spans and of their entries. Fingerprints stay: later copies join them."""
    for part in in_parts(articles):
        db.execute(delete(span).where(span.c.article_id.in_(part)))
        db.execute(update(article).where(article.c.id.in_(part)).values(NO_ARTICLE_TEXT))
        entries = select(article.c.entry_id).where(article.c.id.in_(part))
        db.execute(update(entry).where(entry.c.id.in_(entries)).values(NO_ENTRY_TEXT))
        db.execute(update(copy).where(copy.c.article_id.in_(part)).values(reason=REMOVED))
        erase_past(db, part, REMOVED)


def _empty_versions(db: Connection, story_id: int, articles: Sequence[int], now: datetime) -> list[Row]:
    """Empty the versions of this story, of its tombstones, and those that others have of its articles. Return the
    changes of the others."""
    own_ids = set(with_tombstones(db, [story_id]))
    query = select(version.c.id, version.c.story_id, version.c.number)
    rows = list(db.execute(query.where(version.c.story_id.in_(own_ids))))
    for part in in_parts(articles):
        rows += db.execute(query.where(version.c.article_id.in_(part), version.c.story_id.not_in(own_ids)))
    nothing = {"title": "", "body": (), "support": [], "reason": "", "removed_at": now}
    for part in in_parts(row.id for row in rows):
        db.execute(update(version).where(version.c.id.in_(part)).values(nothing))
    foreign_rows = [row for row in rows if row.story_id not in own_ids]
    forget_words(db, sorted({row.story_id for row in foreign_rows}))
    return [change_row(ChangeKind.TEXT_REMOVED, end_of(db, row.story_id), (), row.number) for row in foreign_rows]


def _empty_stories(db: Connection, stories: Sequence[int], removed: int, now: datetime) -> None:
    """Empty a story and its tombstones, of which the story alone is removed: the others lead to it."""
    db.execute(update(story).where(story.c.id.in_(stories)).values(title="", support=[], reason=""))
    forget_words(db, stories)
    db.execute(update(story).where(story.c.id == removed).values(removed_at=now))


def is_killed(row: Any) -> bool:
    """Return whether a person withdrew or removed the story of this row: no other story may have its text."""
    return bool(row.removed_at) or row.withdrawn_by == BY_PERSON


def killed_stories(db: Connection, story_ids: Collection[int]) -> set[int]:
    """Return those of these stories that a person withdrew or removed."""
    columns = (story.c.id, story.c.removed_at, story.c.withdrawn_by)
    rows = [row for part in in_parts(story_ids) for row in db.execute(select(*columns).where(story.c.id.in_(part)))]
    return {row.id for row in rows if is_killed(row)}


def removed_stories(db: Connection, story_ids: Collection[int]) -> set[int]:
    """Return those of these stories whose text was removed."""
    query = select(story.c.id).where(story.c.removed_at.is_not(None))
    return {number for part in in_parts(story_ids) for number in db.scalars(query.where(story.c.id.in_(part)))}


def hand_on_kill(db: Connection, source: int, out: int) -> list[Row]:
    """Withdraw or remove ``out``, a story that has copies of ``source`` now, as a person did ``source``. Return the
    changes."""
    row = db.execute(select(story).where(story.c.id == source)).one()
    if not is_killed(row):
        return []
    values = {"withdrawn": row.withdrawn, "withdrawn_by": row.withdrawn_by, "removed_at": row.removed_at}
    db.execute(update(story).where(story.c.id == out).values(values))
    kind = ChangeKind.TEXT_REMOVED if row.removed_at else ChangeKind.STORY_WITHDRAWN
    return [change_row(kind, out, other_story=source, reason=f"copies of story {source}, which a person took back")]
