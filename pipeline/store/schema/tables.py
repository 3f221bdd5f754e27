"""The tables. Times are UTC; a Moment is kept as written (ISO 8601 text) beside its UTC instant, which orders it.

Ids are never reused. ``article`` is the result of extraction; ``copy`` is the article's place in a story. Hosts,
subscriptions and counts of outcomes are in ``network``, what persons said in ``persons``.
"""

from __future__ import annotations

from sqlalchemy import (
    JSON,
    BigInteger,
    Boolean,
    Column,
    Float,
    ForeignKey,
    Index,
    Integer,
    LargeBinary,
    String,
    Table,
    Text,
    UniqueConstraint,
    false,
    text,
)

import pipeline.store.schema.network
import pipeline.store.schema.past
import pipeline.store.schema.persons  # noqa: F401 - their tables are part of the schema
from pipeline.store.schema.columns import BigId, Paragraphs
from pipeline.store.schema.columns import UtcDateTime as UtcDateTime  # migrations know it by this place
from pipeline.store.schema.columns import id_column as _id
from pipeline.store.schema.columns import metadata as metadata
from pipeline.store.schema.columns import moment_columns as _moment
from pipeline.store.schema.columns import reference as _ref
from pipeline.store.schema.columns import table as _table

IS_REDIRECTED = text("final_key IS NOT NULL")
IS_PLANNED = text("revisit_at IS NOT NULL")

feed = _table(
    "feed",
    _id(),
    Column("url", Text, nullable=False, unique=True),
    Column("outlet", Text, nullable=False),
    Column("country", String(2), nullable=False, default=""),
    Column("lang", String(16), nullable=False, default=""),
    Column("full_text", Boolean, nullable=False, default=False),
    Column("preferred", Boolean, nullable=False, default=False),
    Column("agency", Text, nullable=False, server_default=""),
    Column("listed", Boolean, nullable=False, default=True),
    Column("paused", Boolean, nullable=False, default=False),
    Column("title", Text, nullable=False, default=""),
    Column("format", String(16), nullable=False, default=""),
    Column("etag", Text, nullable=False, default=""),
    Column("last_modified", Text, nullable=False, default=""),
    Column("next_poll", UtcDateTime, nullable=False, index=True),
    Column("claimed_until", UtcDateTime),
    Column("interval", Float, nullable=False),
    # What a person set, in seconds.
    Column("fixed_interval", Float),
    Column("failures", Integer, nullable=False, default=0),
    Column("last_outcome", String(20)),
    Column("last_detail", Text, nullable=False, default=""),
    Column("last_poll", UtcDateTime),
    Column("retired", Boolean, nullable=False, default=False),
    Column("failing_since", UtcDateTime),
    Column("address", Text, nullable=False, default=""),
    Column("moved_to", Text, nullable=False, default=""),
    Column("moved_times", Integer, nullable=False, default=0),
    Column("recent", JSON, nullable=False, default=list),
    Column("fresh_for", Float, nullable=False, default=0.0),
    Column("every", Float, nullable=False, default=0.0),
    Column("skip_hours", JSON, nullable=False, default=list),
    Column("skip_days", JSON, nullable=False, default=list),
    Column("zone", String(64), nullable=False, server_default=""),
    Column("licence", Text, nullable=False, server_default=""),
    Column("final_url", Text, nullable=False, server_default=""),
    Column("self_url", Text, nullable=False, server_default=""),
    # Of its last whole answer; and when a 304 was proved wrong.
    Column("entries", Integer, nullable=False, server_default="0"),
    Column("whole_at", UtcDateTime),
    Column("lied_at", UtcDateTime),
)

