"""Writes of stories: one clusterer at a time, a whole plan in one transaction."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import datetime
from typing import Any, NamedTuple

from sqlalchemy import Connection, Update, bindparam, func, select, update

from pipeline.model import (
    ArticleRecord,
    Change,
    ChangeKind,
    EntryStatus,
    Head,
    Plan,
    PlannedCopy,
    PlannedMerge,
    PlannedVersion,
    VersionKind,
)
from pipeline.store.band_keys import insert_keys
from pipeline.store.database import Database, Subject
from pipeline.store.lease import Lease
from pipeline.store.row_records import MATCHED, waiting_record
from pipeline.store.schema.tables import article, change, copy, entry, story, version, waiting
from pipeline.store.statements import among, in_parts, insert_all, insert_numbered
from pipeline.store.story_links import end_of, insert_links, merge_into

# Characters that are placed together: 500 texts of news are half of it, and placing takes some six bytes for each.
MOST_TEXT = 4_000_000

_WAITING = (
    select(*MATCHED)
    .join_from(waiting, article)
    .order_by(waiting.c.seen_at, waiting.c.article_id)
    .limit(bindparam("most"))
)
_FORCE = (version.c.story_id == story.c.id) & (version.c.number == story.c.version)
_HEADS = select(story.c.id, story.c.lang, version.c.article_id).outerjoin(version, _FORCE).where(among(story.c.id))


class Stories(Subject):
    """Stories and the log of their changes."""

    def __init__(self, database: Database, lease: Lease) -> None:
        super().__init__(database)
        self._lease = lease

    def waiting_count(self) -> int:
        """Count the articles that wait for their story."""
        with self._database.reading() as db:
            return int(db.scalar(select(func.count()).select_from(waiting)) or 0)

    def waiting_articles(self, limit: int) -> list[ArticleRecord]:
        """Return articles without a story, in time order, with what matching reads of them: at most ``limit``, fewer of
        long texts."""
        with self._database.reading() as db:
            return _next_batch(map(waiting_record, db.execute(_WAITING, {"most": limit})), limit)

    def heads(self, story_ids: Sequence[int]) -> dict[int, Head]:
        """Return the canonical article and language of each of these stories."""
        with self._database.reading() as db:
            rows = db.execute(_HEADS, {"ids": list(story_ids)})
            return {story_id: Head(article_id, lang) for story_id, lang, article_id in rows}

    def by_article(self, article_ids: Sequence[int]) -> dict[int, int]:
        """Return article -> the story that it is a copy of; waiting articles are left out."""
        query = select(copy.c.article_id, copy.c.story_id)
        with self._database.reading() as db:
            return {
                row.article_id: row.story_id
                for part in in_parts(article_ids)
                for row in db.execute(query.where(copy.c.article_id.in_(part)))
            }

    def apply(self, plan: Plan, now: datetime) -> tuple[Change, ...]:
        """Carry out a plan: copies, bands, stories, versions, changes and entry states commit together.

        Copies stored already are skipped, so a plan may be applied twice. Needs the lease.
        """
        with self._database.transaction() as db:
            self._lease.require(db)
            seen_times = _take_waiting(db, plan.copies)
            copies = [planned for planned in plan.copies if planned.article_id in seen_times]
            born = _create_stories(db, copies, plan.versions, seen_times, now)
            _insert_copies(db, copies, born, seen_times, now)
            rows = [_change(ChangeKind.STORY_CREATED, born[key], now) for key in born]
            rows += [_change(ChangeKind.COPY_ADDED, born.get(c.story, c.story), now, c.article_id) for c in copies]
            linked = insert_links(db, plan.links, born, now)
            rows += [_change(ChangeKind.STORY_LINKED, story_id, now, article_id) for story_id, article_id in linked]
            _pass_over(db, plan.passed)
            _merge(db, plan.merges, born, now)
            rows += _write_versions(db, [v for v in plan.versions if v.story > 0 or v.story in born], born, now)
            _touch(db, {row["story_id"] for row in rows}, min(seen_times.values(), default=now), now)
            return _log(db, rows)


def _next_batch(waiting: Iterator[ArticleRecord], most: int) -> list[ArticleRecord]:
    """Return the first of these, as many as are placed together."""
    batch, room = list[ArticleRecord](), MOST_TEXT
    while len(batch) < most and room > 0 and (record := next(waiting, None)):
        batch.append(record)
        room -= sum(map(len, record.article.body))
    return batch


_PLACED = waiting.delete().where(among(waiting.c.article_id))
_TAKE = _PLACED.returning(waiting.c.article_id, waiting.c.seen_at)
_ENTRIES = select(article.c.entry_id).where(among(article.c.id))
_CLUSTERED = update(entry).where(entry.c.id.in_(_ENTRIES)).values(status=EntryStatus.CLUSTERED.value)


def _take_waiting(db: Connection, copies: Sequence[PlannedCopy]) -> dict[int, datetime]:
    """Take these copies' articles out of the waiting ones. Return the time each was seen, by article."""
    if not copies:
        return {}
    seen_times = dict(map(tuple, db.execute(_TAKE, {"ids": [planned.article_id for planned in copies]})))
    db.execute(_CLUSTERED, {"ids": list(seen_times)})
    return seen_times


