"""fingerprints made anew by the seventh recipe, whose words are folded as readers take them"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import islice

import sqlalchemy as sa
from alembic import op

from pipeline.match.fingerprint import fingerprint_bodies, restore_bands
from pipeline.model import Fingerprint
from pipeline.store.schema.columns import Paragraphs
from pipeline.text.keys import Holders

revision = "0021"
down_revision = "0020"
branch_labels = None
depends_on = None

BATCH = 500
COPY = sa.table("copy", *(sa.column(name) for name in ("article_id", "recipe", "tokens", "shingles")))
ARTICLE = sa.table("article", sa.column("id"), sa.column("body", Paragraphs()))
KEYS = sa.table("keys", sa.column("id"), sa.column("body", sa.LargeBinary()))
NEW_PRINT = (
    sa.update(COPY)
    .where(COPY.c.article_id == sa.bindparam("article"))
    .values(recipe=sa.bindparam("version"), tokens=sa.bindparam("number"), shingles=sa.bindparam("hashes"))
)


def upgrade() -> None:
    """When old shingles were first seen is forgotten, and read again from the copies; a text that is withheld keeps its
    old ones, since nothing is there to make new ones of, and meets none but itself."""
    db = op.get_bind()
    for batch in _batches(db.execute(sa.select(COPY.c.article_id).order_by(COPY.c.article_id)).scalars().all()):
        _replace_prints(db, batch)
    for number in db.execute(sa.select(KEYS.c.id)).scalars().all():
        _replace_keys(db, number)
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


def _replace_keys(db: sa.Connection, number: int) -> None:
    body = db.execute(sa.select(KEYS.c.body).where(KEYS.c.id == number)).scalar_one()
    keys_by_text: dict[int, bytes] = {}
    for batch in _batches(sorted(set(Holders.unpacked(body).texts.tolist()))):
        for row in db.execute(sa.select(COPY).where(COPY.c.article_id.in_(batch))):
            stored = Fingerprint(row.recipe, row.shingles, b"", row.tokens)
            keys_by_text[row.article_id] = restore_bands(stored).bands
    db.execute(sa.update(KEYS).where(KEYS.c.id == number).values(body=Holders.from_texts(keys_by_text).packed()))


def downgrade() -> None:
    """Texts of the two recipes do not meet; the copies themselves need nothing."""
    op.get_bind().execute(sa.text("DELETE FROM memory"))
