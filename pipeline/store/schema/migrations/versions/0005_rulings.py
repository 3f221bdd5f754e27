"""what a person decides about stories"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

import pipeline.store.schema.tables

revision = "0005"
down_revision = "0004"
branch_labels = None
depends_on = None


def upgrade() -> None:
    number = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
    with op.batch_alter_table("story") as batch:
        batch.add_column(sa.Column("merged_into", number, nullable=True))
    op.create_table(
        "ruling",
        sa.Column("id", number, autoincrement=True, nullable=False),
        sa.Column("kind", sa.String(length=8), nullable=False),
        sa.Column("story_id", number, nullable=False),
        sa.Column("other_id", number, nullable=False),
        sa.Column("articles", sa.JSON(), nullable=False),
        sa.Column("at", pipeline.store.schema.tables.UtcDateTime(), nullable=False),
        sa.ForeignKeyConstraint(["story_id"], ["story.id"], name=op.f("fk_ruling_story_id")),
        sa.ForeignKeyConstraint(["other_id"], ["story.id"], name=op.f("fk_ruling_other_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_ruling")),
        sqlite_autoincrement=True,
    )
    op.create_index(op.f("ix_ruling_story_id"), "ruling", ["story_id"])


def downgrade() -> None:
    op.drop_index(op.f("ix_ruling_story_id"), "ruling")
    op.drop_table("ruling")
    with op.batch_alter_table("story") as batch:
        batch.drop_column("merged_into")