def _create_stories(
    db: Connection,
    copies: Sequence[PlannedCopy],
    versions: Sequence[PlannedVersion],
    seen_times: Mapping[int, datetime],
    now: datetime,
) -> dict[int, int]:
    """Create the plan's new stories. Return their keys in the plan -> their ids."""
    firsts: dict[int, datetime] = {}
    for planned in copies:
        if planned.story < 0:
            at = seen_times[planned.article_id]
            firsts[planned.story] = min(at, firsts.get(planned.story, at))
    heads = {planned.story: planned for planned in versions}
    rows = [{"first_seen": first, "updated_at": now, **_head_columns(heads[key], 1)} for key, first in firsts.items()]
    return dict(zip(firsts, insert_numbered(db, story.c.id, rows), strict=True))


def _insert_copies(
    db: Connection,
    copies: Sequence[PlannedCopy],
    born: Mapping[int, int],
    seen_times: Mapping[int, datetime],
    now: datetime,
) -> None:
    insert_all(db, copy, [_copy_columns(planned, born, seen_times[planned.article_id]) for planned in copies])
    if copies:
        bands = {planned.article_id: planned.fingerprint.bands for planned in copies}
        insert_keys(db, bands, max(seen_times.values()), now)


def _pass_over(db: Connection, articles: Sequence[int]) -> None:
    if articles:
        db.execute(_PLACED, {"ids": list(articles)})


def _merge(db: Connection, merges: Sequence[PlannedMerge], born: Mapping[int, int], now: datetime) -> None:
    """Carry out the machine's merges, each with its reason; one that was carried out before is skipped."""
    for planned in merges:
        target, merged = born.get(planned.target, planned.target), born.get(planned.source, planned.source)
        if min(target, merged) > 0 and end_of(db, merged) == merged:
            merge_into(db, target, merged, now, planned.reason)


def _copy_columns(planned: PlannedCopy, born: Mapping[int, int], seen_at: datetime) -> dict[str, Any]:
    return {
        "article_id": planned.article_id,
        "story_id": born.get(planned.story, planned.story),
        "relation": planned.relation.value,
        "edition": planned.edition,
        "score": planned.score,
        "reason": planned.reason,
        "seen_at": seen_at,
        "recipe": planned.fingerprint.version,
        "tokens": planned.fingerprint.tokens,
        "shingles": planned.fingerprint.shingles,
    }


def _write_versions(
    db: Connection, planned_versions: Sequence[PlannedVersion], born: Mapping[int, int], now: datetime
) -> list[dict[str, Any]]:
    force = _current_versions(
        db, [planned_version.story for planned_version in planned_versions if planned_version.story > 0]
    )
    changes, rows, heads, supports, agencies = [], [], [], [], []
    for planned_version in planned_versions:
        story_id = born.get(planned_version.story, planned_version.story)
        current = force.get(story_id, _NO_VERSION)
        if _is_new(planned_version, current):
            rows.append(_version_columns(story_id, current.number + 1, planned_version, now))
            changes += _version_changes(story_id, current.number + 1, planned_version, now)
            # A story that this plan creates has its head already.
            heads += (
                [{"of": story_id, **_head_columns(planned_version, current.number + 1)}]
                if planned_version.story > 0
                else []
            )
        else:
            supports.append({"of": story_id, "at": current.number, **_basis(planned_version)})
            agencies += (
                [{"of": story_id, "agency": planned_version.agency}] if planned_version.agency != current.agency else []
            )
    insert_all(db, version, rows)
    _update_all(db, _SUPPORT, supports)
    _update_all(db, _HEAD, heads)
    _update_all(db, _HEAD, agencies)
    return changes


