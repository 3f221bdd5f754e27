"""ninjs (IPTC, News in JSON): 1.x and 2.x write ``pubstatus``, 3.x ``pubStatus``; names are read in one case."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

from lxml import html
from lxml.etree import ParserError

from pipeline.feeds.delivery import Item, entry_from_item
from pipeline.feeds.entry import Reading
from pipeline.feeds.markup import plain_text
from pipeline.feeds.xml import local_name
from pipeline.model import FeedEntry, ParsedFeed

BLOCKS = ("p", "h1", "h2", "h3", "h4", "h5", "h6", "li", "pre", "blockquote", "figcaption")
HEADINGS = ("h2", "h3", "h4", "h5", "h6")
TELLING_NAMES = (
    "pubstatus",
    "versioncreated",
    "bodies",
    "headlines",
    "renditions",
    "copyrightholder",
    "representationtype",
)
BLANK_LINE = re.compile(r"\n\s*\n")


def ninjs_items(value: Any) -> list[dict[str, Any]]:
    """Return the ninjs objects of a JSON value: it, its members, or its ``items``; none if any of them is not ninjs."""
    rows = value.get("items") if isinstance(value, dict) and isinstance(value.get("items"), list) else value
    rows = rows if isinstance(rows, list) else [rows]
    items = [{str(name).lower(): member for name, member in row.items()} for row in rows if isinstance(row, dict)]
    ninjs = [item for item in items if ("uri" in item or "guid" in item) and _is_ninjs(item)]
    return ninjs if len(ninjs) == len(rows) else []


def _is_ninjs(item: dict[str, Any]) -> bool:
    standard = item.get("standard")
    names_ninjs = isinstance(standard, dict) and standard.get("name") == "ninjs"
    return names_ninjs or any(name in item for name in TELLING_NAMES) or any(name.startswith("body_") for name in item)


def read_ninjs(items: list[dict[str, Any]], reading: Reading) -> ParsedFeed:
    """Return the ParsedFeed of the text items; pictures and other kinds are counted as problems."""
    entries = tuple(entry for item in items for entry in _item_entries(item, reading))
    return ParsedFeed("ninjs", "", entries, reading.problems())


def _item_entries(item: dict[str, Any], reading: Reading) -> Iterator[FeedEntry]:
    kind = str(item.get("type") or "text")
    if kind not in ("text", "composite"):
        reading.problem_counts[f"items are no text ({kind})"] += 1
        return
    yield from entry_from_item(
        Item(
            guid=str(item.get("uri") or item.get("guid") or ""),
            version=str(item.get("version") or ""),
            status=str(item.get("pubstatus") or "usable"),
            title=_text_by_role(item, "headline") or plain_text(item.get("title"), 1000),
            deck=_text_by_role(item, "description", "summary"),
            paragraphs=tuple(_body(item)),
            providers=tuple(_providers(item)),
            authors=(plain_text(byline, 200),) if (byline := item.get("byline") or item.get("by")) else (),
            published=str(item.get("firstcreated") or item.get("contentcreated") or ""),
            updated=str(item.get("versioncreated") or ""),
            embargoed=str(item.get("embargoed") or ""),
            lang=str(item.get("language") or ""),
            note=plain_text(item.get("ednote")),
            signals=tuple(str(signal) for signal in _as_list(item.get("signals"))),
            place=plain_text(item.get("located"), 200) if isinstance(item.get("located"), str) else "",
            rights=plain_text(item.get("copyrightnotice")) or plain_text(item.get("usageterms")),
        ),
        reading,
    )


def _as_list(value: Any) -> list[Any]:
    return value if isinstance(value, list) else [] if value is None else [value]


def _texts(item: dict[str, Any], name: str, plural: str) -> list[tuple[str, str, str]]:
    """Return (role, media type, value) of a text: 2.x and 3.x list them, 1.x has one property for each."""
    rows = [row for row in _as_list(item.get(plural)) if isinstance(row, dict)]
    lowered = [{str(key).lower(): value for key, value in row.items()} for row in rows]
    listed = [(str(r.get("role") or ""), str(r.get("contenttype") or ""), str(r.get("value") or "")) for r in lowered]
    single = [(key[len(name) :].strip("_"), "", value) for key, value in item.items()
              if (key == name or key.startswith(f"{name}_")) and isinstance(value, str)]  # fmt: skip
    return [row for row in (*listed, *single) if row[2].strip()]


def _text_by_role(item: dict[str, Any], name: str, role: str = "main") -> str:
    rows = _texts(item, name, f"{name}s")
    chosen = next((value for row_role, _, value in rows if row_role in (role, "")), rows[0][2] if rows else "")
    return plain_text(chosen, 1000)


def _body(item: dict[str, Any]) -> Iterator[tuple[str, bool]]:
    """Yield (text, whether it is a heading); markup tells paragraphs apart better than plain text does."""
    rows = _texts(item, "body", "bodies")
    rows.sort(key=lambda row: not ("html" in row[0] + row[1] or row[2].lstrip().startswith("<")))
    for role, kind, value in rows[:1]:
        yield from (
            _markup_paragraphs(value)
            if "<" in value and "plain" not in kind and role != "text"
            else _text_paragraphs(value)
        )


def _text_paragraphs(value: str) -> Iterator[tuple[str, bool]]:
    parts = BLANK_LINE.split(value) if BLANK_LINE.search(value) else value.splitlines()
    return ((text, False) for part in parts if (text := " ".join(part.split())))


def _markup_paragraphs(value: str) -> Iterator[tuple[str, bool]]:
    try:
        tree = html.fragment_fromstring(value, create_parent="div")
    except (ParserError, ValueError):
        return
    blocks = [
        block
        for block in tree.iter(*BLOCKS)
        if not any(local_name(inner) in BLOCKS for inner in block.iterdescendants())
    ]
    for block in blocks or [tree]:
        if local_name(block) != "figcaption" and (text := " ".join(block.text_content().split())):
            yield text, local_name(block) in HEADINGS


def _providers(item: dict[str, Any]) -> Iterator[str]:
    """Yield the names of who delivers the item, the most telling first."""
    for name in ("provider", "copyrightholder", "infosource", "infosources", "source", "creditline"):
        for row in _as_list(item.get(name)):
            provider = row.get("name") or row.get("literal") if isinstance(row, dict) else row
            if isinstance(provider, str) and provider.strip():
                yield plain_text(provider, 200)
