"""JSON Feed 1 and 1.1 (jsonfeed.org)."""

from __future__ import annotations

from typing import Any
from urllib.parse import urljoin

from pipeline.feeds.entry import Reading
from pipeline.feeds.markup import plain_text, title_text
from pipeline.model import Dropped, FeedEntry, ParsedFeed
from pipeline.text.link_targets import link_target
from pipeline.text.mail_names import mail_names
from pipeline.text.url import safe_http_url, url_key


def read_json_feed(feed: dict[str, Any], reading: Reading) -> ParsedFeed:
    """Return the ParsedFeed of a JSON object with ``items``."""
    lang = str(feed.get("language") or "")
    entries = reading.usable_entries(_entry(row, reading, lang) for row in feed["items"])
    version = "json11" if str(feed.get("version", "")).endswith("1.1") else "json1"
    self_url = safe_http_url(str(feed.get("feed_url") or "")) or ""
    title = plain_text(feed.get("title"), 300)
    hub = _hub(feed.get("hubs"))
    return ParsedFeed(
        version,
        title,
        entries,
        reading.problems(),
        self_url=self_url,
        dropped=reading.dropped_counts(),
        hub_url=hub,
        older_url=safe_http_url(str(feed.get("next_url") or "")) or "",
    )


def _hub(rows: Any) -> str:
    hubs = [row for row in rows if isinstance(row, dict)] if isinstance(rows, list) else []
    urls = (str(row.get("url") or "") for row in hubs if str(row.get("type")).lower() == "websub")
    return next((hub for url in urls if (hub := safe_http_url(url))), "")


def _entry(row: Any, reading: Reading, lang: str) -> FeedEntry | Dropped:
    if not isinstance(row, dict):
        return Dropped.NOT_AN_ENTRY
    link_text = str(row.get("url") or row.get("external_url") or row.get("id") or "")
    link = safe_http_url(urljoin(reading.url, link_text)) if link_text else None
    if link is None:
        return Dropped.BAD_LINK if link_text else Dropped.NO_LINK
    people = row.get("authors") if isinstance(row.get("authors"), list) else [row.get("author")]
    texts = [plain_text(person.get("name"), 200) for person in people or () if isinstance(person, dict)]
    lang = str(row.get("language") or lang)
    published = reading.moment(row.get("date_published"), lang)
    updated = reading.moment(row.get("date_modified"), lang)
    return FeedEntry(
        key=str(row.get("id") or url_key(link)),
        url=link_target(link),
        title=title_text(row.get("title")),
        summary=plain_text(row.get("summary") or row.get("content_text")),
        content=str(row.get("content_html") or ""),
        authors=tuple(name for text in texts for name in mail_names(text)),
        published=published or updated,
        updated=updated,
        lang=lang,
    )
