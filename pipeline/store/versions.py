"""Writes of stories' texts: a new version where the canonical text is another, else the basis of the one in force."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from datetime import datetime
from typing import Any, NamedTuple

from sqlalchemy import Connection, Update, bindparam, func, select, update

from pipeline.model import Actor, ChangeKind, Head, Member, PlannedVersion, VersionKind
from pipeline.store.change_log import IN_FORCE, Row, change_row
from pipeline.store.chosen_texts import with_chosen_texts
from pipeline.store.row_records import OF_MEMBER, member
from pipeline.store.schema.tables import article, copy, story, version
from pipeline.store.search_index import index_words
from pipeline.store.statements import among, insert_all
from pipeline.text.digest import text_digest

# How a story's text is chosen: of its id, its copies in time order, and what it shows now.
ChooseText = Callable[[int, Sequence[Member], Head], PlannedVersion]

_HEADS = select(story.c.id, story.c.lang, story.c.article_id).where(among(story.c.id))
_MEMBERS = select(*OF_MEMBER).join(article).where(among(copy.c.story_id)).order_by(copy.c.seen_at, copy.c.article_id)


def heads_of(db: Connection, story_ids: Sequence[int]) -> dict[int, Head]:
    """Return the canonical article and language of each of these stories."""
    rows = db.execute(_HEADS, {"ids": list(story_ids)})
    return {story_id: Head(article_id, lang) for story_id, lang, article_id in rows}


def members_of(db: Connection, story_ids: Sequence[int]) -> list[Member]:
    """Return every copy of these stories, in time order."""
    return [member(row) for row in db.execute(_MEMBERS, {"ids": list(story_ids)})]


def choose_again(db: Connection, story_ids: Sequence[int], choose: ChooseText, now: datetime) -> list[Row]:
    """Choose the texts of these stories by their copies as they are now. Return the changes."""
    copies = defaultdict(list)
    for copy_member in members_of(db, story_ids):
        copies[copy_member.story_id].append(copy_member)
    heads = heads_of(db, story_ids)
    planned = [choose(number, copies[number], heads[number]) for number in story_ids if copies[number]]
    return write_versions(db, planned, {}, now)


def write_versions(
    db: Connection, planned_versions: Sequence[PlannedVersion], born: Mapping[int, int], now: datetime
) -> list[Row]:
    """Write the planned texts of stories in force, and return the changes; ``born``: new stories' keys -> their ids.

    Of a story with several texts, each is written in its turn. The same text from another copy, or in more outlets, is
    no new version: the story says what it is based on now. A story that was removed gets no text any more, one that a
    person withdrew stays so, and a text that a person chose stays.
    """
    rows = list[Row]()
    for number, turn in enumerate(_turns(planned_versions)):
        stored = [replace(planned, story=born.get(planned.story, planned.story)) for planned in turn]
        rows += _write_turn(db, stored if number else turn, born, now)
    return rows


def _turns(planned_versions: Sequence[PlannedVersion]) -> list[list[PlannedVersion]]:
    """Return the first texts of all stories, then the second ones, and so on."""
    turns: list[list[PlannedVersion]] = []
    numbers = defaultdict[int, int](int)
    for planned in planned_versions:
        number = numbers[planned.story]
        numbers[planned.story] += 1
        if number == len(turns):
            turns.append([])
        turns[number].append(planned)
    return turns


def _write_turn(
    db: Connection, planned_versions: Sequence[PlannedVersion], born: Mapping[int, int], now: datetime
) -> list[Row]:
    """Write one text a story at most; ``story`` is negative where the plan has just created it."""
    planned_versions = with_chosen_texts(db, planned_versions)
    stored = [planned_version.story for planned_version in planned_versions if planned_version.story > 0]
    force = _current_versions(db, stored)
    changes, rows, heads, bases, agencies = list[Row](), [], [], [], []
    for planned_version in planned_versions:
        story_id = born.get(planned_version.story, planned_version.story)
        current = force.get(story_id, _NO_VERSION)
        if current.merged_into or current.removed_at:
            continue
        if _is_new(planned_version, current):
            rows.append(_version_columns(story_id, current.number + 1, planned_version, now))
            changes += _version_changes(story_id, planned_version, current)
            # A story that this plan creates has its head already.
            if planned_version.story > 0:
                new_head = head_columns(planned_version, current.number + 1, current.withdrawn_by)
                heads.append({"of": story_id, **new_head})
            continue
        if _basis(planned_version) != current.basis:
            bases.append({"of": story_id, **_basis(planned_version)})
            changes.append(_line_of(ChangeKind.VERSION_CHANGED, story_id, planned_version, current.number))
        if planned_version.agency != current.agency:
            agencies.append({"of": story_id, "agency": planned_version.agency})
            changes.append(change_row(ChangeKind.STORY_CHANGED, story_id))
    insert_all(db, version, rows)
    index_words(db, ((row["story_id"], row["title"], row["body"]) for row in rows))
    _update_all(db, _HEAD, bases)
    _update_all(db, _HEAD, heads)
    _update_all(db, _HEAD, agencies)
    return changes


# Who withdrew a story, as ``story.withdrawn_by`` says it.
BY_AGENCY, BY_PERSON = Actor.AGENCY.value, Actor.PERSON.value
TAKES_BACK = (VersionKind.CORRECTION, VersionKind.WITHDRAWAL)
_HEAD = update(story).where(story.c.id == bindparam("of"))


def _basis(planned_version: PlannedVersion) -> dict[str, Any]:
    choice = planned_version.choice
    return {"article_id": choice.article_id, "reason": choice.reason, "support": list(choice.support)}


def _update_all(db: Connection, statement: Update, rows: Sequence[dict[str, Any]]) -> None:
    if rows:
        db.execute(statement, list(rows))


class _Current(NamedTuple):
    """A story's version in force, as far as it is compared, what it is based on, and what else the story is."""

    number: int = 0
    kind: str | None = ""
    title: str | None = None
    body: tuple[str, ...] | None = ()
    article_id: int | None = 0
    reason: str = ""
    support: Sequence[int] = ()
    agency: str = ""
    merged_into: int | None = None
    removed_at: datetime | None = None
    withdrawn_by: str = ""

    @property
    def basis(self) -> dict[str, Any]:
        return {"article_id": self.article_id, "reason": self.reason, "support": list(self.support)}


