"""what origins reserve for text and data mining"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0015"
down_revision = "0013"
branch_labels = None
depends_on = None


def upgrade() -> None:
    with op.batch_alter_table("robots") as batch:
        batch.add_column(sa.Column("tdm_outcome", sa.String(length=20), nullable=True))
        batch.add_column(sa.Column("tdm_text", sa.Text(), nullable=False, server_default=""))


def downgrade() -> None:
    with op.batch_alter_table("robots") as batch:
        batch.drop_column("tdm_text")
        batch.drop_column("tdm_outcome")
