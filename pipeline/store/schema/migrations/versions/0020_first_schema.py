"""the first schema"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

import pipeline.store.schema.columns

revision = "0020"
down_revision = None
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "cursor",
        sa.Column("name", sa.String(length=64), nullable=False),
        sa.Column("seq", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.PrimaryKeyConstraint("name", name=op.f("pk_cursor")),
    )
    op.create_table(
        "feed",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), autoincrement=True, nullable=False),
        sa.Column("url", sa.Text(), nullable=False),
        sa.Column("outlet", sa.Text(), nullable=False),
        sa.Column("country", sa.String(length=2), nullable=False),
        sa.Column("lang", sa.String(length=16), nullable=False),
        sa.Column("full_text", sa.Boolean(), nullable=False),
        sa.Column("preferred", sa.Boolean(), nullable=False),
        sa.Column("agency", sa.Text(), server_default="", nullable=False),
        sa.Column("listed", sa.Boolean(), nullable=False),
        sa.Column("paused", sa.Boolean(), nullable=False),
        sa.Column("title", sa.Text(), nullable=False),
        sa.Column("format", sa.String(length=16), nullable=False),
        sa.Column("etag", sa.Text(), nullable=False),
        sa.Column("last_modified", sa.Text(), nullable=False),
        sa.Column("next_poll", pipeline.store.schema.columns.UtcDateTime(timezone=True), nullable=False),
        sa.Column("claimed_until", pipeline.store.schema.columns.UtcDateTime(timezone=True), nullable=True),
        sa.Column("interval", sa.Float(), nullable=False),
        sa.Column("failures", sa.Integer(), nullable=False),
        sa.Column("last_outcome", sa.String(length=20), nullable=True),
        sa.Column("last_detail", sa.Text(), nullable=False),
        sa.Column("last_poll", pipeline.store.schema.columns.UtcDateTime(timezone=True), nullable=True),
        sa.Column("retired", sa.Boolean(), nullable=False),
        sa.Column("failing_since", pipeline.store.schema.columns.UtcDateTime(timezone=True), nullable=True),
        sa.Column("address", sa.Text(), nullable=False),
        sa.Column("moved_to", sa.Text(), nullable=False),
        sa.Column("moved_times", sa.Integer(), nullable=False),
        sa.Column("recent", sa.JSON(), nullable=False),
        sa.Column("fresh_for", sa.Float(), nullable=False),
        sa.Column("every", sa.Float(), nullable=False),
        sa.Column("skip_hours", sa.JSON(), nullable=False),
        sa.Column("skip_days", sa.JSON(), nullable=False),
        sa.Column("zone", sa.String(length=64), server_default="", nullable=False),
        sa.Column("licence", sa.Text(), server_default="", nullable=False),
        sa.Column("final_url", sa.Text(), server_default="", nullable=False),
        sa.Column("self_url", sa.Text(), server_default="", nullable=False),
        sa.Column("entries", sa.Integer(), server_default="0", nullable=False),
        sa.Column("whole_at", pipeline.store.schema.columns.UtcDateTime(timezone=True), nullable=True),
        sa.Column("lied_at", pipeline.store.schema.columns.UtcDateTime(timezone=True), nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_feed")),
        sa.UniqueConstraint("url", name=op.f("uq_feed_url")),
        sqlite_autoincrement=True,
    )
    op.create_index(op.f("ix_feed_next_poll"), "feed", ["next_poll"], unique=False)
    op.create_table(
        "host",
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("owner", sa.String(length=32), nullable=False),
        sa.Column("free_at", pipeline.store.schema.columns.UtcDateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("name", name=op.f("pk_host")),
    )
    op.create_table(
        "kept_line",
        sa.Column("outlet", sa.Text(), nullable=False),
        sa.Column("key", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("text", sa.Text(), nullable=False),
        sa.Column("kept_at", pipeline.store.schema.columns.UtcDateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("outlet", "key", name=op.f("pk_kept_line")),
    )
    op.create_table(
        "keys",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), autoincrement=True, nullable=False),
        sa.Column("newest", pipeline.store.schema.columns.UtcDateTime(timezone=True), nullable=False),
        sa.Column("made_at", pipeline.store.schema.columns.UtcDateTime(timezone=True), nullable=False),
        sa.Column("body", sa.LargeBinary(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_keys")),
        sqlite_autoincrement=True,
    )
    op.create_index(op.f("ix_keys_newest"), "keys", ["newest"], unique=False)
    op.create_table(
        "lease",
        sa.Column("name", sa.String(length=32), nullable=False),
        sa.Column("owner", sa.String(length=96), nullable=False),
        sa.Column("fence", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("since", pipeline.store.schema.columns.UtcDateTime(timezone=True), nullable=False),
        sa.Column("until", pipeline.store.schema.columns.UtcDateTime(timezone=True), nullable=False),
        sa.Column("pid", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=True),
        sa.PrimaryKeyConstraint("name", name=op.f("pk_lease")),
    )
    op.create_table(
        "memory",
        sa.Column("name", sa.String(length=32), nullable=False),
        sa.Column("seq", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("body", sa.LargeBinary(), nullable=False),
        sa.PrimaryKeyConstraint("name", name=op.f("pk_memory")),
    )
    op.create_table(
        "robots",
        sa.Column("origin", sa.Text(), nullable=False),
        sa.Column("outcome", sa.String(length=20), nullable=False),
        sa.Column("detail", sa.Text(), nullable=False),
        sa.Column("text", sa.Text(), nullable=False),
        sa.Column("until", pipeline.store.schema.columns.UtcDateTime(timezone=True), nullable=False),
        sa.Column("tdm_outcome", sa.String(length=20), nullable=True),
        sa.Column("tdm_text", sa.Text(), server_default="", nullable=False),
        sa.PrimaryKeyConstraint("origin", name=op.f("pk_robots")),
    )
    op.create_table(
        "story",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), autoincrement=True, nullable=False),
        sa.Column("title", sa.Text(), nullable=False),
        sa.Column("agency", sa.Text(), nullable=False),
        sa.Column("lang", sa.String(length=16), nullable=False),
        sa.Column("first_seen", pipeline.store.schema.columns.UtcDateTime(timezone=True), nullable=False),
        sa.Column("updated_at", pipeline.store.schema.columns.UtcDateTime(timezone=True), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("kind", sa.String(length=12), nullable=False),
        sa.Column("withdrawn", sa.Boolean(), nullable=False),
        sa.Column("merged_into", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_story")),
        sqlite_autoincrement=True,
    )
    op.create_index(op.f("ix_story_first_seen"), "story", ["first_seen"], unique=False)
    op.create_index(op.f("ix_story_updated_at"), "story", ["updated_at"], unique=False)
    op.create_table(
        "tally",
        sa.Column("kind", sa.String(length=4), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("day", sa.Date(), nullable=False),
        sa.Column("outcome", sa.String(length=24), nullable=False),
        sa.Column("times", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("kind", "name", "day", "outcome", name=op.f("pk_tally")),
    )
    op.create_table(
        "template_line",
        sa.Column("outlet", sa.Text(), nullable=False),
        sa.Column("key", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("place", sa.Text(), server_default="", nullable=False),
        sa.Column("stories", sa.Integer(), nullable=False),
        sa.Column("first_seen", pipeline.store.schema.columns.UtcDateTime(timezone=True), nullable=False),
        sa.Column("last_seen", pipeline.store.schema.columns.UtcDateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("outlet", "key", name=op.f("pk_template_line")),
    )
    op.create_table(
        "template_place",
        sa.Column("outlet", sa.Text(), nullable=False),
        sa.Column("place", sa.Text(), nullable=False),
        sa.Column("stories", sa.Integer(), nullable=False),
        sa.Column("first_seen", pipeline.store.schema.columns.UtcDateTime(timezone=True), nullable=False),
        sa.Column("last_seen", pipeline.store.schema.columns.UtcDateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("outlet", "place", name=op.f("pk_template_place")),
    )
    op.create_table(
        "change",
        sa.Column("seq", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), autoincrement=True, nullable=False),
        sa.Column("kind", sa.String(length=20), nullable=False),
        sa.Column("story_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("article_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=True),
        sa.Column("version", sa.Integer(), nullable=True),
        sa.Column("at", pipeline.store.schema.columns.UtcDateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(["story_id"], ["story.id"], name=op.f("fk_change_story_id")),
        sa.PrimaryKeyConstraint("seq", name=op.f("pk_change")),
        sqlite_autoincrement=True,
    )
    op.create_index(op.f("ix_change_story_id"), "change", ["story_id"], unique=False)
    op.create_table(
        "entry",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), autoincrement=True, nullable=False),
        sa.Column("feed_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("key", sa.Text(), nullable=False),
        sa.Column("outlet", sa.Text(), nullable=False),
        sa.Column("url", sa.Text(), nullable=False),
        sa.Column("url_key", sa.Text(), nullable=False),
        sa.Column("title", sa.Text(), nullable=False),
        sa.Column("summary", sa.Text(), nullable=False),
        sa.Column("content", sa.Text(), nullable=False),
        sa.Column("authors", sa.JSON(), nullable=False),
        sa.Column("lang", sa.String(length=16), nullable=False),
        sa.Column("source_url", sa.Text(), nullable=False),
        sa.Column("published", sa.String(length=40), nullable=True),
        sa.Column("published_precision", sa.String(length=8), nullable=True),
        sa.Column("published_basis", sa.String(length=10), nullable=True),
        sa.Column("updated", sa.String(length=40), nullable=True),
        sa.Column("updated_precision", sa.String(length=8), nullable=True),
        sa.Column("updated_basis", sa.String(length=10), nullable=True),
        sa.Column("status", sa.String(length=12), nullable=False),
        sa.Column("attempts", sa.Integer(), nullable=False),
        sa.Column("next_try", pipeline.store.schema.columns.UtcDateTime(timezone=True), nullable=False),
        sa.Column("claimed_until", pipeline.store.schema.columns.UtcDateTime(timezone=True), nullable=True),
        sa.Column("outcome", sa.String(length=24), nullable=False),
        sa.Column("detail", sa.Text(), nullable=False),
        sa.Column("seen_at", pipeline.store.schema.columns.UtcDateTime(timezone=True), nullable=False),
        sa.Column("said", sa.BigInteger(), nullable=True),
        sa.Column("edited_at", pipeline.store.schema.columns.UtcDateTime(timezone=True), nullable=True),
        sa.Column("edits", sa.Integer(), server_default="0", nullable=False),
        sa.Column("revisit_at", pipeline.store.schema.columns.UtcDateTime(timezone=True), nullable=True),
        sa.Column("revisits", sa.Integer(), server_default="0", nullable=False),
        sa.Column("revisited_at", pipeline.store.schema.columns.UtcDateTime(timezone=True), nullable=True),
        sa.Column("revisit_outcome", sa.String(length=24), server_default="", nullable=False),
        sa.Column("guid", sa.Text(), server_default="", nullable=False),
        sa.Column("delivered", sa.JSON(), nullable=True),
        sa.ForeignKeyConstraint(["feed_id"], ["feed.id"], name=op.f("fk_entry_feed_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_entry")),
        sa.UniqueConstraint("feed_id", "key", name=op.f("uq_entry_feed_id_key")),
        sa.UniqueConstraint("outlet", "url_key", name=op.f("uq_entry_outlet_url_key")),
        sqlite_autoincrement=True,
    )
    op.create_index(op.f("ix_entry_edited_at"), "entry", ["edited_at"], unique=False)
    op.create_index(op.f("ix_entry_feed_id"), "entry", ["feed_id"], unique=False)
    op.create_index(op.f("ix_entry_feed_id_guid"), "entry", ["feed_id", "guid"], unique=False)
    op.create_index(op.f("ix_entry_revisit_at"), "entry", ["revisit_at"], unique=False)
    op.create_index(op.f("ix_entry_revisited_at"), "entry", ["revisited_at"], unique=False)
    op.create_index(op.f("ix_entry_status_next_try"), "entry", ["status", "next_try"], unique=False)
    op.create_table(
        "poll",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), autoincrement=True, nullable=False),
        sa.Column("feed_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("polled_at", pipeline.store.schema.columns.UtcDateTime(timezone=True), nullable=False),
        sa.Column("outcome", sa.String(length=20), nullable=False),
        sa.Column("status", sa.Integer(), nullable=False),
        sa.Column("detail", sa.Text(), nullable=False),
        sa.Column("entries", sa.Integer(), nullable=False),
        sa.Column("new", sa.Integer(), nullable=False),
        sa.Column("seen", sa.Integer(), nullable=False),
        sa.Column("known", sa.Integer(), nullable=False),
        sa.Column("dropped", sa.JSON(), nullable=False),
        sa.ForeignKeyConstraint(["feed_id"], ["feed.id"], name=op.f("fk_poll_feed_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_poll")),
        sqlite_autoincrement=True,
    )
    op.create_index(op.f("ix_poll_feed_id"), "poll", ["feed_id"], unique=False)
    op.create_index(op.f("ix_poll_polled_at"), "poll", ["polled_at"], unique=False)
    op.create_table(
        "ruling",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), autoincrement=True, nullable=False),
        sa.Column("kind", sa.String(length=8), nullable=False),
        sa.Column("story_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("other_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("articles", sa.JSON(), nullable=False),
        sa.Column("at", pipeline.store.schema.columns.UtcDateTime(timezone=True), nullable=False),
        sa.Column("machine", sa.Boolean(), server_default=sa.text("false"), nullable=False),
        sa.Column("reason", sa.Text(), server_default="", nullable=False),
        sa.ForeignKeyConstraint(["other_id"], ["story.id"], name=op.f("fk_ruling_other_id")),
        sa.ForeignKeyConstraint(["story_id"], ["story.id"], name=op.f("fk_ruling_story_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_ruling")),
        sqlite_autoincrement=True,
    )
    op.create_index(op.f("ix_ruling_kind_machine"), "ruling", ["kind", "machine"], unique=False)
    op.create_index(op.f("ix_ruling_story_id"), "ruling", ["story_id"], unique=False)
    op.create_table(
        "subscription",
        sa.Column("token", sa.String(length=64), nullable=False),
        sa.Column("feed_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("hub", sa.Text(), nullable=False),
        sa.Column("topic", sa.Text(), nullable=False),
        sa.Column("secret", sa.String(length=64), nullable=False),
        sa.Column("state", sa.String(length=8), nullable=False),
        sa.Column("asked", sa.String(length=12), nullable=False),
        sa.Column("asked_at", pipeline.store.schema.columns.UtcDateTime(timezone=True), nullable=False),
        sa.Column("lease_until", pipeline.store.schema.columns.UtcDateTime(timezone=True), nullable=True),
        sa.Column("delivered_at", pipeline.store.schema.columns.UtcDateTime(timezone=True), nullable=True),
        sa.Column("detail", sa.Text(), nullable=False),
        sa.Column("callback", sa.Text(), server_default="", nullable=False),
        sa.ForeignKeyConstraint(["feed_id"], ["feed.id"], name=op.f("fk_subscription_feed_id")),
        sa.PrimaryKeyConstraint("token", name=op.f("pk_subscription")),
    )
    op.create_index(op.f("ix_subscription_feed_id"), "subscription", ["feed_id"], unique=False)
    op.create_table(
        "address",
        sa.Column("outlet", sa.Text(), nullable=False),
        sa.Column("url_key", sa.Text(), nullable=False),
        sa.Column("entry_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.ForeignKeyConstraint(["entry_id"], ["entry.id"], name=op.f("fk_address_entry_id")),
        sa.PrimaryKeyConstraint("outlet", "url_key", name=op.f("pk_address")),
    )
    op.create_table(
        "carried",
        sa.Column("feed_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), autoincrement=False, nullable=False),
        sa.Column(
            "entry_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), autoincrement=False, nullable=False
        ),
        sa.Column("key", sa.Text(), nullable=False),
        sa.Column("first_seen", pipeline.store.schema.columns.UtcDateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(["entry_id"], ["entry.id"], name=op.f("fk_carried_entry_id")),
        sa.ForeignKeyConstraint(["feed_id"], ["feed.id"], name=op.f("fk_carried_feed_id")),
        sa.PrimaryKeyConstraint("feed_id", "entry_id", name=op.f("pk_carried")),
    )
    op.create_index(op.f("ix_carried_feed_id_first_seen"), "carried", ["feed_id", "first_seen"], unique=False)
    op.create_index(op.f("ix_carried_feed_id_key"), "carried", ["feed_id", "key"], unique=False)
    op.create_table(
        "delivery",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), autoincrement=True, nullable=False),
        sa.Column("token", sa.String(length=64), nullable=False),
        sa.Column("body", sa.LargeBinary(), nullable=False),
        sa.Column("media_type", sa.Text(), nullable=False),
        sa.Column("came_at", pipeline.store.schema.columns.UtcDateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(["token"], ["subscription.token"], name=op.f("fk_delivery_token")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_delivery")),
        sqlite_autoincrement=True,
    )
    op.create_index(op.f("ix_delivery_token"), "delivery", ["token"], unique=False)
    op.create_table(
        "page",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), autoincrement=True, nullable=False),
        sa.Column("entry_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("url", sa.Text(), nullable=False),
        sa.Column("final_url", sa.Text(), nullable=False),
        sa.Column("fetched_at", pipeline.store.schema.columns.UtcDateTime(timezone=True), nullable=False),
        sa.Column("status", sa.Integer(), nullable=False),
        sa.Column("media_type", sa.Text(), nullable=False),
        sa.Column("charset", sa.Text(), nullable=False),
        sa.Column("digest", sa.String(length=64), nullable=False),
        sa.Column("bytes", sa.BigInteger(), nullable=False),
        sa.Column("archive_file", sa.Text(), nullable=True),
        sa.Column("archive_offset", sa.BigInteger(), nullable=True),
        sa.Column("archive_length", sa.BigInteger(), nullable=True),
        sa.Column("etag", sa.Text(), server_default="", nullable=False),
        sa.Column("last_modified", sa.Text(), server_default="", nullable=False),
        sa.ForeignKeyConstraint(["entry_id"], ["entry.id"], name=op.f("fk_page_entry_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_page")),
        sqlite_autoincrement=True,
    )
    op.create_index(op.f("ix_page_entry_id"), "page", ["entry_id"], unique=False)
    op.create_index(op.f("ix_page_fetched_at"), "page", ["fetched_at"], unique=False)
    op.create_table(
        "article",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), autoincrement=True, nullable=False),
        sa.Column("entry_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("page_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=True),
        sa.Column("outlet", sa.Text(), nullable=False),
        sa.Column("preferred", sa.Boolean(), nullable=False),
        sa.Column("seen_at", pipeline.store.schema.columns.UtcDateTime(timezone=True), nullable=False),
        sa.Column("url", sa.Text(), nullable=False),
        sa.Column("canonical_url", sa.Text(), nullable=False),
        sa.Column("title", sa.Text(), nullable=False),
        sa.Column("deck", sa.Text(), nullable=False),
        sa.Column("byline", sa.JSON(), nullable=False),
        sa.Column("agency", sa.Text(), nullable=False),
        sa.Column("syndicated", sa.Boolean(), nullable=False),
        sa.Column("dateline_place", sa.Text(), nullable=True),
        sa.Column("dateline_text", sa.Text(), nullable=True),
        sa.Column("dateline_date", sa.String(length=40), nullable=True),
        sa.Column("dateline_date_precision", sa.String(length=8), nullable=True),
        sa.Column("dateline_date_basis", sa.String(length=10), nullable=True),
        sa.Column("published", sa.String(length=40), nullable=True),
        sa.Column("published_precision", sa.String(length=8), nullable=True),
        sa.Column("published_basis", sa.String(length=10), nullable=True),
        sa.Column("updated", sa.String(length=40), nullable=True),
        sa.Column("updated_precision", sa.String(length=8), nullable=True),
        sa.Column("updated_basis", sa.String(length=10), nullable=True),
        sa.Column("lang", sa.String(length=16), nullable=False),
        sa.Column("mark", sa.String(length=12), nullable=False),
        sa.Column("body", pipeline.store.schema.columns.Paragraphs(), nullable=False),
        sa.Column("kept", sa.Integer(), nullable=False),
        sa.Column("removed", sa.Integer(), nullable=False),
        sa.Column("line_keys", sa.LargeBinary(), server_default="", nullable=False),
        sa.Column("places", sa.JSON(), server_default="[]", nullable=False),
        sa.Column("agreement", sa.Float(), server_default="1", nullable=False),
        sa.Column("kind", sa.String(length=12), server_default="article", nullable=False),
        sa.Column("section", sa.Text(), server_default="", nullable=False),
        sa.Column("picture", sa.Text(), server_default="", nullable=False),
        sa.Column("picture_credit", sa.Text(), server_default="", nullable=False),
        sa.Column("licence", sa.Text(), server_default="", nullable=False),
        sa.Column("signals", sa.JSON(), server_default="[]", nullable=False),
        sa.Column("sources", sa.JSON(), server_default="[]", nullable=False),
        sa.Column("feed_agency", sa.Text(), server_default="", nullable=False),
        sa.Column("claims", sa.JSON(), server_default="[]", nullable=False),
        sa.Column("withheld", sa.Text(), server_default="", nullable=False),
        sa.Column("print", sa.LargeBinary(), nullable=True),
        sa.ForeignKeyConstraint(["entry_id"], ["entry.id"], name=op.f("fk_article_entry_id")),
        sa.ForeignKeyConstraint(["page_id"], ["page.id"], name=op.f("fk_article_page_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_article")),
        sa.UniqueConstraint("entry_id", name=op.f("uq_article_entry_id")),
        sqlite_autoincrement=True,
    )
    op.create_index("ix_article_outlet", "article", ["outlet", "seen_at"], unique=False)
    op.create_table(
        "copy",
        sa.Column(
            "article_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), autoincrement=False, nullable=False
        ),
        sa.Column("story_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("relation", sa.String(length=12), nullable=False),
        sa.Column("edition", sa.Integer(), nullable=False),
        sa.Column("score", sa.Float(), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("seen_at", pipeline.store.schema.columns.UtcDateTime(timezone=True), nullable=False),
        sa.Column("recipe", sa.Integer(), nullable=False),
        sa.Column("tokens", sa.Integer(), nullable=False),
        sa.Column("shingles", sa.LargeBinary(), nullable=False),
        sa.ForeignKeyConstraint(["article_id"], ["article.id"], name=op.f("fk_copy_article_id")),
        sa.ForeignKeyConstraint(["story_id"], ["story.id"], name=op.f("fk_copy_story_id")),
        sa.PrimaryKeyConstraint("article_id", name=op.f("pk_copy")),
        sqlite_autoincrement=True,
    )
    op.create_index(op.f("ix_copy_seen_at"), "copy", ["seen_at"], unique=False)
    op.create_index(op.f("ix_copy_story_id"), "copy", ["story_id"], unique=False)
    op.create_table(
        "link",
        sa.Column(
            "article_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), autoincrement=False, nullable=False
        ),
        sa.Column(
            "story_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), autoincrement=False, nullable=False
        ),
        sa.Column("kind", sa.String(length=12), nullable=False),
        sa.Column("score", sa.Float(), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("at", pipeline.store.schema.columns.UtcDateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(["article_id"], ["article.id"], name=op.f("fk_link_article_id")),
        sa.ForeignKeyConstraint(["story_id"], ["story.id"], name=op.f("fk_link_story_id")),
        sa.PrimaryKeyConstraint("article_id", "story_id", name=op.f("pk_link")),
    )
    op.create_index(op.f("ix_link_story_id"), "link", ["story_id"], unique=False)
    op.create_table(
        "span",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), autoincrement=True, nullable=False),
        sa.Column("article_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("kind", sa.String(length=12), nullable=False),
        sa.Column("text", sa.Text(), nullable=False),
        sa.Column("rule", sa.Text(), nullable=False),
        sa.Column("block", sa.Integer(), nullable=False),
        sa.Column("start", sa.Integer(), nullable=False),
        sa.Column("whole", sa.Boolean(), nullable=False),
        sa.Column("agencies", sa.JSON(), nullable=False),
        sa.ForeignKeyConstraint(["article_id"], ["article.id"], name=op.f("fk_span_article_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_span")),
        sqlite_autoincrement=True,
    )
    op.create_index(op.f("ix_span_article_id"), "span", ["article_id"], unique=False)
    op.create_table(
        "version",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), autoincrement=True, nullable=False),
        sa.Column("story_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("kind", sa.String(length=12), nullable=False),
        sa.Column("article_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("title", sa.Text(), nullable=False),
        sa.Column("body", pipeline.store.schema.columns.Paragraphs(), nullable=False),
        sa.Column("support", sa.JSON(), server_default="[]", nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("created_at", pipeline.store.schema.columns.UtcDateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(["article_id"], ["article.id"], name=op.f("fk_version_article_id")),
        sa.ForeignKeyConstraint(["story_id"], ["story.id"], name=op.f("fk_version_story_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_version")),
        sa.UniqueConstraint("story_id", "number", name=op.f("uq_version_story_id_number")),
        sqlite_autoincrement=True,
    )
    op.create_table(
        "waiting",
        sa.Column(
            "article_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), autoincrement=False, nullable=False
        ),
        sa.Column("seen_at", pipeline.store.schema.columns.UtcDateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(["article_id"], ["article.id"], name=op.f("fk_waiting_article_id")),
        sa.PrimaryKeyConstraint("article_id", name=op.f("pk_waiting")),
    )
    op.create_index(op.f("ix_waiting_seen_at_article_id"), "waiting", ["seen_at", "article_id"], unique=False)


def downgrade() -> None:
    op.drop_index(op.f("ix_waiting_seen_at_article_id"), table_name="waiting")
    op.drop_table("waiting")
    op.drop_table("version")
    op.drop_index(op.f("ix_span_article_id"), table_name="span")
    op.drop_table("span")
    op.drop_index(op.f("ix_link_story_id"), table_name="link")
    op.drop_table("link")
    op.drop_index(op.f("ix_copy_story_id"), table_name="copy")
    op.drop_index(op.f("ix_copy_seen_at"), table_name="copy")
    op.drop_table("copy")
    op.drop_index("ix_article_outlet", table_name="article")
    op.drop_table("article")
    op.drop_index(op.f("ix_page_fetched_at"), table_name="page")
    op.drop_index(op.f("ix_page_entry_id"), table_name="page")
    op.drop_table("page")
    op.drop_index(op.f("ix_delivery_token"), table_name="delivery")
    op.drop_table("delivery")
    op.drop_index(op.f("ix_carried_feed_id_key"), table_name="carried")
    op.drop_index(op.f("ix_carried_feed_id_first_seen"), table_name="carried")
    op.drop_table("carried")
    op.drop_table("address")
    op.drop_index(op.f("ix_subscription_feed_id"), table_name="subscription")
    op.drop_table("subscription")
    op.drop_index(op.f("ix_ruling_story_id"), table_name="ruling")
    op.drop_index(op.f("ix_ruling_kind_machine"), table_name="ruling")
    op.drop_table("ruling")
    op.drop_index(op.f("ix_poll_polled_at"), table_name="poll")
    op.drop_index(op.f("ix_poll_feed_id"), table_name="poll")
    op.drop_table("poll")
    op.drop_index(op.f("ix_entry_status_next_try"), table_name="entry")
    op.drop_index(op.f("ix_entry_revisited_at"), table_name="entry")
    op.drop_index(op.f("ix_entry_revisit_at"), table_name="entry")
    op.drop_index(op.f("ix_entry_feed_id_guid"), table_name="entry")
    op.drop_index(op.f("ix_entry_feed_id"), table_name="entry")
    op.drop_index(op.f("ix_entry_edited_at"), table_name="entry")
    op.drop_table("entry")
    op.drop_index(op.f("ix_change_story_id"), table_name="change")
    op.drop_table("change")
    op.drop_table("template_place")
    op.drop_table("template_line")
    op.drop_table("tally")
    op.drop_index(op.f("ix_story_updated_at"), table_name="story")
    op.drop_index(op.f("ix_story_first_seen"), table_name="story")
    op.drop_table("story")
    op.drop_table("robots")
    op.drop_table("memory")
    op.drop_table("lease")
    op.drop_index(op.f("ix_keys_newest"), table_name="keys")
    op.drop_table("keys")
    op.drop_table("kept_line")
    op.drop_table("host")
    op.drop_index(op.f("ix_feed_next_poll"), table_name="feed")
    op.drop_table("feed")
    op.drop_table("cursor")
