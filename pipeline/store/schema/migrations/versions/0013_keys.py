"""the keys of copies, a row a batch instead of a row a key; what persons took apart is found by an index"""

from __future__ import annotations

from array import array
from collections.abc import Iterator

import numpy as np
import sqlalchemy as sa
from alembic import op

import pipeline.store.schema.tables
from pipeline.text.keys import Holders

revision = "0013"
down_revision = "0012"
branch_labels = None
depends_on = None

AT_ONCE = 5000


def upgrade() -> None:
    number = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
    when = pipeline.store.schema.tables.UtcDateTime()
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
    for row in _rows():
        op.bulk_insert(keys, [row])
    op.drop_table("band")
    op.create_index(op.f("ix_ruling_kind_machine"), "ruling", ["kind", "machine"])


def _rows() -> Iterator[dict[str, object]]:
    """What was kept a row a key, thousands of copies a row, in the order of their times."""
    db = op.get_bind()
    copy = sa.table("copy", sa.column("article_id"), sa.column("seen_at", pipeline.store.schema.tables.UtcDateTime()))
    band = sa.table("band", sa.column("key"), sa.column("article_id"))
    times = {row.article_id: row.seen_at for row in db.execute(sa.select(copy))}
    keys, articles = array("q"), array("q")
    for row in db.execute(sa.select(band).execution_options(yield_per=10_000)):
        keys.append(row.key)
        articles.append(row.article_id)
    held = Holders.sorted(np.array(keys, dtype=np.int64), np.array(articles, dtype=np.int64))
    ordered = sorted(times, key=lambda one: (times[one], one))
    for start in range(0, len(ordered), AT_ONCE):
        some = ordered[start : start + AT_ONCE]
        theirs = np.isin(held.texts, np.array(some, dtype=np.int64))
        newest = times[some[-1]]
        if theirs.any():
            found = Holders(held.keys[theirs], held.texts[theirs])
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
