"""``copydesk feeds ...``: what is polled, and what could be."""

from __future__ import annotations

import os
from collections.abc import Sequence
from pathlib import Path
from typing import Annotated, Any
from urllib.parse import urlsplit

import typer

from pipeline.cli import tables as show
from pipeline.cli.options import Allow, AsJson, Country, FeedsFile, Zone, config_of, now
from pipeline.config import Config, add_feeds, feeds_file
from pipeline.errors import ConfigError, UsageError
from pipeline.model import FeedSpec, FoundFeed
from pipeline.text.url import url_key
from pipeline.text.zones import iana_zone

feeds_app = typer.Typer(help="The feeds that are polled.", no_args_is_help=True)


@feeds_app.command("list", epilog="Example: copydesk feeds list --json")
def feeds_list(feeds: FeedsFile = None, as_json: AsJson = False) -> None:
    """Every feed with its last outcome."""
    from pipeline import steps
    from pipeline.steps.alerts import silent_feeds
    from pipeline.store.reads import views

    config = config_of(feeds)
    with steps.open_for(config) as store:
        store.feeds.sync(config.feeds, now(), config.schedule.first)
        rows = views.feed_rows(store)
        quiet = silent_feeds(store, now())
    if as_json:
        for row in rows:
            show.line(show.feed_json(row) | {"warning": quiet.get(row.id, "")})
    else:
        show.feeds(rows)
        for row in rows:
            if row.id in quiet:
                show.OUT.print(f"feed {row.id}: {quiet[row.id]}")


@feeds_app.command("check", epilog="Example: copydesk feeds check https://outlet.example/feed.xml saved.xml --json")
def feeds_check(
    sources: Annotated[list[str], typer.Argument(help="Addresses, files, or folders of delivered items.")],
    allow: Allow = None,
    country: Country = "",
    zone: Zone = "",
    feeds: FeedsFile = None,
    as_json: AsJson = False,
) -> None:
    """Each feed as the poller reads it."""
    from pipeline.steps.find_feeds import read_sources

    config = config_of(feeds)
    specs = [FeedSpec(source, "", country, zone=_zone(zone)) for source in sources]
    for source, answer in zip(sources, read_sources(config, specs, tuple(allow or ()), now()), strict=True):
        detail = "" if answer.parsed else answer.detail
        record = show.parsed_json(source, answer.outcome, answer.parsed, detail)
        if as_json:
            show.line(record)
        else:
            show.checked(record)


@feeds_app.command("add", epilog="Example: copydesk feeds add https://outlet.example/ --country IN")
def feeds_add(
    url: Annotated[str, typer.Argument(help="A feed, or a site whose feed is to be found.")],
    outlet: Annotated[str, typer.Option(help="The outlet's name; default the feed's title, else the host.")] = "",
    country: Country = "",
    zone: Zone = "",
    lang: Annotated[str, typer.Option(help="Language where pages do not say.")] = "",
    every: Annotated[bool, typer.Option("--all", help="Every feed that is found, not the first alone.")] = False,
    dry: Annotated[bool, typer.Option("--dry-run", help="Show what is found, and change nothing.")] = False,
    allow: Allow = None,
    feeds: FeedsFile = None,
    as_json: AsJson = False,
) -> None:
    """Find a site's feed and append it to feeds.toml."""
    from pipeline.steps.find_feeds import find_feeds

    if not url.startswith(("http://", "https://")):
        raise UsageError("not an http(s) address", concerns=url, todo="a folder is written into feeds.toml by hand")
    config = _config(feeds)
    found = find_feeds(config, url, tuple(allow or ()), now())
    if not found:
        raise ConfigError("no feed found", concerns=url, todo="look for its address on the site")
    chosen = found if every else found[:1]
    names = [outlet or one.title or urlsplit(one.url).hostname or one.url for one in chosen]
    specs = [
        FeedSpec(one.url, name, country.upper(), lang, zone=_zone(zone))
        for one, name in zip(chosen, names, strict=True)
    ]
    added = [] if dry else _append(config, feeds, specs)
    _show_found(found, {spec.url for spec in added}, as_json)


@feeds_app.command("import", epilog="Example: copydesk feeds import subscriptions.opml")
def feeds_import(
    file: Annotated[Path, typer.Argument(help="A list of feeds as OPML.", exists=True, dir_okay=False)],
    feeds: FeedsFile = None,
) -> None:
    """Append the feeds of an OPML file to feeds.toml; those that stand there already are left alone."""
    from pipeline.feeds.opml import read_opml

    config = _config(feeds)
    listed = read_opml(file.read_bytes(), str(file))
    added = _append(config, feeds, listed)
    show.ERR.print(f"{len(added)} feeds added, {len(listed) - len(added)} were there", soft_wrap=True)


