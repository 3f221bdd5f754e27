"""Feeds of the stories, each once: all, by agency, language, section and by words; Atom and JSON Feed.

A feed to subscribe to has the stories that changed last; behind it stands an archive for each day of first sight.
"""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, date, datetime
from heapq import nlargest
from typing import Any

from pipeline.errors import UsageError
from pipeline.export.files import CountedFile, Export, Manifest, Writer
from pipeline.export.jsonl import exporting
from pipeline.export.story_feeds import DeletedItem, FeedHead, StoryItem, atom_feed, json_feed
from pipeline.model import StoryStatus
from pipeline.read import Reader, Snapshot
from pipeline.text.shingles import tokens

# Entries of a feed to subscribe to.
CURRENT = 100
# Rows read at once.
ROWS = 1000
TITLE = "Copydesk stories"
MAKERS: Mapping[str, Callable[[FeedHead, Sequence[StoryItem], Sequence[DeletedItem]], bytes]] = {
    "atom": atom_feed,
    "json": json_feed,
}


@dataclass(slots=True)
class Feed:
    """A feed: its path below the folder without an ending, its title, what changed last, and its archive before."""

    path: str
    title: str
    items: list[StoryItem] = field(default_factory=list)
    deleted: list[DeletedItem] = field(default_factory=list)
    older: str = ""

    def keep_newest(self, items: Iterable[StoryItem], deleted: Iterable[DeletedItem]) -> None:
        """Keep the entries that changed last."""
        self.items = nlargest(CURRENT, [*self.items, *items], key=lambda item: (item.updated, item.id))
        self.deleted = nlargest(CURRENT, [*self.deleted, *deleted], key=lambda item: (item.deleted_at, item.id))


@dataclass(slots=True)
class DayPart:
    """A day's entries of one feed."""

    items: list[StoryItem] = field(default_factory=list)
    deleted: list[DeletedItem] = field(default_factory=list)


@dataclass(frozen=True, slots=True)
class Text:
    """What a feed has of a story's text in force: its first paragraph, when it came, which searches it answers."""

    summary: str
    created: datetime
    searches: tuple[str, ...]


def export_feeds(reader: Reader, address: str, base: str = "", words: Sequence[str] = ()) -> Manifest:
    """Write the feeds, ``kills.jsonl`` and the manifest, of one view of the store.

    ``base`` is the address below which the folder will be served; without it links are relative. Each of ``words`` is a
    search that gets a feed: stories that have all of its words. Raises as ``exporting``.
    """
    if blank := next((search for search in words if not tokens(search)), None):
        raise UsageError("has no word", concerns=f"--words {blank!r}", todo="name the words that a story has to have")
    with exporting(reader, address, "feeds", base=base, words=list(words)) as (view, export):
        feeds = _Feeds(view, export, base.rstrip("/"), words)
        for day in view.rows.story_days():
            feeds.write_day(day)
        feeds.write_current()
    return export.finish()