TAKES_BACK = (VersionKind.CORRECTION, VersionKind.WITHDRAWAL)
_HEAD = update(story).where(story.c.id == bindparam("of"))
# The same text from another copy, or in more outlets, is no new version: only its basis is updated.
_SUPPORT = (
    update(version)
    .where(version.c.story_id == bindparam("of"), version.c.number == bindparam("at"))
    .values(article_id=bindparam("based"), reason=bindparam("why"), support=bindparam("carried"))
)


def _basis(planned_version: PlannedVersion) -> dict[str, Any]:
    choice = planned_version.choice
    return {"based": choice.article_id, "why": choice.reason, "carried": list(choice.support)}


def _update_all(db: Connection, statement: Update, rows: Sequence[dict[str, Any]]) -> None:
    if rows:
        db.execute(statement, list(rows))


class _Current(NamedTuple):
    """A story's version in force, as far as it is compared, and its own agency."""

    number: int = 0
    kind: str = ""
    title: str | None = None
    body: tuple[str, ...] = ()
    agency: str = ""


_NO_VERSION = _Current()
_CURRENT = (
    select(story.c.id, version.c.number, version.c.kind, version.c.title, version.c.body, story.c.agency)
    .join(version, _FORCE)
    .where(among(story.c.id))
)


def _current_versions(db: Connection, ids: Sequence[int]) -> dict[int, _Current]:
    return {row[0]: _Current(*row[1:]) for row in db.execute(_CURRENT, {"ids": ids})} if ids else {}


def _is_new(planned_version: PlannedVersion, current: _Current) -> bool:
    choice = planned_version.choice
    # A correction or withdrawal is a new version even where its text is the same.
    marked = choice.kind in TAKES_BACK and choice.kind.value != current.kind
    return marked or (choice.title, choice.body) != (current.title, current.body)


def _version_columns(story_id: int, number: int, planned_version: PlannedVersion, now: datetime) -> dict[str, Any]:
    return {
        "story_id": story_id,
        "number": number,
        "kind": planned_version.choice.kind.value,
        "article_id": planned_version.choice.article_id,
        "title": planned_version.choice.title,
        "body": planned_version.choice.body,
        "support": list(planned_version.choice.support),
        "reason": planned_version.choice.reason,
        "created_at": now,
    }


def _head_columns(planned_version: PlannedVersion, number: int) -> dict[str, Any]:
    return {
        "title": planned_version.choice.title,
        "agency": planned_version.agency,
        "lang": planned_version.lang,
        "version": number,
        "kind": planned_version.choice.kind.value,
        "withdrawn": planned_version.choice.kind is VersionKind.WITHDRAWAL,
    }


def _version_changes(
    story_id: int, number: int, planned_version: PlannedVersion, now: datetime
) -> list[dict[str, Any]]:
    withdrawn = planned_version.choice.kind is VersionKind.WITHDRAWAL
    kind = ChangeKind.STORY_WITHDRAWN if withdrawn else ChangeKind.VERSION_ADDED
    return [_change(kind, story_id, now, planned_version.choice.article_id, number)]


def _change(
    kind: ChangeKind, story_id: int, now: datetime, article_id: int | None = None, number: int | None = None
) -> dict[str, Any]:
    return {"kind": kind.value, "story_id": story_id, "article_id": article_id, "version": number, "at": now}


_TOUCHED = update(story).where(among(story.c.id), story.c.merged_into.is_(None))
_UPDATED = _TOUCHED.values(updated_at=bindparam("at"))
_FIRST = select(func.min(copy.c.seen_at)).where(copy.c.story_id == story.c.id).scalar_subquery()
_EARLIER = _TOUCHED.where(story.c.first_seen > bindparam("earliest")).values(first_seen=_FIRST)


def _touch(db: Connection, story_ids: Iterable[int], earliest: datetime, now: datetime) -> None:
    """Set when these stories changed, and were first seen where a new copy is earlier than those they had.

    ``earliest``: the earliest time of the new copies.
    """
    ids = {"ids": sorted(story_ids)}
    db.execute(_UPDATED, ids | {"at": now})
    db.execute(_EARLIER, ids | {"earliest": earliest})


def _log(db: Connection, rows: Sequence[dict[str, Any]]) -> tuple[Change, ...]:
    seqs = insert_numbered(db, change.c.seq, rows)
    return tuple(
        Change(seq, ChangeKind(row["kind"]), row["story_id"], row["article_id"], row["version"], row["at"])
        for seq, row in zip(seqs, rows, strict=True)
    )
