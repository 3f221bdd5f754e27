"""Searches that persons keep, and which of their stories and of the failing feeds were told."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, Row, delete, select, update

from pipeline.errors import NotStored
from pipeline.model import FeedState, SavedView, StoryFilter, VersionKind
from pipeline.store.change_log import read_state
from pipeline.store.database import Subject
from pipeline.store.retry import whole_transaction
from pipeline.store.schema.persons import feed_notice, saved_view, view_story
from pipeline.store.statements import in_parts, insert, insert_all


class SavedViews(Subject):
    """Searches under a name."""

    @whole_transaction
    def save(
        self, name: str, filters: StoryFilter, person: str, now: datetime, *, is_announced: bool = False
    ) -> SavedView:
        """Keep a search under a name, in place of another of that name. What came before is not told."""
        columns = {"filters": filter_json(filters), "person": person, "saved_at": now, "is_announced": is_announced}
        with self._database.transaction() as db:
            row = {"name": name, **columns, "cursor": read_state(db).head}
            upsert = insert(db, saved_view).values(row)
            db.execute(upsert.on_conflict_do_update(index_elements=["name"], set_=row))
            return _saved_view(db.execute(select(saved_view).where(saved_view.c.name == name)).one())

    @whole_transaction
    def remove(self, name: str) -> None:
        """Forget a view, and what was told of it. Raises NotStored."""
        with self._database.transaction() as db:
            view = _find(db, name)
            db.execute(delete(view_story).where(view_story.c.view_id == view.id))
            db.execute(delete(saved_view).where(saved_view.c.id == view.id))

    def find(self, name: str) -> SavedView:
        """Return the view of this name. Raises NotStored."""
        with self._database.reading() as db:
            return _find(db, name)

    def all(self) -> list[SavedView]:
        """Return every view, by name."""
        with self._database.reading() as db:
            return [_saved_view(row) for row in db.execute(select(saved_view).order_by(saved_view.c.name))]

    @whole_transaction
    def pass_cursor(
        self, view: SavedView, cursor: int, story_ids: Sequence[int], merges: Mapping[int, int], now: datetime
    ) -> bool:
        """Note that these stories came into a view, and move its cursor, in one transaction. A story that took in one
        that was noted (``merges``: story -> where it went) counts as noted. Return whether the cursor stood where it
        was read: else another process was faster, and nothing is done."""
        moved = update(saved_view).where(saved_view.c.id == view.id, saved_view.c.cursor == view.cursor)
        with self._database.transaction() as db:
            if not db.execute(moved.values(cursor=cursor)).rowcount:
                return False
            noted = _noted(db, view.id, merges)
            _note(db, view.id, [merges[story_id] for story_id in noted], now, now)
            _note(db, view.id, story_ids, now, None)
        return True

    def untold(self, view_id: int, limit: int) -> list[int]:
        """Return stories that came into a view and were not told yet, those that came first first."""
        query = select(view_story.c.story_id).where(view_story.c.view_id == view_id, view_story.c.told_at.is_(None))
        with self._database.reading() as db:
            return list(db.scalars(query.order_by(view_story.c.noted_at, view_story.c.story_id).limit(limit)))

    @whole_transaction
    def set_told(self, view_id: int, story_ids: Sequence[int], now: datetime) -> None:
        """Note that these stories were told."""
        with self._database.transaction() as db:
            for part in in_parts(story_ids):
                mine = (view_story.c.view_id == view_id, view_story.c.story_id.in_(part))
                db.execute(update(view_story).where(*mine).values(told_at=now))

    def untold_failures(self, feeds: Sequence[FeedState]) -> list[FeedState]:
        """Return those of these failing feeds whose present failure was not told yet."""
        with self._database.reading() as db:
            notices = {row.feed_id: row.failing_since for row in db.execute(select(feed_notice))}
        return [feed for feed in feeds if notices.get(feed.id) != feed.pace.failing_since]

    @whole_transaction
    def set_failures_told(self, feeds: Sequence[FeedState]) -> None:
        """Note that these feeds' present failures were told."""
        rows = [{"feed_id": feed.id, "failing_since": feed.pace.failing_since} for feed in feeds]
        with self._database.transaction() as db:
            statement = insert(db, feed_notice)
            latest = {"failing_since": statement.excluded.failing_since}
            insert_all(db, statement.on_conflict_do_update(index_elements=["feed_id"], set_=latest), rows)


def filter_json(filters: StoryFilter) -> dict[str, str]:
    """Return a filter as it is stored: what it asks for, by name; the place in a list is not kept."""
    values = {"words": filters.words, "outlet": filters.outlet, "lang": filters.lang, "kind": filters.kind or ""}
    moments = {"since": filters.since, "until": filters.until}
    times = {name: at.isoformat() for name, at in moments.items() if at}
    agency = {} if filters.agency is None else {"agency": filters.agency}
    return {name: str(value) for name, value in values.items() if value} | times | agency


def filter_of(stored: Mapping[str, str]) -> StoryFilter:
    """Return the filter of what :func:`filter_json` made."""
    since, until = (datetime.fromisoformat(stored[name]) if name in stored else None for name in ("since", "until"))
    kind = VersionKind(stored["kind"]) if "kind" in stored else None
    words, outlet, lang = (stored.get(name, "") for name in ("words", "outlet", "lang"))
    return StoryFilter(words, stored.get("agency"), outlet, lang, since, until, kind)


def _find(db: Connection, name: str) -> SavedView:
    row = db.execute(select(saved_view).where(saved_view.c.name == name)).first()
    if row is None:
        raise NotStored("no such view", concerns=name, todo="see copydesk views list")
    return _saved_view(row)


def _saved_view(row: Row[Any]) -> SavedView:
    filters = filter_of(row.filters)
    return SavedView(row.id, row.name, filters, row.person, row.saved_at, row.is_announced, row.cursor)


def _noted(db: Connection, view_id: int, merges: Mapping[int, int]) -> list[int]:
    query = select(view_story.c.story_id).where(view_story.c.view_id == view_id)
    return [at for part in in_parts(merges) for at in db.scalars(query.where(view_story.c.story_id.in_(part)))]


def _note(db: Connection, view_id: int, story_ids: Sequence[int], now: datetime, told_at: datetime | None) -> None:
    rows = [{"view_id": view_id, "story_id": at, "noted_at": now, "told_at": told_at} for at in story_ids]
    insert_all(db, insert(db, view_story).on_conflict_do_nothing(), rows)
