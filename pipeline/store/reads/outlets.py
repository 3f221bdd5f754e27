"""Outlets as an operator looks at them: what their pages repeat, whose texts they carry, how soon, what they reserve.

Figures are of an outlet's newest articles, found by index: none counts over the whole store.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Sequence
from datetime import datetime, timedelta
from statistics import median
from typing import Any

from sqlalchemy import ColumnElement, Connection, Row, and_, func, select

from pipeline.errors import NotStored
from pipeline.model import OutletFigures, OutletLine, OutletRow, OutletShare
from pipeline.store.database import Database
from pipeline.store.schema.tables import article, copy, feed, span, story, template_line, template_place
from pipeline.store.statements import among

# An outlet's newest articles; as many teach its template.
NEWEST = 400
EXAMPLES = 3
DAYS = timedelta(days=30)
RECURS = "recurs"
_FIRST_TIMES = (
    select(copy.c.story_id, func.min(article.c.published_utc).label("first"))
    .join(article, article.c.id == copy.c.article_id)
    .where(among(copy.c.story_id), article.c.published_precision != "day")
    .group_by(copy.c.story_id)
)


def list_outlets(store: Database, words: str, after: str, limit: int, now: datetime) -> list[OutletRow]:
    """Return outlets of listed feeds whose name has these words, by name, from behind ``after`` on."""
    query = select(feed.c.outlet, func.count()).where(feed.c.listed, _has_words(words), feed.c.outlet > after)
    with store.reading() as db:
        rows = db.execute(query.group_by(feed.c.outlet).order_by(feed.c.outlet).limit(limit)).all()
        names = [row.outlet for row in rows]
        articles = _count(db, article.c.outlet, and_(article.c.outlet.in_(names), article.c.seen_at >= now - DAYS))
        lines = _count(db, template_line.c.outlet, template_line.c.outlet.in_(names))
    return [OutletRow(name, int(feeds), articles[name], lines[name]) for name, feeds in rows]


def count_outlets(store: Database, words: str) -> int:
    """Return how many outlets have these words in their name."""
    query = select(func.count(feed.c.outlet.distinct())).where(feed.c.listed, _has_words(words))
    with store.reading() as db:
        return int(db.scalar(query) or 0)


def repeated_lines(store: Database, outlet: str) -> list[OutletLine]:
    """Return what was taken off the outlet's newest pages because they repeat it, the most frequent first."""
    newest = _newest(outlet, article.c.id).subquery()
    query = (
        select(span.c.text, span.c.article_id, article.c.title)
        .select_from(newest)
        .join(span, span.c.article_id == newest.c.id)
        .join(article, article.c.id == span.c.article_id)
        .where(span.c.rule.startswith(RECURS), span.c.text != "")
        .order_by(span.c.article_id.desc())
    )
    examples: dict[str, list[tuple[int, str]]] = defaultdict(list)
    with store.reading() as db:
        for row in db.execute(query):
            examples[row.text].append((row.article_id, row.title))
    lines = [OutletLine(text, len(pages), tuple(pages[:EXAMPLES])) for text, pages in examples.items()]
    return sorted(lines, key=lambda line: (-line.pages, line.text))


def outlet_figures(store: Database, outlet: str) -> OutletFigures:
    """Return the figures of the outlet's newest articles. Raises NotStored where there is no such outlet."""
    columns = (article.c.id, article.c.agency, article.c.kept, article.c.removed, article.c.signals, article.c.withheld)
    query = _newest(outlet, *columns, article.c.published_utc, article.c.published_precision)
    newest = query.subquery()
    placed = (
        select(newest, copy.c.story_id, story.c.agency.label("story_agency"))
        .outerjoin(copy, copy.c.article_id == newest.c.id)
        .outerjoin(story, story.c.id == copy.c.story_id)
    )
    with store.reading() as db:
        rows = db.execute(placed).all()
        if not rows and not db.scalar(select(feed.c.id).where(feed.c.outlet == outlet).limit(1)):
            raise NotStored("no such outlet", concerns=outlet, todo="see the page of outlets")
        shares = _shares(db, [row for row in rows if row.story_id])
        places = db.execute(
            select(template_place.c.place, template_place.c.stories)
            .where(template_place.c.outlet == outlet)
            .order_by(template_place.c.stories.desc())
        ).all()
    return OutletFigures(
        articles=len(rows),
        kept_characters=sum(row.kept for row in rows),
        removed_characters=sum(row.removed for row in rows),
        shares=shares,
        signals=tuple(Counter(signal for row in rows for signal in row.signals).most_common()),
        withheld=sum(bool(row.withheld) for row in rows),
        places=tuple((row.place, row.stories) for row in places),
    )


def _newest(outlet: str, *columns: Any) -> Any:
    return select(*columns).where(article.c.outlet == outlet).order_by(article.c.seen_at.desc()).limit(NEWEST)


def _has_words(words: str) -> ColumnElement[bool]:
    return and_(feed.c.outlet != "", *(feed.c.outlet.icontains(word, autoescape=True) for word in words.split()))


def _count(db: Connection, column: Any, condition: ColumnElement[bool]) -> Counter[str]:
    rows = db.execute(select(column, func.count()).where(condition).group_by(column))
    return Counter({name: int(number) for name, number in rows})


def _shares(db: Connection, rows: Sequence[Row[Any]]) -> tuple[OutletShare, ...]:
    firsts: dict[int, datetime] = dict(map(tuple, db.execute(_FIRST_TIMES, {"ids": [row.story_id for row in rows]})))
    by_agency: dict[str, list[Row[Any]]] = defaultdict(list)
    for row in rows:
        by_agency[row.story_agency].append(row)
    shares = [_share(agency, articles, firsts) for agency, articles in by_agency.items()]
    return tuple(sorted(shares, key=lambda share: (-share.articles, share.agency)))


def _share(agency: str, rows: Sequence[Row[Any]], firsts: dict[int, datetime]) -> OutletShare:
    timed = [row for row in rows if row.published_utc and row.published_precision != "day" and row.story_id in firsts]
    delays = [(row.published_utc - firsts[row.story_id]).total_seconds() / 60 for row in timed]
    credited = sum(row.agency == agency for row in rows) / len(rows)
    return OutletShare(agency, len(rows), credited, median(delays) if delays else None)
