"""What stays at hand between batches, and for how long."""

from __future__ import annotations

from datetime import timedelta

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipeline.config import MatchConfig
from pipeline.match.compare import Shared
from pipeline.match.fingerprint import fingerprint_many, shingles_of
from pipeline.match.first_seen import STALE, FirstSeenIndex
from pipeline.match.workspace import NewArticle, PreparedText, Workspace
from pipeline.model import Member, Relation, VersionKind
from tests.match.test_match import NOW, story


def member(article_id: int, story_id: int, hours: float = 0) -> Member:
    body = tuple(story(article_id))
    (fingerprint,) = fingerprint_many(["\n".join(body)])
    return Member(
        article_id, story_id, "O", False, NOW + timedelta(hours=hours), "T", body, "", Relation.ORIGIN, 1,
        VersionKind.ORIGINAL, fingerprint,
    )  # fmt: skip


def workspace_of(*members: Member) -> Workspace:
    workspace = Workspace(MatchConfig(), FirstSeenIndex(36))
    workspace.load({member.story_id for member in members}, members)
    return workspace


def test_what_was_asked_for_is_not_asked_for_again() -> None:
    workspace = workspace_of(member(1, 7), member(2, 8))
    assert workspace.missing([7, 8, 9]) == [9]
    workspace.load([8, 9], [])
    assert list(workspace.members) == [8]
    workspace.clear()
    assert workspace.missing([7, 8]) == [7, 8]


def test_new_stories_stay_under_the_ids_that_they_got() -> None:
    workspace = workspace_of(member(1, 7))
    workspace.members[-1].append(member(2, -1))
    workspace.members[7].append(member(3, 7, -1))
    workspace.keep_placed({2: 9, 3: 7})
    workspace.load([7, 9], [])
    assert {story: [copy.article_id for copy in copies] for story, copies in workspace.members.items()} == {
        7: [3, 1],
        9: [2],
    }
    assert {copy.story_id for copy in workspace.members[9]} == {9}


def test_no_more_stays_than_there_is_room_for(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("pipeline.match.workspace.KEPT_COPIES", 2)
    workspace = workspace_of(member(1, 7), member(2, 8), member(3, 9))
    workspace.load([7], [])
    workspace.keep_placed({})
    assert workspace.missing([7, 8, 9]) == [8]


@given(st.lists(st.integers(0, 9), min_size=1, max_size=9), st.lists(st.integers(0, 11), min_size=1, max_size=6))
def test_what_a_text_weighs_is_kept_for_one_time_alone(minutes: list[int], times: list[int]) -> None:
    """Whatever was asked before: 1 a fresh shingle, a twentieth a stale one."""
    firsts, even = np.array(minutes, dtype=float), np.arange(len(minutes)) % 2 == 0
    text = PreparedText.from_shingles(np.arange(len(minutes), dtype=np.uint64), firsts, ())
    for since in times:
        weights = np.where(firsts >= since, 1.0, STALE)
        assert text.weight(since) == pytest.approx(weights.sum())
    part, starts = Shared(even, int(even.sum())), list(map(float, times))
    totals, shared_weights = text.weights_of([part] * len(starts), starts)
    weights_then = [np.where(firsts >= since, 1.0, STALE) for since in starts]
    assert totals == pytest.approx([weights.sum() for weights in weights_then])
    assert shared_weights == pytest.approx([weights[even].sum() for weights in weights_then])


def test_what_sentences_weigh_is_kept_for_one_time_alone() -> None:
    body = ("The bridge was closed for an hour on Monday.", "No one was hurt.", "Closed.")
    (fingerprint,) = fingerprint_many(["\n".join(body)])
    workspace = Workspace(MatchConfig(), FirstSeenIndex(36))
    workspace.first_seen.add(shingles_of(fingerprint), NOW)
    article = NewArticle(1, "O", NOW, "T", body, VersionKind.ORIGINAL, fingerprint)
    text = workspace.prepared(article)
    for hours, weight in ((1, 1.0), (40, STALE), (1, 1.0)):
        weights = text.weigh_sentences(workspace.fresh_from(NOW + timedelta(hours=hours)), workspace.first_seen)
        assert weights.word == pytest.approx([weight, weight, STALE])
        assert weights.sentence == pytest.approx([9 * weight, 4 * weight, STALE])
        assert weights.total == pytest.approx(13 * weight + STALE)
