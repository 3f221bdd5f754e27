"""Readers of a database: each method is one transaction, and so one consistent view of the store."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Iterator, Mapping, Sequence, Set
from contextlib import contextmanager
from datetime import datetime
from time import sleep
from typing import Any

from sqlalchemy import ColumnElement, Connection, FromClause, Select, bindparam, select, tuple_

from pipeline.errors import Busy, Moved, NotStored, Removed, UsageError, WriteConflict
from pipeline.model import Change, ChangeKind, Provenance, StoryStatus
from pipeline.read.keyset import keyset_of, parse_keyset
from pipeline.read.reader import PAGE, Order, Reader, State, StoryReader, aware_moment
from pipeline.read.records import (
    ChangePage,
    CopyPlace,
    Kill,
    PagePlace,
    Snapshot,
    StoreInfo,
    StoryFilter,
    StoryHead,
    StoryPage,
    StoryState,
    VersionText,
    typed_row,
)
from pipeline.read.view_rows import ViewRows
from pipeline.store import Store
from pipeline.store.change_log import read_state
from pipeline.store.reads.changes import cursor_of_line, line_of_cursor, read_changes
from pipeline.store.reads.past import check_past, end_in_past, line_at, past_views
from pipeline.store.reads.provenance import read_provenance
from pipeline.store.reads.snippets import read_snippets
from pipeline.store.schema.columns import BigId, read_json
from pipeline.store.schema.engine import current_revision
from pipeline.store.schema.sql_views import version_lists, view_tables
from pipeline.store.schema.tables import address, article, change, copy, entry, version
from pipeline.store.search_index import has_words
from pipeline.store.statements import in_parts
from pipeline.store.story_links import end_of
from pipeline.text.url import url_key

# Lines or ids read at once for a snapshot.
LINES = 1000
# Seconds between two looks at the log, while a line is waited for.
LOOK_EVERY = 0.5
STORY = bindparam("story", type_=BigId)
VERSION_ROWS = version_lists().where(version.c.story_id == STORY).order_by(version.c.number)


class _ViewReading(StoryReader):
    """Stories read from the SQL views, or from selects that have their columns."""

    def __init__(self, store: Store, views: Mapping[str, FromClause]) -> None:
        self._store = store
        self._views = views
        heads, copies = views["story"], views["copy"]
        # Built once: to build a statement takes longer than to read a row by it.
        self._head_row = select(heads).where(heads.c.story == STORY)
        self._copy_rows = select(copies).where(copies.c.story == STORY).order_by(copies.c.first_seen, copies.c.article)

    def stories(
        self, filters: StoryFilter | None = None, *, order: Order = "first_seen", after: str = "", limit: int = PAGE
    ) -> StoryPage:
        """See :meth:`StoryReader.stories`."""
        view = self._views["story"]
        newest = (view.c[order].desc(), view.c.story.desc())
        with self._reading() as db:
            query = _filtered(db, self._views, filters or StoryFilter(), order)
            if after:
                query = query.where(tuple_(view.c[order], view.c.story) < tuple_(*parse_keyset(after)))
            ids = db.scalars(query.order_by(*newest).limit(limit + 1)).all()
            rows = db.execute(select(view).where(view.c.story.in_(ids)).order_by(*newest)).mappings().all()
            snippets = read_snippets(db, filters.words, ids[:limit]) if filters and filters.words else {}
        heads = tuple(typed_row(StoryHead, row) for row in rows[:limit])
        end = keyset_of(rows[limit - 1][order], heads[-1].story) if len(rows) > limit else None
        return StoryPage(heads, end, snippets)

    def story(self, story_id: int) -> StoryState:
        """See :meth:`StoryReader.story`."""
        with self._reading() as db:
            return self._state_of(db, self._require_readable(db, story_id), "full")

    def _state(self, db: Connection, story_id: int, state: State) -> StoryState:
        return self._state_of(db, self._head(db, story_id), state)

    def _state_of(self, db: Connection, head: StoryHead, state: State) -> StoryState:
        if state == "head" or head.status in (StoryStatus.MERGED, StoryStatus.REMOVED):
            return StoryState(head)
        texts, copies = self._versions(db, head.story), self._copies(db, head.story)
        return StoryState(head, texts, copies, self._provenance(db, head.story))

    def _require_readable(self, db: Connection, story_id: int) -> StoryHead:
        """Return the head of a story that may be read. Raises NotFound, Moved or Removed."""
        head = self._head(db, story_id)
        if head.status is StoryStatus.MERGED:
            target = self._end(db, story_id)
            raise Moved("it was merged", concerns=f"story {story_id}", todo=f"read story {target}", to=target)
        if head.status is StoryStatus.REMOVED:
            raise Removed("its text was removed", concerns=f"story {story_id}", todo="drop what you have of it")
        return head

    def _head(self, db: Connection, story_id: int) -> StoryHead:
        row = db.execute(self._head_row, {"story": story_id}).mappings().first()
        if row is None:
            raise NotStored("no such story", concerns=f"story {story_id}")
        return typed_row(StoryHead, row)

    def _copies(self, db: Connection, story_id: int) -> tuple[CopyPlace, ...]:
        rows = db.execute(self._copy_rows, {"story": story_id}).mappings()
        return tuple(typed_row(CopyPlace, row) for row in rows)

    @abstractmethod
    def _versions(self, db: Connection, story_id: int) -> tuple[VersionText, ...]: ...

    @abstractmethod
    def _provenance(self, db: Connection, story_id: int) -> Provenance | None: ...

    @abstractmethod
    def _end(self, db: Connection, story_id: int) -> int:
        """Return the story that a tombstone leads to."""

    @contextmanager
    def _reading(self) -> Iterator[Connection]:
        try:
            with self._store.reading() as db:
                yield db
        except WriteConflict as error:
            raise Busy(error.message, concerns=error.concerns, todo="try again") from error


class StoreReader(_ViewReading, Reader):
    """A store's own database, open to be read."""

    def __init__(self, store: Store) -> None:
        super().__init__(store, view_tables(store.engine.dialect.name))

    def close(self) -> None:
        """Close all connections."""
        self._store.close()

    def info(self) -> StoreInfo:
        """See :meth:`Reader.info`."""
        with self._reading() as db:
            return self._info(db)

    def at(self, moment: datetime | str) -> StoryReader:
        """See :meth:`Reader.at`."""
        with self._reading() as db:
            seq = line_of_cursor(db, moment) if isinstance(moment, str) else line_at(db, aware_moment(moment))
            check_past(db, seq)
        return PastReader(self._store, seq)

    @contextmanager
    def snapshot(self, since: str = "") -> Iterator[Snapshot]:
        """See :meth:`Reader.snapshot`."""
        with self._reading() as db:
            line = line_of_cursor(db, since) if since else None
            ids = _all_ids(db, self._views["story"]) if line is None else _changed_ids(db, line)
            kill = self._views["kill"]
            kills = db.execute(select(kill).order_by(kill.c.seq)).mappings().all()
            states = (self._state(db, number, "full") for number in ids)
            orders = (typed_row(Kill, row, actor=row["by"]) for row in kills)
            yield Snapshot(self._info(db), states, orders, ViewRows(db, line))

    def _info(self, db: Connection) -> StoreInfo:
        state = read_state(db)
        return StoreInfo(state.store, current_revision(self._store.engine) or "", state.end, state.floor)

    def find(self, urls: Sequence[str]) -> tuple[PagePlace, ...]:
        """See :meth:`Reader.find`."""
        keys = {url: url_key(url) for url in urls}
        with self._reading() as db:
            pages = _pages_by_key(db, set(keys.values()))
            return tuple(place for url, key in keys.items() for place in self._places(db, url, pages.get(key, ())))

    def _change_page(self, after: str, kinds: Set[ChangeKind], limit: int, state: State, wait: float) -> ChangePage:
        page = self._stored_page(after, kinds, limit, state)
        if page.lines or wait <= 0:
            return page
        sleep(min(LOOK_EVERY, wait))
        return self._stored_page(page.cursor, kinds, limit, state)

    def _stored_page(self, after: str, kinds: Set[ChangeKind], limit: int, state: State) -> ChangePage:
        with self._reading() as db:
            lines = read_changes(db, after, limit)
            cursor = lines[-1].cursor if lines else (after or read_state(db).end)
            chosen = tuple(line for line in lines if not kinds or line.kind in kinds)
            return ChangePage(chosen, cursor, self._states(db, chosen, state))

    def _states(self, db: Connection, lines: Sequence[Change], state: State) -> Mapping[int, StoryState]:
        ids = sorted({line.story_id for line in lines}) if state != "none" else []
        return {number: self._state(db, number, state) for number in ids}

    def _versions(self, db: Connection, story_id: int) -> tuple[VersionText, ...]:
        rows = db.execute(VERSION_ROWS, {"story": story_id}).mappings()
        return tuple(typed_row(VersionText, row, body=_body(row["body"])) for row in rows)

    def _places(self, db: Connection, url: str, pages: Sequence[Any]) -> Iterator[PagePlace]:
        if not pages:
            yield PagePlace(url)
        for page in pages:
            head = self._head(db, page.story_id) if page.story_id else None
            copies = self._copies(db, page.story_id) if page.story_id else ()
            yield PagePlace(url, page.outlet, page.article_id, head, copies)

    def _provenance(self, db: Connection, story_id: int) -> Provenance | None:
        return read_provenance(db, story_id)

    def _end(self, db: Connection, story_id: int) -> int:
        return end_of(db, story_id)


