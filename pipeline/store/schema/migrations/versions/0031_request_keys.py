"""keys of requests that act, with what was answered"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from pipeline.store.schema.columns import UtcDateTime

revision = "0031"
down_revision = "0030"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "request_key",
        sa.Column("person", sa.Text(), primary_key=True),
        sa.Column("key", sa.Text(), primary_key=True),
        sa.Column("digest", sa.String(64), nullable=False),
        sa.Column("answer", sa.Text()),
        sa.Column("at", UtcDateTime(), nullable=False),
    )
    op.create_index("ix_request_key_at", "request_key", ["at"])


def downgrade() -> None:
    op.drop_table("request_key")
