"""``copydesk pickup``: what outlets made of an agency's stories, a row a copy, and sums for a person."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from typing import Annotated

import typer
from rich.table import Table

from pipeline import records, words
from pipeline.cli.options import AsCsv, AsJson, Commands, FeedsFile, check_form, open_stored
from pipeline.cli.terminal import OUT, Cell, grid, print_csv, print_json
from pipeline.csv_rows import PICKUP_COLUMNS
from pipeline.errors import UsageError
from pipeline.model import CreditState, Pickup

DAYS = ["%Y-%m-%d"]
# Rows, and stories, that a person is shown; sums are of all.
MOST_SHOWN = 200
# Behind the copies, means.
SUM_COLUMNS = ("Copies>", "Minutes after>", "Text kept>", "Words added>", "Headline changed>", "Credit kept>")


def pickup(
    agency: Annotated[str, typer.Option(help="The agency, as copydesk stories shows it.")],
    since: Annotated[datetime | None, typer.Option(help="Stories first seen from this day on.", formats=DAYS)] = None,
    until: Annotated[datetime | None, typer.Option(help="And up to this day, in UTC.", formats=DAYS)] = None,
    feeds: FeedsFile = None,
    as_json: AsJson = False,
    as_csv: AsCsv = False,
) -> None:
    """What became of an agency's stories: each copy, how soon it came, and what it kept of text, headline, credit."""
    from pipeline.store.reads.pickup import pickups

    check_form(as_json, as_csv)
    if not agency:
        raise UsageError("no agency is named", concerns="--agency", todo="see copydesk stories for their names")
    with open_stored(feeds) as store:
        rows = pickups(store, agency, _day(since), _day_after(until))
        if as_json:
            print_json(map(records.pickup_record, rows))
        elif as_csv:
            print_csv(PICKUP_COLUMNS, map(records.pickup_record, rows))
        else:
            for table in pickup_tables(rows):
                OUT.print(table)


def _day(day: datetime | None) -> datetime | None:
    return day.replace(tzinfo=UTC) if day else None


def _day_after(day: datetime | None) -> datetime | None:
    # The last day of the calendar has none after it.
    return day.replace(tzinfo=UTC) + timedelta(days=1) if day and day.date() < date.max else None


@dataclass(slots=True)
class Mean:
    """The mean of the values that are known."""

    total: float = 0.0
    number: int = 0

    def add(self, value: float | None) -> None:
        """Count a value, None for one that is not known."""
        if value is not None:
            self.total, self.number = self.total + value, self.number + 1

    def text(self, form: str) -> str:
        """Return the mean in a format, ``-`` where no value is known."""
        return format(self.total / self.number, form) if self.number else "-"


@dataclass(slots=True)
class PickupSum:
    """Copies added up; each mean is of the copies of which it is known."""

    copies: int = 0
    minutes: Mean = field(default_factory=Mean)
    share_kept: Mean = field(default_factory=Mean)
    words_added: Mean = field(default_factory=Mean)
    headline_changed: Mean = field(default_factory=Mean)
    credit_kept: Mean = field(default_factory=Mean)

    def add(self, row: Pickup) -> None:
        """Count a copy."""
        self.copies += 1
        self.minutes.add(row.minutes)
        self.share_kept.add(row.share_kept)
        self.words_added.add(row.words_added)
        self.headline_changed.add(row.headline_changed)
        self.credit_kept.add(row.credit is CreditState.CREDITED)

    def cells(self) -> tuple[str, ...]:
        """Return the cells below :data:`SUM_COLUMNS`."""
        shares = (self.headline_changed.text(".0%"), self.credit_kept.text(".0%"))
        means = (self.minutes.text(",.0f"), self.share_kept.text(".0%"), self.words_added.text(",.0f"))
        return f"{self.copies:,}", *means, *shares


def pickup_tables(rows: Iterable[Pickup]) -> Iterator[Table]:
    """Yield the copies, then sums by outlet and by story. Of copies and stories 200 are shown; what is read on is
    counted, not kept."""
    copies: list[Pickup] = []
    outlets: dict[str, PickupSum] = {}
    stories: dict[tuple[int, str], PickupSum] = {}
    for row in rows:
        outlets.setdefault(row.outlet, PickupSum()).add(row)
        story = (row.story_id, row.story_title)
        if story in stories or len(stories) < MOST_SHOWN:
            stories.setdefault(story, PickupSum()).add(row)
        if len(copies) < MOST_SHOWN:
            copies.append(row)
    yield _copies_table(copies, sum(total.copies for total in outlets.values()))
    by_copies = sorted(outlets.items(), key=lambda outlet: (-outlet[1].copies, outlet[0]))
    yield _sums_table("By outlet", ("Outlet",), (((name,), total) for name, total in by_copies))
    by_story = (((str(number), title), total) for (number, title), total in stories.items())
    yield _sums_table(f"By story, {MOST_SHOWN} at most", ("Story", "Title"), by_story)


def _copies_table(copies: Iterable[Pickup], number: int) -> Table:
    columns = (
        "Story", "Outlet", "After (min)>", "Relation", "Headline", "Kept>", "Added>", "Credit", "Address",
    )  # fmt: skip
    limit = f", {MOST_SHOWN} shown" if number > MOST_SHOWN else ""
    return grid(words.plural(number, "copy", "copies") + limit, columns, map(_copy_cells, copies))


def _copy_cells(row: Pickup) -> tuple[Cell, ...]:
    headline = {None: "-", True: "changed", False: "kept"}[row.headline_changed]
    credit = f"{row.credit.value}: {row.agency}" if row.credit is CreditState.OTHER_AGENCY else row.credit.value
    minutes = "-" if row.minutes is None else f"{row.minutes:,.0f}"
    share = "-" if row.share_kept is None else f"{row.share_kept:.0%}"
    added = "-" if row.words_added is None else f"{row.words_added:,}"
    return str(row.story_id), row.outlet, minutes, words.relation(row.relation), headline, share, added, credit, row.url


def _sums_table(title: str, columns: tuple[str, ...], sums: Iterable[tuple[tuple[str, ...], PickupSum]]) -> Table:
    return grid(title, (*columns, *SUM_COLUMNS), ((*names, *total.cells()) for names, total in sums))


COMMANDS: Commands = (("pickup", "copydesk pickup --agency IANS --since 2026-03-01 --csv", pickup),)
