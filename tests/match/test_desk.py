"""What stays at hand between batches, and for how long."""

from __future__ import annotations

from datetime import timedelta

import pytest

from pipeline.config import MatchConfig
from pipeline.match.desk import Desk
from pipeline.match.fingerprint import fingerprint_many
from pipeline.match.novelty import Novelty
from pipeline.model import Member, Relation, VersionKind
from tests.match.test_match import NOW, story


def member(article_id: int, story_id: int, hours: float = 0) -> Member:
    body = tuple(story(article_id))
    (made,) = fingerprint_many(["\n".join(body)])
    return Member(
        article_id, story_id, "O", False, NOW + timedelta(hours=hours), "T", body, "", Relation.ORIGIN, 1,
        VersionKind.ORIGINAL, made,
    )  # fmt: skip


def desk_of(*members: Member) -> Desk:
    desk = Desk(MatchConfig(), Novelty(36))
    desk.hold({one.story_id for one in members}, members)
    return desk


def test_what_was_asked_for_is_not_asked_for_again() -> None:
    desk = desk_of(member(1, 7), member(2, 8))
    assert desk.missing([7, 8, 9]) == [9]
    desk.hold([8, 9], [])
    assert list(desk.members) == [8]
    desk.begin()
    assert desk.missing([7, 8]) == [7, 8]


def test_new_stories_stay_under_the_ids_that_they_got() -> None:
    desk = desk_of(member(1, 7))
    desk.members[-1].append(member(2, -1))
    desk.members[7].append(member(3, 7, -1))
    desk.settle({2: 9, 3: 7})
    desk.hold([7, 9], [])
    assert {key: [one.article_id for one in held] for key, held in desk.members.items()} == {7: [3, 1], 9: [2]}
    assert {one.story_id for one in desk.members[9]} == {9}


def test_no_more_stays_than_there_is_room_for(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("pipeline.match.desk.KEPT", 2)
    desk = desk_of(member(1, 7), member(2, 8), member(3, 9))
    desk.hold([7], [])
    desk.settle({})
    assert desk.missing([7, 8, 9]) == [8]
