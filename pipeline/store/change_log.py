"""Writes of the change log, in transactions that hold the row of the lease: lines stand in the order of the commits."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from sqlalchemy import Connection, bindparam, select, update

from pipeline.model import Actor, Change, ChangeKind, StoryStatus
from pipeline.store.change_cursor import LogState, chain_tag, format_cursor
from pipeline.store.past import OF_COPIES, record_past
from pipeline.store.schema.tables import change, log_state, story, version
from pipeline.store.statements import among, insert_all

Row = dict[str, Any]
_PLACE = ("copies", "outlets", "copies_list", "first_seen", "attribution")
_TEXT = ("title", "agency", "lang", "version", "kind", "digest", "article", "support", "reason", "versions")
_WITHDRAWAL = ("status", "withdrawn", "digest", "versions", "copies_list")
_RELATIONS = ("origins", "links")
# Kind -> the fields of a story's record that may be others after it; 'updated' and 'revision' always are.
CHANGED_FIELDS: Mapping[ChangeKind, tuple[str, ...]] = {
    ChangeKind.STORY_CREATED: ("status", *_PLACE, *_TEXT, *_RELATIONS),
    ChangeKind.STORY_REVIVED: ("status", *_PLACE, *_TEXT, *_RELATIONS),
    ChangeKind.COPY_ADDED: (*_PLACE, *_RELATIONS),
    ChangeKind.COPY_MOVED: (*_PLACE, *_RELATIONS),
    ChangeKind.COPY_CHANGED: ("copies_list", "attribution", *_RELATIONS),
    ChangeKind.RIGHTS_CHANGED: ("copies_list",),
    ChangeKind.TEXT_REMOVED: ("status", "withdrawn", "title", "digest", "support", "versions", "copies_list"),
    ChangeKind.STORY_LINKED: _RELATIONS,
    ChangeKind.VERSION_ADDED: (*_TEXT, "copies_list"),
    ChangeKind.VERSION_CHANGED: ("article", "support", "reason", "copies_list"),
    ChangeKind.STORY_WITHDRAWN: (*_TEXT, *_WITHDRAWAL),
    ChangeKind.STORY_RESTORED: _WITHDRAWAL,
    ChangeKind.STORY_CHANGED: ("agency", *_RELATIONS),
    ChangeKind.STORY_SPLIT: _PLACE,
    ChangeKind.STORY_ABSORBED: _PLACE,
    ChangeKind.STORY_MERGED: ("status",),
}
# In one commit creation comes first and merges last, so that no line follows a merge of its story but its return.
_RANK = {kind: rank for rank, kind in enumerate(ChangeKind)}
IN_FORCE = (version.c.story_id == story.c.id) & (version.c.number == story.c.version)
_STATES = (
    select(story.c.id, story.c.revision, story.c.merged_into, story.c.withdrawn, story.c.removed_at)
    .add_columns(version.c.digest, version.c.removed_at.label("text_removed_at"))
    .outerjoin(version, IN_FORCE)
    .where(among(story.c.id))
)
_TOUCH = (
    update(story).where(story.c.id == bindparam("of")).values(updated_at=bindparam("at"), revision=bindparam("now"))
)


def log_time(db: Connection, now: datetime) -> datetime:
    """Return the time of this transaction's changes: ``now``, or that of the last change where it is later.

    A writer takes its time before it waits for its turn, and clocks are set back.
    """
    last = db.scalar(select(log_state.c.head_at))
    return max(now, last) if last else now


def change_row(
    kind: ChangeKind,
    story_id: int,
    articles: Iterable[int] = (),
    number: int | None = None,
    *,
    other_story: int | None = None,
    actor: Actor = Actor.MACHINE,
    reason: str = "",
) -> Row:
    """Return a line of the log that has no place yet; ``number`` is a version's, ``other_story`` that of a merge, split
    or link."""
    return {
        "kind": kind,
        "story_id": story_id,
        "other_id": other_story,
        "articles": tuple(articles),
        "version": number,
        "actor": actor,
        "reason": reason,
    }


def append_changes(
    db: Connection, rows: Sequence[Row], now: datetime, actor: Actor | None = None, reason: str = ""
) -> tuple[Change, ...]:
    """Append lines to the log, each once, and count them as revisions of their stories. ``now``: see :func:`log_time`.

    ``actor`` and ``reason`` are of all lines that are the machine's, or have no reason. It reads what the stories are
    now, so all else is written before.
    """
    distinct = [dict(row) for row in dict.fromkeys(tuple(row.items()) for row in rows)]
    if not distinct:
        return ()
    state = read_state(db)
    states = _story_states(db, {row["story_id"] for row in distinct})
    changes = tuple(_numbered(sorted(distinct, key=_rank), states, state, now, actor, reason))
    insert_all(db, change, [_columns(line) for line in changes])
    db.execute(_TOUCH, [{"of": number, "at": now, "now": of_story.revision} for number, of_story in states.items()])
    db.execute(update(log_state).values(head=changes[-1].seq, head_tag=changes[-1].tag, head_at=now))
    articles = (number for line in changes if line.kind in OF_COPIES for number in line.articles)
    record_past(db, changes[0].tx, states, articles)
    return changes


def _rank(row: Row) -> int:
    return _RANK[row["kind"]]


def read_state(db: Connection) -> LogState:
    """Return whose log it is, where it ends, and where it begins."""
    columns = [log_state.c[name] for name in LogState._fields]
    return LogState(*db.execute(select(*columns)).one())


@dataclass(slots=True)
class _StoryState:
    """A story as its lines tell it; ``revision`` grows with each."""

    revision: int
    status: StoryStatus
    digest: str | None


def _story_states(db: Connection, story_ids: Iterable[int]) -> dict[int, _StoryState]:
    rows = db.execute(_STATES, {"ids": sorted(story_ids)})
    return {row.id: _StoryState(row.revision, story_status(row), readable_digest(row)) for row in rows}


def story_status(row: Any) -> StoryStatus:
    """Return the status of a row with a story's ``merged_into``, ``removed_at`` and ``withdrawn``."""
    if row.merged_into:
        return StoryStatus.MERGED
    if row.removed_at:
        return StoryStatus.REMOVED
    return StoryStatus.WITHDRAWN if row.withdrawn else StoryStatus.LIVE


