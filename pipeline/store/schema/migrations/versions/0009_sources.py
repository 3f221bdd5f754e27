"""zones of feeds, edits of entries, delivered items, which feed carries what"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

import pipeline.store.schema.tables

revision = "0009"
down_revision = "0008"
branch_labels = None
depends_on = None


def upgrade() -> None:
    number = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
    when = pipeline.store.schema.tables.UtcDateTime()
    with op.batch_alter_table("feed") as batch:
        batch.add_column(sa.Column("zone", sa.String(length=64), nullable=False, server_default=""))
        batch.add_column(sa.Column("final_url", sa.Text(), nullable=False, server_default=""))
        batch.add_column(sa.Column("self_url", sa.Text(), nullable=False, server_default=""))
    with op.batch_alter_table("entry") as batch:
        batch.add_column(sa.Column("said", sa.BigInteger(), nullable=True))
        batch.add_column(sa.Column("edited_at", when, nullable=True))
        batch.add_column(sa.Column("edits", sa.Integer(), nullable=False, server_default="0"))
        batch.add_column(sa.Column("guid", sa.Text(), nullable=False, server_default=""))
        batch.add_column(sa.Column("delivered", sa.JSON(), nullable=True))
        batch.create_index(op.f("ix_entry_edited_at"), ["edited_at"])
        batch.create_index(op.f("ix_entry_feed_id_guid"), ["feed_id", "guid"])
    op.create_table(
        "carried",
        sa.Column("feed_id", number, autoincrement=False, nullable=False),
        sa.Column("entry_id", number, autoincrement=False, nullable=False),
        sa.Column("key", sa.Text(), nullable=False),
        sa.Column("first_seen", when, nullable=False),
        sa.ForeignKeyConstraint(["feed_id"], ["feed.id"], name=op.f("fk_carried_feed_id")),
        sa.ForeignKeyConstraint(["entry_id"], ["entry.id"], name=op.f("fk_carried_entry_id")),
        sa.PrimaryKeyConstraint("feed_id", "entry_id", name=op.f("pk_carried")),
    )
    op.create_index(op.f("ix_carried_feed_id_key"), "carried", ["feed_id", "key"])
    op.create_index(op.f("ix_carried_feed_id_first_seen"), "carried", ["feed_id", "first_seen"])
    op.execute("INSERT INTO carried (feed_id, entry_id, key, first_seen) SELECT feed_id, id, key, seen_at FROM entry")
    op.create_table(
        "address",
        sa.Column("outlet", sa.Text(), nullable=False),
        sa.Column("url_key", sa.Text(), nullable=False),
        sa.Column("entry_id", number, nullable=False),
        sa.ForeignKeyConstraint(["entry_id"], ["entry.id"], name=op.f("fk_address_entry_id")),
        sa.PrimaryKeyConstraint("outlet", "url_key", name=op.f("pk_address")),
    )


def downgrade() -> None:
    op.drop_table("address")
    op.drop_table("carried")
    with op.batch_alter_table("entry") as batch:
        batch.drop_index(op.f("ix_entry_feed_id_guid"))
        batch.drop_index(op.f("ix_entry_edited_at"))
        for name in ("delivered", "guid", "edits", "edited_at", "said"):
            batch.drop_column(name)
    with op.batch_alter_table("feed") as batch:
        for name in ("self_url", "final_url", "zone"):
            batch.drop_column(name)
