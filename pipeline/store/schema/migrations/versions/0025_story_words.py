"""stories are found by the words of their texts in force"""

from __future__ import annotations

import json
from collections.abc import Iterator

import sqlalchemy as sa
from alembic import op

from pipeline.store.schema.words import create_index
from pipeline.store.search_index import index_words

revision = "0025"
down_revision = "0024"
branch_labels = None
depends_on = None

BATCH = 500
TEXTS = sa.text(
    "SELECT s.id, v.title, v.body FROM story s JOIN version v ON v.story_id = s.id AND v.number = s.version "
    "WHERE s.id > :after ORDER BY s.id LIMIT :batch"
)


def upgrade() -> None:
    db = op.get_bind()
    create_index(db)
    for rows in _batches(db):
        index_words(db, ((row.id, row.title, _paragraphs(row.body)) for row in rows))


def downgrade() -> None:
    op.execute("DROP TABLE story_words")


def _batches(db: sa.Connection) -> Iterator[list[sa.Row[tuple[int, str, str]]]]:
    after = 0
    while rows := list(db.execute(TEXTS, {"after": after, "batch": BATCH})):
        yield rows
        after = rows[-1].id


def _paragraphs(body: str | bytes | list[str]) -> list[str]:
    """Return a text's paragraphs: SQLite gives JSON as it is stored."""
    paragraphs: list[str] = json.loads(body) if isinstance(body, str | bytes) else body
    return paragraphs
