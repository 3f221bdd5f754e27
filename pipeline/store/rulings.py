"""Writes of a person's rulings on stories: merges, splits, and both undone. Placing never undoes a ruling: it places
new copies, and merges stories on strong evidence alone, never two that a person split."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, select, update

from pipeline.errors import NotStored
from pipeline.model import Actor, ChangeKind
from pipeline.store.change_log import Row, append_changes, change_row, log_time
from pipeline.store.chosen_texts import CHOSEN_TEXT
from pipeline.store.database import Database, Subject
from pipeline.store.kills import hand_on_kill, killed_stories
from pipeline.store.lease import Lease
from pipeline.store.schema.tables import article, copy, ruling, story
from pipeline.store.story_links import articles_in, changed_ties, merge_into, moved_copies, record_ruling, refresh
from pipeline.store.versions import ChooseText, choose_again

_KEPT_TEXT = select(copy.c.article_id).join(article, article.c.id == copy.c.article_id).where(article.c.withheld == "")


class Rulings(Subject):
    """A person's rulings on which copies are one story. Each call needs :meth:`pipeline.store.lease.Lease.acquire`."""

    def __init__(self, database: Database, lease: Lease) -> None:
        super().__init__(database)
        self._lease = lease

    def merge(self, target: int, tombstone: int, now: datetime, choose: ChooseText | None = None) -> None:
        """Move every copy of ``tombstone`` to ``target``; ``tombstone`` stays, without copies, and leads there.

        ``choose`` chooses the texts of stories whose copies moved, in the same transaction; without it they stay.
        Raises NotStored where either is no story with copies.
        """
        self.merge_all(target, [tombstone], now, choose)

    def merge_all(
        self, target: int, tombstones: Sequence[int], now: datetime, choose: ChooseText | None = None, reason: str = ""
    ) -> None:
        """Merge several stories into ``target``, all or none; see :meth:`merge`. ``reason``: for the change log."""
        with self._database.transaction() as db:
            self._lease.require(db)
            merge_stories(db, target, tombstones, now, choose, reason)

    def choose_text(
        self, story_id: int, article_id: int | None, now: datetime, choose: ChooseText, reason: str = ""
    ) -> None:
        """Let the story show this copy's text, as long as the agency files no newer edition; None leaves it to the
        rules again. Raises NotStored where it is no copy of the story, or its text is not kept."""
        with self._database.transaction() as db:
            self._lease.require(db)
            if article_id is None:
                articles_in(db, story_id)
            elif not db.scalar(_KEPT_TEXT.where(copy.c.story_id == story_id, copy.c.article_id == article_id)):
                raise NotStored("no copy of that story with a text", concerns=f"article {article_id}")
            at = log_time(db, now)
            articles = [] if article_id is None else [article_id]
            record_ruling(db, CHOSEN_TEXT, story_id, story_id, articles, at)
            rows = choose_again(db, [story_id], choose, at)
            append_changes(db, [row | {"reason": reason or row["reason"]} for row in rows], at, Actor.PERSON)

    def split(
        self, source: int, articles: Sequence[int], now: datetime, choose: ChooseText | None = None, reason: str = ""
    ) -> int:
        """Move these copies of ``source`` to a new story. Return its id. ``choose``, ``reason``: see :meth:`merge_all`.

        Raises NotStored where a copy is not in ``source``, or none would be left in it.
        """
        with self._database.transaction() as db:
            self._lease.require(db)
            return split_story(db, source, articles, now, choose, reason)

    def unmerge(self, tombstone: int, now: datetime, choose: ChooseText | None = None, reason: str = "") -> int:
        """Undo the merge, a person's or the machine's, that made ``tombstone`` one. Return the id of the story that it
        was merged into. ``choose``, ``reason``: see :meth:`merge_all`. Raises NotStored."""
        with self._database.transaction() as db:
            self._lease.require(db)
            return unmerge_story(db, tombstone, now, choose, reason)


def merge_stories(
    db: Connection, target: int, tombstones: Sequence[int], now: datetime, choose: ChooseText | None, reason: str
) -> None:
    """Do :meth:`Rulings.merge_all` inside a transaction that has the lease."""
    at = log_time(db, now)
    _refuse_killed(db, [target, *tombstones])
    rows = [row for tombstone in tombstones for row in merge_into(db, target, tombstone, at)]
    # The merges come last, as those of a batch do.
    append_changes(db, [*_choose_texts(db, [target], choose, at), *rows], at, Actor.PERSON, reason)


