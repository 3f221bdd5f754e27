"""Items that an agency delivers quoted_guid, as entries: the text is the content, the URN the item_urn."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from html import escape
from urllib.parse import quote

from pipeline.feeds.entry import Reading
from pipeline.model import Basis, Delivered, FeedEntry, VersionKind
from pipeline.text.dates import read_moment
from pipeline.text.url import bounded

# IPTC publishing status: what is canceled or withheld must not be used (NewsML-G2 pubStatus, ninjs pubstatus).
WITHDRAWN = ("canceled", "cancelled", "withheld")
SIGNALS = {"correction": VersionKind.CORRECTION, "cor": VersionKind.CORRECTION, "update": VersionKind.UPDATE}


@dataclass(frozen=True, slots=True)
class Item:
    """The properties that the agencies' formats share, as written. ``paragraphs``: (text, whether it is a heading)."""

    guid: str
    version: str
    status: str
    title: str
    deck: str
    paragraphs: tuple[tuple[str, bool], ...]
    providers: tuple[str, ...]
    authors: tuple[str, ...]
    published: str
    updated: str
    embargoed: str
    lang: str
    note: str
    signals: tuple[str, ...]
    place: str
    rights: str


def entry_from_item(item: Item, reading: Reading) -> Iterator[FeedEntry]:
    """Yield the item's entry; count a problem instead if it has no guid, or neither text nor a withdrawing status."""
    withdrawn = item.status.rpartition(":")[2].rpartition("/")[2].lower() in WITHDRAWN
    if not item.guid:
        reading.problem_counts["items have no guid"] += 1
        return
    paragraphs = item.paragraphs or (((item.note, False),) if withdrawn and item.note else ())
    if not paragraphs and not withdrawn:
        reading.problem_counts["items have no text"] += 1
        return
    urn = item_urn(item.guid, item.version)
    published, updated = reading.moment(item.published), reading.moment(item.updated)
    yield FeedEntry(
        key=urn,
        url=urn,
        title=item.title,
        summary=item.deck,
        content="\n".join(_element(text, heading) for text, heading in paragraphs),
        authors=item.authors,
        published=published or updated,
        updated=updated,
        lang=item.lang,
        delivered=_delivery(item, withdrawn, reading),
    )


def item_urn(guid: str, version: str) -> str:
    """Return the URN of an item's version: a URN or tag as it is, an http address (which leads to no page) in a URN."""
    quoted_guid = quote(guid, safe=":/?#[]@!$&'()*+,;=%-._~")
    base = (
        f"urn:item:{quoted_guid}"
        if quoted_guid.lower().startswith(("http:", "https:")) or ":" not in quoted_guid
        else quoted_guid
    )
    return bounded(f"{base}:{quote(version, safe='')}" if version else base)


def _delivery(item: Item, withdrawn: bool, reading: Reading) -> Delivered:
    until = read_moment(item.embargoed, Basis.FEED, reading.country, reading.zone)
    return Delivered(
        guid=bounded(item.guid),
        version=item.version,
        agency=next((provider for provider in item.providers if provider), ""),
        withdrawn=withdrawn,
        mark=VersionKind.WITHDRAWAL if withdrawn else _version_kind(item),
        embargoed=until.value if until else None,
        place=item.place,
        rights=item.rights,
    )


def _version_kind(item: Item) -> VersionKind:
    kinds = (SIGNALS.get(signal.rpartition(":")[2].lower()) for signal in item.signals)
    later = VersionKind.UPDATE if item.version.isdigit() and int(item.version) > 1 else VersionKind.ORIGINAL
    return next((kind for kind in kinds if kind), later)


def _element(text: str, heading: bool) -> str:
    tag = "h2" if heading else "p"
    return f"<{tag}>{escape(text)}</{tag}>"
