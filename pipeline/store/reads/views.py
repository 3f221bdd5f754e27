"""Reads for people: the command line, the pages in the Airflow UI, summaries."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, Row, RowMapping, Select, func, select

from pipeline.model import (
    GOOD_OUTCOMES,
    CarriedEntries,
    Copy,
    Counts,
    Doubt,
    EntryRow,
    EntryStatus,
    FeedState,
    PageKind,
    Relation,
    Story,
    Version,
    VersionKind,
)
from pipeline.store.change_log import IN_FORCE, readable_digest, story_status
from pipeline.store.database import Database
from pipeline.store.row_records import entry_row, feed_state, moment
from pipeline.store.schema.tables import (
    DOUBTFUL,
    FAILED,
    article,
    carried,
    change,
    copy,
    entry,
    feed,
    page,
    poll,
    story,
    version,
)
from pipeline.store.schema.tables import span as span_table
from pipeline.store.statements import among
from pipeline.store.story_links import end_of, no_story
from pipeline.text.alike import additions

GOOD = tuple(outcome.value for outcome in GOOD_OUTCOMES)
# Under this confidence of the reader 102 of 215 pages were read badly (4-gram F1 under .8), above it 55 of 1,452; each
# page by a model that was learned without its collection.
AGREED = 0.8
_TOTALS = (
    select(copy.c.story_id, func.count().label("copies"), func.count(article.c.outlet.distinct()).label("outlets"))
    .join(article)
    .where(among(copy.c.story_id))
    .group_by(copy.c.story_id)
)
STORY_HEADS = select(story, version.c.digest, version.c.removed_at.label("text_removed_at")).outerjoin(
    version, IN_FORCE
)
COUNTED = (feed, poll, entry, page, article, span_table, copy, story, version, change)


def table_counts(store: Database) -> dict[str, int]:
    """Return the number of rows of each table, by name."""
    with store.reading() as db:
        return {table.name: int(db.scalar(select(func.count()).select_from(table)) or 0) for table in COUNTED}


def counts(store: Database) -> Counts:
    """Return the totals of a summary."""
    rows = table_counts(store)
    failing = select(func.count()).where(feed.c.listed, feed.c.last_outcome.not_in(GOOD))
    failed = select(func.count()).where(entry.c.status == EntryStatus.FAILED.value)
    text = select(func.coalesce(func.sum(article.c.removed), 0), func.coalesce(func.sum(article.c.kept), 0))
    with store.reading() as db:
        removed_chars, kept_chars = db.execute(text).one()
        return Counts(
            feeds=int(db.scalar(select(func.count()).where(feed.c.listed)) or 0),
            feeds_failing=int(db.scalar(failing) or 0),
            entries=rows["entry"],
            pages=rows["page"],
            articles=rows["article"],
            copies=rows["copy"],
            stories=rows["story"],
            versions=rows["version"],
            changes=rows["change"],
            failed=int(db.scalar(failed) or 0),
            removed_characters=int(removed_chars),
            kept_characters=int(kept_chars),
        )


def feed_rows(store: Database) -> list[FeedState]:
    """Return every listed feed, by outlet."""
    query = select(feed).where(feed.c.listed).order_by(feed.c.outlet, feed.c.id)
    with store.reading() as db:
        return [feed_state(row) for row in db.execute(query).mappings()]


def brought_new(store: Database, since: datetime) -> dict[int, list[datetime]]:
    """Return the times of polls after ``since`` with new entries, by feed."""
    times: dict[int, list[datetime]] = defaultdict(list)
    query = select(poll.c.feed_id, poll.c.polled_at).where(poll.c.polled_at > since, poll.c.new > 0)
    with store.reading() as db:
        for row in db.execute(query.order_by(poll.c.polled_at)):
            times[row.feed_id].append(row.polled_at)
    return dict(times)


def entry_rows(store: Database, limit: int, status: EntryStatus | None = None) -> list[EntryRow]:
    """Return entries for an operator, newest first."""
    query = select(entry).order_by(entry.c.id.desc()).limit(limit)
    if status:
        query = query.where(FAILED if status is EntryStatus.FAILED else entry.c.status == status.value)
    with store.reading() as db:
        return [entry_row(row) for row in db.execute(query)]


def stories(store: Database, limit: int, offset: int = 0, agency: str | None = None) -> list[Story]:
    """Return stories, the newest first."""
    query = STORY_HEADS.where(story.c.merged_into.is_(None))
    query = query.order_by(story.c.first_seen.desc(), story.c.id.desc()).limit(limit).offset(offset)
    if agency:
        query = query.where(story.c.agency == agency)
    with store.reading() as db:
        return read_heads(db, query)


def story_of(store: Database, story_id: int) -> Story:
    """Return a story's head; for a merged story, that of the story it was merged into. Raises NotStored."""
    with store.reading() as db:
        return _head(db, story_id)