def split_story(
    db: Connection, source: int, articles: Sequence[int], now: datetime, choose: ChooseText | None, reason: str
) -> int:
    """Do :meth:`Rulings.split` inside a transaction that has the lease."""
    member_ids = articles_in(db, source)
    strangers = sorted(set(articles) - set(member_ids))
    if strangers or not articles or len(set(articles)) == len(member_ids):
        concerns = f"article {strangers[0]}" if strangers else f"story {source}"
        problem = "not in that story" if strangers else "some copies must go, and some must stay"
        raise NotStored(problem, concerns=concerns, todo="see copydesk story ID --json")
    now = log_time(db, now)
    new_story = _new_story(db, source, articles[0], now)
    db.execute(update(copy).where(copy.c.article_id.in_(articles)).values(story_id=new_story))
    record_ruling(db, "split", source, new_story, list(articles), now)
    refresh(db, source, now)
    refresh(db, new_story, now)
    rows = _split_rows(ChangeKind.STORY_CREATED, new_story, source, articles)
    rows += changed_ties(db, [source, new_story], articles) + hand_on_kill(db, source, new_story)
    append_changes(db, [*rows, *_choose_texts(db, [source, new_story], choose, now)], now, Actor.PERSON, reason)
    return new_story


def unmerge_story(db: Connection, tombstone: int, now: datetime, choose: ChooseText | None, reason: str) -> int:
    """Do :meth:`Rulings.unmerge` inside a transaction that has the lease."""
    merges = select(ruling).where(ruling.c.kind == "merge", ruling.c.story_id == tombstone)
    last = db.execute(merges.order_by(ruling.c.id.desc()).limit(1)).first()
    target = db.scalar(select(story.c.merged_into).where(story.c.id == tombstone))
    if last is None or target is None:
        raise NotStored("no merge to undo", concerns=f"story {tombstone}")
    now = log_time(db, now)
    articles = _returning_copies(db, last.articles, target)
    db.execute(update(copy).where(copy.c.article_id.in_(articles)).values(story_id=tombstone))
    db.execute(update(story).where(story.c.id == tombstone).values(merged_into=None, updated_at=now))
    record_ruling(db, "unmerge", tombstone, target, articles, now)
    refresh(db, tombstone, now)
    refresh(db, int(target), now)
    rows = _split_rows(ChangeKind.STORY_REVIVED, tombstone, int(target), articles)
    rows += changed_ties(db, [tombstone, int(target)], articles) + hand_on_kill(db, int(target), tombstone)
    chosen = _choose_texts(db, [tombstone, int(target)], choose, now)
    append_changes(db, [*rows, *chosen], now, Actor.PERSON, reason)
    return int(target)


def _refuse_killed(db: Connection, stories: Sequence[int]) -> None:
    """Raise NotStored where a person took one of these stories back: the others would have its text, or lose theirs."""
    for number in sorted(killed_stories(db, stories)):
        todo = f"restore it first: copydesk withdraw --undo {number}; a removed story stays alone"
        raise NotStored("a person withdrew or removed it", concerns=f"story {number}", todo=todo)


def _split_rows(kind: ChangeKind, out: int, source: int, articles: Sequence[int]) -> list[Row]:
    """Return the changes of copies that leave ``source`` for ``out``, a story that is new or revived, by ``kind``."""
    rows = [change_row(kind, out, other_story=source), change_row(ChangeKind.STORY_SPLIT, source, other_story=out)]
    return [*rows, moved_copies(out, source, sorted(articles))]


def _returning_copies(db: Connection, merged: Sequence[int], target: int) -> list[int]:
    """Return the merged articles that are still in the target. Raises NotStored where splits since then left none to
    go, or none to stay: a story has copies."""
    member_ids = set(articles_in(db, target))
    articles = [number for number in merged if number in member_ids]
    if not articles or len(articles) == len(member_ids):
        todo = "copies were split off since: see copydesk story ID --json, and copydesk split"
        raise NotStored("no merge to undo", concerns=f"story {target}", todo=todo)
    return articles


def _choose_texts(db: Connection, stories: Sequence[int], choose: ChooseText | None, now: datetime) -> list[Row]:
    return choose_again(db, stories, choose, now) if choose else []


def _new_story(db: Connection, source: int, first: int, now: datetime) -> int:
    row = db.execute(select(story.c.lang, story.c.kind).where(story.c.id == source)).one()
    title, agency = db.execute(select(article.c.title, article.c.agency).where(article.c.id == first)).one()
    columns: dict[str, Any] = {"title": title, "agency": agency, "lang": row.lang, "first_seen": now, "updated_at": now}
    result = db.execute(story.insert().returning(story.c.id), columns | {"version": 0, "kind": row.kind})
    return int(result.scalar_one())
