"""outcomes counted by day; what feeds' whole answers held"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

import pipeline.store.schema.tables

revision = "0016"
down_revision = "0015"
branch_labels = None
depends_on = None


def upgrade() -> None:
    when = pipeline.store.schema.tables.UtcDateTime()
    with op.batch_alter_table("feed") as batch:
        batch.add_column(sa.Column("entries", sa.Integer(), nullable=False, server_default="0"))
        batch.add_column(sa.Column("whole_at", when, nullable=True))
        batch.add_column(sa.Column("lied_at", when, nullable=True))
    op.create_table(
        "tally",
        sa.Column("kind", sa.String(length=4), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("day", sa.Date(), nullable=False),
        sa.Column("outcome", sa.String(length=24), nullable=False),
        sa.Column("times", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("kind", "name", "day", "outcome", name=op.f("pk_tally")),
    )


def downgrade() -> None:
    op.drop_table("tally")
    with op.batch_alter_table("feed") as batch:
        for name in ("lied_at", "whole_at", "entries"):
            batch.drop_column(name)