def readable_digest(row: Any) -> str | None:
    """Return the digest of a story's text in force, of a row as :func:`story_status` reads it with the version's
    ``digest`` and ``text_removed_at``; None where there is no text to read."""
    is_readable = story_status(row) is StoryStatus.LIVE and not row.text_removed_at
    return (row.digest or None) if is_readable else None


def _numbered(
    rows: Iterable[Row],
    states: Mapping[int, _StoryState],
    state: LogState,
    now: datetime,
    actor: Actor | None,
    reason: str,
) -> Iterator[Change]:
    """Yield the rows as lines of the log, in the order given."""
    tag, tx = state.head_tag, state.head + 1
    for seq, row in enumerate(rows, tx):
        of_story = states[row["story_id"]]
        of_story.revision += 1
        is_default = actor is not None and row["actor"] is Actor.MACHINE
        fields = row | {"actor": actor if is_default else row["actor"], "reason": row["reason"] or reason}
        fields |= {"revision": of_story.revision, "status": of_story.status, "digest": of_story.digest}
        line = {"seq": seq, "tx": tx, "at": now, "changed": CHANGED_FIELDS[row["kind"]], **fields}
        tag = chain_tag(tag, tagged_fields(line))
        yield Change(**line, tag=tag, cursor=format_cursor(state.epoch, seq, tag))


def tagged_fields(line: Mapping[str, Any]) -> list[object]:
    """Return what a line's tag is made of: the fields of its public record up to ``reason``, in their order."""
    at = line["at"].astimezone(UTC).isoformat(timespec="microseconds")
    placed = [line["seq"], line["tx"], at, line["kind"], line["story_id"], line["other_id"], list(line["articles"])]
    stated = [line["version"], line["revision"], line["status"], line["digest"], list(line["changed"])]
    return [*placed, *stated, line["actor"], line["reason"]]


def _columns(line: Change) -> Row:
    names = ("seq", "tx", "at", "story_id", "other_id", "version", "revision", "digest", "reason", "tag")
    texts = {"kind": line.kind.value, "status": line.status.value, "actor": line.actor.value}
    lists = {"articles": list(line.articles), "changed": list(line.changed)}
    return {name: getattr(line, name) for name in names} | texts | lists


def change_of(row: Any, epoch: str) -> Change:
    """Return a row of ``change`` as a record."""
    return Change(
        seq=row.seq,
        tx=row.tx,
        at=row.at,
        kind=ChangeKind(row.kind),
        story_id=row.story_id,
        other_id=row.other_id,
        articles=tuple(row.articles),
        version=row.version,
        revision=row.revision,
        status=StoryStatus(row.status),
        digest=row.digest,
        changed=tuple(row.changed),
        actor=Actor(row.actor),
        reason=row.reason,
        tag=row.tag,
        cursor=format_cursor(epoch, row.seq, row.tag),
    )
