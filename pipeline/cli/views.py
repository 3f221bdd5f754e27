"""``copydesk views ...``: searches for stories that persons keep, and are told of."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Annotated, Any

import typer

from pipeline.cli.options import AsJson, FeedsFile, now, open_stored
from pipeline.cli.terminal import print_json, show_line
from pipeline.model import SavedView, StoryFilter, VersionKind

views_app = typer.Typer(
    help="Searches for stories that are kept, and told of.",
    no_args_is_help=True,
    epilog="Example: copydesk views save floods --words flood --agency Northwire --announce",
)
Name = Annotated[str, typer.Argument(metavar="NAME", help="What it is called.")]
Time = Annotated[datetime | None, typer.Option(formats=["%Y-%m-%d", "%Y-%m-%dT%H:%M:%S"], help="UTC.")]


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
    words: Annotated[str, typer.Option(help="Words of title or text; phrases in quotes.")] = "",
    agency: Annotated[str | None, typer.Option(help="The agency's name; '' for stories that name none.")] = None,
    outlet: Annotated[str, typer.Option(help="An outlet that has a copy.")] = "",
    lang: Annotated[str, typer.Option(help="Language, as en.")] = "",
    kind: Annotated[VersionKind | None, typer.Option(help="Of the version in force.")] = None,
    since: Time = None,
    until: Time = None,
    announce: Annotated[bool, typer.Option(help="Tell each new story by [notify] notifier, once.")] = False,
    person: Annotated[str, typer.Option("--by", help="Who keeps it.")] = "",
    feeds: FeedsFile = None,
) -> None:
    """Keep a search, in place of another of that name; stories from now on are told."""
    filters = StoryFilter(words, agency, outlet, lang, _in_utc(since), _in_utc(until), kind)
    with open_stored(feeds) as store:
        store.saved_views.save(name, filters, person, now(), is_announced=announce)
    show_line(f"{name} is kept")


@views_app.command("remove", epilog="Example: copydesk views remove floods")
def views_remove(name: Name, feeds: FeedsFile = None) -> None:
    """Forget a view, and what was told of it."""
    with open_stored(feeds) as store:
        store.saved_views.remove(name)
    show_line(f"{name} is forgotten")


def _in_utc(time: datetime | None) -> datetime | None:
    return time.replace(tzinfo=UTC) if time else None


def view_record(view: SavedView) -> dict[str, Any]:
    """Return a view as ``copydesk views list`` prints it."""
    from pipeline.store.saved_views import filter_json

    head = {"name": view.name, "filters": filter_json(view.filters), "announced": view.is_announced}
    return head | {"person": view.person, "saved": view.saved_at.isoformat()}
