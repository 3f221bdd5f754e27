"""``copydesk stories``, ``search``, ``story``, ``changes``, ``doubts``, ``outcomes``: what is stored, read only."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import timedelta
from pathlib import Path
from typing import Annotated

import typer

from pipeline import records
from pipeline.cli import tables
from pipeline.cli.filters import (
    AgencyOption,
    KindOption,
    LangOption,
    OutletOption,
    SinceOption,
    UntilOption,
    WordsOption,
    story_filter,
)
from pipeline.cli.options import AsCsv, AsJson, Commands, FeedsFile, Limit, StoryId, check_form, now, open_stored
from pipeline.cli.story import story_lines
from pipeline.cli.terminal import OUT, print_csv, print_json, show_line
from pipeline.csv_rows import CHANGE_COLUMNS, OUTCOME_COLUMNS, PICKUP_COLUMNS, STORY_COLUMNS, outcome_rows
from pipeline.model import DayTally, StoryFilter, Tally


def stories(
    feeds: FeedsFile = None,
    limit: Limit = 50,
    words: WordsOption = "",
    agency: AgencyOption = None,
    outlet: OutletOption = "",
    lang: LangOption = "",
    kind: KindOption = None,
    since: SinceOption = None,
    until: UntilOption = None,
    as_json: AsJson = False,
    as_csv: AsCsv = False,
) -> None:
    """The newest stories, of all or of those that the options ask for."""
    filters = story_filter(words, agency, outlet, lang, kind, since, until)
    _show_stories(feeds, filters, limit, as_json, as_csv)


def search(
    words: Annotated[list[str], typer.Argument(metavar="WORDS...", help="All of them; a phrase in quotes.")],
    feeds: FeedsFile = None,
    limit: Limit = 50,
    agency: AgencyOption = None,
    outlet: OutletOption = "",
    lang: LangOption = "",
    kind: KindOption = None,
    since: SinceOption = None,
    until: UntilOption = None,
    as_json: AsJson = False,
    as_csv: AsCsv = False,
) -> None:
    """Stories that have these words in title or text, the newest first."""
    filters = story_filter(_query(words), agency, outlet, lang, kind, since, until)
    _show_stories(feeds, filters, limit, as_json, as_csv)


def _query(words: Sequence[str]) -> str:
    # The shell takes the quotes off a phrase.
    return " ".join(f'"{word}"' if " " in word and '"' not in word else word for word in words)


def _show_stories(feeds: Path | None, filters: StoryFilter, limit: int, as_json: bool, as_csv: bool) -> None:
    from pipeline.store.reads.snippets import snippets_of
    from pipeline.store.reads.story_list import every_story

    check_form(as_json, as_csv)
    with open_stored(feeds) as store:
        rows = every_story(store, filters, limit)
        if as_json:
            print_json(map(records.story_record, rows))
        elif as_csv:
            print_csv(STORY_COLUMNS, map(records.story_record, rows))
        else:
            heads = list(rows)
            snippets = snippets_of(store, filters.words, [head.id for head in heads]) if filters.words else {}
            OUT.print(tables.stories_table(heads, snippets))


def story(
    story_id: StoryId,
    feeds: FeedsFile = None,
    as_json: AsJson = False,
    as_csv: Annotated[bool, typer.Option("--csv", help="Its copies as CSV: when, where, and what they kept.")] = False,
) -> None:
    """One story: its canonical text, versions and copies, whose it is, and what it is linked to."""
    from pipeline.store.reads.whole_story import whole_story

    check_form(as_json, as_csv)
    if as_csv:
        _print_copies(story_id, feeds)
        return
    with open_stored(feeds) as store:
        story_parts = whole_story(store, story_id)
    if as_json:
        print_json([records.whole_story_record(*story_parts)])
        return
    for part in story_lines(story_parts):
        OUT.print(part, soft_wrap=not hasattr(part, "columns"))


def _print_copies(story_id: int, feeds: Path | None) -> None:
    from pipeline.store.reads.pickup import pickups_of_story

    with open_stored(feeds) as store:
        print_csv(PICKUP_COLUMNS, map(records.pickup_record, pickups_of_story(store, story_id)))


def doubts(feeds: FeedsFile = None, limit: Limit = 50, as_json: AsJson = False) -> None:
    """Articles to look at: read with doubt, or set aside as live blogs, paywalls, galleries and the like."""
    from pipeline.store.reads import views

    with open_stored(feeds) as store:
        rows = views.doubtful(store, limit)
    if as_json:
        print_json(map(records.doubt_record, rows))
    else:
        OUT.print(tables.doubts_table(rows))


def changes(
    after: Annotated[str, typer.Option(help="The last cursor you have read.", metavar="CURSOR")] = "",
    limit: Limit = 1000,
    end: Annotated[bool, typer.Option("--end", help="Print the cursor of the log's end, and nothing else.")] = False,
    feeds: FeedsFile = None,
    as_json: AsJson = False,
    as_csv: AsCsv = False,
) -> None:
    """The change log from a cursor on, to the end of a commit."""
    from pipeline.store.reads import changes as log

    check_form(as_json, as_csv)
    with open_stored(feeds) as store:
        if end:
            show_line(log.log_end(store))
            return
        rows = log.changes(store, after, limit)
    if as_json:
        print_json(map(records.change_record, rows))
    elif as_csv:
        print_csv(CHANGE_COLUMNS, map(records.change_record, rows))
    else:
        OUT.print(tables.changes_table(rows))


def outcomes(
    hosts: Annotated[bool, typer.Option("--hosts", help="Every request to a host, not the polls of a feed.")] = False,
    days: Annotated[int, typer.Option(help="So many days, today with them.", min=1, max=3650)] = 7,
    feeds: FeedsFile = None,
    as_json: AsJson = False,
    as_csv: AsCsv = False,
) -> None:
    """How the polls of each feed, or the requests to each host, ended, day by day."""
    from pipeline.store.reads.tallies import history, tallies, totals

    check_form(as_json, as_csv)
    today = now()
    with open_stored(feeds) as store:
        rows = tallies(store, today - timedelta(days=days - 1), hosts=hosts)
    counted = [(row, totals(row), history(row, days, today.date())) for row in rows]
    counted_records = (records.outcomes_record(*row) for row in counted)
    if as_json:
        print_json(counted_records)
    elif as_csv:
        print_csv(OUTCOME_COLUMNS, outcome_rows(counted_records))
    else:
        _show_outcomes(counted, hosts, days)


def _show_outcomes(
    counted: Sequence[tuple[Tally, Mapping[str, int], Sequence[DayTally]]], hosts: bool, days: int
) -> None:
    OUT.print(tables.outcomes_table(counted, "hosts" if hosts else "feeds", days))
    show_line("by day: + all well, ~ in part, ! nothing well, . nothing asked")


COMMANDS: Commands = (
    ("stories", "copydesk stories --limit 20 --json", stories),
    ("search", "copydesk search ferry 'night shift' --since 2026-03-01 --csv", search),
    ("story", "copydesk story 12 --json", story),
    ("changes", "copydesk changes --after 3f9a1c20.120.9b1e04d2c3a75f68 --json", changes),
    ("doubts", "copydesk doubts --limit 20", doubts),
    ("outcomes", "copydesk outcomes --hosts --days 30 --json", outcomes),
)
