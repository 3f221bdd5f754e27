"""a person may set a feed's interval"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0051"
down_revision = "0050"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("feed", sa.Column("fixed_interval", sa.Float))


def downgrade() -> None:
    op.drop_column("feed", "fixed_interval")
