"""What persons did with stories: the commits of theirs in the change log, the latest first."""

from __future__ import annotations

from itertools import groupby

from sqlalchemy import select

from pipeline.model import Change, ChangeKind
from pipeline.store.change_log import change_of, read_state
from pipeline.store.database import Database
from pipeline.store.schema.tables import BY_PERSON, change


def person_acts(
    store: Database, limit: int, *, person: str = "", kind: ChangeKind | None = None, before: int = 0
) -> list[list[Change]]:
    """Return the lines of each commit by a person, at most ``limit`` commits: those of this ``person``, by the name
    that their reasons end with, that have a line of this ``kind``, and that are earlier than the commit ``before``."""
    commits = select(change.c.tx).where(BY_PERSON).distinct().order_by(change.c.tx.desc()).limit(limit)
    if person:
        commits = commits.where(change.c.reason.endswith(f"({person})", autoescape=True))
    if kind:
        commits = commits.where(change.c.kind == kind.value)
    if before:
        commits = commits.where(change.c.tx < before)
    with store.reading() as db:
        numbers = list(db.scalars(commits))
        lines = select(change).where(change.c.tx.in_(numbers), BY_PERSON).order_by(change.c.tx.desc(), change.c.seq)
        epoch = read_state(db).epoch
        changes = [change_of(row, epoch) for row in db.execute(lines)]
    return [list(group) for _, group in groupby(changes, key=lambda line: line.tx)]
