"""fingerprints made anew by the seventh recipe, whose words are folded as readers take them"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import islice

import sqlalchemy as sa
from alembic import op

from pipeline.match.fingerprint import fingerprint_bodies
from pipeline.store.schema.columns import Paragraphs

revision = "0021"
down_revision = "0020"
branch_labels = None
depends_on = None

BATCH = 500
COPY = sa.table("copy", *(sa.column(name) for name in ("article_id", "recipe", "tokens", "shingles")))
ARTICLE = sa.table("article", sa.column("id"), sa.column("body", Paragraphs()))
NEW_PRINT = (
    sa.update(COPY)
    .where(COPY.c.article_id == sa.bindparam("article"))
    .values(recipe=sa.bindparam("version"), tokens=sa.bindparam("number"), shingles=sa.bindparam("hashes"))
)


def upgrade() -> None:
    """When old shingles were first seen is forgotten, and read again from the copies; a text that is withheld keeps its
    old ones, since nothing is there to make new ones of, and meets none but itself. Keys are made anew while articles
    are placed."""
    db = op.get_bind()
    for batch in _batches(db.execute(sa.select(COPY.c.article_id).order_by(COPY.c.article_id)).scalars().all()):
        _replace_prints(db, batch)
    db.execute(sa.text("DELETE FROM memory"))


def _batches(numbers: Sequence[int]) -> Iterator[list[int]]:
    rest = iter(numbers)
    while batch := list(islice(rest, BATCH)):
        yield batch


def _replace_prints(db: sa.Connection, articles: Sequence[int]) -> None:
    rows = [row for row in db.execute(sa.select(ARTICLE).where(ARTICLE.c.id.in_(articles))) if row.body]
    prints = fingerprint_bodies([row.body for row in rows])
    values = [
        {"article": row.id, "version": new.version, "number": new.tokens, "hashes": new.shingles}
        for row, new in zip(rows, prints, strict=True)
    ]
    if values:
        db.execute(NEW_PRINT, values)


def downgrade() -> None:
    """Texts of the two recipes do not meet; the copies themselves need nothing."""
    op.get_bind().execute(sa.text("DELETE FROM memory"))
