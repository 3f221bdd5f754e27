"""``copydesk feeds ...``: what is polled, and what could be."""

from __future__ import annotations

import os
from collections.abc import Sequence
from pathlib import Path
from typing import Annotated

import typer

from pipeline import records
from pipeline.cli import tables
from pipeline.cli.options import (
    Allow,
    AsJson,
    Country,
    FeedId,
    FeedsFile,
    Zone,
    config_of,
    now,
    open_stored,
    open_to_write,
)
from pipeline.cli.terminal import OUT, note, print_json, show_line
from pipeline.config import Config, feeds_file
from pipeline.errors import ConfigError, StoreMissing, UsageError
from pipeline.model import FeedSpec, FeedState, FoundFeed, Validators
from pipeline.text.url import safe_http_url
from pipeline.text.zones import iana_zone

feeds_app = typer.Typer(
    help="The feeds that are polled.", no_args_is_help=True, epilog="Example: copydesk feeds list --json"
)


@feeds_app.command("list", epilog="Example: copydesk feeds list --json")
def feeds_list(feeds: FeedsFile = None, as_json: AsJson = False) -> None:
    """Every feed with its last outcome; those that no run has seen yet are "not polled yet". Writes nothing."""
    config = config_of(feeds)
    rows, warnings = _stored_feeds(config)
    rows = listed_feeds(config, rows)
    if as_json:
        print_json(records.feed_record(row, warnings.get(row.id, "")) for row in rows)
        return
    OUT.print(tables.feeds_table(rows))
    for row in rows:
        if row.id in warnings:
            show_line(f"feed {row.id}: {warnings[row.id]}")


def _stored_feeds(config: Config) -> tuple[list[FeedState], dict[int, str]]:
    """The store's feeds, and a warning for each silent one; none where there is no store yet."""
    from pipeline.steps.alerts import silent_feeds
    from pipeline.store import open_store
    from pipeline.store.reads import views

    try:
        with open_store(config.store, migrate=config.migrate, create=False) as store:
            return views.feed_rows(store), silent_feeds(store, now())
    except StoreMissing:
        return [], {}


def listed_feeds(config: Config, stored: Sequence[FeedState]) -> list[FeedState]:
    """Return the config's feeds as the store has them, then those it has not yet; without a config all stored ones."""
    if not config.feeds:
        return list(stored)
    specs = {spec.url: spec for spec in config.feeds}
    stored_feeds = [feed for feed in stored if feed.spec.url in specs]
    new = specs.keys() - {feed.spec.url for feed in stored_feeds}
    return stored_feeds + [
        FeedState(0, spec, Validators(), now(), config.schedule.first) for url, spec in specs.items() if url in new
    ]


@feeds_app.command("check", epilog="Example: copydesk feeds check https://outlet.example/feed.xml saved.xml --json")
def feeds_check(
    sources: Annotated[list[str], typer.Argument(help="Addresses, files, or folders of delivered items.")],
    allow: Allow = None,
    country: Country = "",
    zone: Zone = "",
    url: Annotated[str, typer.Option(help="The address that a saved file had; its links are relative to it.")] = "",
    feeds: FeedsFile = None,
    as_json: AsJson = False,
) -> None:
    """Each feed as the poller reads it."""
    from pipeline.steps.find_feeds import read_sources

    if url and not safe_http_url(url):
        raise UsageError("not an http(s) address", concerns="--url")

    specs = [FeedSpec(source, "", country, zone=_checked_zone(zone)) for source in sources]
    for source, answer in zip(
        sources, read_sources(config_of(feeds), specs, tuple(allow or ()), now(), url), strict=True
    ):
        detail = "" if answer.parsed else answer.detail
        record = records.feed_reading_record(source, answer.outcome, answer.parsed, detail)
        if as_json:
            print_json([record])
            continue
        for line in tables.feed_reading_lines(record):
            show_line(line)


@feeds_app.command("add", epilog="Example: copydesk feeds add https://outlet.example/ --country IN")
def feeds_add(
    url: Annotated[str, typer.Argument(help="A feed, or a site whose feed is to be found.")],
    outlet: Annotated[str, typer.Option(help="The outlet's name; default the feed's title, else the host.")] = "",
    country: Country = "",
    zone: Zone = "",
    lang: Annotated[str, typer.Option(help="Language where pages do not say.")] = "",
    take_all: Annotated[bool, typer.Option("--all", help="Every feed that is found, not the first alone.")] = False,
    dry: Annotated[bool, typer.Option("--dry-run", help="Show what is found, and change nothing.")] = False,
    allow: Allow = None,
    feeds: FeedsFile = None,
    as_json: AsJson = False,
) -> None:
    """Find a site's feed and append it to feeds.toml, with what --allow it needs."""
    from pipeline.steps.feed_lists import declared_feed
    from pipeline.steps.find_feeds import find_feeds

    if not url.startswith(("http://", "https://")):
        raise UsageError("not an http(s) address", concerns=url, todo="a folder is written into feeds.toml by hand")
    config, allowed = _config_to_edit(feeds), tuple(allow or ())
    found_feeds = find_feeds(config, url, allowed, now())
    if not found_feeds:
        raise ConfigError("no feed found", concerns=url, todo="look for its address on the site")
    common = FeedSpec("", outlet, country.upper(), lang, zone=_checked_zone(zone))
    specs = [declared_feed(feed, common) for feed in (found_feeds if take_all else found_feeds[:1])]
    added = [] if dry else _append(config, feeds, specs, allowed)
    _show_found(found_feeds, {spec.url for spec in added}, as_json)


