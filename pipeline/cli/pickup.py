"""``copydesk pickup``: what outlets made of an agency's stories, a row a copy, and sums for a person."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer
from rich.table import Table

from pipeline import records, words
from pipeline.cli.filters import end_in_utc, in_utc
from pipeline.cli.options import AsCsv, AsJson, Commands, FeedsFile, check_form, open_stored
from pipeline.cli.terminal import OUT, Cell, grid, note, plain, print_csv, print_json, stacked
from pipeline.csv_rows import PICKUP_COLUMNS
from pipeline.errors import UsageError, needs_extra
from pipeline.export.pickup_sums import SUM_COLUMNS, PickupSum, report_of
from pipeline.model import CreditState, Pickup

if TYPE_CHECKING:
    from pipeline.store.database import Database

DAYS = ["%Y-%m-%d"]
# Rows, and stories, that a person is shown; sums are of all.
MOST_SHOWN = 200


def pickup(
    agency: Annotated[str, typer.Option(help="The agency, as copydesk stories shows it.")],
    since: Annotated[datetime | None, typer.Option(help="Stories first seen from this day on.", formats=DAYS)] = None,
    until: Annotated[datetime | None, typer.Option(help="And up to this day, in UTC.", formats=DAYS)] = None,
    feeds: FeedsFile = None,
    as_json: AsJson = False,
    as_csv: AsCsv = False,
    html: Annotated[Path | None, typer.Option(help="Write a page with charts into this file.")] = None,
    parquet: Annotated[Path | None, typer.Option(help="Write the rows into this file, as Parquet.")] = None,
) -> None:
    """What became of an agency's stories: each copy, how soon it came, and what it kept of text, headline, credit."""
    from pipeline.store.reads.pickup import pickups

    check_form(as_json, as_csv)
    if sum(map(bool, (as_json, as_csv, html, parquet))) > 1:
        raise UsageError("only one form at a time", concerns="--json, --csv, --html, --parquet", todo="leave one out")
    if not agency:
        raise UsageError("no agency is named", concerns="--agency", todo="see copydesk stories for their names")
    with open_stored(feeds) as store:
        _note_unknown(store, agency)
        rows = pickups(store, agency, in_utc(since), end_in_utc(until))
        if html:
            _write_page(html, agency, rows)
        elif parquet:
            _write_parquet(parquet, rows)
        elif as_json:
            print_json(map(records.pickup_record, rows))
        elif as_csv:
            print_csv(PICKUP_COLUMNS, map(records.pickup_record, rows))
        else:
            for table in pickup_tables(rows):
                OUT.print(table)


def _note_unknown(store: Database, agency: str) -> None:
    """Say which agencies stories name, where none names this one: its report is empty."""
    from pipeline.store.reads.day import agency_names

    names = {name for joined_names in agency_names(store) for name in joined_names.split("+")}
    if agency not in names:
        note(f"no story names the agency {agency}; stories name {', '.join(sorted(names)) or 'none yet'}")


def _write_page(file: Path, agency: str, rows: Iterable[Pickup]) -> None:
    with needs_extra("web", concerns="--html"):
        from pipeline.web.pickup_report import pickup_page
    write_whole(file, pickup_page(agency, report_of(rows, MOST_SHOWN)))


def _write_parquet(file: Path, rows: Iterable[Pickup]) -> None:
    with needs_extra("parquet", concerns="--parquet"):
        from pipeline.export.pickup_table import pickup_table
    write_whole(file, pickup_table(map(records.pickup_record, rows)))


def write_whole(file: Path, content: bytes) -> None:
    """Write a file that takes the place of one before when it is whole."""
    part = file.with_name(f"{file.name}.part")
    part.write_bytes(content)
    part.replace(file)
    note(f"{file}: {len(content):,} bytes")


def pickup_tables(rows: Iterable[Pickup]) -> Iterator[Table]:
    """Yield the copies, then sums by outlet and by story. Of copies and stories 200 are shown; what is read on is
    counted, not kept."""
    report = report_of(rows, MOST_SHOWN)
    yield _copies_table(report.copies, report.total.copies)
    yield _sums_table("By outlet", "Outlet", report.outlets_by_copies())
    by_story = ((f"{number} {title}", total) for (number, title), total in report.stories.items())
    yield _sums_table(f"By story, {MOST_SHOWN} at most", "Story", by_story)


def _copies_table(copies: Iterable[Pickup], number: int) -> Table:
    columns = ("Story", "Outlet, address", "Minutes\nafter>", "Text\nkept>", "Words\nadded>", "Relation,\nchanges!")
    limit = f", {MOST_SHOWN} shown" if number > MOST_SHOWN else ""
    return grid(words.plural(number, "copy", "copies") + limit, columns, map(_copy_cells, copies))


def _copy_cells(row: Pickup) -> tuple[Cell, ...]:
    minutes = "-" if row.minutes is None else f"{row.minutes:,.0f}"
    share = "-" if row.share_kept is None else f"{words.percent(row.share_kept)}%"
    added = "-" if row.words_added is None else f"{row.words_added:,}"
    outlet = stacked(plain(row.outlet, "bold"), plain(row.url, "dim"))
    return str(row.story_id), outlet, minutes, share, added, stacked(words.relation(row.relation), *_changes(row))


def _changes(row: Pickup) -> Iterator[str]:
    if row.headline_changed:
        yield "another headline"
    if row.credit is CreditState.OTHER_AGENCY:
        yield f"credits {row.agency}"
    if row.credit is CreditState.DROPPED:
        yield "no credit"


def _sums_table(title: str, column: str, sums: Iterable[tuple[str, PickupSum]]) -> Table:
    # As narrow as their words are: the names of stories are long.
    columns = (column, *("\n".join(name.split()) + ">" for name in SUM_COLUMNS))
    return grid(title, columns, ((name, *total.cells()) for name, total in sums))


COMMANDS: Commands = (("pickup", "copydesk pickup --agency IANS --since 2026-03-01 --csv", pickup),)
