"""Writes of what a person decides about stories: merged, split, and both undone. Nothing here is ever decided again
by the machine: it places new copies, and never moves one that is placed."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, func, select, update

from pipeline.errors import NotStored
from pipeline.model import ChangeKind
from pipeline.store.stories import StoryWrites
from pipeline.store.tables import article, change, copy, ruling, story


class RulingWrites(StoryWrites):
    """A person's word on which copies are one story. Each call needs :meth:`writing`."""

    def merge(self, target: int, other: int, now: datetime) -> None:
        """Move every copy of ``other`` to ``target``; ``other`` stays as a tombstone that leads there.

        Raises NotStored where either is no story with copies.
        """
        with self.transaction() as db:
            self._hold(db)
            _known(db, target)
            moved = _known(db, other)
            db.execute(update(copy).where(copy.c.story_id == other).values(story_id=target))
            db.execute(update(story).where(story.c.id == other).values(merged_into=target, updated_at=now))
            _rule(db, "merge", other, target, moved, now)
            _tell(db, ChangeKind.STORY_MERGED, other, now)
            _seen(db, target, now)

    def split(self, source: int, articles: Sequence[int], now: datetime) -> int:
        """Move these copies of ``source`` to a story of their own; its id.

        Raises NotStored where one is not there, or none would be left.
        """
        with self.transaction() as db:
            self._hold(db)
            held = _known(db, source)
            strangers = sorted(set(articles) - set(held))
            if strangers or not articles or len(set(articles)) == len(held):
                concerns = f"article {strangers[0]}" if strangers else f"story {source}"
                what = "not in that story" if strangers else "some copies must go, and some must stay"
                raise NotStored(what, concerns=concerns, todo="see copydesk story ID --json")
            made = _new_story(db, source, articles[0], now)
            db.execute(update(copy).where(copy.c.article_id.in_(articles)).values(story_id=made))
            _rule(db, "split", source, made, list(articles), now)
            _tell(db, ChangeKind.STORY_CREATED, made, now)
            _tell(db, ChangeKind.STORY_SPLIT, source, now)
            _seen(db, source, now)
            _seen(db, made, now)
            return made

    def unmerge(self, other: int, now: datetime) -> int:
        """Undo the merge that made ``other`` a tombstone; the story that it had gone into. Raises NotStored."""
        with self.transaction() as db:
            self._hold(db)
            merges = select(ruling).where(ruling.c.kind == "merge", ruling.c.story_id == other)
            last = db.execute(merges.order_by(ruling.c.id.desc()).limit(1)).first()
            target = db.scalar(select(story.c.merged_into).where(story.c.id == other))
            if last is None or target is None:
                raise NotStored("no merge to undo", concerns=f"story {other}")
            here = (copy.c.article_id.in_(last.articles), copy.c.story_id == target)
            db.execute(update(copy).where(*here).values(story_id=other))
            db.execute(update(story).where(story.c.id == other).values(merged_into=None, updated_at=now))
            _rule(db, "unmerge", other, target, list(last.articles), now)
            _tell(db, ChangeKind.STORY_SPLIT, int(target), now)
            _seen(db, int(target), now)
            return int(target)


def _known(db: Connection, story_id: int) -> list[int]:
    """The articles of a story that has copies."""
    found = list(db.scalars(select(copy.c.article_id).where(copy.c.story_id == story_id)))
    if not found:
        raise NotStored("no such story, or merged into another", concerns=f"story {story_id}")
    return found


def _new_story(db: Connection, source: int, first: int, now: datetime) -> int:
    told = db.execute(select(story.c.lang, story.c.kind).where(story.c.id == source)).one()
    title, agency = db.execute(select(article.c.title, article.c.agency).where(article.c.id == first)).one()
    row: dict[str, Any] = {"title": title, "agency": agency, "lang": told.lang, "first_seen": now, "updated_at": now}
    made = db.execute(story.insert().returning(story.c.id), row | {"version": 0, "kind": told.kind})
    return int(made.scalar_one())


def _rule(db: Connection, kind: str, story_id: int, other: int, articles: Sequence[int], now: datetime) -> None:
    row = {"kind": kind, "story_id": story_id, "other_id": other, "articles": list(articles), "at": now}
    db.execute(ruling.insert(), row)


def _tell(db: Connection, kind: ChangeKind, story_id: int, now: datetime) -> None:
    db.execute(change.insert(), {"kind": kind.value, "story_id": story_id, "at": now})


def _seen(db: Connection, story_id: int, now: datetime) -> None:
    first = select(func.min(copy.c.seen_at)).where(copy.c.story_id == story_id).scalar_subquery()
    db.execute(update(story).where(story.c.id == story_id).values(first_seen=first, updated_at=now))
