"""The tables of :mod:`pipeline.store.search_index`, which are no tables of SQLAlchemy's metadata."""

from __future__ import annotations

from sqlalchemy import Connection

_SQLITE = (
    "CREATE VIRTUAL TABLE story_words USING fts5"
    "(words, tokenize = \"unicode61 remove_diacritics 0 categories 'L* M* N*'\")",
)
_POSTGRESQL = (
    "CREATE TABLE story_words (story_id BIGINT PRIMARY KEY, words TSVECTOR NOT NULL)",
    "CREATE INDEX ix_story_words ON story_words USING gin (words)",
)


def create_index(db: Connection) -> None:
    """Create the empty index."""
    for statement in _SQLITE if db.dialect.name == "sqlite" else _POSTGRESQL:
        db.exec_driver_sql(statement)
