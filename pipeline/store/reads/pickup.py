"""What became of stories: a row for each copy, read in one view, a story's text and a copy's at a time."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime
from typing import Any, NamedTuple

from sqlalchemy import ColumnElement, Connection, Row, RowMapping, Select, func, or_, select, tuple_

from pipeline.match.pickup import WordedText, credit_state, is_headline_changed, minutes_after
from pipeline.model import ChangeKind, Outcome, Pickup, Precision, Relation, StoryStatus, VersionKind
from pipeline.store.change_log import IN_FORCE, story_status
from pipeline.store.database import Database
from pipeline.store.row_records import claims, moment
from pipeline.store.schema.tables import article, change, copy, entry, story, version
from pipeline.store.story_links import end_of, no_story

# Stories, and copies of them, that are read at once.
STORIES, COPIES = 50, 100
# How a visit of a page ends that is there, and of one that is not.
THERE_OUTCOMES = (Outcome.OK, Outcome.NOT_MODIFIED)
GONE_OUTCOMES = (Outcome.NOT_FOUND, Outcome.GONE_410)
_NEWEST = (story.c.first_seen, story.c.id)
_STORIES = (
    select(story.c.id, story.c.title, story.c.agency, story.c.first_seen, story.c.withdrawn, story.c.merged_into)
    .add_columns(story.c.article_id, story.c.removed_at, version.c.title.label("headline"), version.c.body)
    .add_columns(version.c.removed_at.label("text_removed_at"))
    .outerjoin(version, IN_FORCE)
    .where(story.c.merged_into.is_(None))
    .order_by(*(column.desc() for column in _NEWEST))
    .limit(STORIES)
)
_COPIES = (
    select(copy.c.story_id, copy.c.article_id, copy.c.relation, article.c.outlet, article.c.url, article.c.title)
    .add_columns(article.c.body, article.c.agency, article.c.feed_agency, article.c.claims)
    .add_columns(article.c.published, article.c.published_precision, article.c.published_basis)
    .add_columns(entry.c.revisited_at, entry.c.revisit_outcome)
    .join_from(copy, article, article.c.id == copy.c.article_id)
    .join(entry, entry.c.id == article.c.entry_id)
    .join(story, story.c.id == copy.c.story_id)
    .order_by(*(column.desc() for column in _NEWEST), copy.c.seen_at, copy.c.article_id)
)


def pickups(
    store: Database, agency: str, since: datetime | None = None, until: datetime | None = None
) -> Iterator[Pickup]:
    """Yield the copies of an agency's stories, first seen at or after ``since`` and before ``until``: the newest story
    first, its copies in time order. The agency's id is as stories have it; of a story of several it is one of them."""
    with store.reading() as db:
        for page in _story_pages(db, _conditions(agency, since, until)):
            yield from _pickups(db, [head for head in page if agency in _agencies(head)], agency)


def pickups_of_story(store: Database, story_id: int) -> list[Pickup]:
    """Return the copies of a story, or of the one that it was merged into, in time order; credit is what its agencies
    get. Raises NotStored."""
    with store.reading() as db:
        head = db.execute(_STORIES.where(story.c.id == end_of(db, story_id))).first()
        if head is None:
            raise no_story(story_id)
        return list(_pickups(db, [head]))


def _pickups(db: Connection, heads: Sequence[Row[Any]], agency: str = "") -> Iterator[Pickup]:
    """Yield the copies of these stories: whether they credit the agency, or else one that the story names."""
    carried = _carried(db, heads, agency)
    for row in _copies(db, list(carried)):
        yield _pickup(carried[row["story_id"]], row)


def _agencies(head: Row[Any]) -> list[str]:
    return [name for name in head.agency.split("+") if name]


def _conditions(agency: str, since: datetime | None, until: datetime | None) -> list[ColumnElement[bool]]:
    name = story.c.agency
    is_one_of_several = name.contains("+") & name.contains(agency, autoescape=True)
    conditions: list[ColumnElement[bool]] = [or_(name == agency, is_one_of_several)]
    conditions += [story.c.first_seen >= since] if since else []
    return conditions + ([story.c.first_seen < until] if until else [])


def _story_pages(db: Connection, conditions: list[ColumnElement[bool]]) -> Iterator[Sequence[Row[Any]]]:
    query = _STORIES.where(*conditions)
    while rows := db.execute(query).all():
        yield rows
        query = _STORIES.where(*conditions, tuple_(*_NEWEST) < tuple_(rows[-1].first_seen, rows[-1].id))


def _first_times(db: Connection, heads: Sequence[Row[Any]]) -> dict[int, datetime]:
    """Return by story when its first copy was published, as far as more than a day is known."""
    query = (
        select(copy.c.story_id, func.min(article.c.published_utc))
        .join(article, article.c.id == copy.c.article_id)
        .where(copy.c.story_id.in_(_ids(heads)), article.c.published_precision != Precision.DAY.value)
        .group_by(copy.c.story_id)
    )
    return _by_story(db, query)


def _ids(heads: Sequence[Row[Any]]) -> list[int]:
    return [head.id for head in heads]


def _by_story(db: Connection, query: Select[Any]) -> dict[int, datetime]:
    return {story_id: at for story_id, at in db.execute(query) if at is not None}


