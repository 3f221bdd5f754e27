"""pages are found by the address that a redirect led to, and articles have a doubt"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from pipeline.store.pages import final_key

revision = "0026"
down_revision = "0025"
branch_labels = None
depends_on = None

BATCH = 500
IS_REDIRECTED = sa.text("final_key IS NOT NULL")
PAGES = sa.text(
    "SELECT id, url, final_url FROM page WHERE id > :after AND final_url <> url AND final_url <> '' "
    "ORDER BY id LIMIT :batch"
)
SET_KEY = sa.text("UPDATE page SET final_key = :key WHERE id = :page")


def upgrade() -> None:
    op.add_column("page", sa.Column("final_key", sa.Text()))
    op.add_column("article", sa.Column("doubt", sa.Text(), nullable=False, server_default=""))
    _fill_keys(op.get_bind())
    op.create_index(
        "ix_page_final_key", "page", ["final_key"], sqlite_where=IS_REDIRECTED, postgresql_where=IS_REDIRECTED
    )


def _fill_keys(db: sa.Connection) -> None:
    after = 0
    while rows := list(db.execute(PAGES, {"after": after, "batch": BATCH})):
        after = rows[-1].id
        if keys := [{"page": row.id, "key": key} for row in rows if (key := final_key(row.url, row.final_url))]:
            db.execute(SET_KEY, keys)


def downgrade() -> None:
    op.drop_index("ix_page_final_key", "page")
    op.drop_column("page", "final_key")
    op.drop_column("article", "doubt")
