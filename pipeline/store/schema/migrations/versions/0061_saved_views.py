"""searches that persons keep, and what was told of them"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from pipeline.store.schema.columns import BigId, UtcDateTime

revision = "0061"
down_revision = "0060"
branch_labels = None
depends_on = None

UNTOLD = sa.text("told_at IS NULL")


def upgrade() -> None:
    op.create_table(
        "saved_view",
        sa.Column("id", BigId, primary_key=True, autoincrement=True),
        sa.Column("name", sa.Text, nullable=False),
        sa.Column("filters", sa.JSON, nullable=False),
        sa.Column("person", sa.Text, nullable=False),
        sa.Column("saved_at", UtcDateTime, nullable=False),
        sa.Column("is_announced", sa.Boolean, nullable=False),
        sa.Column("cursor", BigId, nullable=False),
        sa.UniqueConstraint("name", name="uq_saved_view_name"),
        sqlite_autoincrement=True,
    )
    view_id = sa.ForeignKey("saved_view.id", name="fk_view_story_view_id")
    story_id = sa.ForeignKey("story.id", name="fk_view_story_story_id")
    op.create_table(
        "view_story",
        sa.Column("view_id", BigId, view_id, primary_key=True, autoincrement=False),
        sa.Column("story_id", BigId, story_id, primary_key=True, autoincrement=False),
        sa.Column("noted_at", UtcDateTime, nullable=False),
        sa.Column("told_at", UtcDateTime),
    )
    op.create_index(
        "ix_view_story_untold", "view_story", ["view_id", "noted_at"], sqlite_where=UNTOLD, postgresql_where=UNTOLD
    )
    feed_id = sa.ForeignKey("feed.id", name="fk_feed_notice_feed_id")
    op.create_table(
        "feed_notice",
        sa.Column("feed_id", BigId, feed_id, primary_key=True, autoincrement=False),
        sa.Column("failing_since", UtcDateTime),
    )


def downgrade() -> None:
    for name in ("feed_notice", "view_story", "saved_view"):
        op.drop_table(name)
