"""Relations between stories, inside a transaction: merges, persons' rulings that forbid them, and links."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, bindparam, func, select, update

from pipeline.errors import NotStored
from pipeline.model import ChangeKind, LinkKind, PlannedLink
from pipeline.store.change_log import Row, change_row
from pipeline.store.schema.tables import copy, link, ruling, story
from pipeline.store.statements import among, insert

# A ruling that two stories, neither of which was made of the other, are not one.
KEEP_APART = "apart"
_SPLITS = select(ruling).where(ruling.c.kind.in_(("split", "unmerge", KEEP_APART)), ruling.c.machine.is_(False))
MADE_FROM = (LinkKind.DERIVED.value, LinkKind.DIGEST.value)
_LINKING = (
    select(copy.c.story_id).join(link, link.c.article_id == copy.c.article_id).where(among(link.c.story_id)).distinct()
)
_MADE_FROM_OTHERS = (
    select(copy.c.story_id)
    .join(link, link.c.article_id == copy.c.article_id)
    .where(copy.c.article_id == bindparam("article"), link.c.kind.in_(MADE_FROM))
)
_PLACES = select(copy.c.article_id, copy.c.story_id).where(among(copy.c.article_id))
_TIED = (
    select(link.c.story_id, link.c.article_id, copy.c.story_id.label("home"))
    .outerjoin(copy, copy.c.article_id == link.c.article_id)
    .where(among(link.c.story_id))
)


def articles_in(db: Connection, story_id: int) -> list[int]:
    """Return the articles of a story that has copies. Raises NotStored."""
    articles = list(db.scalars(select(copy.c.article_id).where(copy.c.story_id == story_id)))
    if not articles:
        raise NotStored("no such story, or merged into another", concerns=f"story {story_id}")
    return articles


def merge_into(db: Connection, target: int, tombstone: int, now: datetime, machine: str = "") -> list[Row]:
    """Move every copy of ``tombstone`` to ``target``; ``tombstone`` stays, without copies, and leads there. Return the
    changes. ``machine``: the reason of a merge by the machine; '' for a person's, which needs none."""
    articles_in(db, target)
    moved = sorted(articles_in(db, tombstone))
    tied = changed_ties(db, [target, tombstone], moved)
    db.execute(update(copy).where(copy.c.story_id == tombstone).values(story_id=target))
    db.execute(update(story).where(story.c.id == tombstone).values(merged_into=target, updated_at=now))
    record_ruling(db, "merge", tombstone, target, moved, now, machine)
    refresh(db, target, now)
    absorbed = change_row(ChangeKind.STORY_ABSORBED, target, other_story=tombstone, reason=machine)
    merged = change_row(ChangeKind.STORY_MERGED, tombstone, other_story=target, reason=machine)
    return [moved_copies(target, tombstone, moved, machine), *tied, absorbed, merged]


def moved_copies(target: int, source: int, articles: Iterable[int], reason: str = "") -> Row:
    """Return the change of copies that left ``source`` for ``target``."""
    return change_row(ChangeKind.COPY_MOVED, target, articles, other_story=source, reason=reason)


def changed_ties(db: Connection, story_ids: Sequence[int], articles: Iterable[int]) -> list[Row]:
    """Return the changes of other stories, when these stories are merged or taken apart and these articles move: their
    links or origins name the stories."""
    linked = db.scalars(select(link.c.story_id).where(among(link.c.article_id)), {"ids": sorted(articles)})
    tied = {end_of(db, number) for number in linked.all()}
    names = with_tombstones(db, story_ids)
    tied |= set(db.scalars(_LINKING, {"ids": names})) | _made_from(db, names)
    return [change_row(ChangeKind.STORY_CHANGED, number) for number in sorted(tied - set(story_ids))]


def changed_origins(db: Connection, article_id: int) -> list[Row]:
    """Return the changes of the stories made from the one that this article is a copy in, when how it stands to that
    story changes: a derived copy's links are sources of its story, and of those made from it."""
    home = db.scalar(_MADE_FROM_OTHERS, {"article": article_id})
    derived = _made_from(db, [home]) - {home} if home else set[int]()
    return [change_row(ChangeKind.STORY_CHANGED, number) for number in sorted(derived)]


def _made_from(db: Connection, story_ids: Iterable[int]) -> set[int]:
    """Return the stories made from these, from those made from them, and so on."""
    derived, waiting = set[int](), set(story_ids)
    while waiting:
        names = with_tombstones(db, sorted(waiting))
        waiting = set(db.scalars(_LINKING.where(link.c.kind.in_(MADE_FROM)), {"ids": names})) - derived
        derived |= waiting
    return derived


