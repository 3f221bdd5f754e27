"""Outlets' templates: the lines and places that their pages repeat, and the lines that an operator keeps."""

from __future__ import annotations

import struct
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from datetime import datetime

from sqlalchemy import delete, select

from pipeline.model import LineRuling, RuledLine
from pipeline.store.database import Subject
from pipeline.store.schema.persons import line_ruling
from pipeline.store.schema.tables import kept_line, template_line, template_place
from pipeline.store.statements import in_parts, insert, insert_all


@dataclass(frozen=True, slots=True)
class TemplateLine:
    """A line of an outlet's template: its 64-bit key, where it stands if it stood among the blocks of an article, the
    different stories it stood in, first and last time."""

    key: int
    place: str
    stories: int
    first_seen: datetime
    last_seen: datetime


@dataclass(frozen=True, slots=True)
class TemplatePlace:
    """A place where the outlet keeps its texts: of how many different stories, first and last time."""

    place: str
    stories: int
    first_seen: datetime
    last_seen: datetime


# A pinned line counts as one that stands in so many stories, which is enough to take it off.
PINNED_STORIES = 2
_PINNED = select(line_ruling.c.outlet, line_ruling.c.key).where(line_ruling.c.ruling == LineRuling.PINNED.value)


class Templates(Subject):
    """The template of each outlet: what recurs on its pages."""

    def replace(self, outlet: str, lines: Sequence[TemplateLine], places: Sequence[TemplatePlace]) -> None:
        """Replace the outlet's template: what its pages no longer repeat is forgotten."""
        with self._database.transaction() as db:
            db.execute(delete(template_line).where(template_line.c.outlet == outlet))
            db.execute(delete(template_place).where(template_place.c.outlet == outlet))
            insert_all(db, template_line, [_line_columns(outlet, line) for line in lines])
            insert_all(db, template_place, [{"outlet": outlet, **asdict(place)} for place in places])

    def load(self, outlets: Sequence[str]) -> dict[str, tuple[dict[int, int], dict[str, int]]]:
        """Return outlet -> distinct stories by line key, and by place, as learned last, without kept lines."""
        counts: dict[str, tuple[dict[int, int], dict[str, int]]] = {outlet: ({}, {}) for outlet in outlets}
        with self._database.reading() as db:
            for part in in_parts(outlets):
                for row in db.execute(select(template_line).where(template_line.c.outlet.in_(part))):
                    counts[row.outlet][0][_unsigned(row.key)] = row.stories
                for row in db.execute(select(template_place).where(template_place.c.outlet.in_(part))):
                    counts[row.outlet][1][row.place] = row.stories
                for row in db.execute(select(kept_line).where(kept_line.c.outlet.in_(part))):
                    counts[row.outlet][0].pop(_unsigned(row.key), None)
                    counts[row.outlet][1].pop(row.text, None)
                for row in db.execute(_PINNED.where(line_ruling.c.outlet.in_(part))):
                    lines, key = counts[row.outlet][0], _unsigned(row.key)
                    lines[key] = max(lines.get(key, 0), PINNED_STORIES)
        return counts

    def pinned_lines(self, outlet: str) -> frozenset[int]:
        """Return the keys of the outlet's lines that are taken off wherever they stand."""
        with self._database.reading() as db:
            rows = db.execute(_PINNED.where(line_ruling.c.outlet == outlet))
            return frozenset(_unsigned(row.key) for row in rows)

    def line_rulings(self, outlet: str) -> dict[int, RuledLine]:
        """Return what persons ruled on the outlet's lines, by key, the latest first."""
        query = select(line_ruling).where(line_ruling.c.outlet == outlet).order_by(line_ruling.c.at.desc())
        with self._database.reading() as db:
            return {
                _unsigned(row.key): RuledLine(row.text, LineRuling(row.ruling), row.person, row.at)
                for row in db.execute(query)
            }

    def rule_line(self, outlet: str, key: int, line: RuledLine) -> None:
        """Store what a person ruled on a line, in the place of what was ruled before."""
        values = {"text": line.text, "ruling": line.ruling.value, "person": line.person, "at": line.at}
        with self._database.transaction() as db:
            statement = insert(db, line_ruling).values(outlet=outlet, key=_signed(key), **values)
            db.execute(statement.on_conflict_do_update(index_elements=["outlet", "key"], set_=values))

    def forget_ruling(self, outlet: str, key: int) -> bool:
        """Undo :meth:`rule_line`. Return whether there was a ruling."""
        with self._database.transaction() as db:
            condition = (line_ruling.c.outlet == outlet, line_ruling.c.key == _signed(key))
            return bool(db.execute(delete(line_ruling).where(*condition)).rowcount)

    def kept_lines(self, outlet: str) -> frozenset[int]:
        """Return the keys of the outlet's lines that an operator keeps as text."""
        with self._database.reading() as db:
            return frozenset(
                _unsigned(key) for key in db.scalars(select(kept_line.c.key).where(kept_line.c.outlet == outlet))
            )

    def keep_line(self, outlet: str, key: int, text: str, now: datetime) -> None:
        """Keep a line as text from now on, wherever the outlet repeats it."""
        with self._database.transaction() as db:
            row = {"outlet": outlet, "key": _signed(key), "text": text, "kept_at": now}
            db.execute(insert(db, kept_line).values(row).on_conflict_do_nothing())

    def forget_kept(self, outlet: str, key: int) -> bool:
        """Undo :meth:`keep_line`. Return whether the line was kept."""
        with self._database.transaction() as db:
            condition = (kept_line.c.outlet == outlet, kept_line.c.key == _signed(key))
            return bool(db.execute(delete(kept_line).where(*condition)).rowcount)


def _line_columns(outlet: str, line: TemplateLine) -> dict[str, object]:
    return {
        "outlet": outlet,
        "key": _signed(line.key),
        "place": line.place,
        "stories": line.stories,
        "first_seen": line.first_seen,
        "last_seen": line.last_seen,
    }


def _signed(key: int) -> int:
    return int(struct.unpack("<q", struct.pack("<Q", key))[0])


def _unsigned(key: int) -> int:
    return int(struct.unpack("<Q", struct.pack("<q", key))[0])
