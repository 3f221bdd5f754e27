"""Writes of what a person decides about stories: merged, split, and both undone. The machine never undoes any of it: it
places new copies, and merges stories on strong evidence alone, never two that a person took apart."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, select, update

from pipeline.errors import NotStored
from pipeline.model import ChangeKind
from pipeline.store.database import Database, Subject
from pipeline.store.lease import Lease
from pipeline.store.schema.tables import article, copy, ruling, story
from pipeline.store.story_links import articles_in, merge_into, refresh, rule, tell


class Rulings(Subject):
    """A person's word on which copies are one story. Each call needs :meth:`pipeline.store.lease.Lease.acquire`."""

    def __init__(self, database: Database, lease: Lease) -> None:
        super().__init__(database)
        self._lease = lease

    def merge(self, target: int, other: int, now: datetime) -> None:
        """Move every copy of ``other`` to ``target``; ``other`` stays as a tombstone that leads there.

        Raises NotStored where either is no story with copies.
        """
        with self._database.transaction() as db:
            self._lease.require(db)
            merge_into(db, target, other, now)

    def split(self, source: int, articles: Sequence[int], now: datetime) -> int:
        """Move these copies of ``source`` to a story of their own; its id.

        Raises NotStored where one is not there, or none would be left.
        """
        with self._database.transaction() as db:
            self._lease.require(db)
            held = articles_in(db, source)
            strangers = sorted(set(articles) - set(held))
            if strangers or not articles or len(set(articles)) == len(held):
                concerns = f"article {strangers[0]}" if strangers else f"story {source}"
                what = "not in that story" if strangers else "some copies must go, and some must stay"
                raise NotStored(what, concerns=concerns, todo="see copydesk story ID --json")
            made = _new_story(db, source, articles[0], now)
            db.execute(update(copy).where(copy.c.article_id.in_(articles)).values(story_id=made))
            rule(db, "split", source, made, list(articles), now)
            tell(db, ChangeKind.STORY_CREATED, made, now)
            tell(db, ChangeKind.STORY_SPLIT, source, now)
            refresh(db, source, now)
            refresh(db, made, now)
            return made

    def unmerge(self, other: int, now: datetime) -> int:
        """Undo the merge, a person's or the machine's, that made ``other`` a tombstone; the story that it had gone
        into. Raises NotStored."""
        with self._database.transaction() as db:
            self._lease.require(db)
            merges = select(ruling).where(ruling.c.kind == "merge", ruling.c.story_id == other)
            last = db.execute(merges.order_by(ruling.c.id.desc()).limit(1)).first()
            target = db.scalar(select(story.c.merged_into).where(story.c.id == other))
            if last is None or target is None:
                raise NotStored("no merge to undo", concerns=f"story {other}")
            here = (copy.c.article_id.in_(last.articles), copy.c.story_id == target)
            db.execute(update(copy).where(*here).values(story_id=other))
            db.execute(update(story).where(story.c.id == other).values(merged_into=None, updated_at=now))
            rule(db, "unmerge", other, target, list(last.articles), now)
            tell(db, ChangeKind.STORY_SPLIT, int(target), now)
            refresh(db, int(target), now)
            return int(target)


def _new_story(db: Connection, source: int, first: int, now: datetime) -> int:
    told = db.execute(select(story.c.lang, story.c.kind).where(story.c.id == source)).one()
    title, agency = db.execute(select(article.c.title, article.c.agency).where(article.c.id == first)).one()
    row: dict[str, Any] = {"title": title, "agency": agency, "lang": told.lang, "first_seen": now, "updated_at": now}
    made = db.execute(story.insert().returning(story.c.id), row | {"version": 0, "kind": told.kind})
    return int(made.scalar_one())
