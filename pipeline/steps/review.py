"""Answers of persons to pairs of texts: given, taken back, and handed out as labels."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime

from pipeline.config import Config
from pipeline.errors import AlreadyDecided
from pipeline.model import PairAnswer, PairLabel, WholeCopy
from pipeline.steps.canonical import text_chooser
from pipeline.steps.context import open_for
from pipeline.store import Store
from pipeline.store.reads.review import find_question, labels_given
from pipeline.store.reads.whole_copy import whole_copy

# Answers that are handed out at most.
MOST_LABELS = 1_000_000


def answer_question(
    config: Config, article_id: int, story_id: int, answer: PairAnswer, person: str, now: datetime
) -> PairLabel:
    """Answer whether an article and a story are one; the stories follow. Raises AlreadyDecided."""
    with open_for(config) as store, store.lease.acquire():
        question = find_question(store, article_id, story_id)
        if question is None:
            concerns = f"article {article_id}, story {story_id}"
            raise AlreadyDecided("no open question any more", concerns=concerns, todo="see the review")
        return store.labels.answer(question, answer, person, now, text_chooser(config))


def take_back_answer(config: Config, label_id: int, person: str, now: datetime) -> PairLabel:
    """Undo an answer and what it moved. Raises AlreadyDecided or NotStored."""
    with open_for(config) as store, store.lease.acquire():
        return store.labels.take_back(label_id, person, now, text_chooser(config))


def labelled_pairs(store: Store) -> Iterator[tuple[PairLabel, WholeCopy, WholeCopy]]:
    """Yield each answer in force, the oldest first, with both texts; those whose texts are gone are left out."""
    for label in reversed(labels_given(store, MOST_LABELS)):
        texts = whole_copy(store, label.article_id), whole_copy(store, label.other_id)
        if all(text.record.article.body for text in texts):
            yield label, *texts