@feeds_app.command("export", epilog="Example: copydesk feeds export --out feeds.opml")
def feeds_export(
    out: Annotated[Path | None, typer.Option(help="Where the OPML goes; default stdout.")] = None,
    feeds: FeedsFile = None,
) -> None:
    """The feeds as OPML; folders are of this machine alone, and left out."""
    from pipeline.feeds.opml import write_opml

    listed = [feed for feed in config_of(feeds).feeds if not feed.url.startswith("file:")]
    opml = write_opml(listed)
    if out is None:
        typer.echo(opml.decode(), nl=False)
    else:
        out.write_bytes(opml)


@feeds_app.command("duplicates", epilog="Example: copydesk feeds duplicates --json")
def feeds_duplicates(feeds: FeedsFile = None, as_json: AsJson = False) -> None:
    """Feeds that are one and the same under two addresses."""
    from pipeline import steps
    from pipeline.steps.alerts import same_feeds

    with steps.open_for(config_of(feeds)) as store:
        pairs, urls = same_feeds(store, now())
    for pair in pairs:
        record = show.duplicate_json(pair, urls)
        if as_json:
            show.line(record)
        else:
            show.OUT.print(show.escape(f"{record['url']} = {record['other_url']}: {pair.reason}"), soft_wrap=True)


@feeds_app.command("subscriptions", epilog="Example: copydesk feeds subscriptions --json")
def feeds_subscriptions(feeds: FeedsFile = None, as_json: AsJson = False) -> None:
    """Which feeds are announced by which hub, and how that stands."""
    from pipeline import steps

    with steps.open_for(config_of(feeds)) as store:
        rows = store.hubs.all_subscriptions()
    if as_json:
        for row in rows:
            show.line(show.subscription_json(row))
    else:
        show.subscriptions(rows)


@feeds_app.command("pause", epilog="Example: copydesk feeds pause 3")
def feeds_pause(feed_id: Annotated[int, typer.Argument(metavar="ID")], feeds: FeedsFile = None) -> None:
    """Stop polling a feed; what it gave stays. Undo with: copydesk feeds resume ID."""
    _set_paused(feeds, feed_id, paused=True)


@feeds_app.command("resume", epilog="Example: copydesk feeds resume 3")
def feeds_resume(feed_id: Annotated[int, typer.Argument(metavar="ID")], feeds: FeedsFile = None) -> None:
    """Poll a paused feed again."""
    _set_paused(feeds, feed_id, paused=False)


def _set_paused(feeds: Path | None, feed_id: int, *, paused: bool) -> None:
    from pipeline import steps

    with steps.open_for(config_of(feeds)) as store:
        store.feeds.pause(feed_id, paused)
    show.ERR.print(f"feed {feed_id} {'paused' if paused else 'resumed'}")


def _zone(name: str) -> str:
    if name and iana_zone(name) is None:
        raise UsageError(f"no zone {name!r}", concerns="--zone", todo="give an IANA name, such as Asia/Kolkata")
    return name


def _config(feeds: Path | None) -> Config:
    """The config, where its file is there yet; else the defaults, for the file that will be."""
    path = feeds_file(feeds, os.environ)
    return config_of(path if path.exists() else None)


def _append(config: Config, feeds: Path | None, specs: Sequence[FeedSpec]) -> list[FeedSpec]:
    """Write those that are not listed, by the page that their addresses name; what was written."""
    known = {url_key(feed.url) for feed in config.feeds}
    fresh = {url_key(spec.url): spec for spec in reversed(specs) if url_key(spec.url) not in known}
    added = list(fresh.values())[::-1]
    if added:
        add_feeds(feeds_file(feeds, os.environ), added)
    return added


def _show_found(found: Sequence[FoundFeed], added: set[str], as_json: bool) -> None:
    for one in found:
        record: dict[str, Any] = show.found_json(one, one.url in added)
        if as_json:
            show.line(record)
        else:
            state = "[green]added[/]" if one.url in added else "found"
            facts = show.escape(f"{one.url}: {one.format}, {one.entries} entries, {one.via}")
            show.OUT.print(f"{state} {facts}", soft_wrap=True)
