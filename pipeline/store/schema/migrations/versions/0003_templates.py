"""what outlets' pages repeat, and what an operator keeps of it"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

import pipeline.store.schema.tables

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None


def upgrade() -> None:
    with op.batch_alter_table("article") as batch:
        batch.add_column(sa.Column("line_keys", sa.LargeBinary(), nullable=False, server_default=""))
        batch.add_column(sa.Column("agreement", sa.Float(), nullable=False, server_default="1"))
        batch.create_index(batch.f("ix_article_outlet"), ["outlet", "seen_at"])
    op.create_table(
        "template_line",
        sa.Column("outlet", sa.Text(), nullable=False),
        sa.Column("key", sa.BigInteger(), nullable=False),
        sa.Column("stories", sa.Integer(), nullable=False),
        sa.Column("first_seen", pipeline.store.schema.tables.UtcDateTime(), nullable=False),
        sa.Column("last_seen", pipeline.store.schema.tables.UtcDateTime(), nullable=False),
        sa.PrimaryKeyConstraint("outlet", "key", name=op.f("pk_template_line")),
    )
    op.create_table(
        "kept_line",
        sa.Column("outlet", sa.Text(), nullable=False),
        sa.Column("key", sa.BigInteger(), nullable=False),
        sa.Column("text", sa.Text(), nullable=False),
        sa.Column("kept_at", pipeline.store.schema.tables.UtcDateTime(), nullable=False),
        sa.PrimaryKeyConstraint("outlet", "key", name=op.f("pk_kept_line")),
    )


def downgrade() -> None:
    op.drop_table("kept_line")
    op.drop_table("template_line")
    with op.batch_alter_table("article") as batch:
        batch.drop_index(batch.f("ix_article_outlet"))
        batch.drop_column("agreement")
        batch.drop_column("line_keys")
