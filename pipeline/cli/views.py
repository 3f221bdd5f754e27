"""``copydesk views ...``: searches for stories that persons keep, and are told of."""

from __future__ import annotations

from typing import Annotated, Any

import typer

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
from pipeline.cli.options import AsJson, FeedsFile, now, open_stored, open_to_write
from pipeline.cli.terminal import print_json, show_line
from pipeline.model import SavedView

views_app = typer.Typer(
    help="Searches for stories that are kept, and told of.",
    no_args_is_help=True,
    epilog="Example: copydesk views save floods --words flood --agency Northwire --announce",
)
Name = Annotated[str, typer.Argument(metavar="NAME", help="What it is called.")]


@views_app.command("list", epilog="Example: copydesk views list --json")
def views_list(feeds: FeedsFile = None, as_json: AsJson = False) -> None:
    """Every view with what it asks for."""
    with open_stored(feeds) as store:
        records = [view_record(view) for view in store.saved_views.all()]
    if as_json:
        print_json(records)
        return
    for record in records:
        search = ", ".join(f"{name} {value}" for name, value in record["filters"].items()) or "all stories"
        show_line(f"{record['name']}: {search}{'; announced' if record['announced'] else ''}")


@views_app.command("save", epilog="Example: copydesk views save floods --words flood --announce --by Ines")
def views_save(
    name: Name,
    words: WordsOption = "",
    agency: AgencyOption = None,
    outlet: OutletOption = "",
    lang: LangOption = "",
    kind: KindOption = None,
    since: SinceOption = None,
    until: UntilOption = None,
    announce: Annotated[bool, typer.Option(help="Tell each new story by [notify] notifier, once.")] = False,
    person: Annotated[str, typer.Option("--by", help="Who keeps it.")] = "",
    feeds: FeedsFile = None,
) -> None:
    """Keep a search, in place of another of that name; stories from now on are told."""
    filters = story_filter(words, agency, outlet, lang, kind, since, until)
    with open_to_write(feeds) as store:
        store.saved_views.save(name, filters, person, now(), is_announced=announce)
    show_line(f"{name} is kept")


@views_app.command("remove", epilog="Example: copydesk views remove floods")
def views_remove(name: Name, feeds: FeedsFile = None) -> None:
    """Forget a view, and what was told of it."""
    with open_to_write(feeds) as store:
        store.saved_views.remove(name)
    show_line(f"{name} is forgotten")


def view_record(view: SavedView) -> dict[str, Any]:
    """Return a view as ``copydesk views list`` prints it."""
    from pipeline.store.saved_views import filter_json

    head = {"name": view.name, "filters": filter_json(view.filters), "announced": view.is_announced}
    return head | {"person": view.person, "saved": view.saved_at.isoformat()}
