"""What holds for every change log, checked on its lines alone."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence
from itertools import groupby, pairwise

from pipeline.model import Change, ChangeKind, StoryStatus
from pipeline.store.change_cursor import NO_TAG
from tests.store.test_change_record import tag_of

K = ChangeKind
BORN = (K.STORY_CREATED, K.STORY_REVIVED)


def check_log(lines: Sequence[Change], places: dict[int, int]) -> None:
    """Check a whole log; ``places``: of each copy in the store the story that it is in."""
    _check_order(lines)
    _check_tags(lines)
    by_story = defaultdict(list)
    for line in lines:
        by_story[line.story_id].append(line)
    for story_lines in by_story.values():
        _check_story(story_lines)
    assert _follow_places(lines) == places
    for number, story_lines in by_story.items():
        _check_end(number, story_lines[-1], by_story)


def _check_order(lines: Sequence[Change]) -> None:
    """Check that a rollback leaves no gap, that time never falls, and that a commit's lines have one time and tx."""
    assert [line.seq for line in lines] == list(range(1, len(lines) + 1))
    assert [line.at for line in lines] == sorted(line.at for line in lines)
    for tx, commit in groupby(lines, lambda line: line.tx):
        commit_lines = list(commit)
        assert tx == commit_lines[0].seq
        assert len({line.at for line in commit_lines}) == 1


def _check_tags(lines: Iterable[Change]) -> None:
    tag = NO_TAG
    for line in lines:
        tag = tag_of(line, tag)
        assert line.tag == tag


def _check_story(lines: Sequence[Change]) -> None:
    """Check that revisions are dense, creation comes first and once, and nothing but its return follows a merge."""
    assert [line.revision for line in lines] == list(range(1, len(lines) + 1))
    kinds = [line.kind for line in lines]
    assert kinds[0] is K.STORY_CREATED
    assert kinds.count(K.STORY_CREATED) == 1
    assert {after for kind, after in pairwise(kinds) if kind is K.STORY_MERGED} <= {K.STORY_REVIVED}


def _follow_places(lines: Iterable[Change]) -> dict[int, int]:
    """Return the story of each article by the lines alone. Check that it is one story, and in force, at every line."""
    places: dict[int, int] = {}
    in_force = dict[int, int]()
    members: dict[int, set[int]] = defaultdict(set)
    for line in lines:
        if line.kind in BORN:
            in_force[line.story_id] = line.seq
        elif line.kind is K.COPY_ADDED:
            [article] = line.articles
            assert article not in places
            places[article] = line.story_id
            members[line.story_id].add(article)
        elif line.kind is K.COPY_MOVED:
            for article in line.articles:
                assert places[article] == line.other_id
                places[article] = line.story_id
            members[int(line.other_id or 0)] -= set(line.articles)
            members[line.story_id] |= set(line.articles)
        elif line.kind is K.STORY_MERGED:
            # So no article is ever in a story that is not in force.
            assert not members[line.story_id]
            assert line.other_id in in_force
            del in_force[line.story_id]
        assert line.story_id in in_force or line.kind is K.STORY_MERGED
    return places


def _check_end(number: int, last: Change, by_story: dict[int, list[Change]]) -> None:
    """Check that a dead id leads, by ``other`` of its last line, to a story that is in force."""
    visited = {number}
    while last.status is StoryStatus.MERGED:
        assert (last.kind, last.digest) == (K.STORY_MERGED, None)
        assert last.other_id not in visited
        visited.add(int(last.other_id or 0))
        last = by_story[int(last.other_id or 0)][-1]
