"""what a page is, and what it says of its rights"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None

TEXTS = ("section", "picture", "picture_credit", "licence")


def upgrade() -> None:
    with op.batch_alter_table("article") as batch:
        batch.add_column(sa.Column("kind", sa.String(length=12), nullable=False, server_default="article"))
        for name in TEXTS:
            batch.add_column(sa.Column(name, sa.Text(), nullable=False, server_default=""))
        for name in ("signals", "sources"):
            batch.add_column(sa.Column(name, sa.JSON(), nullable=False, server_default="[]"))


def downgrade() -> None:
    with op.batch_alter_table("article") as batch:
        for name in ("sources", "signals", *reversed(TEXTS), "kind"):
            batch.drop_column(name)