def _head(db: Connection, story_id: int) -> Story:
    heads = read_heads(db, STORY_HEADS.where(story.c.id == end_of(db, story_id)))
    if not heads:
        raise no_story(story_id)
    return heads[0]


def read_heads(db: Connection, query: Select[Any]) -> list[Story]:
    """Return the stories of the rows that ``query`` selects. Copies are counted for these alone."""
    rows = db.execute(query).all()
    totals = {row.story_id: (row.copies, row.outlets) for row in db.execute(_TOTALS, {"ids": [row.id for row in rows]})}
    return [_story(row, *totals[row.id]) for row in rows if row.id in totals]


def _story(row: Row[Any], copies: int, outlets: int) -> Story:
    return Story(
        id=row.id,
        title=row.title,
        agency=row.agency,
        lang=row.lang,
        first_seen=row.first_seen,
        updated_at=row.updated_at,
        copies=copies,
        outlets=outlets,
        version=row.version,
        kind=VersionKind(row.kind),
        withdrawn=row.withdrawn,
        status=story_status(row),
        revision=row.revision,
        digest=readable_digest(row),
        article_id=row.article_id,
        support=tuple(row.support),
        reason=row.reason,
    )


def one_story(store: Database, story_id: int) -> tuple[Story, list[Version], list[Copy]]:
    """Return a story with its versions, oldest first, and its copies in time order. Raises NotStored."""
    with store.reading() as db:
        return read_story(db, story_id)


def read_story(db: Connection, story_id: int) -> tuple[Story, list[Version], list[Copy]]:
    """Return what :func:`one_story` does, in the view of an open transaction."""
    head = _head(db, story_id)
    query = select(version).where(version.c.story_id == head.id).order_by(version.c.number)
    return head, [_version(row) for row in db.execute(query)], _copies(db, [head.id]).get(head.id, [])


def _version(row: Row[Any]) -> Version:
    return Version(
        story_id=row.story_id,
        number=row.number,
        kind=VersionKind(row.kind),
        article_id=row.article_id,
        title=row.title,
        body=row.body,
        reason=row.reason,
        created_at=row.created_at,
        support=tuple(row.support),
        digest=row.digest,
        removed_at=row.removed_at,
    )


def additions_of(store: Database, story_id: int) -> dict[int, tuple[str, ...]]:
    """Return the paragraphs that each copy adds to the text in force, by article; copies that add none are left out."""
    with store.reading() as db:
        return read_additions(db, story_id)


def read_additions(db: Connection, story_id: int) -> dict[int, tuple[str, ...]]:
    """Return what :func:`additions_of` does, in the view of an open transaction."""
    force = _versions_in_force(db, [story_id]).get(story_id)
    query = select(article.c.id, article.c.body).join(copy, copy.c.article_id == article.c.id)
    rows = db.execute(query.where(copy.c.story_id == story_id)) if force else ()
    by_article = {row.id: additions(row.body, force.body) for row in rows} if force else {}
    return {number: added for number, added in by_article.items() if added}


def versions_of(store: Database, story_ids: Sequence[int]) -> dict[int, Version]:
    """Return the version in force of each of these stories."""
    with store.reading() as db:
        return _versions_in_force(db, story_ids)


def _versions_in_force(db: Connection, story_ids: Sequence[int]) -> dict[int, Version]:
    query = select(version).join(story, IN_FORCE)
    return {row.story_id: _version(row) for row in db.execute(query.where(story.c.id.in_(story_ids)))}


