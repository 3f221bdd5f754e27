"""Rows of spans, inside a transaction."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence

from sqlalchemy import Connection, select

from pipeline.model import Span
from pipeline.store.row_records import span
from pipeline.store.schema.tables import span as span_table
from pipeline.store.statements import in_parts


def spans_of(db: Connection, ids: Sequence[int]) -> dict[int, tuple[Span, ...]]:
    """Return article -> its spans, in the order they were stored."""
    by_article: dict[int, list[Span]] = defaultdict(list)
    for part in in_parts(ids):
        query = select(span_table).where(span_table.c.article_id.in_(part))
        for row in db.execute(query.order_by(span_table.c.id)).mappings():
            by_article[row["article_id"]].append(span(row))
    return {number: tuple(spans) for number, spans in by_article.items()}
