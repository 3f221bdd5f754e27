"""Writes of what outlets' pages repeat, and of articles cleaned by it."""

from __future__ import annotations

import struct
from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime

from sqlalchemy import Connection, delete, select, update

from pipeline.model import Article, ArticleRecord, Span
from pipeline.store.base import Base, in_parts, insert, insert_all
from pipeline.store.rows import article_columns, article_record, keys_of, span, span_columns
from pipeline.store.tables import article, copy, kept_line, template_line
from pipeline.store.tables import span as span_table


@dataclass(frozen=True, slots=True)
class TemplateLine:
    """A line of an outlet's template: its 64-bit key, the different stories it stood in, first and last time."""

    key: int
    stories: int
    first_seen: datetime
    last_seen: datetime


class TemplateWrites(Base):
    """What recurs on each outlet's pages."""

    def outlets(self) -> list[str]:
        """Every outlet that has an article, by name."""
        with self.reading() as db:
            return list(db.scalars(select(article.c.outlet).distinct().order_by(article.c.outlet)))

    def articles_of(self, outlet: str, since: datetime, most: int) -> list[ArticleRecord]:
        """The outlet's newest articles seen at or after ``since``, with their spans and line keys."""
        wanted = select(article).where(article.c.outlet == outlet, article.c.seen_at >= since)
        with self.reading() as db:
            rows = (
                db.execute(wanted.order_by(article.c.seen_at.desc(), article.c.id.desc()).limit(most)).mappings().all()
            )
            spans = _spans(db, [row["id"] for row in rows])
            return [_with_keys(article_record(row, spans.get(row["id"], ())), row["line_keys"]) for row in rows]

    def set_template(self, outlet: str, lines: Sequence[TemplateLine]) -> None:
        """Replace the outlet's template: what its pages no longer repeat is forgotten."""
        with self.transaction() as db:
            db.execute(delete(template_line).where(template_line.c.outlet == outlet))
            insert_all(db, template_line, [_line_columns(outlet, line) for line in lines])

    def templates(self, outlets: Sequence[str]) -> dict[str, dict[int, int]]:
        """Outlet -> line key -> different stories, as learned last; lines that an operator keeps are left out."""
        found: dict[str, dict[int, int]] = {outlet: {} for outlet in outlets}
        with self.reading() as db:
            for part in in_parts(outlets):
                for row in db.execute(select(template_line).where(template_line.c.outlet.in_(part))):
                    found[row.outlet][_unsigned(row.key)] = row.stories
                for row in db.execute(select(kept_line).where(kept_line.c.outlet.in_(part))):
                    found[row.outlet].pop(_unsigned(row.key), None)
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


def _spans(db: Connection, ids: Sequence[int]) -> dict[int, tuple[Span, ...]]:
    found: dict[int, list[Span]] = defaultdict(list)
    for part in in_parts(ids):
        query = select(span_table).where(span_table.c.article_id.in_(part))
        for row in db.execute(query.order_by(span_table.c.id)).mappings():
            found[row["article_id"]].append(span(row))
    return {number: tuple(spans) for number, spans in found.items()}


def _with_keys(record: ArticleRecord, packed: bytes) -> ArticleRecord:
    return replace(record, article=replace(record.article, line_keys=keys_of(packed)))


def _line_columns(outlet: str, line: TemplateLine) -> dict[str, object]:
    return {
        "outlet": outlet,
        "key": _signed(line.key),
        "stories": line.stories,
        "first_seen": line.first_seen,
        "last_seen": line.last_seen,
    }


def _signed(key: int) -> int:
    return int(struct.unpack("<q", struct.pack("<Q", key))[0])


def _unsigned(key: int) -> int:
    return int(struct.unpack("<Q", struct.pack("<q", key))[0])


def in_batches(rows: Sequence[tuple[int, Article]], size: int) -> Iterator[dict[int, Article]]:
    """Articles by id, some at a time: a transaction should be short."""
    for start in range(0, len(rows), size):
        yield dict(rows[start : start + size])
