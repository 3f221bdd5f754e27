"""Readers of exports: the stories as they were at their cursor, without the store."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Iterable, Iterator, Sequence, Set
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import fsspec
import msgspec

from pipeline.errors import CursorForeign, CursorGone, Moved, NotStored, Removed, StoreMissing
from pipeline.model import ChangeKind, Snippet, StoryStatus
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
    VersionText,
)
from pipeline.store.search_index import says_words
from pipeline.text.searches import snippet_of
from pipeline.text.url import url_key

KILLS = "kills.jsonl"
_decode_state = msgspec.json.Decoder(StoryState).decode
_decode_kill = msgspec.json.Decoder(Kill).decode


class ExportFolder:
    """The folder of a whole export, local or at an address of fsspec. Raises StoreMissing where there is none."""

    def __init__(self, address: str) -> None:
        self.files, self._path = fsspec.url_to_fs(address)
        place = self.place("manifest.json")
        if not self.files.exists(place):
            raise StoreMissing("there is no whole export", concerns=address, todo="copydesk export jsonl --out ...")
        self.address = address
        self.manifest: dict[str, Any] = msgspec.json.decode(self.files.cat_file(place))

    def place(self, name: str) -> str:
        """Return where a file of the export is."""
        return f"{self._path.rstrip('/')}/{name}"

    def info(self) -> StoreInfo:
        """Return what the manifest says of the store."""
        manifest = self.manifest
        return StoreInfo(
            manifest["store"], manifest["schema"], manifest["cursor"], int(manifest["cursor"].split(".")[1])
        )


@dataclass(frozen=True, slots=True)
class _IndexedStory:
    """A story without its texts, and the outlets that it is found by."""

    head: StoryHead
    outlets: frozenset[str]


class FolderReader(Reader):
    """An export, open to be read. Some 2 KB of memory a story; texts are read from its files.

    It has no change log: from its own cursor nothing follows, for which nobody waits, and every other one is gone.
    """

    _is_growing = False

    def __init__(self, folder: ExportFolder) -> None:
        self._folder, self._info = folder, folder.info()
        self._stories: dict[int, _IndexedStory] = {}
        self._pages: dict[str, list[tuple[int, int]]] = {}

    @abstractmethod
    def _state(self, story_id: int) -> StoryState:
        """Return what the files have of a story. Raises NotFound."""

    def _add(self, head: StoryHead, outlets: Iterable[str]) -> None:
        self._stories[head.story] = _IndexedStory(head, frozenset(outlets))

    def _add_page(self, url_key: str, story_id: int, article: int) -> None:
        self._pages.setdefault(url_key, []).append((story_id, article))

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
        states = (self._state(number) for number in sorted(self._stories) if not since)
        with self._folder.files.open(self._folder.place(KILLS), "rb") as file:
            yield Snapshot(self._info, states, map(_decode_kill, file))

    def stories(
        self, filters: StoryFilter | None = None, *, order: Order = "first_seen", after: str = "", limit: int = PAGE
    ) -> StoryPage:
        """See :meth:`StoryReader.stories`."""
        chosen = filters or StoryFilter()
        heads = [story.head for story in self._stories.values() if _is_chosen(story, chosen, order)]
        heads = [head for head in heads if chosen.words is None or self._says(head, chosen.words)]
        places = sorted(((getattr(head, order), head.story) for head in heads), reverse=True)
        if after:
            last = parse_keyset(after)
            places = [place for place in places if place < last]
        page = places[:limit]
        heads_of_page = tuple(self._stories[number].head for _, number in page)
        snippets = self._snippets(chosen.words, heads_of_page) if chosen.words else {}
        return StoryPage(heads_of_page, keyset_of(*page[-1]) if len(places) > limit else None, snippets)

    def story(self, story_id: int) -> StoryState:
        """See :meth:`StoryReader.story`."""
        head = self._head(story_id)
        if head.status is StoryStatus.MERGED:
            target = self._end(head)
            raise Moved("it was merged", concerns=f"story {story_id}", todo=f"read story {target}", to=target)
        if head.status is StoryStatus.REMOVED:
            raise Removed("its text was removed", concerns=f"story {story_id}", todo="drop what you have of it")
        return self._state(story_id)

    def _says(self, head: StoryHead, words: str) -> bool:
        """Return whether a story is live and its text in force has the words."""
        text = self._text_in_force(head)
        return text is not None and says_words(words, text.title or "", text.body or ())

    def _snippets(self, words: str, heads: Sequence[StoryHead]) -> dict[int, Snippet]:
        texts = ((head.story, self._text_in_force(head)) for head in heads)
        snippets = {number: snippet_of(words, text.body or ()) for number, text in texts if text}
        return {number: snippet for number, snippet in snippets.items() if snippet}

    def _text_in_force(self, head: StoryHead) -> VersionText | None:
        texts = self._state(head.story).versions if head.status is StoryStatus.LIVE else ()
        return next((text for text in texts if text.in_force), None)

    def find(self, urls: Sequence[str]) -> tuple[PagePlace, ...]:
        """See :meth:`Reader.find`: by the addresses that the copies have in the export."""
        return tuple(place for url in urls for place in self._places(url, self._pages.get(url_key(url), [])))

    def _change_page(self, after: str, kinds: Set[ChangeKind], limit: int, state: State, wait: float) -> ChangePage:
        self._check_cursor(after)
        return ChangePage((), self._info.cursor)

    def _head(self, story_id: int) -> StoryHead:
        if story_id not in self._stories:
            raise NotStored("no such story", concerns=f"story {story_id}")
        return self._stories[story_id].head

    def _end(self, head: StoryHead) -> int:
        """Return the story that a tombstone leads to."""
        while head.successor is not None and head.successor in self._stories:
            head = self._stories[head.successor].head
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


class JsonLinesReader(FolderReader):
    """An export of JSON lines."""

    def __init__(self, folder: ExportFolder) -> None:
        super().__init__(folder)
        self._file = folder.place("stories.jsonl")
        self._lines: dict[int, tuple[int, int]] = {}
        start = 0
        with folder.files.open(self._file, "rb") as file:
            for line in file:
                self._add_line(start, start + len(line), _decode_state(line))
                start += len(line)

    def _add_line(self, start: int, end: int, state: StoryState) -> None:
        self._lines[state.head.story] = start, end
        self._add(state.head, (copy.outlet for copy in state.copies))
        for copy in state.copies:
            self._add_page(copy.url_key, copy.story, copy.article)

    def _state(self, story_id: int) -> StoryState:
        start, end = self._lines[self._head(story_id).story]
        return _decode_state(self._folder.files.cat_file(self._file, start=start, end=end))


def _outlet_of(copies: Sequence[CopyPlace], article: int) -> str:
    return next(copy.outlet for copy in copies if copy.article == article)


def _is_chosen(story: _IndexedStory, filters: StoryFilter, order: Order) -> bool:
    head, at = story.head, getattr(story.head, order)
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
        and (filters.outlet is None or filters.outlet in story.outlets)
    )
