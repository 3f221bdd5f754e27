"""hosts' turns and robots.txt; what polls teach of a feed, and where entries were dropped"""

from __future__ import annotations

from typing import Any

import sqlalchemy as sa
from alembic import op

import pipeline.store.schema.tables

revision = "0008"
down_revision = "0007"
branch_labels = None
depends_on = None


def columns() -> tuple[sa.Column[Any], ...]:
    """What is added to ``feed``."""
    return (
        sa.Column("retired", sa.Boolean(), nullable=False, server_default=sa.false()),
        sa.Column("failing_since", pipeline.store.schema.tables.UtcDateTime(), nullable=True),
        sa.Column("address", sa.Text(), nullable=False, server_default=""),
        sa.Column("moved_to", sa.Text(), nullable=False, server_default=""),
        sa.Column("moved_times", sa.Integer(), nullable=False, server_default="0"),
        sa.Column("recent", sa.JSON(), nullable=False, server_default="[]"),
        sa.Column("fresh_for", sa.Float(), nullable=False, server_default="0"),
        sa.Column("every", sa.Float(), nullable=False, server_default="0"),
        sa.Column("skip_hours", sa.JSON(), nullable=False, server_default="[]"),
        sa.Column("skip_days", sa.JSON(), nullable=False, server_default="[]"),
    )


def upgrade() -> None:
    with op.batch_alter_table("feed") as batch:
        for column in columns():
            batch.add_column(column)
    with op.batch_alter_table("poll") as batch:
        batch.add_column(sa.Column("seen", sa.Integer(), nullable=False, server_default="0"))
        batch.add_column(sa.Column("known", sa.Integer(), nullable=False, server_default="0"))
        batch.add_column(sa.Column("dropped", sa.JSON(), nullable=False, server_default="{}"))
    op.execute("UPDATE poll SET seen = entries, known = entries - new")
    op.create_table(
        "host",
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("owner", sa.String(length=32), nullable=False),
        sa.Column("free_at", pipeline.store.schema.tables.UtcDateTime(), nullable=False),
        sa.PrimaryKeyConstraint("name", name=op.f("pk_host")),
    )
    op.create_table(
        "robots",
        sa.Column("origin", sa.Text(), nullable=False),
        sa.Column("outcome", sa.String(length=20), nullable=False),
        sa.Column("detail", sa.Text(), nullable=False),
        sa.Column("text", sa.Text(), nullable=False),
        sa.Column("until", pipeline.store.schema.tables.UtcDateTime(), nullable=False),
        sa.PrimaryKeyConstraint("origin", name=op.f("pk_robots")),
    )


def downgrade() -> None:
    op.drop_table("robots")
    op.drop_table("host")
    with op.batch_alter_table("poll") as batch:
        for name in ("dropped", "known", "seen"):
            batch.drop_column(name)
    with op.batch_alter_table("feed") as batch:
        for column in reversed(columns()):
            batch.drop_column(column.name)
