"""ninjs (IPTC, News in JSON): 1.x and 2.x write ``pubstatus``, 3.x ``pubStatus``; names are read in one case."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

from lxml import html
from lxml.etree import ParserError

from pipeline.feeds.delivery import Item, entry_of
from pipeline.feeds.entry import Reading, plain
from pipeline.feeds.xml import local
from pipeline.model import FeedEntry, ParsedFeed

BLOCKS = ("p", "h1", "h2", "h3", "h4", "h5", "h6", "li", "pre", "blockquote", "figcaption")
HEADINGS = ("h2", "h3", "h4", "h5", "h6")
OWN = ("pubstatus", "versioncreated", "bodies", "headlines", "renditions", "copyrightholder", "representationtype")
DASH = re.compile(r"\n\s*\n")


def ninjs_items(found: Any) -> list[dict[str, Any]]:
    """The ninjs objects of a JSON value: it, its members, or its ``items``; none where one of them is no ninjs."""
    rows = found.get("items") if isinstance(found, dict) and isinstance(found.get("items"), list) else found
    rows = rows if isinstance(rows, list) else [rows]
    items = [{str(name).lower(): value for name, value in row.items()} for row in rows if isinstance(row, dict)]
    told = [item for item in items if ("uri" in item or "guid" in item) and _is_ninjs(item)]
    return told if len(told) == len(rows) else []


def _is_ninjs(item: dict[str, Any]) -> bool:
    standard = item.get("standard")
    named = isinstance(standard, dict) and standard.get("name") == "ninjs"
    return named or any(name in item for name in OWN) or any(name.startswith("body_") for name in item)


def read_ninjs(items: list[dict[str, Any]], reading: Reading) -> ParsedFeed:
    """A ParsedFeed of the text items; pictures and other kinds are counted as problems."""
    entries = tuple(entry for item in items for entry in _entry(item, reading))
    return ParsedFeed("ninjs", "", entries, reading.problems())


def _entry(item: dict[str, Any], reading: Reading) -> Iterator[FeedEntry]:
    kind = str(item.get("type") or "text")
    if kind not in ("text", "composite"):
        reading.wrong[f"items are no text ({kind})"] += 1
        return
    yield from entry_of(
        Item(
            guid=str(item.get("uri") or item.get("guid") or ""),
            version=str(item.get("version") or ""),
            status=str(item.get("pubstatus") or "usable"),
            title=_main(item, "headline") or plain(item.get("title"), 1000),
            deck=_main(item, "description", "summary"),
            paragraphs=tuple(_body(item)),
            providers=tuple(_providers(item)),
            authors=(plain(by, 200),) if (by := item.get("byline") or item.get("by")) else (),
            published=str(item.get("firstcreated") or item.get("contentcreated") or ""),
            updated=str(item.get("versioncreated") or ""),
            embargoed=str(item.get("embargoed") or ""),
            lang=str(item.get("language") or ""),
            note=plain(item.get("ednote")),
            signals=tuple(str(signal) for signal in _listed(item.get("signals"))),
            place=plain(item.get("located"), 200) if isinstance(item.get("located"), str) else "",
            rights=plain(item.get("copyrightnotice")) or plain(item.get("usageterms")),
        ),
        reading,
    )


def _listed(value: Any) -> list[Any]:
    return value if isinstance(value, list) else [] if value is None else [value]


def _texts(item: dict[str, Any], name: str, plural: str) -> list[tuple[str, str, str]]:
    """(role, media type, value) of a text: 2.x and 3.x list them, 1.x has one property for each."""
    rows = [row for row in _listed(item.get(plural)) if isinstance(row, dict)]
    lowered = [{str(key).lower(): value for key, value in row.items()} for row in rows]
    listed = [(str(r.get("role") or ""), str(r.get("contenttype") or ""), str(r.get("value") or "")) for r in lowered]
    single = [(key[len(name) :].strip("_"), "", value) for key, value in item.items()
              if (key == name or key.startswith(f"{name}_")) and isinstance(value, str)]  # fmt: skip
    return [row for row in (*listed, *single) if row[2].strip()]


def _main(item: dict[str, Any], name: str, role: str = "main") -> str:
    rows = _texts(item, name, f"{name}s")
    chosen = next((value for told, _, value in rows if told in (role, "")), rows[0][2] if rows else "")
    return plain(chosen, 1000)


def _body(item: dict[str, Any]) -> Iterator[tuple[str, bool]]:
    """(text, whether it is a heading); markup tells paragraphs apart better than plain text does."""
    rows = _texts(item, "body", "bodies")
    rows.sort(key=lambda row: not ("html" in row[0] + row[1] or row[2].lstrip().startswith("<")))
    for role, kind, value in rows[:1]:
        yield from _marked(value) if "<" in value and "plain" not in kind and role != "text" else _plain(value)


def _plain(value: str) -> Iterator[tuple[str, bool]]:
    parts = DASH.split(value) if DASH.search(value) else value.splitlines()
    return ((text, False) for part in parts if (text := " ".join(part.split())))


def _marked(value: str) -> Iterator[tuple[str, bool]]:
    try:
        tree = html.fragment_fromstring(value, create_parent="div")
    except (ParserError, ValueError):
        return
    blocks = [
        block for block in tree.iter(*BLOCKS) if not any(local(inner) in BLOCKS for inner in block.iterdescendants())
    ]
    for block in blocks or [tree]:
        if local(block) != "figcaption" and (text := " ".join(block.text_content().split())):
            yield text, local(block) in HEADINGS


def _providers(item: dict[str, Any]) -> Iterator[str]:
    """Who delivers it, the most telling name first."""
    for name in ("provider", "copyrightholder", "infosource", "infosources", "source", "creditline"):
        for row in _listed(item.get(name)):
            told = row.get("name") or row.get("literal") if isinstance(row, dict) else row
            if isinstance(told, str) and told.strip():
                yield plain(told, 200)
