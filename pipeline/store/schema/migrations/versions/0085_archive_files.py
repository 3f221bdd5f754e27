"""an index of the archive's files: which of them a row names is asked every day"""

from __future__ import annotations

from alembic import op

revision = "0085"
down_revision = "0063"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_index("ix_page_archive_file", "page", ["archive_file"])


def downgrade() -> None:
    op.drop_index("ix_page_archive_file", "page")
