"""Reads of the relations between stories and of their sources: links, attribution, origins."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence, Set
from typing import Any

from sqlalchemy import CompoundSelect, Connection, RowMapping, bindparam, column, false, select, true, union_all

from pipeline.model import Attribution, Link, LinkKind, Origin, Provenance, Relation
from pipeline.store.database import Database
from pipeline.store.row_records import claims
from pipeline.store.schema.columns import BigId
from pipeline.store.schema.tables import article, copy, link, story
from pipeline.store.statements import in_parts
from pipeline.store.story_links import MADE_FROM, end_of
from pipeline.text.attribution import attribute, outlet_claims

Place = tuple[str, bool, int]
# Statements of one story, built once: to build one takes longer than to compile it from SQLAlchemy's cache.
_STORY = bindparam("story", type_=BigId)
_OF_COPIES = select(article.c.outlet, article.c.claims, article.c.agency, article.c.feed_agency)
_CLAIMS = _OF_COPIES.join(copy, copy.c.article_id == article.c.id).where(copy.c.story_id == _STORY)
_CLAIMS = _CLAIMS.order_by(article.c.id)
_AGENCY = select(story.c.agency).where(story.c.id == _STORY)
_SOURCES = (
    select(link.c.story_id)
    .join(copy, copy.c.article_id == link.c.article_id)
    .where(copy.c.story_id == _STORY, copy.c.relation == Relation.DERIVED.value, link.c.kind.in_(MADE_FROM))
    .distinct()
)


def _tie_rows() -> CompoundSelect[Any]:
    """Return the links from a story's copies, and those to the story and to the tombstones that lead to it."""
    names = select(_STORY.label("id")).cte("names", recursive=True)
    names = names.union(select(story.c.id).join(names, story.c.merged_into == names.c.id))
    rows = (
        select(link.c.kind, link.c.score.label("score"), link.c.reason, link.c.story_id.label("linked"))
        .add_columns(link.c.article_id.label("article_id"))
        .add_columns(copy.c.story_id.label("home"), copy.c.relation, article.c.outlet, article.c.url, article.c.title)
        .join(article, article.c.id == link.c.article_id)
    )
    outgoing = rows.add_columns(true().label("is_outgoing")).join(copy, copy.c.article_id == link.c.article_id)
    incoming = rows.add_columns(false().label("is_outgoing")).outerjoin(copy, copy.c.article_id == link.c.article_id)
    ties = union_all(outgoing.where(copy.c.story_id == _STORY), incoming.where(link.c.story_id.in_(select(names.c.id))))
    return ties.order_by(column("score").desc(), column("article_id"))


_TIES = _tie_rows()


def provenance_of(store: Database, story_id: int) -> Provenance:
    """Return a story's attribution, origins and links. ``story_id`` is a story in force, no tombstone."""
    with store.reading() as db:
        return read_provenance(db, story_id)


def read_provenance(db: Connection, story_id: int) -> Provenance:
    """Return what :func:`provenance_of` does, in the view of an open transaction."""
    rows = db.execute(_TIES, {"story": story_id}).mappings().all()
    ends = {number: end_of(db, number) for number in {row["linked"] for row in rows if row["is_outgoing"]}}
    sources = {ends[row["linked"]] for row in rows if row["is_outgoing"] and _is_source(row)} - {story_id}
    return Provenance(_attribution(db, story_id), _origins(db, story_id, sources), _links(db, story_id, rows, ends))


def _attribution(db: Connection, story_id: int) -> Attribution:
    rows = db.execute(_CLAIMS, {"story": story_id})
    return attribute([outlet_claims(row.outlet, claims(row.claims), row.agency, row.feed_agency) for row in rows])


def _origins(db: Connection, story_id: int, sources: Set[int]) -> tuple[Origin, ...]:
    """Return the stories at the ends of all chains of sources that lead back from this story, whose own are known."""
    origins: set[int] = set() if sources else {story_id}
    visited = {story_id}
    waiting = sorted(sources)
    while waiting:
        number = waiting.pop()
        if number not in visited:
            visited.add(number)
            further = _sources(db, number)
            waiting += further
            origins |= set() if further else {number}
    return tuple(Origin(number, db.scalar(_AGENCY, {"story": number}) or "") for number in sorted(origins))


def _sources(db: Connection, story_id: int) -> list[int]:
    return sorted({end_of(db, number) for number in db.scalars(_SOURCES, {"story": story_id})} - {story_id})


def _is_source(row: RowMapping) -> bool:
    return row["relation"] == Relation.DERIVED.value and row["kind"] in MADE_FROM


def _links(db: Connection, story_id: int, rows: Sequence[RowMapping], ends: Mapping[int, int]) -> tuple[Link, ...]:
    groups: dict[Place, list[RowMapping]] = defaultdict(list)
    for row in rows:
        if row["is_outgoing"] and ends[row["linked"]] != story_id:
            groups[row["kind"], True, ends[row["linked"]]].append(row)
        elif not row["is_outgoing"] and row["home"] != story_id:
            groups[row["kind"], False, row["home"] or -row["article_id"]].append(row)
    titles = _titles(db, (number for _, _, number in groups))
    return tuple(sorted((_link(at, rows, titles) for at, rows in groups.items()), key=_rank))


def _link(at: Place, rows: list[RowMapping], titles: Mapping[int, str]) -> Link:
    kind, outgoing, number = at
    best = rows[0]
    return Link(
        kind=LinkKind(kind),
        outgoing=outgoing,
        story_id=number if number > 0 else None,
        title=titles.get(number, best["title"]),
        score=best["score"],
        reason=best["reason"],
        copies=len(rows),
        article_id=best["article_id"],
        outlet=best["outlet"],
        url=best["url"],
    )


def _rank(story_link: Link) -> tuple[bool, str, float, int]:
    return not story_link.outgoing, story_link.kind.value, -story_link.score, story_link.article_id


def _titles(db: Connection, numbers: Iterable[int]) -> dict[int, str]:
    return {
        row.id: row.title
        for part in in_parts(numbers)
        for row in db.execute(select(story.c.id, story.c.title).where(story.c.id.in_(part)))
    }
