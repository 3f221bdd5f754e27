"""Writes of what outlets' pages repeat, and of articles cleaned by it."""

from __future__ import annotations

import struct
from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from datetime import datetime

from sqlalchemy import Connection, RowMapping, delete, func, select, update

from pipeline.model import Article, ArticleRecord, Span
from pipeline.store.base import Base, in_parts, insert, insert_all
from pipeline.store.rows import article_columns, article_record, keys_of, places_of, span, span_columns
from pipeline.store.schema.tables import article, copy, kept_line, template_line, template_place, waiting
from pipeline.store.schema.tables import span as span_table

# Each has its article, but SQLite does not know which table is small, and begins an outer join with the left one.
_FRESH = select(article.c.outlet, waiting.c.article_id).select_from(waiting.outerjoin(article))


@dataclass(frozen=True, slots=True)
class TemplateLine:
    """A line of an outlet's template: its 64-bit key, where it stands if it stood among the blocks of an article, the
    different stories it stood in, first and last time."""

    key: int
    place: str
    stories: int
    first_seen: datetime
    last_seen: datetime


@dataclass(frozen=True, slots=True)
class TemplatePlace:
    """A place where the outlet keeps its texts: of how many different stories, first and last time."""

    place: str
    stories: int
    first_seen: datetime
    last_seen: datetime


class TemplateWrites(Base):
    """What recurs on each outlet's pages."""

    def outlets(self) -> list[str]:
        """Every outlet that has an article, by name."""
        with self.reading() as db:
            return list(db.scalars(select(article.c.outlet).distinct().order_by(article.c.outlet)))

    def new_outlets(self, most: int) -> dict[str, frozenset[int]]:
        """Outlets with at most ``most`` articles of which some wait for their story: the ids of these."""
        fresh: dict[str, set[int]] = defaultdict(set)
        with self.reading() as db:
            for outlet, article_id in db.execute(_FRESH):
                fresh[outlet].add(article_id)
            counted = {outlet: _articles(db, outlet, most) for outlet in fresh}
        # One page alone repeats nothing.
        return {outlet: frozenset(ids) for outlet, ids in fresh.items() if 1 < counted[outlet] <= most}

    def articles_of(self, outlet: str, since: datetime, most: int) -> list[ArticleRecord]:
        """The outlet's newest articles seen at or after ``since``, with their spans and line keys."""
        wanted = select(article).where(article.c.outlet == outlet, article.c.seen_at >= since)
        with self.reading() as db:
            rows = (
                db.execute(wanted.order_by(article.c.seen_at.desc(), article.c.id.desc()).limit(most)).mappings().all()
            )
            spans = spans_of(db, [row["id"] for row in rows])
            return [_with_template(article_record(row, spans.get(row["id"], ())), row) for row in rows]

    def set_template(self, outlet: str, lines: Sequence[TemplateLine], places: Sequence[TemplatePlace]) -> None:
        """Replace the outlet's template: what its pages no longer repeat is forgotten."""
        with self.transaction() as db:
            db.execute(delete(template_line).where(template_line.c.outlet == outlet))
            db.execute(delete(template_place).where(template_place.c.outlet == outlet))
            insert_all(db, template_line, [_line_columns(outlet, line) for line in lines])
            insert_all(db, template_place, [{"outlet": outlet, **asdict(place)} for place in places])

    def templates(self, outlets: Sequence[str]) -> dict[str, tuple[dict[int, int], dict[str, int]]]:
        """Outlet -> different stories by line key, and by place, as learned last; less what an operator keeps."""
        found: dict[str, tuple[dict[int, int], dict[str, int]]] = {outlet: ({}, {}) for outlet in outlets}
        with self.reading() as db:
            for part in in_parts(outlets):
                for row in db.execute(select(template_line).where(template_line.c.outlet.in_(part))):
                    found[row.outlet][0][_unsigned(row.key)] = row.stories
                for row in db.execute(select(template_place).where(template_place.c.outlet.in_(part))):
                    found[row.outlet][1][row.place] = row.stories
                for row in db.execute(select(kept_line).where(kept_line.c.outlet.in_(part))):
                    found[row.outlet][0].pop(_unsigned(row.key), None)
                    found[row.outlet][1].pop(row.text, None)
        return found

    def kept_lines(self, outlet: str) -> frozenset[int]:
        """Keys of the lines that an operator took back."""
        with self.reading() as db:
            return frozenset(
                _unsigned(key) for key in db.scalars(select(kept_line.c.key).where(kept_line.c.outlet == outlet))
            )

    def keep_line(self, outlet: str, key: int, text: str, now: datetime) -> None:
        """From now on the line is text, wherever the outlet repeats it."""
        with self.transaction() as db:
            row = {"outlet": outlet, "key": _signed(key), "text": text, "kept_at": now}
            db.execute(insert(db, kept_line).values(row).on_conflict_do_nothing())

    def forget_kept(self, outlet: str, key: int) -> bool:
        """Undo of :meth:`keep_line`; whether there was anything to undo."""
        with self.transaction() as db:
            where = (kept_line.c.outlet == outlet, kept_line.c.key == _signed(key))
            return bool(db.execute(delete(kept_line).where(*where)).rowcount)

    def reclean(self, articles: Mapping[int, Article]) -> set[int]:
        """Put other bodies and spans in the place of these articles'; the stories that hold a copy of one."""
        with self.transaction() as db:
            for article_id, found in articles.items():
                columns = article_columns(found)
                told = {name: columns[name] for name in ("body", "deck", "kept", "removed")}
                db.execute(update(article).where(article.c.id == article_id).values(told))
                db.execute(delete(span_table).where(span_table.c.article_id == article_id))
                insert_all(db, span_table, [span_columns(article_id, taken) for taken in found.spans])
            touched: set[int] = set()
            for part in in_parts(articles):
                touched.update(db.scalars(select(copy.c.story_id).where(copy.c.article_id.in_(part))))
            return touched


