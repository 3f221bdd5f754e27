"""Tables of the network: hosts and their robots.txt, subscriptions at hubs and deliveries, outcomes; locks."""

from __future__ import annotations

from sqlalchemy import (
    JSON,
    BigInteger,
    Column,
    Date,
    Float,
    ForeignKey,
    Index,
    Integer,
    LargeBinary,
    String,
    Table,
    Text,
)

from pipeline.store.schema.columns import BigId, UtcDateTime, id_column, metadata, reference, table

# A host as processes share it: whose turn it is ('' nobody's) and when the next request may start.
host = Table(
    "host",
    metadata,
    Column("name", Text, primary_key=True),
    Column("owner", String(32), nullable=False),
    Column("free_at", UtcDateTime, nullable=False),
)

robots = Table(
    "robots",
    metadata,
    Column("origin", Text, primary_key=True),
    Column("outcome", String(20), nullable=False),
    Column("detail", Text, nullable=False),
    Column("text", Text, nullable=False),
    Column("until", UtcDateTime, nullable=False),
    # How asking for its tdmrep.json ended, and its text; NULL where it was not asked for.
    Column("tdm_outcome", String(20)),
    Column("tdm_text", Text, nullable=False, server_default=""),
)

# Named by the end of its callback's address, which nobody can guess.
subscription = Table(
    "subscription",
    metadata,
    Column("token", String(64), primary_key=True),
    reference("feed_id", "feed.id", nullable=False, index=True),
    Column("hub", Text, nullable=False),
    Column("topic", Text, nullable=False),
    Column("secret", String(64), nullable=False),
    Column("state", String(8), nullable=False),
    Column("asked", String(12), nullable=False),
    Column("asked_at", UtcDateTime, nullable=False),
    Column("lease_until", UtcDateTime),
    Column("delivered_at", UtcDateTime),
    Column("detail", Text, nullable=False),
    Column("callback", Text, nullable=False, server_default=""),
)

# What hubs have delivered until a poll reads it.
delivery = table(
    "delivery",
    id_column(),
    Column("token", String(64), ForeignKey("subscription.token"), nullable=False, index=True),
    Column("body", LargeBinary, nullable=False),
    Column("media_type", Text, nullable=False),
    Column("came_at", UtcDateTime, nullable=False),
)

# How many polls of a feed (kind feed, its id), or requests to a host, ended so on a day.
tally = Table(
    "tally",
    metadata,
    Column("kind", String(4), primary_key=True),
    Column("name", Text, primary_key=True),
    Column("day", Date, primary_key=True),
    Column("outcome", String(24), primary_key=True),
    Column("times", Integer, nullable=False),
    Index(None, "kind", "day"),
)

# What was asked and answered at a feed's last poll that had an answer, without secrets.
exchange = Table(
    "exchange",
    metadata,
    Column("feed_id", BigId, ForeignKey("feed.id"), primary_key=True, autoincrement=False),
    Column("at", UtcDateTime, nullable=False),
    Column("url", Text, nullable=False),
    Column("status", Integer, nullable=False),
    Column("sent", JSON, nullable=False),
    Column("received", JSON, nullable=False),
    Column("seconds", Float, nullable=False),
    Column("size", BigInteger, nullable=False),
)

# How often what happened on the way from feeds to stories, written in the transaction in which it happens.
flow = Table(
    "flow",
    metadata,
    Column("hour", UtcDateTime, primary_key=True),
    Column("stage", String(8), primary_key=True),
    Column("reason", String(40), primary_key=True),
    Column("times", BigInteger, nullable=False),
)

# Warnings about feeds as maintenance found them last; ``other_id`` is the feed that is the same.
feed_warning = table(
    "feed_warning",
    id_column(),
    Column("kind", String(10), nullable=False),
    reference("feed_id", "feed.id", nullable=False),
    reference("other_id", "feed.id"),
    Column("reason", Text, nullable=False),
    Column("at", UtcDateTime, nullable=False),
)

# A request of the API that acts, by its sender's key; ``answer`` is NULL while it is under way.
request_key = Table(
    "request_key",
    metadata,
    Column("person", Text, primary_key=True),
    Column("key", Text, primary_key=True),
    Column("digest", String(64), nullable=False),
    Column("answer", Text),
    Column("at", UtcDateTime, nullable=False, index=True),
)

# A lock that processes share, with its fencing number.
lease = Table(
    "lease",
    metadata,
    Column("name", String(32), primary_key=True),
    Column("owner", String(96), nullable=False),
    Column("fence", BigId, nullable=False),
    Column("since", UtcDateTime, nullable=False),
    Column("until", UtcDateTime, nullable=False),
    Column("pid", BigId),
)
