"""The memory index: the stories of the last days in memory, for a corpus that is read once.

It answers for ``copydesk cluster`` what the store answers for the pipeline. It is bounded twice: copies too old for any
late copy or reprint are forgotten, and beyond :data:`MOST_COPIES` the oldest, whatever their time.
"""

from __future__ import annotations

from collections import defaultdict, deque
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime

import numpy as np

from pipeline.match.plan import CandidateCopy, surviving_story
from pipeline.model import Member, Plan
from pipeline.text.keys import Holders, shared

# Copies in memory at most, some 8 KB each: more than two days of 40,000 texts a day.
MOST_COPIES = 100_000
# Copies that are looked at for each key, the newest ones; the store looks at as many.
MOST_HOLDERS = 100


@dataclass(frozen=True, slots=True)
class _Segment:
    """The keys of copies that came one after another: their day, latest time and highest article id."""

    day: date
    latest: datetime
    last_id: int
    keys: Holders


class MemoryIndex:
    """Copies by article id, in the order in which they came, and their stories."""

    def __init__(self, most: int = MOST_COPIES) -> None:
        self._most = most
        self._copies: dict[int, Member] = {}
        self._stories: dict[int, list[int]] = {}
        self._canonicals: dict[int, int] = {}
        self._arrivals: deque[int] = deque()
        self._last_forgotten = 0
        self._ended_stories: list[int] = []
        self._segments: list[_Segment] = []

    def __len__(self) -> int:
        return len(self._copies)

    def __contains__(self, article_id: int) -> bool:
        return article_id in self._copies

    def copy(self, article_id: int) -> Member:
        """Return a copy. Raises KeyError for a forgotten copy."""
        return self._copies[article_id]

    def story_of(self, article_id: int) -> int:
        """Return the story that a copy is in now. Raises KeyError for a forgotten copy."""
        return self._copies[article_id].story_id

    # ---------------------------------------------------------------- pipeline.match.batch.StoryStore

    def candidates(
        self, keys: Mapping[int, bytes], *, since: datetime, most: int, keep: bool = True
    ) -> dict[int, list[CandidateCopy]]:
        """Return article -> copies seen at or after ``since`` that share keys; ``keep`` makes no difference here."""
        candidates: dict[int, list[CandidateCopy]] = {article_id: [] for article_id in keys}
        recent = [segment.keys for segment in reversed(self._segments) if segment.latest >= since]
        for article_id, holder_id, count in shared(keys, recent, MOST_HOLDERS):
            copy = self._copies.get(holder_id) if len(candidates[article_id]) < most else None
            if copy and copy.seen_at >= since:
                candidates[article_id].append((holder_id, copy.story_id, count))
        return candidates

    def members(self, story_ids: Sequence[int]) -> list[Member]:
        """Return every copy of these stories, in time order."""
        members = [self._copies[article_id] for story in story_ids for article_id in self._stories.get(story, ())]
        return sorted(members, key=lambda member: (member.seen_at, member.article_id))

    def canonicals(self, story_ids: Sequence[int]) -> dict[int, int]:
        """Return story -> the article whose text is canonical now."""
        return {story: self._canonicals[story] for story in story_ids if story in self._canonicals}

    def separated_stories(self, story_ids: Sequence[int]) -> set[tuple[int, int]]:
        """Return no pair: no person has ruled on a corpus."""
        return set()

    def recent_titles(self, since: datetime) -> dict[int, list[str]]:
        """Return story -> the titles of its copies seen at or after ``since``, each once."""
        titles: dict[int, dict[str, None]] = defaultdict(dict)
        for copy in self._copies.values():
            if copy.seen_at >= since:
                titles[copy.story_id][copy.title] = None
        return {story: list(story_titles) for story, story_titles in titles.items()}

    def withdrawn_stories(self, article_ids: Sequence[int]) -> dict[int, int]:
        """Return nothing: a document has no identifier but its own."""
        return {}

    # ---------------------------------------------------------------- changes

    def apply(self, plan: Plan, members: Mapping[int, Sequence[Member]]) -> dict[int, int]:
        """Carry out a plan, and return its new stories (negative there) with their numbers here.

        A new story has the number of its first article. ``members``: story -> members, as the workspace has them.
        """
        numbers: dict[int, int] = {}
        for copy in plan.copies:
            if copy.story < 0:
                numbers.setdefault(copy.story, copy.article_id)
        merged = {merge.source: merge.target for merge in plan.merges}
        for story in {surviving_story(copy.story, merged) for copy in plan.copies} | set(merged.values()) - set(merged):
            self._store_members(numbers.get(story, story), members[story])
        for version in plan.versions:
            self._canonicals[numbers.get(version.story, version.story)] = version.choice.article_id
        for story in merged:
            self._end_story(numbers.get(story, story))
        self._arrivals += [copy.article_id for copy in plan.copies]
        new = [self._copies[copy.article_id] for copy in plan.copies]
        self._index_keys(new, {copy.article_id: copy.fingerprint.bands for copy in plan.copies})
        return numbers

    def _store_members(self, story: int, members: Iterable[Member]) -> None:
        # The workspace may have copies that are forgotten here.
        remembered = [member for member in members if member.article_id > self._last_forgotten]
        self._copies |= {
            member.article_id: member if member.story_id == story else replace(member, story_id=story)
            for member in remembered
        }
        self._stories[story] = [member.article_id for member in remembered]

    def _index_keys(self, copies: Sequence[Member], keys: Mapping[int, bytes]) -> None:
        """Add a segment. Segments of one day are merged as they grow: each stays at least twice as long as the next."""
        latest = max(copy.seen_at for copy in copies)
        segment = _Segment(copies[0].seen_at.date(), latest, copies[-1].article_id, Holders.from_texts(keys))
        while self._segments and self._segments[-1].day == segment.day:
            if len(self._segments[-1].keys) > 2 * len(segment.keys):
                break
            segment = self._merge_segments(self._segments.pop(), segment)
        self._segments.append(segment)

    def _merge_segments(self, older: _Segment, newer: _Segment) -> _Segment:
        keys = older.keys.with_newer(newer.keys)
        is_remembered = keys.texts > self._last_forgotten
        if not np.all(is_remembered):
            keys = Holders(keys.keys[is_remembered], keys.texts[is_remembered])
        return _Segment(newer.day, max(older.latest, newer.latest), newer.last_id, keys)

    def forget(self, before: datetime) -> tuple[list[int], list[int]]:
        """Forget copies seen before a time, and the oldest of too many.

        Return their article ids, and the stories that ended since the last call, merged ones among them.
        """
        forgotten = []
        while self._arrivals and self._is_expired(self._arrivals[0], before):
            forgotten.append(self._arrivals.popleft())
            self._forget_copy(forgotten[-1])
        if forgotten:
            self._last_forgotten = forgotten[-1]
            self._segments = [segment for segment in self._segments if segment.last_id > self._last_forgotten]
        ended, self._ended_stories = self._ended_stories, []
        return forgotten, ended

    def _is_expired(self, article_id: int, before: datetime) -> bool:
        return len(self._arrivals) > self._most or self._copies[article_id].seen_at < before

    def _forget_copy(self, article_id: int) -> None:
        story = self._copies.pop(article_id).story_id
        self._stories[story].remove(article_id)
        if not self._stories[story]:
            self._end_story(story)

    def _end_story(self, story: int) -> None:
        self._stories.pop(story, None)
        self._canonicals.pop(story, None)
        self._ended_stories.append(story)
