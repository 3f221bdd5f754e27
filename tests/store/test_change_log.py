"""What the change log tells: both stories of a merge, creation first, times that never fall, and every edit."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import timedelta

import pytest

from pipeline.errors import CursorAhead, NotStored
from pipeline.match.plan import choose_version
from pipeline.model import (
    Change,
    ChangeKind,
    Head,
    LinkKind,
    Member,
    Plan,
    PlannedLink,
    PlannedMerge,
    PlannedVersion,
    Tie,
)
from pipeline.store import Store
from pipeline.store.reads import views
from pipeline.store.reads.changes import changes
from tests.store.samples import NOW, article, chosen, fingerprint, one_story, planned, stored_articles

K = ChangeKind


def logged(store: Store, after: int = 0) -> list[Change]:
    return changes(store, after, 1000)


def lines(store: Store, after: int = 0) -> list[tuple[ChangeKind, int]]:
    return [(change.kind, change.story_id) for change in logged(store, after)]


def end(store: Store) -> int:
    return logged(store)[-1].seq


def with_stories(store: Store, count: int) -> list[int]:
    """Stories 1, 2, ... of an article each; return the articles."""
    ids = stored_articles(store, count)
    with store.lease.acquire():
        for number, article_id in enumerate(ids):
            store.stories.apply(one_story(article_id, number, number + 9), NOW)
    return ids


def test_a_merge_and_its_undo_name_both_stories(store: Store) -> None:
    with_stories(store, 2)
    last = end(store)
    with store.lease.acquire():
        store.rulings.merge(1, 2, NOW, choose_version)
        merged, last = lines(store, last), end(store)
        store.rulings.unmerge(2, NOW, choose_version)
    assert {(K.STORY_MERGED, 2), (K.STORY_ABSORBED, 1)} <= set(merged)
    assert {(K.STORY_REVIVED, 2), (K.STORY_SPLIT, 1)} <= set(lines(store, last))


def test_stories_linked_to_a_merged_one_are_named(store: Store) -> None:
    ids = with_stories(store, 4)
    extra = stored_articles(store, 1, start=9)
    ties = [
        PlannedLink(ids[2], Tie(2, LinkKind.FOLLOW_UP, 0.5, "has it")),
        PlannedLink(ids[1], Tie(4, LinkKind.DIGEST, 0.5, "has it")),
    ]
    with store.lease.acquire():
        store.stories.apply(Plan(links=tuple(ties), passed=tuple(extra)), NOW)
        last = end(store)
        store.rulings.merge(1, 2, NOW)
        assert {(K.STORY_CHANGED, 3), (K.STORY_CHANGED, 4)} <= set(lines(store, last))
        last = end(store)
        store.rulings.unmerge(2, NOW)
        assert {(K.STORY_CHANGED, 3), (K.STORY_CHANGED, 4)} <= set(lines(store, last))


def test_a_merge_of_a_batch_comes_after_all_else_of_it(store: Store) -> None:
    first, second, third = stored_articles(store, 3)
    plan = Plan(
        (planned(first, -1, 1), planned(second, -2, 2), planned(third, -1, 3)),
        (chosen(second, -2), chosen(first, -1)),
        merges=(PlannedMerge(-1, -2, "one text"),),
    )
    with store.lease.acquire():
        assert [change.kind for change in store.stories.apply(plan, NOW)] == [change.kind for change in logged(store)]
        second_plan = replace(plan, versions=(chosen(second, 2, ("Other.",)), chosen(first, 1)))
        store.stories.apply(second_plan, NOW)
    kinds = lines(store)
    tombstone = max(at for at, line in enumerate(kinds) if line[1] == 2)
    assert kinds[tombstone] == (K.STORY_MERGED, 2)
    assert [story for kind, story in kinds[:2] if kind is K.STORY_CREATED] == [1, 2]


def test_times_of_changes_never_fall(store: Store) -> None:
    first, second, third = stored_articles(store, 3)
    with store.lease.acquire():
        store.stories.apply(one_story(first, 1), NOW)
        store.stories.apply(one_story(second, 2), NOW - timedelta(hours=1))
        store.rulings.merge(1, 2, NOW - timedelta(hours=2))
        store.rulings.unmerge(2, NOW - timedelta(hours=3))
        store.stories.apply(one_story(third, 3), NOW + timedelta(hours=1))
    times = [change.at for change in logged(store)]
    assert times == sorted(times)
    assert times[-1] == NOW + timedelta(hours=1)


def test_a_cursor_beyond_the_end_of_the_log_is_an_error(store: Store) -> None:
    with_stories(store, 1)
    last = end(store)
    assert logged(store, last) == []
    with pytest.raises(CursorAhead, match=rf"cursor {last + 1}: the change log ends at {last}.* - read all stories"):
        logged(store, last + 1)


def test_a_basis_or_an_agency_that_changes_alone_is_told(store: Store) -> None:
    first, second = with_stories(store, 2)
    last = end(store)
    plan = chosen(first, 1)
    moved = replace(plan, choice=replace(plan.choice, article_id=second, support=(2,)))
    with store.lease.acquire():
        store.stories.apply(Plan(versions=(plan,)), NOW)
        assert lines(store, last) == []
        store.stories.apply(Plan(versions=(moved,)), NOW)
        [change] = logged(store, last)
        assert (change.kind, change.story_id, change.articles, change.version) == (K.VERSION_CHANGED, 1, (second,), 1)
        store.stories.apply(Plan(versions=(replace(moved, agency="AFP"),)), NOW)
    assert lines(store, change.seq) == [(K.STORY_CHANGED, 1)]


def test_a_split_whose_choice_fails_leaves_nothing_half_done(store: Store) -> None:
    ids = stored_articles(store, 2)
    with store.lease.acquire():
        store.stories.apply(Plan((planned(ids[0], -1, 1), planned(ids[1], -1, 2)), (chosen(ids[0], -1),)), NOW)
        before = lines(store)

        def die(_story: int, _members: Sequence[Member], _head: Head) -> PlannedVersion:
            raise NotStored("killed")

        with pytest.raises(NotStored):
            store.rulings.split(1, [ids[1]], NOW, die)
        assert (lines(store), len(views.stories(store, 9))) == (before, 1)
        new_story = store.rulings.split(1, [ids[1]], NOW, choose_version)
    head, versions, _ = views.one_story(store, new_story)
    assert (head.version, [version.number for version in versions]) == (1, [1])
    assert (K.VERSION_ADDED, new_story) in lines(store)


def test_every_stored_text_that_is_removed_is_told(store: Store) -> None:
    first, second = with_stories(store, 2)
    with store.lease.acquire():
        store.stories.apply(Plan(versions=(chosen(first, 1, ("Two.",)), chosen(first, 2, ("Three.",)))), NOW)
        last = end(store)
        store.articles.forget_text(first, NOW)
        removals = [(change.kind, change.story_id, change.articles, change.version) for change in logged(store, last)]
        assert removals == [(K.TEXT_REMOVED, number, (first,), at) for number, at in ((1, 1), (1, 2), (2, 2))]
        last = end(store)
        store.articles.forget_text(first, NOW)
        assert logged(store, last) == []
        store.rulings.merge(1, 2, NOW)
        last = end(store)
        store.articles.forget_text(second, NOW)
    [told_of_target] = logged(store, last)
    assert (told_of_target.story_id, told_of_target.articles, told_of_target.version) == (1, (second,), None)


def test_an_edit_of_a_copy_is_told(store: Store) -> None:
    first, second = with_stories(store, 2)
    last = end(store)
    with store.lease.acquire():
        store.articles.revise(first, article(1, ("Edited.",)), {"reason": "edited"}, fingerprint(4), NOW)
        assert lines(store, last) == [(K.COPY_CHANGED, 1)]
        assert store.articles.replace_bodies({second: article(2, ("Cleaned.",))}, NOW) == {2}
    assert lines(store, last) == [(K.COPY_CHANGED, 1), (K.COPY_CHANGED, 2)]


def test_an_edit_of_a_live_blog_is_told_to_the_stories_that_it_links_to(store: Store) -> None:
    with_stories(store, 1)
    [blog] = stored_articles(store, 1, start=9)
    tie = PlannedLink(blog, Tie(1, LinkKind.LIVE_BLOG, 0.5, "has it"))
    with store.lease.acquire():
        store.stories.apply(Plan(links=(tie,), passed=(blog,)), NOW)
        last = end(store)
        store.articles.revise(blog, article(9, ("Edited.",)), {}, fingerprint(4), NOW)
    assert lines(store, last) == [(K.STORY_CHANGED, 1)]


def test_a_merge_is_not_undone_where_a_story_would_have_no_copy(store: Store) -> None:
    _, second = with_stories(store, 2)
    with store.lease.acquire():
        store.rulings.merge(1, 2, NOW)
        store.rulings.split(1, [second], NOW, choose_version)
        last = end(store)
        with pytest.raises(NotStored, match="split off since"):
            store.rulings.unmerge(2, NOW, choose_version)
    assert logged(store, last) == []
    assert views.story_of(store, 2).id == 1
