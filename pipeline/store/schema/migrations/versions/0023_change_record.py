"""the change log says what a story is after each commit, texts are UTF-8, moments have their instants, versions stay"""

from __future__ import annotations

import hashlib
import json
import secrets
import uuid
from collections.abc import Iterator, Sequence
from contextlib import suppress
from datetime import UTC, datetime
from typing import Any

import sqlalchemy as sa
from alembic import op

from pipeline.store.schema.columns import UtcDateTime

revision = "0023"
down_revision = "0022"
branch_labels = None
depends_on = None

BATCH = 500
NO_TAG = "0" * 16
BIG = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
# Table -> its moments, and its columns of JSON with texts.
MOMENTS = {"entry": ("published", "updated"), "article": ("dateline_date", "published", "updated")}
TEXTS = {
    "entry": ("authors", "delivered"),
    "article": ("body", "byline", "places", "signals", "sources", "claims"),
    "version": ("body",),
    "span": ("agencies",),
}
INSTANTS = {table: [f"{name}_utc" for name in names] for table, names in MOMENTS.items()}
STORIES = (
    """UPDATE story SET (article_id, support, reason) = (
        SELECT v.article_id, v.support, v.reason
        FROM version v WHERE v.story_id = story.id AND v.number = story.version)
    WHERE EXISTS (SELECT 1 FROM version v WHERE v.story_id = story.id AND v.number = story.version)""",
    "UPDATE story SET revision = (SELECT count(*) FROM change WHERE change.story_id = story.id)",
    "UPDATE story SET withdrawn_by = 'agency' WHERE withdrawn",
)
INDEXES = {"change": "kind", "article": "published_utc", "version": "article_id", "story": "textless"}
OLD_KINDS = {"copy-moved": "story-changed", "story-restored": "story-changed", "rights-changed": "copy-changed"}
IS_TEXTLESS = sa.text("version = 0")


def new_columns() -> dict[str, tuple[sa.Column[Any], ...]]:
    """Return the columns to add, by table; a column belongs to one table object alone."""
    return {
        "story": (
            sa.Column("article_id", BIG),
            sa.Column("support", sa.JSON(), nullable=False, server_default="[]"),
            sa.Column("reason", sa.Text(), nullable=False, server_default=""),
            sa.Column("revision", sa.Integer(), nullable=False, server_default="0"),
            sa.Column("withdrawn_by", sa.String(8), nullable=False, server_default=""),
            sa.Column("removed_at", UtcDateTime()),
        ),
        "version": (
            sa.Column("digest", sa.String(64), nullable=False, server_default=""),
            sa.Column("removed_at", UtcDateTime()),
        ),
        "change": (
            sa.Column("tx", BIG, nullable=False, server_default="0"),
            sa.Column("other_id", BIG),
            sa.Column("articles", sa.JSON(), nullable=False, server_default="[]"),
            sa.Column("revision", sa.Integer(), nullable=False, server_default="0"),
            sa.Column("status", sa.String(10), nullable=False, server_default="live"),
            sa.Column("digest", sa.String(64)),
            sa.Column("changed", sa.JSON(), nullable=False, server_default="[]"),
            sa.Column("actor", sa.String(8), nullable=False, server_default="machine"),
            sa.Column("reason", sa.Text(), nullable=False, server_default=""),
            sa.Column("tag", sa.String(16), nullable=False, server_default=""),
        ),
    }


def upgrade() -> None:
    db = op.get_bind()
    for table, columns in new_columns().items():
        for column in columns:
            op.add_column(table, column)
    for table, names in INSTANTS.items():
        for name in names:
            op.add_column(table, sa.Column(name, UtcDateTime()))
    for table in TEXTS:
        _rewrite_rows(db, table)
    _fill_stories(db)
    head, tag, at = _fill_changes(db)
    _create_log_state(db, head, tag, at)
    op.drop_column("change", "article_id")
    op.create_index("ix_change_kind", "change", ["kind"])
    op.create_index("ix_article_published_utc", "article", ["published_utc"])
    op.create_index("ix_version_article_id", "version", ["article_id"])
    op.create_index("ix_story_textless", "story", ["id"], sqlite_where=IS_TEXTLESS, postgresql_where=IS_TEXTLESS)


