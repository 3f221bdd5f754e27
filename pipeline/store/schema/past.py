"""Tables of what stories and copies were after each commit of the change log, written in the same transaction.

``tx`` is the commit's first line. A row holds until the next of the same story or article. Texts are not here but in
``version``, whose rows are never changed, so that what is removed there is removed from the past too.
"""

from __future__ import annotations

from sqlalchemy import JSON, Column, Float, ForeignKey, Index, Integer, String, Table, Text

from pipeline.store.schema.columns import BigId, UtcDateTime, metadata

story_past = Table(
    "story_past",
    metadata,
    Column("story_id", BigId, ForeignKey("story.id"), primary_key=True, autoincrement=False),
    Column("tx", BigId, primary_key=True, autoincrement=False),
    Column("status", String(10), nullable=False),
    Column("merged_into", BigId),
    Column("revision", Integer, nullable=False),
    Column("agency", Text, nullable=False),
    Column("lang", String(16), nullable=False),
    Column("first_seen", UtcDateTime, nullable=False),
    Column("updated_at", UtcDateTime, nullable=False),
    Column("version", Integer, nullable=False),
    Column("kind", String(12), nullable=False),
    Column("article_id", BigId),
    Index(None, "first_seen", "story_id"),
)

copy_past = Table(
    "copy_past",
    metadata,
    Column("article_id", BigId, ForeignKey("article.id"), primary_key=True, autoincrement=False),
    Column("tx", BigId, primary_key=True, autoincrement=False),
    Column("story_id", BigId, nullable=False),
    Column("relation", String(12), nullable=False),
    Column("edition", Integer, nullable=False),
    Column("score", Float, nullable=False),
    Column("reason", Text, nullable=False),
    Column("title", Text, nullable=False),
    Column("deck", Text, nullable=False),
    Column("byline", JSON, nullable=False),
    Column("agency", Text, nullable=False),
    Column("dateline_place", Text),
    Column("section", Text, nullable=False),
    Column("lang", String(16), nullable=False),
    Column("published", String(40)),
    Column("published_precision", String(8)),
    Column("published_utc", UtcDateTime),
    Column("licence", Text, nullable=False),
    Column("signals", JSON, nullable=False),
    Column("withheld", Text, nullable=False),
    Index(None, "story_id", "article_id", "tx"),
)
