"""The tables of what persons said: answers to pairs of texts, rulings on repeated lines, notes on stories."""

from __future__ import annotations

from sqlalchemy import BigInteger, Column, Float, Index, String, Table, Text, text

from pipeline.store.schema.columns import BigId, UtcDateTime, id_column, metadata, reference, table

IN_FORCE = text("undone_at IS NULL")

# An answer to "are these two one story?"; ``moved_id`` is the story that a split made, or a merge took in.
label = table(
    "label",
    id_column(),
    Column("kind", String(12), nullable=False),
    reference("article_id", "article.id", nullable=False),
    reference("other_id", "article.id", nullable=False),
    reference("story_id", "story.id", nullable=False),
    Column("score", Float, nullable=False),
    Column("answer", String(8), nullable=False),
    Column("person", Text, nullable=False),
    Column("at", UtcDateTime, nullable=False),
    Column("moved_id", BigId),
    Column("undone_at", UtcDateTime),
)
# Two persons cannot both answer a pair.
Index(
    "ix_label_pair", label.c.article_id, label.c.other_id, unique=True, sqlite_where=IN_FORCE, postgresql_where=IN_FORCE
)

line_ruling = Table(
    "line_ruling",
    metadata,
    Column("outlet", Text, primary_key=True),
    Column("key", BigInteger, primary_key=True, autoincrement=False),
    Column("text", Text, nullable=False),
    Column("ruling", String(8), nullable=False),
    Column("person", Text, nullable=False),
    Column("at", UtcDateTime, nullable=False),
)

note = table(
    "note",
    id_column(),
    reference("story_id", "story.id", nullable=False, index=True),
    Column("text", Text, nullable=False),
    Column("person", Text, nullable=False),
    Column("at", UtcDateTime, nullable=False),
)
