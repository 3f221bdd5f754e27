"""fingerprints made anew by the sixth recipe, whose shingles are other numbers than those before"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import islice

import sqlalchemy as sa
from alembic import op

from pipeline.match.fingerprint import fingerprint_bodies, restore_bands
from pipeline.model import Fingerprint
from pipeline.text.keys import Holders

revision = "0018"
down_revision = "0017"
branch_labels = None
depends_on = None

AT_ONCE = 500
COPY = sa.table("copy", *(sa.column(name) for name in ("article_id", "recipe", "tokens", "shingles")))
ARTICLE = sa.table("article", sa.column("id"), sa.column("body", sa.JSON()))
KEYS = sa.table("keys", sa.column("id"), sa.column("body", sa.LargeBinary()))
REMADE = (
    sa.update(COPY)
    .where(COPY.c.article_id == sa.bindparam("of"))
    .values(recipe=sa.bindparam("by"), tokens=sa.bindparam("number"), shingles=sa.bindparam("made"))
)


def upgrade() -> None:
    """What was remembered of old shingles goes, and is read again from the copies; a text that is withheld keeps its
    old ones, since nothing is there to make new ones of, and meets none but itself."""
    db = op.get_bind()
    copies = db.execute(sa.select(COPY.c.article_id).order_by(COPY.c.article_id)).scalars().all()
    for some in _in_parts(copies):
        _remake(db, some)
    for number in db.execute(sa.select(KEYS.c.id)).scalars().all():
        _remake_keys(db, number)
    db.execute(sa.text("DELETE FROM memory"))


def _in_parts(numbers: Sequence[int]) -> Iterator[list[int]]:
    rest = iter(numbers)
    while some := list(islice(rest, AT_ONCE)):
        yield some


def _remake(db: sa.Connection, some: Sequence[int]) -> None:
    rows = [row for row in db.execute(sa.select(ARTICLE).where(ARTICLE.c.id.in_(some))) if row.body]
    made = fingerprint_bodies([row.body for row in rows])
    told = [
        {"of": row.id, "by": one.version, "number": one.tokens, "made": one.shingles}
        for row, one in zip(rows, made, strict=True)
    ]
    if told:
        db.execute(REMADE, told)


def _remake_keys(db: sa.Connection, number: int) -> None:
    body = db.execute(sa.select(KEYS.c.body).where(KEYS.c.id == number)).scalar_one()
    held: dict[int, bytes] = {}
    for some in _in_parts(sorted(set(Holders.unpacked(body).texts.tolist()))):
        for row in db.execute(sa.select(COPY).where(COPY.c.article_id.in_(some))):
            held[row.article_id] = restore_bands(Fingerprint(row.recipe, row.shingles, b"", row.tokens)).bands
    db.execute(sa.update(KEYS).where(KEYS.c.id == number).values(body=Holders.of(held).packed()))


def downgrade() -> None:
    """Texts of the two recipes do not meet; the copies themselves need nothing."""
    op.get_bind().execute(sa.text("DELETE FROM memory"))
