"""what was asked and answered at each feed's last poll"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from pipeline.store.schema.columns import BigId, UtcDateTime

revision = "0063"
down_revision = "0062"
branch_labels = None
depends_on = None


def upgrade() -> None:
    feed_id = sa.ForeignKey("feed.id", name="fk_exchange_feed_id")
    op.create_table(
        "exchange",
        sa.Column("feed_id", BigId, feed_id, primary_key=True, autoincrement=False),
        sa.Column("at", UtcDateTime, nullable=False),
        sa.Column("url", sa.Text, nullable=False),
        sa.Column("status", sa.Integer, nullable=False),
        sa.Column("sent", sa.JSON, nullable=False),
        sa.Column("received", sa.JSON, nullable=False),
        sa.Column("seconds", sa.Float, nullable=False),
        sa.Column("size", sa.BigInteger, nullable=False),
    )


def downgrade() -> None:
    op.drop_table("exchange")
