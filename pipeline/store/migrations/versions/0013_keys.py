"""the keys of copies, a row a batch instead of a row a key; what persons took apart is found by an index"""

from __future__ import annotations

from collections.abc import Iterator
from itertools import groupby

import numpy as np
import sqlalchemy as sa
from alembic import op

import pipeline.store.tables
from pipeline.text.keys import Holders

revision = "0013"
down_revision = "0012"
branch_labels = None
depends_on = None

AT_ONCE = 500


def upgrade() -> None:
    number = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
    when = pipeline.store.tables.UtcDateTime()
    keys = op.create_table(
        "keys",
        sa.Column("id", number, autoincrement=True, nullable=False),
        sa.Column("newest", when, nullable=False),
        sa.Column("made_at", when, nullable=False),
        sa.Column("body", sa.LargeBinary(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_keys")),
        sqlite_autoincrement=True,
    )
    op.create_index(op.f("ix_keys_newest"), "keys", ["newest"])
    op.bulk_insert(keys, list(_rows()))
    op.drop_table("band")
    op.create_index(op.f("ix_ruling_kind_machine"), "ruling", ["kind", "machine"])


def _rows() -> Iterator[dict[str, object]]:
    """What was kept a row a key, some hundred copies a row, in the order of their times."""
    db = op.get_bind()
    copy = sa.table("copy", sa.column("article_id"), sa.column("seen_at", pipeline.store.tables.UtcDateTime()))
    band = sa.table("band", sa.column("key"), sa.column("article_id"))
    times = {row.article_id: row.seen_at for row in db.execute(sa.select(copy))}
    turns = {article: turn // AT_ONCE for turn, article in enumerate(sorted(times, key=lambda one: (times[one], one)))}
    held = sorted((turns[row.article_id], row.key, row.article_id) for row in db.execute(sa.select(band)))
    for _, rows in groupby(held, key=lambda row: row[0]):
        some = [(key, article) for _, key, article in rows]
        found = Holders.sorted(*(np.array(column, dtype=np.int64) for column in zip(*some, strict=True)))
        newest = max(times[article] for _, article in some)
        yield {"newest": newest, "made_at": newest, "body": found.packed()}


def downgrade() -> None:
    op.drop_index(op.f("ix_ruling_kind_machine"), "ruling")
    number = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
    band = op.create_table(
        "band",
        sa.Column("key", sa.BigInteger(), nullable=False),
        sa.Column("article_id", number, nullable=False),
        sa.ForeignKeyConstraint(["article_id"], ["copy.article_id"], name=op.f("fk_band_article_id")),
        sa.PrimaryKeyConstraint("key", "article_id", name=op.f("pk_band")),
        sqlite_with_rowid=False,
    )
    stored = op.get_bind().execute(sa.select(sa.table("keys", sa.column("body")))).scalars().all()
    rows = {pair for body in stored for pair in _pairs(Holders.unpacked(body))}
    op.bulk_insert(band, [{"key": key, "article_id": article} for key, article in sorted(rows)])
    op.drop_table("keys")


def _pairs(found: Holders) -> Iterator[tuple[int, int]]:
    return zip(found.keys.tolist(), found.texts.tolist(), strict=True)
