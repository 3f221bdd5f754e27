"""pages are found by their addresses, and others read the SQL views, which env.py makes after every migration"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from pipeline.text.url import url_key

revision = "0024"
down_revision = "0023"
branch_labels = None
depends_on = None

BATCH = 1000
ARTICLE = sa.table("article", sa.column("id"), sa.column("url"), sa.column("url_key"))
FILL = sa.update(ARTICLE).where(ARTICLE.c.id == sa.bindparam("of")).values(url_key=sa.bindparam("key"))


def upgrade() -> None:
    op.add_column("article", sa.Column("url_key", sa.Text(), nullable=False, server_default=""))
    _fill_keys(op.get_bind())
    for table in ("entry", "address", "article"):
        op.create_index(f"ix_{table}_url_key", table, ["url_key"])


def _fill_keys(db: sa.Connection) -> None:
    last = 0
    query = sa.select(ARTICLE.c.id, ARTICLE.c.url).order_by(ARTICLE.c.id).limit(BATCH)
    while rows := db.execute(query.where(ARTICLE.c.id > last)).all():
        last = rows[-1].id
        db.execute(FILL, [{"of": row.id, "key": url_key(row.url)} for row in rows])


def downgrade() -> None:
    for table in ("article", "address", "entry"):
        op.drop_index(f"ix_{table}_url_key", table)
    op.drop_column("article", "url_key")
