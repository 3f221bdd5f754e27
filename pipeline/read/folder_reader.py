"""A reader of an export of JSON lines: the stories as they were at its cursor, without the store."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import fsspec
import msgspec

from pipeline.errors import CursorForeign, CursorGone, Moved, NotStored, Removed, SchemaUnknown, StoreMissing
from pipeline.model import ChangeKind, StoryStatus
from pipeline.read.keyset import keyset_of, parse_keyset
from pipeline.read.reader import PAGE, Order, Reader, State, StoryReader
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
)
from pipeline.store.search_index import says_words
from pipeline.text.url import url_key

MANIFEST, STORIES, KILLS = "manifest.json", "stories.jsonl", "kills.jsonl"
_decode_state = msgspec.json.Decoder(StoryState).decode
_decode_kill = msgspec.json.Decoder(Kill).decode


@dataclass(frozen=True, slots=True)
class _Line:
    """Where a story stands in the file, and what it is found by."""

    start: int
    end: int
    head: StoryHead
    outlets: frozenset[str]


class FolderReader(Reader):
    """An export of JSON lines, open to be read. Some 2 KB of memory a story; texts are read from the file.

    It has no change log: from its own cursor nothing follows, and every other one is gone.
    """

    def __init__(self, address: str) -> None:
        self._files, self._path = fsspec.url_to_fs(address)
        self._info = self._read_info(address)
        self._lines: dict[int, _Line] = {}
        self._pages: dict[str, list[tuple[int, int]]] = {}
        start = 0
        with self._files.open(self._place(STORIES), "rb") as file:
            for line in file:
                self._add(start, start + len(line), _decode_state(line))
                start += len(line)

    def close(self) -> None:
        """See :meth:`Reader.close`: there is nothing to close."""

    def info(self) -> StoreInfo:
        """See :meth:`Reader.info`."""
        return self._info

    def at(self, moment: datetime | str) -> StoryReader:
        """See :meth:`Reader.at`: an export knows of no time but its own."""
        if moment == self._info.cursor:
            return self
        raise CursorGone("an export has no past", concerns=str(moment), todo="read the store itself")

    @contextmanager
    def snapshot(self, since: str = "") -> Iterator[Snapshot]:
        """See :meth:`Reader.snapshot`."""
        if since:
            self._check_cursor(since)
        states = (self._state(number) for number in sorted(self._lines) if not since)
        with self._files.open(self._place(KILLS), "rb") as file:
            yield Snapshot(self._info, states, map(_decode_kill, file))

    def stories(
        self, filters: StoryFilter | None = None, *, order: Order = "first_seen", after: str = "", limit: int = PAGE
    ) -> StoryPage:
        """See :meth:`StoryReader.stories`."""
        chosen = filters or StoryFilter()
        heads = [line.head for line in self._lines.values() if _is_chosen(line, chosen, order)]
        heads = [head for head in heads if chosen.words is None or self._says(head, chosen.words)]
        places = sorted(((getattr(head, order), head.story) for head in heads), reverse=True)
        if after:
            last = parse_keyset(after)
            places = [place for place in places if place < last]
        page = places[:limit]
        heads_of_page = tuple(self._lines[number].head for _, number in page)
        return StoryPage(heads_of_page, keyset_of(*page[-1]) if len(places) > limit else None)

    def story(self, story_id: int) -> StoryState:
        """See :meth:`StoryReader.story`."""
        head = self._line(story_id).head
        if head.status is StoryStatus.MERGED:
            target = self._end(head)
            raise Moved("it was merged", concerns=f"story {story_id}", todo=f"read story {target}", to=target)
        if head.status is StoryStatus.REMOVED:
            raise Removed("its text was removed", concerns=f"story {story_id}", todo="drop what you have of it")
        return self._state(story_id)

    def _says(self, head: StoryHead, words: str) -> bool:
        """Return whether a story is live and its text in force has the words."""
        texts = self._state(head.story).versions if head.status is StoryStatus.LIVE else ()
        text = next((text for text in texts if text.in_force), None)
        return text is not None and says_words(words, text.title or "", text.body or ())

    def find(self, urls: Sequence[str]) -> tuple[PagePlace, ...]:
        """See :meth:`Reader.find`: by the addresses that the copies have in the export."""
        return tuple(place for url in urls for place in self._places(url, self._pages.get(url_key(url), [])))

    def changes(
        self,
        after: str = "",
        *,
        kinds: Iterable[ChangeKind] = (),
        limit: int = PAGE,
        state: State = "none",
        wait: float = 0,
    ) -> ChangePage:
        """See :meth:`Reader.changes`: none from the export's cursor on, so that none is waited for."""
        self._check_cursor(after)
        return ChangePage((), self._info.cursor)

    def _read_info(self, address: str) -> StoreInfo:
        place = self._place(MANIFEST)
        if not self._files.exists(place):
            raise StoreMissing("there is no whole export", concerns=address, todo="copydesk export jsonl --out ...")
        manifest: dict[str, Any] = msgspec.json.decode(self._files.cat_file(place))
        if manifest.get("format") != "jsonl":
            problem = f"an export of {manifest.get('format')}, which is not read here"
            raise SchemaUnknown(problem, concerns=address, todo="copydesk export jsonl --out ...")
        cursor = manifest["cursor"]
        return StoreInfo(manifest["store"], manifest["schema"], cursor, int(cursor.split(".")[1]))

    def _add(self, start: int, end: int, state: StoryState) -> None:
        self._lines[state.head.story] = _Line(start, end, state.head, frozenset(copy.outlet for copy in state.copies))
        for copy in state.copies:
            self._pages.setdefault(copy.url_key, []).append((copy.story, copy.article))

    def _line(self, story_id: int) -> _Line:
        if story_id not in self._lines:
            raise NotStored("no such story", concerns=f"story {story_id}")
        return self._lines[story_id]

    def _state(self, story_id: int) -> StoryState:
        line = self._line(story_id)
        return _decode_state(self._files.cat_file(self._place(STORIES), start=line.start, end=line.end))

    def _end(self, head: StoryHead) -> int:
        """Return the story that a tombstone leads to."""
        while head.successor is not None and head.successor in self._lines:
            head = self._lines[head.successor].head
        return head.successor or head.story

    def _places(self, url: str, pages: Sequence[tuple[int, int]]) -> Iterator[PagePlace]:
        if not pages:
            yield PagePlace(url)
        for story_id, article in pages:
            state = self._state(story_id)
            yield PagePlace(url, _outlet_of(state.copies, article), article, state.head, state.copies)

    def _check_cursor(self, cursor: str) -> None:
        """Raise CursorForeign or CursorGone for every cursor but the export's own."""
        if cursor == self._info.cursor:
            return
        if cursor and cursor.partition(".")[0] != self._info.cursor.partition(".")[0]:
            raise CursorForeign("it is of another store's log", concerns=f"cursor {cursor}", todo="read all stories")
        raise CursorGone("an export has no change log", concerns=f"cursor {cursor}", todo="read all stories")

    def _place(self, name: str) -> str:
        return f"{self._path.rstrip('/')}/{name}"


def _outlet_of(copies: Sequence[CopyPlace], article: int) -> str:
    return next(copy.outlet for copy in copies if copy.article == article)


def _is_chosen(line: _Line, filters: StoryFilter, order: Order) -> bool:
    head, at = line.head, getattr(line.head, order)
    equal = (
        (filters.agency, head.agency),
        (filters.lang, head.lang),
        (filters.section, head.section),
        (filters.status, head.status),
    )
    return (
        all(wanted is None or wanted == value for wanted, value in equal)
        and (filters.since is None or at >= filters.since)
        and (filters.until is None or at < filters.until)
        and (filters.outlet is None or filters.outlet in line.outlets)
    )
