"""what persons say: answers to pairs of texts, rulings on repeated lines, notes on stories"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from pipeline.store.schema.columns import BigId, UtcDateTime

revision = "0050"
down_revision = "0045"
branch_labels = None
depends_on = None

IN_FORCE = sa.text("undone_at IS NULL")


def upgrade() -> None:
    op.create_table(
        "label",
        sa.Column("id", BigId, primary_key=True, autoincrement=True),
        sa.Column("kind", sa.String(12), nullable=False),
        sa.Column("article_id", BigId, sa.ForeignKey("article.id", name="fk_label_article_id"), nullable=False),
        sa.Column("other_id", BigId, sa.ForeignKey("article.id", name="fk_label_other_id"), nullable=False),
        sa.Column("story_id", BigId, sa.ForeignKey("story.id", name="fk_label_story_id"), nullable=False),
        sa.Column("score", sa.Float, nullable=False),
        sa.Column("answer", sa.String(8), nullable=False),
        sa.Column("person", sa.Text, nullable=False),
        sa.Column("at", UtcDateTime, nullable=False),
        sa.Column("moved_id", BigId),
        sa.Column("undone_at", UtcDateTime),
        sqlite_autoincrement=True,
    )
    op.create_index(
        "ix_label_pair", "label", ["article_id", "other_id"], unique=True, sqlite_where=IN_FORCE,
        postgresql_where=IN_FORCE,
    )  # fmt: skip
    op.create_table(
        "line_ruling",
        sa.Column("outlet", sa.Text, primary_key=True),
        sa.Column("key", sa.BigInteger, primary_key=True, autoincrement=False),
        sa.Column("text", sa.Text, nullable=False),
        sa.Column("ruling", sa.String(8), nullable=False),
        sa.Column("person", sa.Text, nullable=False),
        sa.Column("at", UtcDateTime, nullable=False),
    )
    op.create_table(
        "note",
        sa.Column("id", BigId, primary_key=True, autoincrement=True),
        sa.Column("story_id", BigId, sa.ForeignKey("story.id", name="fk_note_story_id"), nullable=False),
        sa.Column("text", sa.Text, nullable=False),
        sa.Column("person", sa.Text, nullable=False),
        sa.Column("at", UtcDateTime, nullable=False),
        sqlite_autoincrement=True,
    )
    op.create_index("ix_note_story_id", "note", ["story_id"])


def downgrade() -> None:
    for name in ("note", "line_ruling", "label"):
        op.drop_table(name)