def with_tombstones(db: Connection, story_ids: Sequence[int]) -> list[int]:
    """Return the ids of these stories and of every tombstone that leads to them."""
    ids, waiting = set(story_ids), list(story_ids)
    while waiting:
        fresh = set(db.scalars(select(story.c.id).where(story.c.merged_into.in_(waiting)))) - ids
        ids |= fresh
        waiting = sorted(fresh)
    return sorted(ids)


def record_ruling(
    db: Connection,
    kind: str,
    story_id: int,
    other_story: int,
    articles: Sequence[int],
    now: datetime,
    machine: str = "",
) -> None:
    """Record a ruling: what was decided, by whom, and why."""
    row = {"kind": kind, "story_id": story_id, "other_id": other_story, "articles": list(articles), "at": now}
    db.execute(ruling.insert(), row | {"machine": bool(machine), "reason": machine})


def refresh(db: Connection, story_id: int, now: datetime) -> None:
    """Update when the story was first seen, after copies joined or left it."""
    first = select(func.min(copy.c.seen_at)).where(copy.c.story_id == story_id).scalar_subquery()
    db.execute(update(story).where(story.c.id == story_id).values(first_seen=first, updated_at=now))


def stories_apart(db: Connection, story_ids: Sequence[int]) -> set[tuple[int, int]]:
    """Return pairs of these stories that a person split or called two. The copies' present stories count: a story that
    the split-off copies were merged into since is kept apart too."""
    wanted = set(story_ids)
    rulings = db.execute(_SPLITS).all()
    places = _homes(db, {number for row in rulings for number in row.articles})
    pairs: set[tuple[int, int]] = set()
    for row in rulings:
        # A split is kept as source and new story; an undone merge as the story that came out, and where it was.
        stayed = end_of(db, row.other_id if row.kind == "unmerge" else row.story_id)
        destinations = {places[number] for number in row.articles if number in places}
        pairs |= {(stayed, destination) for destination in destinations if destination != stayed}
    return {pair for pair in pairs if wanted.issuperset(pair)}


def end_of(db: Connection, story_id: int) -> int:
    """Return the story in force that a tombstone leads to; the story itself where it is none."""
    visited: set[int] = set()
    while story_id not in visited:
        visited.add(story_id)
        story_id = db.scalar(select(story.c.merged_into).where(story.c.id == story_id)) or story_id
    return story_id


def no_story(story_id: int) -> NotStored:
    """Return the error of a number that no story has."""
    return NotStored("no such story", concerns=f"story {story_id}", todo="see copydesk stories")


def insert_links(
    db: Connection, planned: Sequence[PlannedLink], born: Mapping[int, int], now: datetime, placed: Collection[int]
) -> list[Row]:
    """Store links. Return the changes of the stories that they show: a first link from a story is told as such.
    ``placed``: articles whose own story is told already."""
    rows = [_columns(planned_link, born, now) for planned_link in planned]
    homes = _homes(db, {planned_link.article_id for planned_link in planned})
    tied = _tied(db, [row["story_id"] for row in rows])
    changes = list[Row]()
    new = insert(db, link).on_conflict_do_nothing().returning(link.c.story_id)
    for row in rows:
        if db.execute(new, row).first():
            article_id, linked = row["article_id"], row["story_id"]
            home = homes.get(article_id, -article_id)
            is_first = home not in tied[linked]
            kind = ChangeKind.STORY_LINKED if is_first else ChangeKind.STORY_CHANGED
            changes.append(
                change_row(kind, linked, (article_id,) if is_first else (), other_story=max(home, 0) or None)
            )
            if home > 0 and article_id not in placed:
                changes.append(change_row(ChangeKind.STORY_CHANGED, home, other_story=linked))
            tied[linked].add(home)
    derived = _made_from(db, homes.values()) if changes else set()
    return changes + [change_row(ChangeKind.STORY_CHANGED, number) for number in sorted(derived)]


def _columns(planned_link: PlannedLink, born: Mapping[int, int], now: datetime) -> dict[str, Any]:
    return {
        "article_id": planned_link.article_id,
        "story_id": born.get(planned_link.tie.story, planned_link.tie.story),
        "kind": planned_link.tie.kind.value,
        "score": planned_link.tie.score,
        "reason": planned_link.tie.reason,
        "at": now,
    }


def _homes(db: Connection, articles: Iterable[int]) -> dict[int, int]:
    """Return article -> the story that it is a copy of, without articles that are in no story."""
    ids = sorted(articles)
    return dict(map(tuple, db.execute(_PLACES, {"ids": ids}))) if ids else {}


def _tied(db: Connection, stories: Sequence[int]) -> dict[int, set[int]]:
    """Return story -> the stories linked to it already; a live blog, which has none, as its negative article id."""
    tied: dict[int, set[int]] = defaultdict(set)
    for story_id, article_id, home in db.execute(_TIED, {"ids": list(stories)}) if stories else ():
        tied[story_id].add(home or -article_id)
    return tied