def _rewrite_rows(db: sa.Connection, table: str) -> None:
    """Write JSON with its characters as they are, the instants of moments, and the digests of versions."""
    moments, texts = MOMENTS.get(table, ()), TEXTS[table]
    plain: list[sa.ColumnClause[Any]] = [
        sa.column(name) for name in ("id", *moments, *(("title",) if table == "version" else ()))
    ]
    cast = [sa.cast(sa.column(name), sa.Text).label(name) for name in texts]
    source, last = sa.table(table, *plain), 0
    query = sa.select(*plain, *cast).select_from(source).order_by(sa.column("id")).limit(BATCH)
    while rows := db.execute(query.where(sa.column("id") > last)).mappings().all():
        last = rows[-1]["id"]
        for name in texts:
            _update(db, table, name, sa.JSON(), [(row["id"], _read(row[name])) for row in rows if _escaped(row[name])])
        for name in moments:
            instants = [(row["id"], _instant(row[name])) for row in rows if row[name]]
            _update(db, table, f"{name}_utc", UtcDateTime(), instants)
        if table == "version":
            digests = [(row["id"], _digest(row["title"], _read(row["body"]))) for row in rows]
            _update(db, table, "digest", sa.Text(), digests)


def _update(db: sa.Connection, table: str, name: str, kind: sa.types.TypeEngine[Any], values: Sequence[Any]) -> None:
    target = sa.table(table, sa.column("id"), sa.column(name, kind))
    statement = sa.update(target).where(target.c.id == sa.bindparam("of")).values({name: sa.bindparam("new")})
    if values:
        db.execute(statement, [{"of": number, "new": value} for number, value in values])


def _escaped(stored: str | None) -> bool:
    return stored is not None and "\\u" in stored


def _read(stored: str) -> Any:
    return json.loads(stored)


def _instant(written: str) -> datetime | None:
    with suppress(OverflowError):
        return datetime.fromisoformat(written).astimezone(UTC)
    return None


def _digest(title: str, body: Sequence[str]) -> str:
    return hashlib.sha256("\n".join((title, *body)).encode("utf-8", "surrogatepass")).hexdigest()


def _fill_stories(db: sa.Connection) -> None:
    """Give each story what its text is based on, who withdrew it, and the number of its changes."""
    for statement in STORIES:
        db.execute(sa.text(statement))


def _fill_changes(db: sa.Connection) -> tuple[int, str, datetime | None]:
    """Give the lines written before their places: lines of one time are one commit. What a story was then is not known
    but for its text. Return the last line's number, tag and time."""
    tag, tx, at = NO_TAG, 0, None
    revisions: dict[int, int] = {}
    digests: dict[int, str] = {}
    last = 0
    for rows in _old_lines(db):
        filled = []
        for row in rows:
            tx, at, last = (tx if row["at"] == at else row["seq"]), row["at"], row["seq"]
            story = row["story_id"]
            revisions[story] = revisions.get(story, 0) + 1
            digests[story] = row["text_digest"] or digests.get(story, "")
            line = _line(row, tx, revisions[story], digests[story])
            tag = _tag(tag, row, line)
            filled.append({f"new_{name}": value for name, value in line.items()} | {"of": last, "new_tag": tag})
        db.execute(FILL, filled)
    return last, tag, at


