"""what stands between stories, who filed them, and what the machine merged"""

from __future__ import annotations

import json
from collections import defaultdict

import sqlalchemy as sa
from alembic import op

import pipeline.store.schema.tables

revision = "0010"
down_revision = "0009"
branch_labels = None
depends_on = None

# As the text layer had it when this was written: a migration stands by itself.
EVIDENCE = ("dateline", "byline", "credit", "endmark", "disclaimer")


def upgrade() -> None:
    number = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
    with op.batch_alter_table("feed") as batch:
        batch.add_column(sa.Column("agency", sa.Text(), nullable=False, server_default=""))
    with op.batch_alter_table("article") as batch:
        batch.add_column(sa.Column("feed_agency", sa.Text(), nullable=False, server_default=""))
        batch.add_column(sa.Column("claims", sa.JSON(), nullable=False, server_default="[]"))
    with op.batch_alter_table("ruling") as batch:
        batch.add_column(sa.Column("machine", sa.Boolean(), nullable=False, server_default=sa.false()))
        batch.add_column(sa.Column("reason", sa.Text(), nullable=False, server_default=""))
    op.create_table(
        "link",
        sa.Column("article_id", number, autoincrement=False, nullable=False),
        sa.Column("story_id", number, autoincrement=False, nullable=False),
        sa.Column("kind", sa.String(length=12), nullable=False),
        sa.Column("score", sa.Float(), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("at", pipeline.store.schema.tables.UtcDateTime(), nullable=False),
        sa.ForeignKeyConstraint(["article_id"], ["article.id"], name=op.f("fk_link_article_id")),
        sa.ForeignKeyConstraint(["story_id"], ["story.id"], name=op.f("fk_link_story_id")),
        sa.PrimaryKeyConstraint("article_id", "story_id", name=op.f("pk_link")),
    )
    op.create_index(op.f("ix_link_story_id"), "link", ["story_id"])
    _fill_claims()


def _fill_claims() -> None:
    """What stored articles say of who filed them."""
    db = op.get_bind()
    found: dict[int, list[list[str]]] = defaultdict(list)
    spans = sa.text("SELECT article_id, kind, rule, agencies FROM span ORDER BY id")
    for article_id, kind, rule, agencies in db.execute(spans):
        named = json.loads(agencies) if isinstance(agencies, str) else agencies
        if kind in EVIDENCE:
            found[article_id] += [[agency, "inputs" if rule == "derived from" else kind] for agency in named]
    for article_id, agency in db.execute(sa.text("SELECT id, agency FROM article WHERE agency <> ''")).all():
        if agency not in {name for name, _ in found[article_id]}:
            found[article_id].append([agency, "metadata"])
    article = sa.table("article", sa.column("id", sa.BigInteger), sa.column("claims", sa.JSON))
    for article_id, claims in found.items():
        told = list(dict.fromkeys(map(tuple, claims)))
        db.execute(article.update().where(article.c.id == article_id).values(claims=[list(one) for one in told]))


def downgrade() -> None:
    op.drop_index(op.f("ix_link_story_id"), "link")
    op.drop_table("link")
    with op.batch_alter_table("ruling") as batch:
        batch.drop_column("reason")
        batch.drop_column("machine")
    with op.batch_alter_table("article") as batch:
        batch.drop_column("claims")
        batch.drop_column("feed_agency")
    with op.batch_alter_table("feed") as batch:
        batch.drop_column("agency")
