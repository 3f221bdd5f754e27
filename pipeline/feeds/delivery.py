"""An item that an agency delivers whole, as an entry: its text is the content, its name the address."""

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
    """What the formats have in common, as they write it. ``paragraphs``: text, and whether it is a heading."""

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


def entry_of(item: Item, reading: Reading) -> Iterator[FeedEntry]:
    """The item's entry; none, and a problem, where it has no name or neither text nor a status that ends it."""
    withdrawn = item.status.rpartition(":")[2].rpartition("/")[2].lower() in WITHDRAWN
    if not item.guid:
        reading.wrong["items have no guid"] += 1
        return
    paragraphs = item.paragraphs or (((item.note, False),) if withdrawn and item.note else ())
    if not paragraphs and not withdrawn:
        reading.wrong["items have no text"] += 1
        return
    name = address(item.guid, item.version)
    published, updated = reading.moment(item.published), reading.moment(item.updated)
    yield FeedEntry(
        key=name,
        url=name,
        title=item.title,
        summary=item.deck,
        content="\n".join(_tagged(text, heading) for text, heading in paragraphs),
        authors=item.authors,
        published=published or updated,
        updated=updated,
        lang=item.lang,
        delivered=_delivered(item, withdrawn, reading),
    )


def address(guid: str, version: str) -> str:
    """The name of one version of an item: a URN or tag as it is, an http address in a URN, since it is no page."""
    whole = quote(guid, safe=":/?#[]@!$&'()*+,;=%-._~")
    base = f"urn:item:{whole}" if whole.lower().startswith(("http:", "https:")) or ":" not in whole else whole
    return bounded(f"{base}:{quote(version, safe='')}" if version else base)


def _delivered(item: Item, withdrawn: bool, reading: Reading) -> Delivered:
    until = read_moment(item.embargoed, Basis.FEED, reading.country, reading.zone)
    return Delivered(
        guid=bounded(item.guid),
        version=item.version,
        agency=next((name for name in item.providers if name), ""),
        withdrawn=withdrawn,
        mark=VersionKind.WITHDRAWAL if withdrawn else _mark(item),
        embargoed=until.value if until else None,
        place=item.place,
        rights=item.rights,
    )


def _mark(item: Item) -> VersionKind:
    told = (SIGNALS.get(signal.rpartition(":")[2].lower()) for signal in item.signals)
    later = VersionKind.UPDATE if item.version.isdigit() and int(item.version) > 1 else VersionKind.ORIGINAL
    return next((kind for kind in told if kind), later)


def _tagged(text: str, heading: bool) -> str:
    name = "h2" if heading else "p"
    return f"<{name}>{escape(text)}</{name}>"
