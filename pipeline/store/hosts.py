"""Writes of what processes share about hosts: turns, rests, and each origin's robots.txt."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import UTC, datetime
from typing import Any

from sqlalchemy import Connection, Row, bindparam, select, update

from pipeline.model import HostTurn, Outcome, RobotsFile, TdmFile
from pipeline.store.database import Subject
from pipeline.store.retry import whole_transaction
from pipeline.store.schema.network import host, robots
from pipeline.store.statements import in_parts, insert, insert_all

LONG_AGO = datetime(1970, 1, 1, tzinfo=UTC)
# Built once: building a statement takes ten times as long as executing it, and these run twice a request.
STANDING = (
    select(host).where(host.c.name.in_(bindparam("names", expanding=True))).order_by(host.c.name).with_for_update()
)
STAND = (
    update(host)
    .where(host.c.name == bindparam("of"))
    .values({"owner": bindparam("whose"), "free_at": bindparam("until")})
)


class Hosts(Subject):
    """Turns at hosts: which process may ask a host, and when the next request to it may start."""

    @whole_transaction
    def take_turns(self, asks: Sequence[tuple[HostTurn, datetime]]) -> list[HostTurn]:
        """Take turns: return for each (turn, now) that turn if it was granted, else the host's present turn.

        A turn is granted where the host is free. ``free_at`` of the turn asked for is its lease and the gap after it:
        a process that dies with its turn keeps the others waiting no longer.
        """
        with self._database.transaction() as db:
            stands = _locked(db, (turn.host for turn, _ in asks))
            turns = []
            for turn, now in asks:
                if stands[turn.host].free_at <= now:
                    stands[turn.host] = turn
                turns.append(stands[turn.host])
            granted = [turn for turn, now in asks if stands[turn.host] == turn]
            _write(db, granted)
        return turns

    @whole_transaction
    def end_turns(self, ends: Sequence[HostTurn]) -> list[None]:
        """Give turns back. A process that does not have the turn can only make the host rest longer."""
        with self._database.transaction() as db:
            stands = _locked(db, (turn.host for turn in ends))
            for turn in ends:
                now = stands[turn.host]
                holds = turn.owner and now.owner == turn.owner
                stands[turn.host] = (
                    HostTurn(turn.host, "", turn.free_at)
                    if holds
                    else HostTurn(turn.host, now.owner, max(now.free_at, turn.free_at))
                )
            _write(db, list(stands.values()))
        return [None] * len(ends)

    def resting(self, now: datetime) -> dict[str, datetime]:
        """Return the hosts that nobody may ask at ``now``, each with the time when that ends."""
        with self._database.reading() as db:
            rows = db.execute(select(host.c.name, host.c.free_at).where(host.c.free_at > now, host.c.owner == ""))
            return {row.name: row.free_at for row in rows}

    def robots_files(self, origins: Sequence[str]) -> list[RobotsFile | None]:
        """Return each origin's robots.txt as it was last fetched; None where it never was."""
        query = select(robots)
        with self._database.reading() as db:
            rows = [row for part in in_parts(origins) for row in db.execute(query.where(robots.c.origin.in_(part)))]
        by_origin = {
            row.origin: RobotsFile(row.origin, Outcome(row.outcome), row.detail, row.text, row.until, _tdm(row))
            for row in rows
        }
        return [by_origin.get(origin) for origin in origins]

    @whole_transaction
    def keep_robots_files(self, files: Sequence[RobotsFile]) -> list[None]:
        """Store robots.txt files in place of those before."""
        with self._database.transaction() as db:
            statement = insert(db, robots)
            values = {column.name: statement.excluded[column.name] for column in robots.c if not column.primary_key}
            insert_all(
                db,
                statement.on_conflict_do_update(index_elements=["origin"], set_=values),
                [_columns(file) for file in files],
            )
        return [None] * len(files)


def _columns(file: RobotsFile) -> dict[str, Any]:
    tdm = file.tdm
    return {
        "origin": file.origin,
        "outcome": file.outcome.value,
        "detail": file.detail,
        "text": file.text,
        "until": file.until,
        "tdm_outcome": tdm.outcome.value if tdm else None,
        "tdm_text": tdm.text if tdm else "",
    }


def _tdm(row: Row[Any]) -> TdmFile | None:
    return TdmFile(Outcome(row.tdm_outcome), row.tdm_text) if row.tdm_outcome else None


def _locked(db: Connection, names: Iterable[str]) -> dict[str, HostTurn]:
    """Return these hosts' turns, their rows locked in one order for all; a new host is free."""
    wanted = sorted(set(names))
    stands = _standing(db, wanted)
    if fresh := [name for name in wanted if name not in stands]:
        rows = [{"name": name, "owner": "", "free_at": LONG_AGO} for name in fresh]
        db.execute(insert(db, host).on_conflict_do_nothing(), rows)
        stands |= _standing(db, fresh)
    return stands


def _standing(db: Connection, names: Sequence[str]) -> dict[str, HostTurn]:
    rows: list[Any] = [row for part in in_parts(names) for row in db.execute(STANDING, {"names": part})]
    return {row.name: HostTurn(row.name, row.owner, row.free_at) for row in rows}


def _write(db: Connection, turns: Sequence[HostTurn]) -> None:
    if turns:
        rows = [{"of": turn.host, "whose": turn.owner, "until": turn.free_at} for turn in turns]
        db.execute(STAND, rows)