poll = _table(
    "poll",
    _id(),
    _ref("feed_id", "feed.id", nullable=False, index=True),
    Column("polled_at", UtcDateTime, nullable=False, index=True),
    Column("outcome", String(20), nullable=False),
    Column("status", Integer, nullable=False),
    Column("detail", Text, nullable=False),
    Column("entries", Integer, nullable=False),
    Column("new", Integer, nullable=False),
    # seen = new + known + the sum of dropped, by reason
    Column("seen", Integer, nullable=False),
    Column("known", Integer, nullable=False),
    Column("dropped", JSON, nullable=False),
)

entry = _table(
    "entry",
    _id(),
    _ref("feed_id", "feed.id", nullable=False, index=True),
    Column("key", Text, nullable=False),
    Column("outlet", Text, nullable=False),
    Column("url", Text, nullable=False),
    Column("url_key", Text, nullable=False),
    Column("title", Text, nullable=False),
    Column("summary", Text, nullable=False),
    Column("content", Text, nullable=False),
    Column("authors", JSON, nullable=False),
    Column("lang", String(16), nullable=False),
    Column("source_url", Text, nullable=False),
    *_moment("published"),
    *_moment("updated"),
    Column("status", String(12), nullable=False),
    Column("attempts", Integer, nullable=False, default=0),
    Column("next_try", UtcDateTime, nullable=False),
    Column("claimed_until", UtcDateTime),
    Column("outcome", String(24), nullable=False, default=""),
    Column("detail", Text, nullable=False, default=""),
    Column("seen_at", UtcDateTime, nullable=False, index=True),
    # What the feed said of it, as a hash, so that an edit shows; and when it was edited after it had its article.
    Column("said", BigInteger),
    Column("edited_at", UtcDateTime, index=True),
    Column("edits", Integer, nullable=False, server_default="0"),
    # When its page is to be looked at again, how often that was done, when last and what came of it.
    Column("revisit_at", UtcDateTime),
    Column("revisits", Integer, nullable=False, server_default="0"),
    Column("revisited_at", UtcDateTime, index=True),
    Column("revisit_outcome", String(24), nullable=False, server_default=""),
    Column("guid", Text, nullable=False, server_default=""),
    Column("delivered", JSON),
    UniqueConstraint("feed_id", "key"),
    UniqueConstraint("outlet", "url_key"),
    Index(None, "status", "next_try"),
    Index(None, "status", "revisit_at", sqlite_where=IS_PLANNED, postgresql_where=IS_PLANNED),
    Index(None, "feed_id", "guid"),
    Index(None, "url_key"),
)

FAILED = text("status = 'failed'")
Index("ix_entry_failed", entry.c.id, sqlite_where=FAILED, postgresql_where=FAILED)

# Which feeds carry an entry, and the guid that each calls it by now: guids are issued anew, and feeds share pages.
carried = Table(
    "carried",
    metadata,
    Column("feed_id", BigId, ForeignKey("feed.id"), primary_key=True, autoincrement=False),
    Column("entry_id", BigId, ForeignKey("entry.id"), primary_key=True, autoincrement=False),
    Column("key", Text, nullable=False),
    Column("first_seen", UtcDateTime, nullable=False),
    Index(None, "feed_id", "key"),
    Index(None, "feed_id", "first_seen"),
)

# The addresses that an entry's link moved to, beside the one it was found under.
address = Table(
    "address",
    metadata,
    Column("outlet", Text, primary_key=True),
    Column("url_key", Text, primary_key=True, index=True),
    Column("entry_id", BigId, ForeignKey("entry.id"), nullable=False),
)

page = _table(
    "page",
    _id(),
    _ref("entry_id", "entry.id", nullable=False, index=True),
    Column("url", Text, nullable=False),
    Column("final_url", Text, nullable=False),
    Column("fetched_at", UtcDateTime, nullable=False, index=True),
    Column("status", Integer, nullable=False),
    Column("media_type", Text, nullable=False),
    Column("charset", Text, nullable=False),
    Column("digest", String(64), nullable=False),
    Column("bytes", BigInteger, nullable=False),
    Column("archive_file", Text, index=True),
    Column("archive_offset", BigInteger),
    Column("archive_length", BigInteger),
    Column("etag", Text, nullable=False, server_default=""),
    Column("last_modified", Text, nullable=False, server_default=""),
    # Of its final address, where that is another than its entry's.
    Column("final_key", Text),
    Index("ix_page_final_key", "final_key", sqlite_where=IS_REDIRECTED, postgresql_where=IS_REDIRECTED),
)

