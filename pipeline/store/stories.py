"""Writes of stories: one clusterer at a time, a whole plan in one transaction."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, bindparam, func, select, update

from pipeline.model import (
    ArticleRecord,
    Change,
    ChangeKind,
    EntryStatus,
    FlowReason,
    FlowStage,
    Head,
    Plan,
    PlannedCopy,
    PlannedDoubt,
    PlannedMerge,
    PlannedVersion,
)
from pipeline.store.band_keys import insert_keys
from pipeline.store.change_log import Row, append_changes, change_row, log_time
from pipeline.store.database import Database, Subject
from pipeline.store.flow import Counts, count_flow
from pipeline.store.kills import erase_articles, killed_stories, removed_stories
from pipeline.store.lease import Lease
from pipeline.store.row_records import MATCHED, waiting_record
from pipeline.store.schema.tables import article, copy, entry, story, waiting
from pipeline.store.statements import among, in_parts, insert_all, insert_numbered
from pipeline.store.story_links import end_of, insert_links, merge_into
from pipeline.store.versions import head_columns, heads_of, write_versions
from pipeline.text.story_numbers import with_names

# Characters that are placed together: 500 texts of news are half of it, and placing takes some six bytes for each.
MOST_TEXT = 4_000_000

_WAITING = (
    select(*MATCHED)
    .join_from(waiting, article)
    .order_by(waiting.c.seen_at, waiting.c.article_id)
    .limit(bindparam("most"))
)


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

    def textless_stories(self) -> list[int]:
        """Return stories without a text that have copies: a split of earlier versions that was killed left some."""
        copied = select(copy.c.article_id).where(copy.c.story_id == story.c.id).exists()
        query = select(story.c.id).where(story.c.version == 0, story.c.merged_into.is_(None), copied)
        with self._database.reading() as db:
            return list(db.scalars(query.order_by(story.c.id)))

    def heads(self, story_ids: Sequence[int]) -> dict[int, Head]:
        """Return the canonical article and language of each of these stories."""
        with self._database.reading() as db:
            return heads_of(db, story_ids)

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
            now = log_time(db, now)
            seen_times = _take_waiting(db, plan.copies)
            copies = [planned for planned in plan.copies if planned.article_id in seen_times]
            born = _create_stories(db, copies, plan.versions, seen_times, now)
            copies = _with_stored_names(copies, born)
            _insert_copies(db, copies, born, seen_times, now)
            _erase_copies_of_removed(db, copies)
            rows = [change_row(ChangeKind.STORY_CREATED, number) for number in born.values()]
            rows += [_copy_row(planned, born) for planned in copies]
            rows += insert_links(db, plan.links, born, now, seen_times)
            _pass_over(db, plan.passed)
            _doubt_articles(db, plan.doubts)
            rows += write_versions(db, [v for v in plan.versions if v.story > 0 or v.story in born], born, now)
            _set_first_seen(db, {row["story_id"] for row in rows}, seen_times.values())
            # A tombstone has no change after its merge, so merges come last.
            rows += _merge(db, plan.merges, born, now)
            changes = append_changes(db, rows, now)
            count_flow(db, now, _placing_counts(len(copies), len(born), len(plan.passed)))
            return changes


def _placing_counts(copies: int, stories: int, passed: int) -> Counts:
    reasons = {FlowReason.FIRST: stories, FlowReason.JOINED: copies - stories, FlowReason.PASSED: passed}
    return Counter({(FlowStage.PLACING, reason.value): times for reason, times in reasons.items()})


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


def _doubt_articles(db: Connection, doubts: Sequence[PlannedDoubt]) -> None:
    """Note why these articles are perhaps no story; the last reason stays."""
    for doubt in doubts:
        db.execute(update(article).where(article.c.id == doubt.article_id).values(doubt=doubt.reason))


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
    heads = {planned.story: planned for planned in reversed(versions)}
    rows = [{"first_seen": first, "updated_at": now, **head_columns(heads[key], 1)} for key, first in firsts.items()]
    return dict(zip(firsts, insert_numbered(db, story.c.id, rows), strict=True))


def _with_stored_names(copies: Sequence[PlannedCopy], born: Mapping[int, int]) -> list[PlannedCopy]:
    """Return copies whose reasons name stories as they are stored, not as the plan numbers them."""
    names = {number: str(story_id) for number, story_id in born.items()}
    return [replace(planned, reason=with_names(planned.reason, names)) for planned in copies]


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


def _erase_copies_of_removed(db: Connection, copies: Sequence[PlannedCopy]) -> None:
    removed = removed_stories(db, {planned.story for planned in copies if planned.story > 0})
    erase_articles(db, [planned.article_id for planned in copies if planned.story in removed])


def _copy_row(planned: PlannedCopy, born: Mapping[int, int]) -> Row:
    story_id = born.get(planned.story, planned.story)
    return change_row(ChangeKind.COPY_ADDED, story_id, (planned.article_id,), reason=planned.reason)


def _pass_over(db: Connection, articles: Sequence[int]) -> None:
    if articles:
        db.execute(_PLACED, {"ids": list(articles)})


def _merge(db: Connection, merges: Sequence[PlannedMerge], born: Mapping[int, int], now: datetime) -> list[Row]:
    """Carry out the machine's merges, each with its reason; one that was carried out before is skipped."""
    rows = list[Row]()
    for planned in merges:
        target, merged = born.get(planned.target, planned.target), born.get(planned.source, planned.source)
        is_open = min(target, merged) > 0 and end_of(db, merged) == merged
        if is_open and not killed_stories(db, [target, merged]):
            rows += merge_into(db, target, merged, now, planned.reason)
    return rows


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


_FIRST = select(func.min(copy.c.seen_at)).where(copy.c.story_id == story.c.id).scalar_subquery()
_EARLIER = (
    update(story)
    .where(among(story.c.id), story.c.merged_into.is_(None), story.c.first_seen > bindparam("earliest"))
    .values(first_seen=_FIRST)
)


def _set_first_seen(db: Connection, story_ids: Iterable[int], seen_times: Iterable[datetime]) -> None:
    """Set when these stories were first seen, where one of the new copies is earlier than those they had."""
    earliest = min(seen_times, default=None)
    if earliest:
        db.execute(_EARLIER, {"ids": sorted(story_ids), "earliest": earliest})
