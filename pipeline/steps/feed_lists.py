"""The list of feeds that is polled: feeds that were found or imported, appended to feeds.toml."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from pathlib import Path
from urllib.parse import urlsplit

from pipeline.config import Config, add_feeds, load
from pipeline.model import FeedSpec, FoundFeed
from pipeline.steps.context import open_for
from pipeline.text.url import url_key


def declared_feed(feed: FoundFeed, common: FeedSpec) -> FeedSpec:
    """Return a feed that was found as feeds.toml declares it; ``common`` says what is known of its outlet."""
    outlet = common.outlet or feed.title or urlsplit(feed.url).hostname or feed.url
    return FeedSpec(feed.url, outlet, common.country, common.lang, zone=common.zone)


def read_feed_list(opml: str) -> Sequence[FeedSpec]:
    """Return the feeds that an OPML document names. Raises FeedError."""
    from pipeline.feeds.opml import read_opml

    return read_opml(opml.encode("utf-8", "replace"), "the file")


def written_feed_list(specs: Sequence[FeedSpec]) -> bytes:
    """Return an OPML document of these feeds; folders are of this machine alone, and left out."""
    from pipeline.feeds.opml import write_opml

    return write_opml([spec for spec in specs if not spec.url.startswith("file:")])


def new_feeds(config: Config, specs: Sequence[FeedSpec]) -> list[FeedSpec]:
    """Return those whose addresses name no feed that is listed, each once."""
    listed = {url_key(feed.url) for feed in config.feeds}
    by_key = {url_key(spec.url): spec for spec in reversed(specs) if url_key(spec.url) not in listed}
    return list(by_key.values())[::-1]


def append_feeds(config: Config, path: Path, specs: Sequence[FeedSpec], allowed: Sequence[str] = ()) -> list[FeedSpec]:
    """Append the new ones to the file, with what of ``allowed`` (host:port) they need. Return what was appended.

    Raises ConfigError where the file cannot be read or written.
    """
    added = new_feeds(config, specs)
    if added:
        hosts = {urlsplit(spec.url).netloc.rpartition("@")[2] for spec in added}
        needed = [pair for pair in allowed if pair in hosts and pair not in config.fetch.allow]
        add_feeds(path, added, needed)
    return added


def list_feeds_at_once(path: Path, specs: Sequence[FeedSpec], env: dict[str, str], now: datetime) -> list[FeedSpec]:
    """Append feeds to the file and give them to the store, which polls them with the next run. Return the new ones.

    Raises ConfigError.
    """
    added = append_feeds(load(path if path.exists() else None, env), path, specs)
    if added:
        config = load(path, env)
        with open_for(config) as store:
            store.feeds.sync(config.feeds, now, config.schedule.first)
    return added