class _Events(NamedTuple):
    """When a story was last corrected, and killed, if it is; and each time that a page of it was seen to have changed,
    by its article, in order."""

    corrected_at: datetime | None
    killed_at: datetime | None
    changes: Mapping[int, Sequence[datetime]]

    def minutes_to_correct(self, article_id: int) -> float | None:
        """Return how long a page took to change after the correction."""
        if self.corrected_at is None:
            return None
        later = (at for at in self.changes.get(article_id, ()) if at >= self.corrected_at)
        return next((round((at - self.corrected_at).total_seconds() / 60, 1) for at in later), None)

    def is_still_up(self, visited_at: datetime | None, outcome: str) -> bool | None:
        """Return whether a page was there when it was visited last, after the kill."""
        if self.killed_at is None or visited_at is None or visited_at <= self.killed_at:
            return None
        return True if outcome in THERE_OUTCOMES else False if outcome in GONE_OUTCOMES else None


def _events(db: Connection, heads: Sequence[Row[Any]]) -> dict[int, _Events]:
    """Return the events of each of these stories."""
    corrections, kills, changes = _correction_times(db, heads), _kill_times(db, heads), _copy_changes(db, heads)
    return {head.id: _Events(corrections.get(head.id), kills.get(head.id), changes.get(head.id, {})) for head in heads}


def _correction_times(db: Connection, heads: Sequence[Row[Any]]) -> dict[int, datetime]:
    is_correction = version.c.story_id.in_(_ids(heads)) & (version.c.kind == VersionKind.CORRECTION.value)
    query = select(version.c.story_id, func.max(version.c.created_at)).where(is_correction)
    return _by_story(db, query.group_by(version.c.story_id))


def _kill_times(db: Connection, heads: Sequence[Row[Any]]) -> dict[int, datetime]:
    killed = [head for head in heads if story_status(head) is not StoryStatus.LIVE]
    if not killed:
        return {}
    kinds = (ChangeKind.STORY_WITHDRAWN.value, ChangeKind.TEXT_REMOVED.value)
    is_kill = change.c.story_id.in_(_ids(killed)) & change.c.kind.in_(kinds)
    query = select(change.c.story_id, func.max(change.c.at)).where(is_kill)
    return _by_story(db, query.group_by(change.c.story_id))


def _copy_changes(db: Connection, heads: Sequence[Row[Any]]) -> dict[int, dict[int, list[datetime]]]:
    """Return by story and article when its page was seen to have changed, in order."""
    query = select(change.c.story_id, change.c.at, change.c.articles).where(change.c.story_id.in_(_ids(heads)))
    changes: dict[int, dict[int, list[datetime]]] = {}
    query = query.where(change.c.kind == ChangeKind.COPY_CHANGED.value).order_by(change.c.seq)
    for story_id, at, articles in db.execute(query):
        for article_id in articles:
            changes.setdefault(story_id, {}).setdefault(article_id, []).append(at)
    return changes


class _Carried(NamedTuple):
    """A story that outlets carry: the agencies whose credit is looked for, when its first copy came, and its text; None
    where it has none to compare."""

    head: Row[Any]
    agencies: Sequence[str]
    first: datetime | None
    events: _Events
    text: WordedText | None


def _carried(db: Connection, heads: Sequence[Row[Any]], agency: str) -> dict[int, _Carried]:
    first_times, events = _first_times(db, heads), _events(db, heads)
    return {
        head.id: _Carried(
            head, (agency,) if agency else _agencies(head), first_times.get(head.id), events[head.id], _text(head)
        )
        for head in heads
    }


def _text(head: Row[Any]) -> WordedText | None:
    is_removed = head.text_removed_at or story_status(head) is StoryStatus.REMOVED
    return WordedText(head.body) if head.body and not is_removed else None


def _copies(db: Connection, story_ids: Sequence[int]) -> Iterator[RowMapping]:
    """Yield the copies of these stories, the newest story first; COPIES are held at a time."""
    query = _COPIES.where(copy.c.story_id.in_(story_ids))
    yield from db.execute(query, execution_options={"yield_per": COPIES}).mappings()


def _pickup(carried: _Carried, row: RowMapping) -> Pickup:
    head, agencies, text, events = carried.head, carried.agencies, carried.text, carried.events
    wording = text.compare(row["body"]) if text else None
    is_own_page = not {row["feed_agency"], row["outlet"]}.isdisjoint(agencies)
    published = moment(row, "published")
    return Pickup(
        story_id=head.id,
        story_title=head.title,
        status=story_status(head),
        article_id=row["article_id"],
        outlet=row["outlet"],
        url=row["url"],
        published=published,
        minutes=minutes_after(carried.first, published),
        relation=Relation(row["relation"]),
        headline_changed=is_headline_changed(head.headline, row["title"]) if text else None,
        share_kept=wording.share_kept if wording else None,
        words_added=wording.added if wording else None,
        credit=credit_state(agencies, is_own_page, row["agency"], claims(row["claims"])),
        agency=row["agency"],
        paragraphs_dropped=wording.paragraphs_dropped if wording else None,
        corrected_after=events.minutes_to_correct(row["article_id"]),
        still_up=events.is_still_up(row["revisited_at"], row["revisit_outcome"]),
        title=row["title"],
        canonical=row["article_id"] == head.article_id,
    )