def _articles(db: Connection, outlet: str, most: int) -> int:
    """How many articles the outlet has; what is over ``most`` is not counted."""
    found = select(article.c.id).where(article.c.outlet == outlet).limit(most + 1).subquery()
    return int(db.scalar(select(func.count()).select_from(found)) or 0)


def spans_of(db: Connection, ids: Sequence[int]) -> dict[int, tuple[Span, ...]]:
    """Article -> its spans, in the order they were stored."""
    found: dict[int, list[Span]] = defaultdict(list)
    for part in in_parts(ids):
        query = select(span_table).where(span_table.c.article_id.in_(part))
        for row in db.execute(query.order_by(span_table.c.id)).mappings():
            found[row["article_id"]].append(span(row))
    return {number: tuple(spans) for number, spans in found.items()}


def _with_template(record: ArticleRecord, row: RowMapping) -> ArticleRecord:
    keys, places = keys_of(row["line_keys"]), places_of(row["places"])
    return replace(record, article=replace(record.article, line_keys=keys, places=places))


def _line_columns(outlet: str, line: TemplateLine) -> dict[str, object]:
    return {
        "outlet": outlet,
        "key": _signed(line.key),
        "place": line.place,
        "stories": line.stories,
        "first_seen": line.first_seen,
        "last_seen": line.last_seen,
    }


def _signed(key: int) -> int:
    return int(struct.unpack("<q", struct.pack("<Q", key))[0])


def _unsigned(key: int) -> int:
    return int(struct.unpack("<Q", struct.pack("<q", key))[0])


def in_batches(articles: Mapping[int, Article], size: int) -> Iterator[dict[int, Article]]:
    """Articles by id, some at a time: a transaction should be short."""
    rows = list(articles.items())
    for start in range(0, len(rows), size):
        yield dict(rows[start : start + size])
