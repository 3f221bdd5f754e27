"""rows of keys name the recipe of their keys; those there were are of the recipe '', which placing makes anew"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0045"
down_revision = "0041"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("keys", sa.Column("recipe", sa.String(40), nullable=False, server_default=""))


def downgrade() -> None:
    """Rows made since have another form; until new ones are placed, earlier copies are no candidates."""
    op.execute("DELETE FROM keys WHERE recipe <> ''")
    op.drop_column("keys", "recipe")
