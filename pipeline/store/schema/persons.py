"""The tables of what persons said: answers to pairs of texts, rulings on repeated lines, notes on stories, kept
searches."""

from __future__ import annotations

from sqlalchemy import JSON, BigInteger, Boolean, Column, Float, ForeignKey, Index, String, Table, Text, text

from pipeline.store.schema.columns import BigId, UtcDateTime, id_column, metadata, reference, table

IN_FORCE = text("undone_at IS NULL")
UNTOLD = text("told_at IS NULL")

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

# Searches that persons keep; ``cursor`` is the line of the change log up to which one was looked through.
saved_view = table(
    "saved_view",
    id_column(),
    Column("name", Text, nullable=False, unique=True),
    Column("filters", JSON, nullable=False),
    Column("person", Text, nullable=False),
    Column("saved_at", UtcDateTime, nullable=False),
    Column("is_announced", Boolean, nullable=False),
    Column("cursor", BigId, nullable=False),
)

# Stories that came into a view, each once; ``told_at`` is NULL until a notifier has told it.
view_story = Table(
    "view_story",
    metadata,
    Column("view_id", BigId, ForeignKey("saved_view.id"), primary_key=True, autoincrement=False),
    Column("story_id", BigId, ForeignKey("story.id"), primary_key=True, autoincrement=False),
    Column("noted_at", UtcDateTime, nullable=False),
    Column("told_at", UtcDateTime),
    Index("ix_view_story_untold", "view_id", "noted_at", sqlite_where=UNTOLD, postgresql_where=UNTOLD),
)

# The failure of a feed that was told last, by its beginning.
feed_notice = Table(
    "feed_notice",
    metadata,
    Column("feed_id", BigId, ForeignKey("feed.id"), primary_key=True, autoincrement=False),
    Column("failing_since", UtcDateTime),
)