article = _table(
    "article",
    _id(),
    _ref("entry_id", "entry.id", nullable=False, unique=True),
    _ref("page_id", "page.id"),
    Column("outlet", Text, nullable=False),
    Column("preferred", Boolean, nullable=False),
    Column("seen_at", UtcDateTime, nullable=False),
    Column("url", Text, nullable=False),
    # Of the address that answered, behind all redirects.
    Column("url_key", Text, nullable=False, server_default="", index=True),
    Column("canonical_url", Text, nullable=False),
    Column("title", Text, nullable=False),
    Column("deck", Text, nullable=False),
    Column("byline", JSON, nullable=False),
    Column("agency", Text, nullable=False),
    Column("syndicated", Boolean, nullable=False),
    Column("dateline_place", Text),
    Column("dateline_text", Text),
    *_moment("dateline_date"),
    *_moment("published", index=True),
    *_moment("updated"),
    Column("lang", String(16), nullable=False),
    Column("mark", String(12), nullable=False),
    Column("body", Paragraphs, nullable=False),
    Column("kept", Integer, nullable=False),
    Column("removed", Integer, nullable=False),
    Column("line_keys", LargeBinary, nullable=False, server_default=""),
    Column("places", JSON, nullable=False, server_default="[]"),
    Column("agreement", Float, nullable=False, server_default="1"),
    Column("kind", String(12), nullable=False, server_default="article"),
    Column("section", Text, nullable=False, server_default=""),
    Column("picture", Text, nullable=False, server_default=""),
    Column("picture_credit", Text, nullable=False, server_default=""),
    Column("licence", Text, nullable=False, server_default=""),
    Column("signals", JSON, nullable=False, server_default="[]"),
    Column("sources", JSON, nullable=False, server_default="[]"),
    Column("feed_agency", Text, nullable=False, server_default=""),
    Column("claims", JSON, nullable=False, server_default="[]"),
    # Why its text is not kept, and then its fingerprint: recipe and tokens (32 bits each), shingles.
    Column("withheld", Text, nullable=False, server_default=""),
    Column("print", LargeBinary),
    # Why an operator should look at it although it was read surely.
    Column("doubt", Text, nullable=False, server_default=""),
    Index("ix_article_outlet", "outlet", "seen_at"),
)

# What an operator should look at: of a million articles a few.
DOUBTFUL = text("agreement < 0.8 OR kind <> 'article' OR doubt <> ''")
Index("ix_article_doubtful", article.c.id, sqlite_where=DOUBTFUL, postgresql_where=DOUBTFUL)

# Articles without a place yet. A column of ``article`` would have each row written anew, text and all, to be placed.
waiting = Table(
    "waiting",
    metadata,
    Column("article_id", BigId, ForeignKey("article.id"), primary_key=True, autoincrement=False),
    Column("seen_at", UtcDateTime, nullable=False),
    Index(None, "seen_at", "article_id"),
)

span = _table(
    "span",
    _id(),
    _ref("article_id", "article.id", nullable=False, index=True),
    Column("kind", String(12), nullable=False),
    Column("text", Text, nullable=False),
    Column("rule", Text, nullable=False),
    Column("block", Integer, nullable=False),
    Column("start", Integer, nullable=False),
    Column("whole", Boolean, nullable=False),
    Column("agencies", JSON, nullable=False),
)

