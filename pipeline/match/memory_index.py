"""The stories of the last days in memory: what the store is for the pipeline, for a corpus that is read but once.

Bounded twice: what no late copy and no reprint can be of any more is forgotten, and beyond :data:`MOST_HELD` copies the
oldest are, whatever their time.
"""

from __future__ import annotations

from collections import defaultdict, deque
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime

import numpy as np

from pipeline.match.plan import surviving_story
from pipeline.model import Member, Plan
from pipeline.text.keys import Holders, shared

# Copies in memory at most, some 8 KB each: more than two days of 40,000 texts a day.
MOST_HELD = 100_000
# Of each key the newest holders are looked at, as many as the store looks at.
MOST_HOLDERS = 100


@dataclass(frozen=True, slots=True)
class _Part:
    """The keys of some copies that came one after another: the day and the latest time of them, the highest number."""

    day: date
    newest: datetime
    last: int
    keys: Holders


class MemoryIndex:
    """Copies by number, in the order in which they came, and the stories that they are in."""

    def __init__(self, most: int = MOST_HELD) -> None:
        self._most = most
        self._copies: dict[int, Member] = {}
        self._stories: dict[int, list[int]] = {}
        self._force: dict[int, int] = {}
        self._came: deque[int] = deque()
        self._forgotten = 0
        self._ended: list[int] = []
        self._parts: list[_Part] = []

    def __len__(self) -> int:
        return len(self._copies)

    def __contains__(self, number: int) -> bool:
        return number in self._copies

    def story_of(self, number: int) -> int:
        """The story that a copy is in now. Raises KeyError for one that is forgotten."""
        return self._copies[number].story_id

    # ---------------------------------------------------------------- what pipeline.match.batch asks

    def candidates(
        self, keys: Mapping[int, bytes], *, since: datetime, most: int, keep: bool = True
    ) -> dict[int, list[tuple[int, int, int]]]:
        """See :class:`pipeline.match.batch.StoryStore`; everything is at hand, whether ``keep`` or not."""
        found: dict[int, list[tuple[int, int, int]]] = {number: [] for number in keys}
        parts = [part.keys for part in reversed(self._parts) if part.newest >= since]
        for number, holder, count in shared(keys, parts, MOST_HOLDERS):
            held = self._copies.get(holder) if len(found[number]) < most else None
            if held and held.seen_at >= since:
                found[number].append((holder, held.story_id, count))
        return found

    def members(self, story_ids: Sequence[int]) -> list[Member]:
        """Every copy of these stories, in time order."""
        found = [self._copies[number] for story in story_ids for number in self._stories.get(story, ())]
        return sorted(found, key=lambda one: (one.seen_at, one.article_id))

    def canonicals(self, story_ids: Sequence[int]) -> dict[int, int]:
        """The article whose text is canonical now, by story."""
        return {story: self._force[story] for story in story_ids if story in self._force}

    def apart(self, story_ids: Sequence[int]) -> set[tuple[int, int]]:
        """None: nobody has said anything of a corpus."""
        return set()

    def recent_titles(self, since: datetime) -> dict[int, list[str]]:
        """The titles that copies seen at or after ``since`` carry, by story."""
        titles: dict[int, dict[str, None]] = defaultdict(dict)
        for one in self._copies.values():
            if one.seen_at >= since:
                titles[one.story_id][one.title] = None
        return {story: list(names) for story, names in titles.items()}

    def withdrawn_stories(self, article_ids: Sequence[int]) -> dict[int, int]:
        """None: documents have no identifier but their own."""
        return {}

    # ---------------------------------------------------------------- carrying out, and forgetting

    def apply(self, plan: Plan, held: Mapping[int, Sequence[Member]]) -> dict[int, int]:
        """Carry out a plan; its new stories (negative there) -> their numbers, which are those of their first articles.

        ``held``: the members of the stories that the plan touches, by its own numbers, as the workspace has them.
        """
        born: dict[int, int] = {}
        for copy in plan.copies:
            if copy.story < 0:
                born.setdefault(copy.story, copy.article_id)
        gone = {merge.other: merge.target for merge in plan.merges}
        for story in {surviving_story(copy.story, gone) for copy in plan.copies} | set(gone.values()) - set(gone):
            self._put(born.get(story, story), held[story])
        for version in plan.versions:
            self._force[born.get(version.story, version.story)] = version.choice.article_id
        for other in gone:
            self._end(born.get(other, other))
        new = [self._copies[copy.article_id] for copy in plan.copies]
        self._came += [one.article_id for one in new]
        self._index(new, {copy.article_id: copy.fingerprint.bands for copy in plan.copies})
        return born

    def _put(self, story: int, members: Iterable[Member]) -> None:
        # The workspace may hold copies longer than they are kept here.
        kept = [one for one in members if one.article_id > self._forgotten]
        self._copies |= {one.article_id: one if one.story_id == story else replace(one, story_id=story) for one in kept}
        self._stories[story] = [one.article_id for one in kept]

    def _index(self, copies: Sequence[Member], bands: Mapping[int, bytes]) -> None:
        """Parts of one day are put together as they grow: each is at least twice the one after it."""
        part = _Part(
            copies[0].seen_at.date(), max(one.seen_at for one in copies), copies[-1].article_id, Holders.of(bands)
        )
        while self._parts and self._parts[-1].day == part.day and len(self._parts[-1].keys) <= 2 * len(part.keys):
            part = self._together(self._parts.pop(), part)
        self._parts.append(part)

    def _together(self, older: _Part, newer: _Part) -> _Part:
        both = older.keys.with_newer(newer.keys)
        kept = both.texts > self._forgotten
        keys = both if np.all(kept) else Holders(both.keys[kept], both.texts[kept])
        return _Part(newer.day, max(older.newest, newer.newest), newer.last, keys)

    def forget(self, before: datetime) -> tuple[list[int], list[int]]:
        """Drop the copies seen before this time, and the oldest of too many; their numbers, and the stories that are
        no more, those that went into others among them."""
        gone = []
        while self._came and (len(self._came) > self._most or self._copies[self._came[0]].seen_at < before):
            gone.append(self._came.popleft())
            self._drop(gone[-1])
        if gone:
            self._forgotten = gone[-1]
            self._parts = [part for part in self._parts if part.last > self._forgotten]
        ended, self._ended = self._ended, []
        return gone, ended

    def _drop(self, number: int) -> None:
        story = self._copies.pop(number).story_id
        self._stories[story].remove(number)
        if not self._stories[story]:
            self._end(story)

    def _end(self, story: int) -> None:
        self._stories.pop(story, None)
        self._force.pop(story, None)
        self._ended.append(story)
