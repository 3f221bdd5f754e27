"""Decisions of the machine that a person is asked about, and what the person said."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum


class QuestionKind(StrEnum):
    """Why a pair of texts is asked about: it was JOINED by a hair, a NEAR_MISS by a hair, its AGENCIES are in conflict,
    or the READING of the page is unsure."""

    JOINED = "joined"
    NEAR_MISS = "near-miss"
    AGENCIES = "agencies"
    READING = "reading"


class PairAnswer(StrEnum):
    """What a person says of two texts: they are the SAME story, DISTINCT stories, or nobody can tell."""

    SAME = "same"
    DISTINCT = "distinct"
    UNSURE = "unsure"


@dataclass(frozen=True, slots=True)
class Question:
    """Are an article and the text in force of ``story_id`` one story?

    ``other_id``: the article that the text in force is from; ``home_id``: the story that the article is a copy of now,
    which is ``story_id`` where it was joined; ``score`` in 0..1: what the machine made of the pair (the probability of
    a join, the share that a link rests on); ``reason``: the machine's own words.
    """

    kind: QuestionKind
    article_id: int
    other_id: int
    story_id: int
    home_id: int
    score: float
    reason: str


@dataclass(frozen=True, slots=True)
class PairLabel:
    """An answer to a question. ``moved_id``: the story that a split made or a merge took in; None where nothing had to
    be moved. ``undone_at``: when it was taken back."""

    id: int
    kind: QuestionKind
    article_id: int
    other_id: int
    story_id: int
    score: float
    answer: PairAnswer
    person: str
    at: datetime
    moved_id: int | None
    undone_at: datetime | None


@dataclass(frozen=True, slots=True)
class Note:
    """A person's note on a story."""

    id: int
    story_id: int
    text: str
    person: str
    at: datetime


class LineRuling(StrEnum):
    """What a person ruled on a line that an outlet's pages repeat: it is TEXT; it is taken OFF as long as it recurs,
    and not asked about; or it is PINNED: taken off wherever it stands, also once."""

    TEXT = "text"
    OFF = "off"
    PINNED = "pinned"


@dataclass(frozen=True, slots=True)
class RuledLine:
    """A line of an outlet's pages, and what a person ruled on it."""

    text: str
    ruling: LineRuling
    person: str
    at: datetime