story = _table(
    "story",
    _id(),
    Column("title", Text, nullable=False),
    Column("agency", Text, nullable=False),
    Column("lang", String(16), nullable=False),
    Column("first_seen", UtcDateTime, nullable=False, index=True),
    Column("updated_at", UtcDateTime, nullable=False, index=True),
    Column("version", Integer, nullable=False),
    Column("kind", String(12), nullable=False),
    Column("withdrawn", Boolean, nullable=False, default=False),
    # Where it was merged into another, all that is left of it is the way there.
    Column("merged_into", BigId),
    # What the text in force is based on now: the copy, the outlets of each paragraph, the rule.
    Column("article_id", BigId),
    Column("support", JSON, nullable=False, server_default="[]"),
    Column("reason", Text, nullable=False, server_default=""),
    # The number of its lines in the change log.
    Column("revision", Integer, nullable=False, server_default="0"),
    # Who withdrew it: 'agency' or 'person'; and when a person had its text removed for good.
    Column("withdrawn_by", String(8), nullable=False, server_default=""),
    Column("removed_at", UtcDateTime),
)
# A partial index is taken for no other question: SQLite would count all stories that were not merged as few.
_MERGED, _LIVE = text("merged_into IS NOT NULL"), text("merged_into IS NULL")
Index("ix_story_merged_into", story.c.merged_into, sqlite_where=_MERGED, postgresql_where=_MERGED)
Index("ix_story_newest", story.c.first_seen, story.c.id, sqlite_where=_LIVE, postgresql_where=_LIVE)
for _column in (story.c.agency, story.c.lang, story.c.kind):
    _name = f"ix_story_{_column.name}_newest"
    Index(_name, _column, story.c.first_seen, story.c.id, sqlite_where=_LIVE, postgresql_where=_LIVE)
_CHANGED = text("version > 1 AND merged_into IS NULL")
Index("ix_story_changed", story.c.updated_at, story.c.kind, sqlite_where=_CHANGED, postgresql_where=_CHANGED)
# Stories without a text: a split that died between two transactions left some.
Index("ix_story_textless", story.c.id, sqlite_where=story.c.version == 0, postgresql_where=story.c.version == 0)

copy = _table(
    "copy",
    _ref("article_id", "article.id", primary_key=True, autoincrement=False),
    _ref("story_id", "story.id", nullable=False, index=True),
    Column("relation", String(12), nullable=False),
    Column("edition", Integer, nullable=False),
    Column("score", Float, nullable=False),
    Column("reason", Text, nullable=False),
    Column("seen_at", UtcDateTime, nullable=False, index=True),
    Column("recipe", Integer, nullable=False),
    Column("tokens", Integer, nullable=False),
    Column("shingles", LargeBinary, nullable=False),
)

version = _table(
    "version",
    _id(),
    _ref("story_id", "story.id", nullable=False),
    Column("number", Integer, nullable=False),
    Column("kind", String(12), nullable=False),
    _ref("article_id", "article.id", nullable=False, index=True),
    Column("title", Text, nullable=False),
    Column("body", Paragraphs, nullable=False),
    Column("support", JSON, nullable=False, server_default="[]"),
    Column("reason", Text, nullable=False),
    Column("created_at", UtcDateTime, nullable=False),
    # Of the text as it was created. A version is never changed, but that its text may be removed.
    Column("digest", String(64), nullable=False, server_default=""),
    Column("removed_at", UtcDateTime),
    UniqueConstraint("story_id", "number"),
)

# The keys of a batch of copies, sorted, and the copy that holds each; a row is changed only where its recipe is
# an older one.
keys = _table(
    "keys",
    _id(),
    Column("newest", UtcDateTime, nullable=False, index=True),
    Column("made_at", UtcDateTime, nullable=False),
    Column("recipe", String(40), nullable=False),
    Column("body", LargeBinary, nullable=False),
)

