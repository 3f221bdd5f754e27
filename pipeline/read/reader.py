"""What every reader gives, whatever it reads from. Each call is one consistent view of the store."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Iterable, Sequence, Set
from contextlib import AbstractContextManager
from datetime import UTC, datetime
from time import monotonic
from typing import Literal, Self

from pipeline.errors import NotStored, Removed, UsageError
from pipeline.model import ChangeKind
from pipeline.read.records import (
    ChangePage,
    CopyPlace,
    PagePlace,
    Snapshot,
    StoreInfo,
    StoryFilter,
    StoryPage,
    StoryState,
    VersionText,
)

Order = Literal["first_seen", "updated"]
State = Literal["none", "head", "full"]
# Stories or lines of a page, where none is asked for.
PAGE = 100


def aware_moment(moment: datetime) -> datetime:
    """Return a moment in UTC. Raises UsageError where it names no zone."""
    if moment.tzinfo is None:
        raise UsageError("a moment needs a zone", concerns=str(moment), todo="name UTC, or an offset")
    return moment.astimezone(UTC)


class StoryReader(ABC):
    """Stories of a store, as they are or as they were. Safe to use from several threads."""

    @abstractmethod
    def stories(
        self, filters: StoryFilter | None = None, *, order: Order = "first_seen", after: str = "", limit: int = PAGE
    ) -> StoryPage:
        """Return a page of stories, the newest first, by the time of ``order``, which ``filters`` bounds too.

        ``after`` is the page's end before. The order is total: writers move no row over its edge.

        Raises UsageError where ``after`` is no such place, and where the past is asked for words.
        """

    @abstractmethod
    def story(self, story_id: int) -> StoryState:
        """Return a story with its versions, copies and provenance. Raises NotFound, Moved, Removed.

        A story that its agency withdrew is told by its head's status, without a text.
        """

    def text(self, story_id: int, version: int | None = None) -> VersionText:
        """Return a version's text, without ``version`` that in force. Raises NotFound, Moved, Removed."""
        texts = self.versions(story_id)
        text = next((text for text in texts if (text.version == version if version else text.in_force)), None)
        if text is None:
            raise NotStored("no such version", concerns=f"story {story_id}, version {version}")
        if text.body is None:
            raise Removed("its text is not to be used", concerns=f"story {story_id}, version {text.version}")
        return text

    def versions(self, story_id: int) -> tuple[VersionText, ...]:
        """Return all versions of a story, the oldest first. Raises NotFound, Moved, Removed."""
        return self.story(story_id).versions

    def copies(self, story_id: int) -> tuple[CopyPlace, ...]:
        """Return all copies of a story, in time order. Raises NotFound, Moved, Removed."""
        return self.story(story_id).copies


class Reader(StoryReader):
    """A store that is open to be read."""

    # Whether lines may still come to the log.
    _is_growing = True

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_error: object) -> None:
        self.close()

    @abstractmethod
    def close(self) -> None:
        """Close all connections."""

    @abstractmethod
    def info(self) -> StoreInfo:
        """Return whose store it is, and where its log ends."""

    @abstractmethod
    def at(self, moment: datetime | str) -> StoryReader:
        """Return the stories as they were after the last commit at a moment, or after that of a cursor's line.

        A text that was withdrawn or removed since is not given, and a story has no provenance. Raises CursorGone where
        the past is not kept so long, CursorForeign and CursorAhead as :meth:`changes` does.
        """

    @abstractmethod
    def snapshot(self, since: str = "") -> AbstractContextManager[Snapshot]:
        """Yield all stories by their ids, or those that changed behind the cursor ``since``, in one view.

        Raises CursorForeign, CursorAhead or CursorGone where nothing could be read on from the cursor.
        """

    @abstractmethod
    def find(self, urls: Sequence[str]) -> tuple[PagePlace, ...]:
        """Return whose story each page is, and who else has it, by every address that the page was ever found under.

        An address that pages of several outlets share is given once for each.
        """

    def changes(
        self,
        after: str = "",
        *,
        kinds: Iterable[ChangeKind] = (),
        limit: int = PAGE,
        state: State = "none",
        wait: float = 0,
    ) -> ChangePage:
        """Return a page of the change log after a cursor, '' for its beginning: ``limit`` lines, and the rest of the
        last one's commit. ``kinds`` leaves others out, and the cursor passes them. Where there is no line, one is
        waited for, ``wait`` seconds at most.

        Raises CursorForeign, CursorAhead or CursorGone where nothing could be read on from the cursor.
        """
        wanted, end = frozenset(kinds), monotonic() + wait
        page = self._change_page(after, wanted, limit, state, wait)
        while not page.lines and self._is_growing and (seconds := end - monotonic()) > 0:
            page = self._change_page(page.cursor, wanted, limit, state, seconds)
        return page

    @abstractmethod
    def _change_page(self, after: str, kinds: Set[ChangeKind], limit: int, state: State, wait: float) -> ChangePage:
        """Return what :meth:`changes` does; where there is no line, after at most ``wait`` seconds, or fewer."""
