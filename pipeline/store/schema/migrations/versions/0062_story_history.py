"""indexes of what a page of a large store reads: a change's other story, stories that changed"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0062"
down_revision = "0061"
branch_labels = None
depends_on = None

CHANGED = sa.text("version > 1 AND merged_into IS NULL")


def upgrade() -> None:
    op.create_index("ix_change_other_id", "change", ["other_id"])
    op.create_index("ix_story_changed", "story", ["updated_at", "kind"], sqlite_where=CHANGED, postgresql_where=CHANGED)


def downgrade() -> None:
    op.drop_index("ix_story_changed", "story")
    op.drop_index("ix_change_other_id", "change")