@feeds_app.command("import", epilog="Example: copydesk feeds import subscriptions.opml")
def feeds_import(
    file: Annotated[Path, typer.Argument(help="A list of feeds as OPML.", exists=True, dir_okay=False, readable=True)],
    feeds: FeedsFile = None,
) -> None:
    """Append the feeds of an OPML file to feeds.toml; those that stand there already are left alone."""
    from pipeline.feeds.opml import read_opml

    listed = read_opml(file.read_bytes(), str(file))
    added = _append(_config_to_edit(feeds), feeds, listed)
    note(f"{len(added):,} feeds added, {len(listed) - len(added):,} were there")


@feeds_app.command("export", epilog="Example: copydesk feeds export --out feeds.opml")
def feeds_export(
    out: Annotated[Path | None, typer.Option(help="Where the OPML goes; default stdout.", dir_okay=False)] = None,
    feeds: FeedsFile = None,
) -> None:
    """The feeds as OPML; folders are of this machine alone, and left out."""
    from pipeline.feeds.opml import write_opml

    opml = write_opml([feed for feed in config_of(feeds).feeds if not feed.url.startswith("file:")])
    if out is None:
        typer.echo(opml.decode(), nl=False)
    else:
        out.write_bytes(opml)


@feeds_app.command("duplicates", epilog="Example: copydesk feeds duplicates --json")
def feeds_duplicates(feeds: FeedsFile = None, as_json: AsJson = False) -> None:
    """Feeds that are one and the same under two addresses."""
    from pipeline.steps.alerts import same_feeds

    with open_stored(feeds) as store:
        pairs, urls = same_feeds(store, now())
    duplicates = [records.duplicate_feeds_record(pair, urls) for pair in pairs]
    if as_json:
        print_json(duplicates)
        return
    for record in duplicates:
        show_line(f"{record['url']} = {record['other_url']}: {record['reason']}")


@feeds_app.command("subscriptions", epilog="Example: copydesk feeds subscriptions --json")
def feeds_subscriptions(feeds: FeedsFile = None, as_json: AsJson = False) -> None:
    """Which feeds are announced by which hub, and how that stands."""
    with open_stored(feeds) as store:
        rows = store.hubs.all_subscriptions()
    if as_json:
        print_json(map(records.subscription_record, rows))
    else:
        OUT.print(tables.subscriptions_table(rows))


@feeds_app.command("pause", epilog="Example: copydesk feeds pause 3")
def feeds_pause(feed_id: FeedId, feeds: FeedsFile = None) -> None:
    """Stop polling a feed; what it gave stays. Undo with: copydesk feeds resume ID."""
    _set_paused(feeds, feed_id, paused=True)


@feeds_app.command("resume", epilog="Example: copydesk feeds resume 3")
def feeds_resume(feed_id: FeedId, feeds: FeedsFile = None) -> None:
    """Poll a paused or retired feed again, with the next run."""
    _set_paused(feeds, feed_id, paused=False)


def _set_paused(feeds: Path | None, feed_id: int, *, paused: bool) -> None:
    with open_to_write(feeds) as store:
        store.feeds.pause(feed_id, paused, now())
    note(f"feed {feed_id} {'paused' if paused else 'resumed'}")


def _checked_zone(name: str) -> str:
    if name and iana_zone(name) is None:
        raise UsageError(f"no zone {name!r}", concerns="--zone", todo="give an IANA name, such as Asia/Kolkata")
    return name


def _config_to_edit(feeds: Path | None) -> Config:
    """The config, where its file is there yet; else the defaults, for the file that will be."""
    path = feeds_file(feeds, os.environ)
    return config_of(path if path.exists() else None)


def _append(
    config: Config, feeds: Path | None, specs: Sequence[FeedSpec], allowed: Sequence[str] = ()
) -> list[FeedSpec]:
    """Write those whose addresses name no feed that is listed, with what they need to be fetched; what was written."""
    from pipeline.steps.feed_lists import append_feeds

    return append_feeds(config, feeds_file(feeds, os.environ), specs, allowed)


def _show_found(feeds: Sequence[FoundFeed], added: set[str], as_json: bool) -> None:
    if as_json:
        print_json(records.found_feed_record(feed, feed.url in added) for feed in feeds)
        return
    for feed in feeds:
        show_line(tables.found_feed_line(feed, feed.url in added))