def copies_of(store: Database, story_ids: Sequence[int]) -> dict[int, list[Copy]]:
    """Return the copies of each of these stories, in time order, the canonical copy marked."""
    with store.reading() as db:
        return _copies(db, story_ids)


def _copies(db: Connection, story_ids: Sequence[int]) -> dict[int, list[Copy]]:
    query = (
        select(*copy.c, article.c.outlet, article.c.url, article.c.title, article.c.agency)
        .add_columns(article.c.published, article.c.published_precision, article.c.published_basis)
        .add_columns(story.c.article_id.label("chosen"))
        .select_from(copy)
        .join(article, article.c.id == copy.c.article_id)
        .join(story, story.c.id == copy.c.story_id)
        .where(copy.c.story_id.in_(story_ids))
        .order_by(copy.c.seen_at, copy.c.article_id)
    )
    copies: dict[int, list[Copy]] = defaultdict(list)
    for row in db.execute(query).mappings():
        copies[row["story_id"]].append(_copy(row))
    return dict(copies)


def _copy(row: RowMapping) -> Copy:
    return Copy(
        article_id=row["article_id"],
        story_id=row["story_id"],
        outlet=row["outlet"],
        url=row["url"],
        title=row["title"],
        published=moment(row, "published"),
        agency=row["agency"],
        relation=Relation(row["relation"]),
        edition=row["edition"],
        score=row["score"],
        reason=row["reason"],
        canonical=row["article_id"] == row["chosen"],
    )


def first_outlets(store: Database, story_ids: Sequence[int]) -> dict[int, str]:
    """Return the outlet of the first copy of each of these stories."""
    place = func.row_number().over(partition_by=copy.c.story_id, order_by=(copy.c.seen_at, copy.c.article_id))
    query = select(copy.c.story_id, copy.c.article_id, place.label("place")).where(copy.c.story_id.in_(story_ids))
    ranked = query.subquery()
    first = select(ranked.c.story_id, article.c.outlet).join(article, article.c.id == ranked.c.article_id)
    with store.reading() as db:
        return dict(map(tuple, db.execute(first.where(ranked.c.place == 1))))


def carried_entries(store: Database, since: datetime) -> list[CarriedEntries]:
    """Return the entries that each listed feed carried since then."""
    first_seen: dict[int, dict[str, datetime]] = defaultdict(dict)
    query = select(carried.c.feed_id, carried.c.first_seen, entry.c.url_key).join(
        entry, entry.c.id == carried.c.entry_id
    )
    feeds = select(feed.c.id, feed.c.url, feed.c.final_url, feed.c.self_url).where(feed.c.listed).order_by(feed.c.id)
    with store.reading() as db:
        for row in db.execute(query.where(carried.c.first_seen >= since)):
            first_seen[row.feed_id][row.url_key] = row.first_seen
        rows = db.execute(feeds).all()
    return [CarriedEntries(row.id, row.url, row.final_url, row.self_url, first_seen[row.id]) for row in rows]


def by_agency(store: Database) -> list[tuple[str, int, int]]:
    """Return (agency, stories, copies), most stories first; the name is '' where the agency is unknown."""
    query = (
        select(story.c.agency, func.count(story.c.id.distinct()), func.count(copy.c.article_id))
        .join(copy)
        .group_by(story.c.agency)
        .order_by(func.count(story.c.id.distinct()).desc(), story.c.agency)
    )
    with store.reading() as db:
        return [(agency, int(heads), int(copies)) for agency, heads, copies in db.execute(query)]


def doubtful(store: Database, limit: int) -> list[Doubt]:
    """Return the newest articles whose extractors agree little or that have a doubt, and pages set aside as none."""
    # In the words of its partial index: SQLite takes it for no others.
    newest = select(article.c.id).where(DOUBTFUL).order_by(article.c.id.desc()).limit(limit).subquery()
    query = (
        select(article, copy.c.story_id)
        .join(newest, newest.c.id == article.c.id)
        .outerjoin(copy, copy.c.article_id == article.c.id)
        .order_by(article.c.id.desc())
    )
    with store.reading() as db:
        return [
            Doubt(row.id, row.story_id, row.outlet, row.url, row.title, PageKind(row.kind), row.agreement, row.doubt)
            for row in db.execute(query)
        ]
