"""Answers of persons to what was decided by a hair: they move stories, bind the machine, and are taken back whole."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest

from pipeline.errors import AlreadyDecided
from pipeline.match.plan import choose_version
from pipeline.model import LinkKind, PairAnswer, Plan, PlannedLink, Question, QuestionKind, Relation, Tie
from pipeline.store import Store
from pipeline.store.reads.review import count_labels, find_question, labels_given, open_questions
from pipeline.store.story_links import stories_apart
from tests.store.samples import NOW
from tests.store.test_change_log import chosen, planned, stored_articles

ANSWERED = NOW + timedelta(minutes=1)


@pytest.fixture
def articles(store: Store) -> list[int]:
    """Two copies of story 1, the second joined by a hair, and story 2, which is linked to story 1."""
    ids = stored_articles(store, 3)
    weak = replace(planned(ids[1], -1, 2), relation=Relation.TRIMMED, score=0.6)
    with store.lease.acquire():
        store.stories.apply(Plan((planned(ids[0], -1, 1), weak), (chosen(ids[0], -1),)), NOW)
        store.stories.apply(Plan((planned(ids[2], -1, 3),), (chosen(ids[2], -1),)), NOW)
        tie = Tie(1, LinkKind.FOLLOW_UP, 0.4, "has the older report")
        store.stories.apply(Plan(links=(PlannedLink(ids[2], tie),)), NOW)
    return ids


def ask(store: Store, article: int) -> Question:
    question = find_question(store, article, 1)
    assert question
    return question


def answer(store: Store, article: int, verdict: PairAnswer) -> int:
    with store.lease.acquire():
        return store.labels.answer(ask(store, article), verdict, "Ines", ANSWERED, choose_version).id


def take_back(store: Store, label: int) -> None:
    with store.lease.acquire():
        store.labels.take_back(label, "Ines", ANSWERED, choose_version)


def homes(store: Store) -> dict[int, int]:
    return {member.article_id: member.story_id for member in store.index.members([1, 2, 3])}


def separated_pairs(store: Store) -> set[tuple[int, int]]:
    with store.reading() as db:
        return stories_apart(db, [1, 2, 3])


def test_weak_joins_come_before_near_misses(store: Store, articles: list[int]) -> None:
    rows = [
        (question.kind, question.article_id, question.story_id, question.home_id) for question in open_questions(store)
    ]
    assert rows == [(QuestionKind.JOINED, articles[1], 1, 1), (QuestionKind.NEAR_MISS, articles[2], 1, 2)]


def test_a_copy_that_is_not_the_same_is_split_off_for_good(store: Store, articles: list[int]) -> None:
    label = answer(store, articles[1], PairAnswer.DISTINCT)
    assert homes(store)[articles[1]] == 3
    assert (1, 3) in separated_pairs(store)
    assert [question.article_id for question in open_questions(store)] == [articles[2]]
    take_back(store, label)
    assert homes(store)[articles[1]] == 1
    assert [question.article_id for question in open_questions(store)] == articles[1:]


def test_a_near_miss_that_is_the_same_is_merged(store: Store, articles: list[int]) -> None:
    label = answer(store, articles[2], PairAnswer.SAME)
    assert homes(store)[articles[2]] == 1
    take_back(store, label)
    assert homes(store)[articles[2]] == 2


def test_a_near_miss_that_is_another_story_is_kept_apart(store: Store, articles: list[int]) -> None:
    label = answer(store, articles[2], PairAnswer.DISTINCT)
    assert homes(store) == {articles[0]: 1, articles[1]: 1, articles[2]: 2}
    assert separated_pairs(store) == {(1, 2)}
    take_back(store, label)
    assert separated_pairs(store) == set()


@pytest.mark.parametrize("verdict", [PairAnswer.UNSURE, PairAnswer.SAME])
def test_what_agrees_with_the_machine_or_says_nothing_moves_nothing(
    store: Store, articles: list[int], verdict: PairAnswer
) -> None:
    before = homes(store)
    answer(store, articles[1], verdict)
    assert (homes(store), count_labels(store), labels_given(store, 9)[0].answer) == (before, 1, verdict)


def test_who_comes_second_is_told_who_was_first_and_changes_nothing(store: Store, articles: list[int]) -> None:
    question = ask(store, articles[1])
    answer(store, articles[1], PairAnswer.UNSURE)
    with store.lease.acquire(), pytest.raises(AlreadyDecided, match="Ines answered it: unsure"):
        store.labels.answer(question, PairAnswer.DISTINCT, "Tom", ANSWERED, choose_version)
    assert count_labels(store) == 1


def test_an_answer_to_what_has_changed_since_changes_nothing(store: Store, articles: list[int]) -> None:
    question = ask(store, articles[1])
    with store.lease.acquire():
        store.rulings.split(1, [articles[1]], ANSWERED, choose_version)
        with pytest.raises(AlreadyDecided, match="has changed since"):
            store.labels.answer(question, PairAnswer.DISTINCT, "Tom", ANSWERED, choose_version)
    assert count_labels(store) == 0


def test_an_answer_is_taken_back_once(store: Store, articles: list[int]) -> None:
    label = answer(store, articles[1], PairAnswer.DISTINCT)
    take_back(store, label)
    with pytest.raises(AlreadyDecided):
        take_back(store, label)
    assert [label.undone_at for label in labels_given(store, 9, undone=True)] == [ANSWERED]