CHANGE = sa.table(
    "change",
    *(sa.column(name) for name in ("seq", "tx", "kind", "story_id", "article_id", "version", "revision", "status")),
    *(sa.column(name, sa.JSON()) for name in ("articles", "changed")),
    *(sa.column(name) for name in ("digest", "actor", "reason", "tag")),
    sa.column("at", UtcDateTime()),
)
FILLED = ("tx", "articles", "revision", "status", "digest", "actor", "tag")
FILL = (
    sa.update(CHANGE)
    .where(CHANGE.c.seq == sa.bindparam("of"))
    .values({name: sa.bindparam(f"new_{name}") for name in FILLED})
)
VERSION = sa.table("version", *(sa.column(name) for name in ("story_id", "number", "digest")))


def _old_lines(db: sa.Connection) -> Iterator[Sequence[Any]]:
    own = (VERSION.c.story_id == CHANGE.c.story_id) & (VERSION.c.number == CHANGE.c.version)
    names = ("seq", "at", "kind", "story_id", "article_id", "version")
    query = sa.select(*(CHANGE.c[name] for name in names), VERSION.c.digest.label("text_digest"))
    query = query.select_from(CHANGE.outerjoin(VERSION, own)).order_by(CHANGE.c.seq).limit(BATCH)
    last = 0
    while rows := db.execute(query.where(CHANGE.c.seq > last)).mappings().all():
        last = rows[-1]["seq"]
        yield rows


def _line(row: Any, tx: int, revision_number: int, digest: str) -> dict[str, Any]:
    status = {"story-merged": "merged", "story-withdrawn": "withdrawn"}.get(row["kind"], "live")
    return {
        "tx": tx,
        "articles": [row["article_id"]] if row["article_id"] else [],
        "revision": revision_number,
        "status": status,
        "digest": digest if digest and status == "live" and row["kind"] != "text-removed" else None,
        "actor": {"story-withdrawn": "agency", "text-removed": "policy"}.get(row["kind"], "machine"),
    }


def _tag(previous: str, row: Any, line: dict[str, Any]) -> str:
    at = row["at"].astimezone(UTC).isoformat(timespec="microseconds")
    placed = [row["seq"], line["tx"], at, row["kind"], row["story_id"], None, line["articles"]]
    stated = [row["version"], line["revision"], line["status"], line["digest"], []]
    fields = json.dumps([*placed, *stated, line["actor"], ""], ensure_ascii=False, separators=(",", ":"))
    return hashlib.sha256(bytes.fromhex(previous) + fields.encode()).hexdigest()[:16]


def _create_log_state(db: sa.Connection, head: int, tag: str, at: datetime | None) -> None:
    table = op.create_table(
        "log_state",
        sa.Column("id", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("store", sa.String(36), nullable=False),
        sa.Column("epoch", sa.String(16), nullable=False),
        sa.Column("head", BIG, nullable=False),
        sa.Column("head_tag", sa.String(16), nullable=False),
        sa.Column("head_at", UtcDateTime()),
        sa.Column("floor", BIG, nullable=False),
        sa.Column("floor_tag", sa.String(16), nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_log_state"),
    )
    row = {"id": 1, "store": str(uuid.uuid4()), "epoch": secrets.token_hex(4), "floor": 0, "floor_tag": NO_TAG}
    db.execute(table.insert().values(**row, head=head, head_tag=tag, head_at=at))


def downgrade() -> None:
    """Kinds of changes that the version before did not have become the nearest that it had."""
    db = op.get_bind()
    op.drop_table("log_state")
    for table, name in INDEXES.items():
        op.drop_index(f"ix_{table}_{name}", table)
    op.add_column("change", sa.Column("article_id", BIG))
    for seq, articles in db.execute(sa.select(CHANGE.c.seq, CHANGE.c.articles).order_by(CHANGE.c.seq)).all():
        if articles:
            db.execute(sa.update(CHANGE).where(CHANGE.c.seq == seq).values(article_id=articles[0]))
    for new, old in OLD_KINDS.items():
        db.execute(sa.update(CHANGE).where(CHANGE.c.kind == new).values(kind=old))
    for table, columns in new_columns().items():
        for column in columns:
            op.drop_column(table, column.name)
    for table, names in INSTANTS.items():
        for name in names:
            op.drop_column(table, name)
