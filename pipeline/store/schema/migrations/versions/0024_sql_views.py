"""pages are found by their address, and others read the SQL views, which env.py makes after every migration"""

from __future__ import annotations

from alembic import op

revision = "0024"
down_revision = "0023"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_index("ix_entry_url_key", "entry", ["url_key"])
    op.create_index("ix_address_url_key", "address", ["url_key"])


def downgrade() -> None:
    op.drop_index("ix_address_url_key", "address")
    op.drop_index("ix_entry_url_key", "entry")
