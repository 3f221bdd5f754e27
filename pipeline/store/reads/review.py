"""Questions for a person: pairs of texts that the machine decided by a hair, and the answers that were given.

Only the newest copies are looked at, by index: no question counts over the whole store.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any

from sqlalchemy import Connection, Row, func, or_, select, true

from pipeline.model import LinkKind, PairLabel, Question, QuestionKind, Relation
from pipeline.store.database import Database
from pipeline.store.labels import pair_label
from pipeline.store.reads.views import AGREED
from pipeline.store.schema.persons import IN_FORCE, label
from pipeline.store.schema.tables import article, copy, link, story

# The newest copies, of which questions are made.
NEWEST = 3000
# A join of less probability is asked about: of 353 copies of the embedded outlets 3 % lie under it.
SURE = 0.999
# A link of this share of a story's text or more was nearly a copy.
NEARLY = 0.2
QUESTIONS = 200
_ORDER = (QuestionKind.JOINED, QuestionKind.AGENCIES, QuestionKind.NEAR_MISS, QuestionKind.READING)


def open_questions(store: Database, limit: int = QUESTIONS) -> list[Question]:
    """Return pairs that nobody answered yet: by kind, and of one kind the least sure first."""
    with store.reading() as db:
        answered = _answered_pairs(db)
        questions = [question for question in _questions(db) if not _pair(question) & answered]
    return sorted(_distinct(questions), key=_urgency)[:limit]


def find_question(store: Database, article_id: int, story_id: int) -> Question | None:
    """Return the question of an article and a story as it stands now; None where there is none any more."""
    with store.reading() as db:
        matches = [q for q in _questions(db, article_id) if q.story_id == story_id]
    return min(matches, key=_urgency, default=None)


def labels_given(store: Database, limit: int, *, undone: bool = False) -> list[PairLabel]:
    """Return answers, the latest first; ``undone``: those that were taken back as well."""
    query = select(label).where(true() if undone else IN_FORCE).order_by(label.c.id.desc()).limit(limit)
    with store.reading() as db:
        return [pair_label(row) for row in db.execute(query)]


def count_labels(store: Database) -> int:
    """Return how many answers are in force."""
    with store.reading() as db:
        return int(db.scalar(select(func.count()).select_from(label).where(IN_FORCE)) or 0)


def _urgency(question: Question) -> tuple[int, float, int]:
    least_sure = -question.score if question.kind is QuestionKind.NEAR_MISS else question.score
    return _ORDER.index(question.kind), least_sure, question.article_id


def _distinct(questions: Iterable[Question]) -> list[Question]:
    by_pair: dict[tuple[int, int], Question] = {}
    for question in sorted(questions, key=_urgency):
        by_pair.setdefault((question.article_id, question.story_id), question)
    return list(by_pair.values())


def _pair(question: Question) -> set[tuple[int, int]]:
    return {(question.article_id, question.other_id), (question.other_id, question.article_id)}


def _answered_pairs(db: Connection) -> set[tuple[int, int]]:
    rows = db.execute(select(label.c.article_id, label.c.other_id).where(IN_FORCE).order_by(label.c.id.desc()))
    return {(row.article_id, row.other_id) for row in rows}


def _questions(db: Connection, article_id: int = 0) -> Iterator[Question]:
    """Yield what could be asked of the newest copies, or of one article."""
    newest = select(copy.c.article_id).order_by(copy.c.seen_at.desc(), copy.c.article_id.desc()).limit(NEWEST)
    newest = newest.where(copy.c.article_id == article_id) if article_id else newest
    window = newest.subquery()
    for row in db.execute(_joined(window)):
        yield from _of_copy(row)
    for row in db.execute(_linked(window)):
        yield Question(
            QuestionKind.NEAR_MISS, row.article_id, row.canonical, row.story_id, row.home, row.score, row.reason
        )


def _joined(window: Any) -> Any:
    """Select copies that joined a story by little, name another agency than it, or were read without certainty."""
    is_doubtful = or_(
        copy.c.score < SURE,
        (article.c.agency != "") & (story.c.agency != "") & (article.c.agency != story.c.agency),
        (article.c.agreement < AGREED) & (copy.c.relation != Relation.VERBATIM.value),
    )
    return (
        select(copy.c.article_id, copy.c.story_id, copy.c.score, copy.c.reason, story.c.article_id.label("canonical"))
        .add_columns(article.c.agency, story.c.agency.label("story_agency"), article.c.agreement)
        .select_from(window)
        .join(copy, copy.c.article_id == window.c.article_id)
        .join(article, article.c.id == copy.c.article_id)
        .join(story, story.c.id == copy.c.story_id)
        .where(story.c.article_id != copy.c.article_id, copy.c.relation != Relation.ORIGIN.value, is_doubtful)
        .where(story.c.removed_at.is_(None))
    )


def _linked(window: Any) -> Any:
    """Select articles that are nearly a copy of a story, and are only linked to it."""
    return (
        select(link.c.article_id, link.c.story_id, link.c.score, link.c.reason)
        .add_columns(story.c.article_id.label("canonical"), copy.c.story_id.label("home"))
        .select_from(window)
        .join(link, link.c.article_id == window.c.article_id)
        .join(copy, copy.c.article_id == link.c.article_id)
        .join(story, story.c.id == link.c.story_id)
        .where(link.c.kind == LinkKind.FOLLOW_UP.value, link.c.score >= NEARLY)
        .where(story.c.merged_into.is_(None), story.c.removed_at.is_(None), story.c.article_id.is_not(None))
        .where(copy.c.story_id != link.c.story_id)
    )


def _of_copy(row: Row[Any]) -> Iterator[Question]:
    common = (row.article_id, row.canonical, row.story_id, row.story_id, row.score, row.reason)
    if row.score < SURE:
        yield Question(QuestionKind.JOINED, *common)
    elif row.agency and row.story_agency and row.agency != row.story_agency:
        yield Question(QuestionKind.AGENCIES, *common)
    else:
        yield Question(QuestionKind.READING, *common)
