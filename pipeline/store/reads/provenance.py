"""Reads of the relations between stories and of their sources: links, attribution, origins."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping
from typing import Any

from sqlalchemy import Connection, RowMapping, select

from pipeline.model import Attribution, Link, LinkKind, Origin, Provenance, Relation
from pipeline.store.database import Database
from pipeline.store.row_records import claims
from pipeline.store.schema.tables import article, copy, link, story
from pipeline.store.statements import in_parts
from pipeline.store.story_links import MADE_FROM, end_of, with_tombstones
from pipeline.text.attribution import attribute, outlet_claims

Place = tuple[str, bool, int]


def provenance_of(store: Database, story_id: int) -> Provenance:
    """Return a story's attribution, origins and links. ``story_id`` is a story in force, no tombstone."""
    with store.reading() as db:
        return read_provenance(db, story_id)


def read_provenance(db: Connection, story_id: int) -> Provenance:
    """Return what :func:`provenance_of` does, in the view of an open transaction."""
    return Provenance(_attribution(db, story_id), _origins(db, story_id), _links(db, story_id))


def _attribution(db: Connection, story_id: int) -> Attribution:
    columns = (article.c.outlet, article.c.claims, article.c.agency, article.c.feed_agency)
    query = select(*columns).join(copy, copy.c.article_id == article.c.id).where(copy.c.story_id == story_id)
    rows = db.execute(query.order_by(article.c.id))
    return attribute([outlet_claims(row.outlet, claims(row.claims), row.agency, row.feed_agency) for row in rows])


def _origins(db: Connection, story_id: int) -> tuple[Origin, ...]:
    """Return the stories at the ends of all chains of sources that lead back from this story."""
    origins: set[int] = set()
    visited: set[int] = set()
    waiting = [story_id]
    while waiting:
        number = waiting.pop()
        if number not in visited:
            visited.add(number)
            sources = _sources(db, number)
            waiting += sources
            origins |= set() if sources else {number}
    return tuple(Origin(number, db.scalar(_agency_of(number)) or "") for number in sorted(origins))


def _agency_of(story_id: int) -> Any:
    return select(story.c.agency).where(story.c.id == story_id)


def _sources(db: Connection, story_id: int) -> list[int]:
    query = select(link.c.story_id).join(copy, copy.c.article_id == link.c.article_id).distinct()
    is_source = (copy.c.story_id == story_id, copy.c.relation == Relation.DERIVED.value, link.c.kind.in_(MADE_FROM))
    return sorted({end_of(db, number) for number in db.scalars(query.where(*is_source))} - {story_id})


def _links(db: Connection, story_id: int) -> tuple[Link, ...]:
    outgoing = [row for row in _rows(db, copy.c.story_id == story_id) if end_of(db, row["linked"]) != story_id]
    names = with_tombstones(db, [story_id])
    incoming = [row for row in _rows(db, link.c.story_id.in_(names)) if row["home"] != story_id]
    groups: dict[Place, list[RowMapping]] = defaultdict(list)
    for row in outgoing:
        groups[row["kind"], True, end_of(db, row["linked"])].append(row)
    for row in incoming:
        groups[row["kind"], False, row["home"] or -row["article_id"]].append(row)
    titles = _titles(db, (number for _, _, number in groups))
    return tuple(sorted((_link(at, rows, titles) for at, rows in groups.items()), key=_rank))


def _rows(db: Connection, condition: Any) -> list[RowMapping]:
    columns = (link.c.kind, link.c.score, link.c.reason, link.c.story_id.label("linked"), copy.c.story_id.label("home"))
    of_article = (link.c.article_id, article.c.outlet, article.c.url, article.c.title)
    query = select(*columns, *of_article).join(article, article.c.id == link.c.article_id)
    query = query.outerjoin(copy, copy.c.article_id == link.c.article_id).where(condition)
    return list(db.execute(query.order_by(link.c.score.desc(), link.c.article_id)).mappings())


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