ruling = _table(
    "ruling",
    _id(),
    Column("kind", String(8), nullable=False),
    _ref("story_id", "story.id", nullable=False, index=True),
    _ref("other_id", "story.id", nullable=False),
    Column("articles", JSON, nullable=False),
    Column("at", UtcDateTime, nullable=False),
    Column("machine", Boolean, nullable=False, server_default=false()),
    Column("reason", Text, nullable=False, server_default=""),
    Index(None, "kind", "machine"),
)

# What an article has of a story that it is no copy of; the story that the article itself is in, its copy says.
link = Table(
    "link",
    metadata,
    Column("article_id", BigId, ForeignKey("article.id"), primary_key=True, autoincrement=False),
    Column("story_id", BigId, ForeignKey("story.id"), primary_key=True, autoincrement=False, index=True),
    Column("kind", String(12), nullable=False),
    Column("score", Float, nullable=False),
    Column("reason", Text, nullable=False),
    Column("at", UtcDateTime, nullable=False),
)

# What recurs on an outlet's pages, as learned last; and what of it an operator calls text.
template_line = Table(
    "template_line",
    metadata,
    Column("outlet", Text, primary_key=True),
    Column("key", BigInteger, primary_key=True, autoincrement=False),
    Column("place", Text, nullable=False, server_default=""),
    Column("stories", Integer, nullable=False),
    Column("first_seen", UtcDateTime, nullable=False),
    Column("last_seen", UtcDateTime, nullable=False),
)

template_place = Table(
    "template_place",
    metadata,
    Column("outlet", Text, primary_key=True),
    Column("place", Text, primary_key=True),
    Column("stories", Integer, nullable=False),
    Column("first_seen", UtcDateTime, nullable=False),
    Column("last_seen", UtcDateTime, nullable=False),
)

kept_line = Table(
    "kept_line",
    metadata,
    Column("outlet", Text, primary_key=True),
    Column("key", BigInteger, primary_key=True, autoincrement=False),
    Column("text", Text, nullable=False),
    Column("kept_at", UtcDateTime, nullable=False),
)

# A line of the log of changes; its fields are told in docs/records.md.
change = _table(
    "change",
    Column("seq", BigId, primary_key=True, autoincrement=True),
    Column("tx", BigId, nullable=False, server_default="0"),
    Column("at", UtcDateTime, nullable=False),
    Column("kind", String(20), nullable=False, index=True),
    _ref("story_id", "story.id", nullable=False, index=True),
    Column("other_id", BigId, index=True),
    Column("articles", JSON, nullable=False, server_default="[]"),
    Column("version", Integer),
    Column("revision", Integer, nullable=False, server_default="0"),
    Column("status", String(10), nullable=False, server_default="live"),
    Column("digest", String(64)),
    Column("changed", JSON, nullable=False, server_default="[]"),
    Column("actor", String(8), nullable=False, server_default="machine"),
    Column("reason", Text, nullable=False, server_default=""),
    Column("tag", String(16), nullable=False, server_default=""),
)

BY_PERSON = text("actor = 'person'")
Index("ix_change_person", change.c.tx, sqlite_where=BY_PERSON, postgresql_where=BY_PERSON)

# The one row of the log itself: whose it is, where it ends, and up to where it was compacted.
log_state = Table(
    "log_state",
    metadata,
    Column("id", Integer, primary_key=True, autoincrement=False),
    Column("store", String(36), nullable=False),
    Column("epoch", String(16), nullable=False),
    Column("head", BigId, nullable=False),
    Column("head_tag", String(16), nullable=False),
    Column("head_at", UtcDateTime),
    Column("floor", BigId, nullable=False),
    Column("floor_tag", String(16), nullable=False),
    # Up to where it is forgotten what stories and copies were.
    Column("past_floor", BigId, nullable=False, server_default="0"),
)

cursor = Table("cursor", metadata, Column("name", String(64), primary_key=True), Column("seq", BigId, nullable=False))

memory = Table(
    "memory",
    metadata,
    Column("name", String(32), primary_key=True),
    Column("seq", BigId, nullable=False),
    Column("body", LargeBinary, nullable=False),
)
