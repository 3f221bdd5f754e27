"""pages looked at again, texts withheld"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

import pipeline.store.schema.tables

revision = "0011"
down_revision = "0010"
branch_labels = None
depends_on = None


def upgrade() -> None:
    when = pipeline.store.schema.tables.UtcDateTime()
    with op.batch_alter_table("entry") as batch:
        batch.add_column(sa.Column("revisit_at", when, nullable=True))
        batch.add_column(sa.Column("revisits", sa.Integer(), nullable=False, server_default="0"))
        batch.add_column(sa.Column("revisited_at", when, nullable=True))
        batch.add_column(sa.Column("revisit_outcome", sa.String(length=24), nullable=False, server_default=""))
        batch.create_index(op.f("ix_entry_revisit_at"), ["revisit_at"])
        batch.create_index(op.f("ix_entry_revisited_at"), ["revisited_at"])
    with op.batch_alter_table("page") as batch:
        batch.add_column(sa.Column("etag", sa.Text(), nullable=False, server_default=""))
        batch.add_column(sa.Column("last_modified", sa.Text(), nullable=False, server_default=""))
    with op.batch_alter_table("feed") as batch:
        batch.add_column(sa.Column("licence", sa.Text(), nullable=False, server_default=""))
    with op.batch_alter_table("article") as batch:
        batch.add_column(sa.Column("withheld", sa.Text(), nullable=False, server_default=""))
        batch.add_column(sa.Column("print", sa.LargeBinary(), nullable=True))


def downgrade() -> None:
    with op.batch_alter_table("article") as batch:
        batch.drop_column("print")
        batch.drop_column("withheld")
    with op.batch_alter_table("feed") as batch:
        batch.drop_column("licence")
    with op.batch_alter_table("page") as batch:
        for name in ("last_modified", "etag"):
            batch.drop_column(name)
    with op.batch_alter_table("entry") as batch:
        batch.drop_index(op.f("ix_entry_revisited_at"))
        batch.drop_index(op.f("ix_entry_revisit_at"))
        for name in ("revisit_outcome", "revisited_at", "revisits", "revisit_at"):
            batch.drop_column(name)