class _Feeds:
    """All feeds of an export, filled a day at a time, the oldest first."""

    def __init__(self, view: Snapshot, export: Export, base: str, words: Sequence[str]) -> None:
        self._view, self._export, self._base = view, export, base
        self._searches = {search: frozenset(tokens(search)) for search in words}
        self._changed_at = dict(view.rows.status_times())
        self._feeds: dict[str, Feed] = {}
        self._feed("all", "")
        for search in words:
            self._feed("words", search)

    def write_day(self, day: date) -> None:
        """Write the archives of a day, one for each feed that has a story of it."""
        texts, parts = dict(self._texts(day)), dict[str, DayPart]()
        for batch in self._view.rows.batches("story", day, ROWS):
            for row in batch:
                self._add(row, texts.get(row.story), parts)
        for path in sorted(parts):
            self._write_archive(self._feeds[path], day, parts[path])

    def write_current(self) -> None:
        """Write the feeds to subscribe to."""
        for feed in self._feeds.values():
            self._export.write(self._writers(feed, feed.path, feed.items, feed.deleted, feed.older))

    def _add(self, row: Any, text: Text | None, parts: dict[str, DayPart]) -> None:
        for path in self._paths(row, text):
            part = parts.setdefault(path, DayPart())
            if row.status == StoryStatus.LIVE.value:
                part.items.append(self._item(row, text))
            else:
                part.deleted.append(self._deleted(row))

    def _paths(self, row: Any, text: Text | None) -> Iterator[str]:
        yield self._feed("all", "")
        yield from (self._feed("agency", agency) for agency in row.agency.split("+") if agency)
        yield from (self._feed(kind, name) for kind, name in (("language", row.lang), ("section", row.section)) if name)
        # What a story that is gone had for words is not known.
        is_live = row.status == StoryStatus.LIVE.value
        yield from (
            self._feed("words", search) for search in ((text.searches if text else ()) if is_live else self._searches)
        )

    def _feed(self, kind: str, name: str) -> str:
        path = f"{kind}/{_slug(name)}" if name else kind
        if path not in self._feeds:
            self._feeds[path] = Feed(path, f"{TITLE}: {name}" if name else TITLE)
        return path

    def _item(self, row: Any, text: Text | None) -> StoryItem:
        first_seen = _utc(row.first_seen)
        times = [first_seen, *([text.created] if text else []), *self._changed(row.story)]
        return StoryItem(
            row.uri,
            row.url or "",
            row.title,
            text.summary if text else "",
            first_seen,
            max(times),
            row.lang,
            row.agency,
        )

    def _deleted(self, row: Any) -> DeletedItem:
        store = row.uri.rpartition("#")[0]
        reason = f"merged into {store}#{row.successor}" if row.successor is not None else row.status
        return DeletedItem(row.uri, max([_utc(row.first_seen), *self._changed(row.story)]), reason)

    def _changed(self, story_id: int) -> list[datetime]:
        return [self._changed_at[story_id]] if story_id in self._changed_at else []

    def _texts(self, day: date) -> Iterator[tuple[int, Text]]:
        for batch in self._view.rows.batches("version", day, ROWS):
            for row in batch:
                if row.in_force and row.body is not None:
                    body = json.loads(row.body)
                    yield row.story, Text(body[0] if body else "", _utc(row.created), self._answered(row.title, body))

    def _answered(self, title: str, body: Sequence[str]) -> tuple[str, ...]:
        if not self._searches:
            return ()
        words = {word for text in (title, *body) for word in tokens(text)}
        return tuple(search for search, needed in self._searches.items() if needed <= words)

    def _write_archive(self, feed: Feed, day: date, part: DayPart) -> None:
        path = f"{feed.path}/{day.isoformat()}"
        self._export.write(self._writers(feed, path, part.items, part.deleted, feed.older))
        feed.older = path
        feed.keep_newest(part.items, part.deleted)

    def _writers(
        self, feed: Feed, path: str, items: Sequence[StoryItem], deleted: Sequence[DeletedItem], older: str
    ) -> dict[str, Writer]:
        identity = f"urn:uuid:{self._view.info.store}#feed/{feed.path}"
        writers: dict[str, Writer] = {}
        for form, make in MAKERS.items():
            current = "" if path == feed.path else self._address(feed.path, path, form)
            before = self._address(older, path, form) if older else ""
            head = FeedHead(feed.title, identity, self._address(path, path, form), older=before, current=current)
            content = make(head, items, deleted)
            writers[f"{path}.{form}"] = _writer(content, len(items))
        return writers

    def _address(self, path: str, origin: str, form: str) -> str:
        """Return the address of a feed as the one at ``origin`` links to it."""
        return f"{self._base}/{path}.{form}" if self._base else f"{'../' * origin.count('/')}{path}.{form}"


def _writer(content: bytes, rows: int) -> Writer:
    def write(file: CountedFile) -> int:
        file.write(content)
        return rows

    return write


def _slug(name: str) -> str:
    """Return a name as it stands in an address; names that differ in their case alone share one."""
    plain = re.sub(r"[^\w.-]+", "-", name.lower()).strip("-.") or "other"
    return plain if plain == name.lower() else f"{plain}-{hashlib.sha256(name.encode()).hexdigest()[:8]}"


def _utc(value: datetime | str) -> datetime:
    return datetime.fromisoformat(value).replace(tzinfo=UTC) if isinstance(value, str) else value
