"""what stories and copies were after each commit is kept, from now on"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from pipeline.store.past import copy_columns, story_columns
from pipeline.store.schema.columns import BigId, UtcDateTime
from pipeline.store.schema.past import copy_past, story_past

revision = "0030"
down_revision = "0026"
branch_labels = None
depends_on = None

HEAD = sa.select(sa.table("log_state", sa.column("head", BigId)).c.head).scalar_subquery()


def upgrade() -> None:
    op.add_column("log_state", sa.Column("past_floor", sa.BigInteger(), nullable=False, server_default="0"))
    op.execute("UPDATE log_state SET past_floor = head")
    _create_tables()
    for table, rows in ((story_past, story_columns(HEAD)), (copy_past, copy_columns(HEAD))):
        names = [column.name for column in rows.selected_columns]
        op.execute(sa.insert(table).from_select(names, rows))


def _create_tables() -> None:
    op.create_table(
        "story_past",
        sa.Column("story_id", BigId, sa.ForeignKey("story.id"), primary_key=True, autoincrement=False),
        sa.Column("tx", BigId, primary_key=True, autoincrement=False),
        sa.Column("status", sa.String(10), nullable=False),
        sa.Column("merged_into", BigId),
        sa.Column("revision", sa.Integer(), nullable=False),
        sa.Column("agency", sa.Text(), nullable=False),
        sa.Column("lang", sa.String(16), nullable=False),
        sa.Column("first_seen", UtcDateTime(), nullable=False),
        sa.Column("updated_at", UtcDateTime(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("kind", sa.String(12), nullable=False),
        sa.Column("article_id", BigId),
    )
    op.create_index("ix_story_past_first_seen_story_id", "story_past", ["first_seen", "story_id"])
    op.create_table(
        "copy_past",
        sa.Column("article_id", BigId, sa.ForeignKey("article.id"), primary_key=True, autoincrement=False),
        sa.Column("tx", BigId, primary_key=True, autoincrement=False),
        sa.Column("story_id", BigId, nullable=False),
        sa.Column("relation", sa.String(12), nullable=False),
        sa.Column("edition", sa.Integer(), nullable=False),
        sa.Column("score", sa.Float(), nullable=False),
        *(sa.Column(name, sa.Text(), nullable=False) for name in ("reason", "title", "deck")),
        sa.Column("byline", sa.JSON(), nullable=False),
        sa.Column("agency", sa.Text(), nullable=False),
        sa.Column("dateline_place", sa.Text()),
        sa.Column("section", sa.Text(), nullable=False),
        sa.Column("lang", sa.String(16), nullable=False),
        sa.Column("published", sa.String(40)),
        sa.Column("published_precision", sa.String(8)),
        sa.Column("published_utc", UtcDateTime()),
        sa.Column("licence", sa.Text(), nullable=False),
        sa.Column("signals", sa.JSON(), nullable=False),
        sa.Column("withheld", sa.Text(), nullable=False),
    )
    op.create_index("ix_copy_past_story_id_article_id_tx", "copy_past", ["story_id", "article_id", "tx"])


def downgrade() -> None:
    op.drop_table("copy_past")
    op.drop_table("story_past")
    op.drop_column("log_state", "past_floor")
