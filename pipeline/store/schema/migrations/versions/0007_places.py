"""where outlets keep their text"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

import pipeline.store.schema.tables

revision = "0007"
down_revision = "0006"
branch_labels = None
depends_on = None


def upgrade() -> None:
    with op.batch_alter_table("article") as batch:
        batch.add_column(sa.Column("places", sa.JSON(), nullable=False, server_default="[]"))
    with op.batch_alter_table("template_line") as batch:
        batch.add_column(sa.Column("place", sa.Text(), nullable=False, server_default=""))
    op.create_table(
        "template_place",
        sa.Column("outlet", sa.Text(), nullable=False),
        sa.Column("place", sa.Text(), nullable=False),
        sa.Column("stories", sa.Integer(), nullable=False),
        sa.Column("first_seen", pipeline.store.schema.tables.UtcDateTime(), nullable=False),
        sa.Column("last_seen", pipeline.store.schema.tables.UtcDateTime(), nullable=False),
        sa.PrimaryKeyConstraint("outlet", "place", name=op.f("pk_template_place")),
    )


def downgrade() -> None:
    op.drop_table("template_place")
    with op.batch_alter_table("template_line") as batch:
        batch.drop_column("place")
    with op.batch_alter_table("article") as batch:
        batch.drop_column("places")