_NO_VERSION = _Current()
_CURRENT = (
    select(story.c.id, func.coalesce(version.c.number, 0), version.c.kind, version.c.title, version.c.body)
    .add_columns(story.c.article_id, story.c.reason, story.c.support, story.c.agency, story.c.merged_into)
    .add_columns(story.c.removed_at, story.c.withdrawn_by)
    .outerjoin(version, IN_FORCE)
    .where(among(story.c.id))
)


def _current_versions(db: Connection, ids: Sequence[int]) -> dict[int, _Current]:
    return {row[0]: _Current(*row[1:]) for row in db.execute(_CURRENT, {"ids": ids})} if ids else {}


def _is_new(planned_version: PlannedVersion, current: _Current) -> bool:
    choice = planned_version.choice
    # A correction or withdrawal is a new version even where its text is the same.
    marked = choice.kind in TAKES_BACK and choice.kind.value != current.kind
    return marked or (choice.title, choice.body) != (current.title, current.body)


def _version_columns(story_id: int, number: int, planned_version: PlannedVersion, now: datetime) -> dict[str, Any]:
    return {
        "story_id": story_id,
        "number": number,
        "kind": planned_version.choice.kind.value,
        "article_id": planned_version.choice.article_id,
        "title": planned_version.choice.title,
        "body": planned_version.choice.body,
        "support": list(planned_version.choice.support),
        "reason": planned_version.choice.reason,
        "created_at": now,
        "digest": text_digest(planned_version.choice.title, planned_version.choice.body),
    }


def head_columns(planned_version: PlannedVersion, number: int, withdrawn_by: str = "") -> dict[str, Any]:
    """Return what a story shows of its version in force, as columns of ``story``; ``withdrawn_by``: who withdrew it
    before. What a person withdrew only a person restores."""
    is_notice = planned_version.choice.kind is VersionKind.WITHDRAWAL
    withdrawer = BY_PERSON if withdrawn_by == BY_PERSON else BY_AGENCY if is_notice else ""
    return {
        "title": planned_version.choice.title,
        "agency": planned_version.agency,
        "lang": planned_version.lang,
        "version": number,
        "kind": planned_version.choice.kind.value,
        "withdrawn": bool(withdrawer),
        "withdrawn_by": withdrawer,
        **_basis(planned_version),
    }


def _version_changes(story_id: int, planned_version: PlannedVersion, current: _Current) -> list[Row]:
    """Return the changes of a new version: a notice withdraws the story, and what follows it restores the story."""
    is_notice = planned_version.choice.kind is VersionKind.WITHDRAWAL
    kind = ChangeKind.STORY_WITHDRAWN if is_notice else ChangeKind.VERSION_ADDED
    rows = [_line_of(kind, story_id, planned_version, current.number + 1)]
    if current.withdrawn_by == BY_AGENCY and not is_notice:
        rows.append(_line_of(ChangeKind.STORY_RESTORED, story_id, planned_version, current.number + 1))
    return rows


def _line_of(kind: ChangeKind, story_id: int, planned_version: PlannedVersion, number: int) -> Row:
    choice = planned_version.choice
    actor = Actor.AGENCY if choice.kind in TAKES_BACK and kind is not ChangeKind.VERSION_CHANGED else Actor.MACHINE
    return change_row(kind, story_id, (choice.article_id,), number, actor=actor, reason=choice.reason)
