"""Answers of persons to pairs of texts. An answer moves what it contradicts and binds the pair, all in one
transaction; taking it back undoes both."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime

from sqlalchemy import Connection, delete, select, update

from pipeline.errors import AlreadyDecided, NotStored
from pipeline.model import PairAnswer, PairLabel, Question, QuestionKind
from pipeline.store.database import Database, Subject
from pipeline.store.lease import Lease
from pipeline.store.rulings import merge_stories, split_story, unmerge_story
from pipeline.store.schema.persons import IN_FORCE, label
from pipeline.store.schema.tables import copy, ruling
from pipeline.store.story_links import KEEP_APART, articles_in, record_ruling
from pipeline.store.versions import ChooseText


class Labels(Subject):
    """Answers to questions of :mod:`pipeline.store.reads.review`. Writing needs the lease."""

    def __init__(self, database: Database, lease: Lease) -> None:
        super().__init__(database)
        self._lease = lease

    def answer(
        self, question: Question, answer: PairAnswer, person: str, now: datetime, choose: ChooseText | None = None
    ) -> PairLabel:
        """Store an answer and bring the stories in line with it. ``choose``: see :meth:`Rulings.merge`.

        Raises AlreadyDecided where the pair is answered, or is not as the question says any more.
        """
        with self._database.transaction() as db:
            self._lease.require(db)
            _refuse_answered(db, question)
            _refuse_moved(db, question)
            moved_id = _EFFECTS[answer](db, question, now, choose, _reason(answer, person))
            columns = {
                "kind": question.kind.value,
                "article_id": question.article_id,
                "other_id": question.other_id,
                "story_id": question.story_id,
                "score": question.score,
                "answer": answer.value,
                "person": person,
                "at": now,
                "moved_id": moved_id,
            }
            number = db.execute(label.insert().returning(label.c.id), columns).scalar_one()
            return _label(db, int(number))

    def take_back(self, number: int, person: str, now: datetime, choose: ChooseText | None = None) -> PairLabel:
        """Undo an answer and what it moved. Raises AlreadyDecided where it is undone already, NotStored where there is
        no such answer or the stories went on."""
        with self._database.transaction() as db:
            self._lease.require(db)
            pair = _label(db, number)
            if pair.undone_at:
                raise AlreadyDecided("taken back already", concerns=f"label {number}")
            _undo_effect(db, pair, now, choose, f"answer taken back ({person})" if person else "answer taken back")
            db.execute(update(label).where(label.c.id == number).values(undone_at=now))
            return _label(db, number)


def _reason(answer: PairAnswer, person: str) -> str:
    phrase = "reviewed: the same story" if answer is PairAnswer.SAME else "reviewed: another story"
    return f"{phrase} ({person})" if person else phrase


def _refuse_answered(db: Connection, question: Question) -> None:
    for ids in ((question.article_id, question.other_id), (question.other_id, question.article_id)):
        query = select(label).where(label.c.article_id == ids[0], label.c.other_id == ids[1], IN_FORCE)
        if row := db.execute(query).first():
            problem = f"{row.person or 'somebody'} answered it: {row.answer}"
            raise AlreadyDecided(problem, concerns=f"articles {ids[0]}, {ids[1]}", todo="take that answer back first")


def _refuse_moved(db: Connection, question: Question) -> None:
    home = db.scalar(select(copy.c.story_id).where(copy.c.article_id == question.article_id))
    other_home = db.scalar(select(copy.c.story_id).where(copy.c.article_id == question.other_id))
    if (home, other_home) != (question.home_id, question.story_id):
        raise AlreadyDecided("its story has changed since", concerns=f"article {question.article_id}", todo="ask again")


Effect = Callable[[Connection, Question, datetime, ChooseText | None, str], int | None]


def _join(db: Connection, question: Question, now: datetime, choose: ChooseText | None, reason: str) -> int | None:
    if question.home_id == question.story_id:
        return None
    merge_stories(db, question.story_id, [question.home_id], now, choose, reason)
    return question.home_id


def _part(db: Connection, question: Question, now: datetime, choose: ChooseText | None, reason: str) -> int | None:
    if question.home_id == question.story_id:
        return split_story(db, question.story_id, [question.article_id], now, choose, reason)
    articles = articles_in(db, question.home_id)
    record_ruling(db, KEEP_APART, question.story_id, question.home_id, articles, now)
    return None


def _leave(_db: Connection, _question: Question, _now: datetime, _choose: ChooseText | None, _reason: str) -> None:
    """Move nothing: nobody can tell."""


_EFFECTS: dict[PairAnswer, Effect] = {PairAnswer.SAME: _join, PairAnswer.DISTINCT: _part, PairAnswer.UNSURE: _leave}


def _undo_effect(db: Connection, pair: PairLabel, now: datetime, choose: ChooseText | None, reason: str) -> None:
    if pair.answer is PairAnswer.SAME and pair.moved_id:
        unmerge_story(db, pair.moved_id, now, choose, reason)
    elif pair.answer is PairAnswer.DISTINCT and pair.moved_id:
        merge_stories(db, pair.story_id, [pair.moved_id], now, choose, reason)
    elif pair.answer is PairAnswer.DISTINCT:
        condition = (ruling.c.kind == KEEP_APART, ruling.c.story_id == pair.story_id, ruling.c.at == pair.at)
        db.execute(delete(ruling).where(*condition))


def _label(db: Connection, number: int) -> PairLabel:
    row = db.execute(select(label).where(label.c.id == number)).first()
    if row is None:
        raise NotStored("no such answer", concerns=f"label {number}")
    return pair_label(row)


def pair_label(row: object) -> PairLabel:
    """Return a row of ``label`` as a record."""
    values = dict(row._mapping)  # type: ignore[attr-defined]
    return PairLabel(**values | {"kind": QuestionKind(values["kind"]), "answer": PairAnswer(values["answer"])})
