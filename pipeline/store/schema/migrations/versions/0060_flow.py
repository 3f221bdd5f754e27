"""counts of the way from feeds to stories by the hour; entries by the time they came"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from pipeline.store.schema.columns import UtcDateTime

revision = "0060"
down_revision = "0052"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "flow",
        sa.Column("hour", UtcDateTime, primary_key=True),
        sa.Column("stage", sa.String(8), primary_key=True),
        sa.Column("reason", sa.String(40), primary_key=True),
        sa.Column("times", sa.BigInteger, nullable=False),
    )
    op.create_index("ix_entry_seen_at", "entry", ["seen_at"])


def downgrade() -> None:
    op.drop_index("ix_entry_seen_at", "entry")
    op.drop_table("flow")
