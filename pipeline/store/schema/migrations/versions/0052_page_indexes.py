"""indexes that the pages read by: live stories in their order, what is doubtful or failed; kept warnings about feeds"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from pipeline.store.schema.columns import BigId, UtcDateTime

revision = "0052"
down_revision = "0051"
branch_labels = None
depends_on = None

MERGED, LIVE = "merged_into IS NOT NULL", "merged_into IS NULL"
DOUBTFUL = "agreement < 0.8 OR kind <> 'article' OR doubt <> ''"
PARTIAL = (
    ("ix_story_merged_into", "story", ["merged_into"], MERGED),
    ("ix_story_newest", "story", ["first_seen", "id"], LIVE),
    ("ix_story_agency_newest", "story", ["agency", "first_seen", "id"], LIVE),
    ("ix_story_lang_newest", "story", ["lang", "first_seen", "id"], LIVE),
    ("ix_story_kind_newest", "story", ["kind", "first_seen", "id"], LIVE),
    ("ix_article_doubtful", "article", ["id"], DOUBTFUL),
    ("ix_entry_failed", "entry", ["id"], "status = 'failed'"),
)


def upgrade() -> None:
    op.drop_index("ix_story_merged_into", "story")
    for name, table, columns, where in PARTIAL:
        op.create_index(name, table, columns, sqlite_where=sa.text(where), postgresql_where=sa.text(where))
    op.create_index("ix_tally_kind_day", "tally", ["kind", "day"])
    op.create_table(
        "feed_warning",
        sa.Column("id", BigId, primary_key=True, autoincrement=True),
        sa.Column("kind", sa.String(10), nullable=False),
        sa.Column("feed_id", BigId, sa.ForeignKey("feed.id", name="fk_feed_warning_feed_id"), nullable=False),
        sa.Column("other_id", BigId, sa.ForeignKey("feed.id", name="fk_feed_warning_other_id")),
        sa.Column("reason", sa.Text, nullable=False),
        sa.Column("at", UtcDateTime, nullable=False),
        sqlite_autoincrement=True,
    )


def downgrade() -> None:
    op.drop_table("feed_warning")
    op.drop_index("ix_tally_kind_day", "tally")
    for name, table, _, _ in PARTIAL:
        op.drop_index(name, table)
    op.create_index("ix_story_merged_into", "story", ["merged_into"])