class PastReader(_ViewReading):
    """A store as it was after a line of its change log."""

    def __init__(self, store: Store, seq: int) -> None:
        super().__init__(store, past_views(seq))
        self._seq = seq

    def stories(
        self, filters: StoryFilter | None = None, *, order: Order = "first_seen", after: str = "", limit: int = PAGE
    ) -> StoryPage:
        """See :meth:`StoryReader.stories`. Raises UsageError where words are asked for."""
        if filters and filters.words is not None:
            raise UsageError("words are found in the present alone", concerns="words", todo="leave them, or at, out")
        return super().stories(filters, order=order, after=after, limit=limit)

    def cursor(self) -> str:
        """Return the cursor of the line. Raises CursorGone."""
        with self._reading() as db:
            return cursor_of_line(db, self._seq)

    def _versions(self, db: Connection, story_id: int) -> tuple[VersionText, ...]:
        view = self._views["version"]
        rows = db.execute(select(view).where(view.c.story == story_id).order_by(view.c.version)).mappings()
        return tuple(typed_row(VersionText, row) for row in rows)

    def _provenance(self, db: Connection, story_id: int) -> Provenance | None:
        return None

    def _end(self, db: Connection, story_id: int) -> int:
        return end_in_past(db, story_id, self._seq)

    @contextmanager
    def _reading(self) -> Iterator[Connection]:
        with super()._reading() as db:
            check_past(db, self._seq)
            yield db


