"""articles that wait for their place have a table of their own, so that to place one does not write its text anew"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

import pipeline.store.schema.tables

revision = "0019"
down_revision = "0018"
branch_labels = None
depends_on = None


def upgrade() -> None:
    number = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
    op.create_table(
        "waiting",
        sa.Column("article_id", number, autoincrement=False, nullable=False),
        sa.Column("seen_at", pipeline.store.schema.tables.UtcDateTime(), nullable=False),
        sa.ForeignKeyConstraint(["article_id"], ["article.id"], name=op.f("fk_waiting_article_id")),
        sa.PrimaryKeyConstraint("article_id", name=op.f("pk_waiting")),
    )
    op.create_index(op.f("ix_waiting_seen_at_article_id"), "waiting", ["seen_at", "article_id"])
    op.execute("INSERT INTO waiting (article_id, seen_at) SELECT id, seen_at FROM article WHERE NOT placed")
    # Batch mode would copy every text, for twice the time. SQLite drops columns since it knows RETURNING (3.35).
    op.drop_index(op.f("ix_article_placed_seen_at_id"), "article")
    op.drop_column("article", "placed")


def downgrade() -> None:
    op.add_column("article", sa.Column("placed", sa.Boolean(), nullable=False, server_default=sa.true()))
    op.create_index(op.f("ix_article_placed_seen_at_id"), "article", ["placed", "seen_at", "id"])
    op.execute("UPDATE article SET placed = false WHERE id IN (SELECT article_id FROM waiting)")
    op.drop_table("waiting")
