"""ninjs 3.1 (IPTC, News in JSON), a story a line, as newsrooms' systems take it in; iptc.org/std/ninjs/."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import UTC, datetime
from html import escape
from typing import Any

from pipeline.export.files import Manifest
from pipeline.export.jsonl import exporting, json_line
from pipeline.model import StoryStatus
from pipeline.read import CopyPlace, Reader, StoryHead, StoryState, VersionText

STANDARD = {"name": "ninjs", "version": "3.1", "schema": "http://www.iptc.org/std/ninjs/ninjs-schema_3.1.json#"}
ITEMS = "items.jsonl"
SUCCESSOR = "successor"


def export_ninjs(reader: Reader, address: str, since: str = "") -> Manifest:
    """Write ``items.jsonl``, ``kills.jsonl`` and the manifest, of one view of the store. Raises as ``exporting``."""
    with exporting(reader, address, "ninjs", since) as (view, export):
        export.write_lines(ITEMS, (json_line(item_of(state)) for state in view.states))
    return export.finish()


def item_of(state: StoryState) -> dict[str, Any]:
    """Return a story as a ninjs object: ``usable`` with its text, ``withheld`` where the text is not to be used by the
    policy on rights, ``canceled`` where the story was withdrawn, removed or merged into another.

    ``associations`` are the copies, by their addresses, and the story that a merged one leads to.
    """
    head, text = state.head, next((version for version in state.versions if version.in_force), None)
    usable = text if text is not None and text.body is not None else None
    canonical = next((copy for copy in state.copies if copy.canonical), None)
    item = {
        "standard": STANDARD,
        "uri": head.uri,
        "type": "text",
        "representationType": "full" if usable else "partial",
        "version": str(head.version),
        "pubStatus": _pub_status(head, usable),
        "firstCreated": _time(state.versions[0].created if state.versions else head.first_seen),
        "versionCreated": _time(text.created if usable and text else head.updated),
        **_content(head, usable),
        **_sources(head, canonical),
        "associations": [*map(_copy_association, state.copies), *_successor(head)],
    }
    return {name: value for name, value in item.items() if value not in ("", None, [])}


def _pub_status(head: StoryHead, usable: VersionText | None) -> str:
    if head.status is not StoryStatus.LIVE:
        return "canceled"
    return "usable" if usable else "withheld"


def _content(head: StoryHead, usable: VersionText | None) -> dict[str, Any]:
    if usable is None:
        return {"language": head.lang}
    return {
        "contentCreated": _published(head),
        "language": head.lang,
        "title": head.title,
        "headlines": [{"role": "main", "value": usable.title}] if usable.title else [],
        "descriptions": [{"role": "summary", "value": head.deck}] if head.deck else [],
        "bodies": [_body(usable.body or ())] if usable.body else [],
        "by": ", ".join(head.byline),
        "located": head.place,
        "edNote": f"{usable.kind}: {usable.reason}" if usable.kind in ("correction", "update") else "",
    }


def _body(paragraphs: Sequence[str]) -> dict[str, Any]:
    markup = "".join(f"<p>{escape(paragraph, quote=False)}</p>" for paragraph in paragraphs)
    words = sum(len(paragraph.split()) for paragraph in paragraphs)
    return {
        "role": "main",
        "contentType": "text/html",
        "charCount": sum(map(len, paragraphs)),
        "wordCount": words,
        "value": markup,
    }


def _sources(head: StoryHead, canonical: CopyPlace | None) -> dict[str, Any]:
    agencies = [name for name in head.agency.split("+") if name]
    outlets = [head.outlet] if head.outlet else []
    return {
        "infoSources": [
            *({"name": name, "role": "originator"} for name in agencies),
            *({"name": name, "role": "publisher"} for name in outlets),
        ],
        "copyrightHolder": ", ".join(agencies or outlets),
        "usageTerms": "; ".join(part for part in (canonical.licence, *canonical.signals) if part) if canonical else "",
    }


def _copy_association(copy: CopyPlace) -> dict[str, Any]:
    association = {
        "name": copy.outlet or copy.url,
        "rel": copy.relation,
        "uri": copy.url,
        "type": "text",
        "representationType": "partial",
        "language": copy.lang,
        "contentCreated": _time(copy.published_utc) if copy.published_precision != "day" else None,
        "by": ", ".join(copy.byline),
        "usageTerms": "; ".join(part for part in (copy.licence, *copy.signals) if part),
    }
    return {name: value for name, value in association.items() if value not in ("", None)}


def _successor(head: StoryHead) -> Iterator[dict[str, Any]]:
    if head.successor is not None:
        store = head.uri.rpartition("#")[0]
        yield {"name": f"story {head.successor}", "rel": SUCCESSOR, "uri": f"{store}#{head.successor}"}


def _published(head: StoryHead) -> str | None:
    """Return when the text was published, as RFC 3339 has it; None of a bare day, which is no time."""
    return None if head.published_precision == "day" else _time(head.published_utc)


def _time(moment: datetime | None) -> str | None:
    return moment.astimezone(UTC).isoformat().replace("+00:00", "Z") if moment else None