def _body(stored: str | None) -> tuple[str, ...] | None:
    return None if stored is None else tuple(read_json(stored))


def _with_words(db: Connection, view: FromClause, words: str) -> Iterator[ColumnElement[bool]]:
    """Yield the conditions that a story is live and has the words: the index has those of withdrawn ones too."""
    yield view.c.status == StoryStatus.LIVE.value
    if (condition := has_words(db, words, view.c.story)) is not None:
        yield condition


def _filtered(db: Connection, views: Mapping[str, FromClause], filters: StoryFilter, order: Order) -> Select[Any]:
    """Return the ids of the stories; the rest of a row is counted and joined for a page alone, before it is sorted."""
    view, copies = views["story"], views["copy"]
    query = select(view.c.story)
    equal = {"agency": filters.agency, "lang": filters.lang, "section": filters.section, "status": filters.status}
    for name, value in equal.items():
        query = query if value is None else query.where(view.c[name] == value)
    query = query if filters.since is None else query.where(view.c[order] >= filters.since)
    query = query if filters.until is None else query.where(view.c[order] < filters.until)
    if filters.words is not None:
        query = query.where(*_with_words(db, view, filters.words))
    if filters.outlet is not None:
        query = query.where(view.c.story.in_(select(copies.c.story).where(copies.c.outlet == filters.outlet)))
    return query


def _all_ids(db: Connection, view: FromClause) -> Iterator[int]:
    last = 0
    while ids := db.scalars(select(view.c.story).where(view.c.story > last).order_by(view.c.story).limit(LINES)).all():
        yield from ids
        last = ids[-1]


def _changed_ids(db: Connection, line: int) -> Iterator[int]:
    last, query = 0, select(change.c.story_id).distinct().where(change.c.seq > line).order_by(change.c.story_id)
    while ids := db.scalars(query.where(change.c.story_id > last).limit(LINES)).all():
        yield from ids
        last = ids[-1]


def _pages_by_key(db: Connection, keys: set[str]) -> dict[str, list[Any]]:
    """Return the pages stored under these keys of addresses, by key, each with the story that it is in."""
    pages: dict[str, list[Any]] = {}
    for table in (entry, address, article):
        query = select(table.c.url_key, entry.c.outlet, article.c.id.label("article_id"), copy.c.story_id)
        query = query.select_from(entry)
        query = query.join(address, address.c.entry_id == entry.c.id) if table is address else query
        query = query.outerjoin(article, article.c.entry_id == entry.c.id)
        query = query.outerjoin(copy, copy.c.article_id == article.c.id).order_by(entry.c.id)
        for part in in_parts(sorted(keys)):
            for row in db.execute(query.where(table.c.url_key.in_(part))):
                known_pages = pages.setdefault(row.url_key, [])
                if row not in known_pages:
                    known_pages.append(row)
    return pages
