"""What stands between stories, inside a transaction: merges, the persons' words that forbid them, and links."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, func, select, update

from pipeline.errors import NotStored
from pipeline.model import ChangeKind, PlannedLink
from pipeline.store.schema.tables import change, copy, link, ruling, story
from pipeline.store.statements import among, insert

_APART = select(ruling).where(ruling.c.kind.in_(("split", "unmerge")), ruling.c.machine.is_(False))
_PLACES = select(copy.c.article_id, copy.c.story_id).where(among(copy.c.article_id))
_TIED = (
    select(link.c.story_id, link.c.article_id, copy.c.story_id.label("home"))
    .outerjoin(copy, copy.c.article_id == link.c.article_id)
    .where(among(link.c.story_id))
)


def articles_in(db: Connection, story_id: int) -> list[int]:
    """The articles of a story that has copies. Raises NotStored."""
    found = list(db.scalars(select(copy.c.article_id).where(copy.c.story_id == story_id)))
    if not found:
        raise NotStored("no such story, or merged into another", concerns=f"story {story_id}")
    return found


def merge_into(db: Connection, target: int, other: int, now: datetime, machine: str = "") -> None:
    """Move every copy of ``other`` to ``target``; ``other`` stays as a tombstone that leads there. ``machine`` is the
    machine's reason where it does this; a person needs none."""
    articles_in(db, target)
    moved = articles_in(db, other)
    db.execute(update(copy).where(copy.c.story_id == other).values(story_id=target))
    db.execute(update(story).where(story.c.id == other).values(merged_into=target, updated_at=now))
    rule(db, "merge", other, target, moved, now, machine)
    tell(db, ChangeKind.STORY_MERGED, other, now)
    refresh(db, target, now)


def rule(
    db: Connection, kind: str, story_id: int, other: int, articles: Sequence[int], now: datetime, machine: str = ""
) -> None:
    """Keep what was decided, by whom, and why."""
    row = {"kind": kind, "story_id": story_id, "other_id": other, "articles": list(articles), "at": now}
    db.execute(ruling.insert(), row | {"machine": bool(machine), "reason": machine})


def tell(db: Connection, kind: ChangeKind, story_id: int, now: datetime) -> None:
    """One line of the change log."""
    db.execute(change.insert(), {"kind": kind.value, "story_id": story_id, "at": now})


def refresh(db: Connection, story_id: int, now: datetime) -> None:
    """When the story's copies were first seen, after some came or went."""
    first = select(func.min(copy.c.seen_at)).where(copy.c.story_id == story_id).scalar_subquery()
    db.execute(update(story).where(story.c.id == story_id).values(first_seen=first, updated_at=now))


def stories_apart(db: Connection, story_ids: Sequence[int]) -> set[tuple[int, int]]:
    """Pairs of these stories that a person took apart. The copies' present places count: what was split off and
    merged elsewhere since keeps that story apart too."""
    wanted = set(story_ids)
    rulings = db.execute(_APART).all()
    places = _homes(db, {number for row in rulings for number in row.articles})
    pairs: set[tuple[int, int]] = set()
    for row in rulings:
        # A split is kept as source and new story; an undone merge as the story that came out, and where it was.
        stayed = end_of(db, row.story_id if row.kind == "split" else row.other_id)
        went = {places[number] for number in row.articles if number in places}
        pairs |= {(stayed, gone) for gone in went if gone != stayed}
    return {pair for pair in pairs if wanted.issuperset(pair)}


def end_of(db: Connection, story_id: int) -> int:
    """Where the way from a tombstone ends."""
    seen: set[int] = set()
    while story_id not in seen:
        seen.add(story_id)
        story_id = db.scalar(select(story.c.merged_into).where(story.c.id == story_id)) or story_id
    return story_id


def insert_links(
    db: Connection, planned: Sequence[PlannedLink], born: Mapping[int, int], now: datetime
) -> list[tuple[int, int]]:
    """Store links; (story linked to, article) of those that tie their article's story to it for the first time."""
    rows = [_columns(one, born, now) for one in planned]
    homes = _homes(db, {one.article_id for one in planned})
    known = _tied(db, [row["story_id"] for row in rows])
    told = []
    new = insert(db, link).on_conflict_do_nothing().returning(link.c.story_id)
    for row in rows:
        if db.execute(new, row).first():
            article_id, linked = row["article_id"], row["story_id"]
            home = homes.get(article_id, -article_id)
            if home not in known[linked]:
                known[linked].add(home)
                told.append((linked, article_id))
    return told


def _columns(one: PlannedLink, born: Mapping[int, int], now: datetime) -> dict[str, Any]:
    return {
        "article_id": one.article_id,
        "story_id": born.get(one.tie.story, one.tie.story),
        "kind": one.tie.kind.value,
        "score": one.tie.score,
        "reason": one.tie.reason,
        "at": now,
    }


def _homes(db: Connection, articles: Iterable[int]) -> dict[int, int]:
    """Article -> the story that it is a copy of, of those that are one."""
    ids = sorted(articles)
    return dict(map(tuple, db.execute(_PLACES, {"ids": ids}))) if ids else {}


def _tied(db: Connection, stories: Sequence[int]) -> dict[int, set[int]]:
    """Story -> the stories that are tied to it already; a live blog, which has none, by its article's negative."""
    found: dict[int, set[int]] = defaultdict(set)
    for story_id, article_id, home in db.execute(_TIED, {"ids": list(stories)}) if stories else ():
        found[story_id].add(home or -article_id)
    return found
