"""entries whose pages are due for another look are found by one index, of those alone that are to be looked at again"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0041"
down_revision = "0040"
branch_labels = None
depends_on = None

IS_PLANNED = sa.text("revisit_at IS NOT NULL")


def upgrade() -> None:
    op.drop_index("ix_entry_revisit_at", "entry")
    op.create_index(
        "ix_entry_status_revisit_at", "entry", ["status", "revisit_at"], sqlite_where=IS_PLANNED,
        postgresql_where=IS_PLANNED,
    )  # fmt: skip


def downgrade() -> None:
    op.drop_index("ix_entry_status_revisit_at", "entry")
    op.create_index("ix_entry_revisit_at", "entry", ["revisit_at"])
