"""subscriptions at hubs, and what they delivered"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

import pipeline.store.schema.tables

revision = "0012"
down_revision = "0011"
branch_labels = None
depends_on = None


def upgrade() -> None:
    number = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
    when = pipeline.store.schema.tables.UtcDateTime()
    op.create_table(
        "subscription",
        sa.Column("token", sa.String(length=64), nullable=False),
        sa.Column("feed_id", number, nullable=False),
        sa.Column("hub", sa.Text(), nullable=False),
        sa.Column("topic", sa.Text(), nullable=False),
        sa.Column("secret", sa.String(length=64), nullable=False),
        sa.Column("state", sa.String(length=8), nullable=False),
        sa.Column("asked", sa.String(length=12), nullable=False),
        sa.Column("asked_at", when, nullable=False),
        sa.Column("lease_until", when, nullable=True),
        sa.Column("delivered_at", when, nullable=True),
        sa.Column("detail", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(["feed_id"], ["feed.id"], name=op.f("fk_subscription_feed_id")),
        sa.PrimaryKeyConstraint("token", name=op.f("pk_subscription")),
    )
    op.create_index(op.f("ix_subscription_feed_id"), "subscription", ["feed_id"])
    op.create_table(
        "delivery",
        sa.Column("id", number, autoincrement=True, nullable=False),
        sa.Column("token", sa.String(length=64), nullable=False),
        sa.Column("body", sa.LargeBinary(), nullable=False),
        sa.Column("media_type", sa.Text(), nullable=False),
        sa.Column("came_at", when, nullable=False),
        sa.ForeignKeyConstraint(["token"], ["subscription.token"], name=op.f("fk_delivery_token")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_delivery")),
        sqlite_autoincrement=True,
    )
    op.create_index(op.f("ix_delivery_token"), "delivery", ["token"])


def downgrade() -> None:
    op.drop_table("delivery")
    op.drop_table("subscription")
