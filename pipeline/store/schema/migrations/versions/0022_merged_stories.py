"""merged stories are found by the story that they lead to, by index"""

from __future__ import annotations

from alembic import op

revision = "0022"
down_revision = "0021"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_index("ix_story_merged_into", "story", ["merged_into"])


def downgrade() -> None:
    op.drop_index("ix_story_merged_into", "story")
