"""``copydesk outcomes``: how polls and requests ended."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import timedelta
from typing import Annotated, Any

import typer
from rich.table import Table

from pipeline.cli import tables as show
from pipeline.cli.options import AsJson, FeedsFile, config_of, now
from pipeline.model import DayTally, Tally


def outcomes(
    hosts: Annotated[bool, typer.Option("--hosts", help="Every request to a host, not the polls of a feed.")] = False,
    days: Annotated[int, typer.Option(help="So many days, today with them.", min=1, max=3650)] = 7,
    feeds: FeedsFile = None,
    as_json: AsJson = False,
) -> None:
    """How the polls of each feed, or the requests to each host, ended, day by day."""
    from pipeline import steps
    from pipeline.store.reads.tallies import history, tallies, totals

    today = now()
    with steps.open_for(config_of(feeds)) as store:
        rows = tallies(store, today - timedelta(days=days - 1), hosts=hosts)
    found = [(row, totals(row), history(row, days, today.date())) for row in rows]
    if as_json:
        for row, counts, told in found:
            show.line(outcomes_json(row, counts, told))
    else:
        _show(found, "hosts" if hosts else "feeds", days)


def outcomes_json(row: Tally, counts: Mapping[str, int], told: Sequence[DayTally]) -> dict[str, Any]:
    """A feed or a host as one record; days on which nothing was asked are left out."""
    whose = {"feed": row.feed_id, "outlet": row.outlet, "url": row.name} if row.feed_id else {"host": row.name}
    by_day = {day.day.isoformat(): dict(day.counts) for day in told if day.counts}
    return {**whose, "outcomes": dict(counts), "days": by_day}


def _show(found: Sequence[tuple[Tally, Mapping[str, int], Sequence[DayTally]]], what: str, days: int) -> None:
    table = Table(title=f"{len(found)} {what}, {days} days", title_justify="left")
    for name in ("Outlet", "Address", "Outcomes", "By day"):
        table.add_column(name, overflow="fold")
    for row, counts, told in found:
        ended = ", ".join(f"{outcome} {times:,}" for outcome, times in counts.items())
        marks = "".join(map(_mark, told))
        table.add_row(show.escape(row.outlet), show.escape(row.name), show.escape(ended) or "-", marks)
    show.OUT.print(table)
    show.OUT.print("by day: + all well, ~ in part, ! nothing well, . nothing asked")


def _mark(day: DayTally) -> str:
    if not day.good and not day.bad:
        return "."
    if day.good and day.bad:
        return "~"
    return "+" if day.good else "!"
