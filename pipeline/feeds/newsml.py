"""NewsML-G2 (IPTC News Architecture, 2.x): news items and packages, alone or in a news message.

Elements go by their names, whatever the namespace's edition. What is cut off is refused, not mended: half a text must
not pass for a whole one.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from lxml import etree

from pipeline.errors import FeedError
from pipeline.feeds.delivery import Item, entry_from_item
from pipeline.feeds.entry import Reading, first_line
from pipeline.feeds.markup import plain_text
from pipeline.feeds.xml import local_name
from pipeline.model import FeedEntry, ParsedFeed
from pipeline.text.url import safe_http_url, url_key

ROOTS = ("newsItem", "packageItem", "newsMessage")
PARAGRAPHS = ("p", "hl2", "h2", "h3", "h4", "li", "pre", "bq", "blockquote")
HEADINGS = ("hl2", "h2", "h3", "h4")
# Elements inside the content that are not its running text.
NOT_TEXT = (
    "media",
    "table",
    "figure",
    "media-caption",
    "byline",
    "dateline",
    "body.head",
    "hedline",
    "head",
    "script",
    "style",
)


def read_newsml(body: bytes, reading: Reading) -> ParsedFeed:
    """Return the ParsedFeed of the text items; pictures and other kinds are counted as problems. Raises FeedError."""
    parser = etree.XMLParser(
        resolve_entities=False, no_network=True, huge_tree=False, remove_comments=True, remove_pis=True
    )
    try:
        root = etree.fromstring(body, parser)
    except (etree.XMLSyntaxError, ValueError) as error:
        raise FeedError(f"not well-formed: {first_line(error)}", concerns=reading.url, todo="look at it") from None
    if local_name(root) not in ROOTS:
        raise FeedError("XML, but no NewsML-G2", concerns=reading.url, todo="look at it")
    items = [element for element in root.iter() if local_name(element) in ("newsItem", "packageItem")]
    carried = {element.get("guid") for element in items}
    entries: list[FeedEntry] = []
    for element in items:
        is_item = local_name(element) == "newsItem"
        entries += _item_entries(element, reading) if is_item else _package_entries(element, carried, reading)
    return ParsedFeed("newsml-g2", "", tuple(entries), reading.problems())


def _item_entries(item: Any, reading: Reading) -> Iterator[FeedEntry]:
    meta, about = _child(item, "itemMeta"), _child(item, "contentMeta")
    kind = _code(_child(meta, "itemClass")) or "text"
    if kind not in ("text", "composite"):
        reading.problem_counts[f"items are no text ({kind})"] += 1
        return
    rights = _child(item, "rightsInfo")
    content = _child(item, "contentSet")
    paragraphs = tuple(_paragraphs(content))
    yield from entry_from_item(
        Item(
            guid=item.get("guid") or "",
            version=item.get("version") or "",
            status=_code(_child(meta, "pubStatus")) or "usable",
            title=_main_headline(about, content) or _text(_child(meta, "title")),
            deck=_text_by_role(about, "description", "summary"),
            paragraphs=paragraphs,
            providers=(*_party_names(_child(meta, "provider")), *_holder_names(rights),
                       *_party_names(_child(about, "infoSource")), _text(_child(about, "creditline"))),
            authors=_authors(about),
            published=_text(_child(meta, "firstCreated")) or _text(_child(about, "contentCreated")),
            updated=_text(_child(meta, "versionCreated")) or _text(_child(about, "contentModified")),
            embargoed=_text(_child(meta, "embargoed")),
            lang=_lang(item, about, content),
            note=_text(_child(meta, "edNote")),
            signals=tuple(_code(signal) for signal in _children(meta, "signal")),
            place=_text(_child(about, "dateline")) or _text(_child(_child(about, "located"), "name")),
            rights=_text(_child(rights, "copyrightNotice")) or _text(_child(rights, "usageTerms")),
        ),
        reading,
    )  # fmt: skip


def _package_entries(package: Any, carried: set[Any], reading: Reading) -> Iterator[FeedEntry]:
    """Yield an entry for each page that a package refers to; items that it carries are read for themselves."""
    for ref in (element for element in package.iter() if local_name(element) == "itemRef"):
        name, link = ref.get("residref") or "", safe_http_url(ref.get("href") or "")
        if name in carried or (link and link in carried):
            continue
        if link is None or "newsmessage" in (kind := ref.get("contenttype") or "") or "g2" in kind:
            reading.problem_counts["references of packages lead to no page"] += 1
            continue
        title = _text(_child(ref, "headline")) or _text(_child(ref, "title"))
        updated = reading.moment(_text(_child(ref, "versionCreated")))
        yield FeedEntry(
            url_key(link),
            link,
            plain_text(title, 1000),
            plain_text(_text(_child(ref, "description"))),
            published=updated,
        )


def _paragraphs(content: Any) -> Iterator[tuple[str, bool]]:
    """Yield (text, whether it is a heading) of the first rendition that has text, in the order of preference."""
    for name in ("inlineXML", "inlineData"):
        for rendition in _children(content, name):
            paragraphs = list(_markup_paragraphs(rendition) if len(rendition) else _text_paragraphs(rendition))
            if paragraphs:
                yield from paragraphs
                return


def _markup_paragraphs(element: Any) -> Iterator[tuple[str, bool]]:
    for child in element:
        name = local_name(child)
        if name in PARAGRAPHS and not any(local_name(inner) in PARAGRAPHS for inner in child.iterdescendants()):
            text = plain_text("".join(child.itertext()), 100_000)
            if text:
                yield text, name in HEADINGS
        elif name not in NOT_TEXT:
            yield from _markup_paragraphs(child)


def _text_paragraphs(rendition: Any) -> Iterator[tuple[str, bool]]:
    kind = rendition.get("contenttype") or "text/plain"
    if kind.startswith("text/plain") and not rendition.get("encoding"):
        for part in (rendition.text or "").splitlines():
            if text := " ".join(part.split()):
                yield text, False


def _main_headline(about: Any, content: Any) -> str:
    headline = _text_by_role(about, "headline", "main")
    names = ("hl1", "h1", "title")
    inside: list[Any] = (
        [] if content is None else [element for element in content.iter() if local_name(element) in names]
    )
    return headline or next((text for element in inside if (text := _text(element))), "")


def _text_by_role(about: Any, name: str, role: str) -> str:
    """Return the text of the element of that name with that role, else of the first."""
    rows = [(_bare_code(element.get("role") or ""), _text(element)) for element in _children(about, name)]
    return next((text for row_role, text in rows if row_role == role and text), "") or next(
        (t for _, t in rows if t), ""
    )


def _holder_names(rights: Any) -> tuple[str, ...]:
    return _party_names(_child(rights, "copyrightHolder"))


def _authors(about: Any) -> tuple[str, ...]:
    byline = _text(_child(about, "by"))
    names = [name for creator in _children(about, "creator") for name in _party_names(creator)[:1]]
    return (byline,) if byline else tuple(dict.fromkeys(name for name in names if name))


def _lang(item: Any, about: Any, content: Any) -> str:
    xml = "{http://www.w3.org/XML/1998/namespace}lang"
    language = _child(about, "language")
    inside: list[Any] = [] if content is None else list(content.iter())
    inner = next((element.get(xml) for element in inside if element.get(xml)), "")
    return str((language.get("tag") if language is not None else "") or inner or item.get(xml) or "")


def _party_names(party: Any) -> tuple[str, ...]:
    """Return a party's names: its name, its literal, its code. A URI holds a code only in IPTC's own list."""
    if party is None:
        return ()
    uri = party.get("uri") or ""
    code = party.get("qcode") or party.get("code") or (uri if "/newsprovider/" in uri else "")
    text = "" if len(party) else _text(party)
    names = (_text(_child(party, "name")), text, party.get("literal") or "", _bare_code(code))
    return tuple(name for name in names if name)


def _code(element: Any) -> str:
    """Return the value of a concept: the end of its qcode or URI."""
    if element is None:
        return ""
    return _bare_code(element.get("qcode") or element.get("uri") or element.get("code") or "")


def _bare_code(code: str) -> str:
    return code.rstrip("/").rpartition("/")[2].rpartition(":")[2]


def _children(element: Any, name: str) -> list[Any]:
    return [] if element is None else [child for child in element if local_name(child) == name]


def _child(element: Any, name: str) -> Any:
    return next(iter(_children(element, name)), None)


def _text(element: Any) -> str:
    return "" if element is None else plain_text("".join(element.itertext()), 5_000)
