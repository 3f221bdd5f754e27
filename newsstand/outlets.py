"""The outlets, and what each of them makes of each wire story."""

from __future__ import annotations

import tomllib
import zlib
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta, timezone
from pathlib import Path

from newsstand.stories import WireStory, WireVersion, credit, dateline

FOLDER = Path(__file__).parent
MARKED = {"correction": "CORRECTED: ", "withdrawal": "STORY WITHDRAWN: ", "update": "UPDATE 1-"}
HEADS = ("{}", "{}", "{}: what we know", "{}, agency says")
OWN_WORDS = (
    "Readers of {name} can write to our desk about this story; letters are printed on Saturdays.",
    "{name} asked the local authorities about the matter, and they said an answer would come within the week.",
    "A correspondent of {name} who lives nearby said that shops had stayed open throughout the day.",
)


@dataclass(frozen=True, slots=True)
class Outlet:
    """An outlet as declared in outlets.toml, which says what each habit means."""

    name: str
    slug: str
    country: str
    langs: tuple[str, ...]
    feed: str
    template: str
    share: float
    zone: float = 0.0
    offset: int = 0
    dateline: str = "whole"
    trim: float = 0.0
    extend: float = 0.0
    brief: float = 0.0
    sign: bool = False
    line: str = ""
    new_url: bool = False
    full_text: bool = False
    redirects: bool = False
    slow: bool = False
    curly: bool = False


@dataclass(frozen=True, slots=True)
class Item:
    """A page of an outlet: what it shows, and (for the truth) what it is a copy of. Times are aware."""

    path: str
    guid: str
    title: str
    paragraphs: tuple[str, ...]
    lang: str
    category: str
    agency: str
    published: datetime
    updated: datetime
    story: str | None
    version: int
    relation: str
    note: str = ""


def load_outlets() -> tuple[Outlet, ...]:
    """Every outlet of outlets.toml."""
    rows = tomllib.loads((FOLDER / "outlets.toml").read_text(encoding="utf-8"))["outlet"]
    return tuple(Outlet(**{**row, "langs": tuple(row["langs"])}) for row in rows)


def chance(*seeds: str) -> float:
    """A number in 0..1 that is the same for the same words, on every machine."""
    return zlib.crc32("/".join(seeds).encode()) / 2**32


def carriers(story: WireStory, outlets: Sequence[Outlet]) -> list[Outlet]:
    """The outlets that carry a story; at least two, and the first of them keeps every paragraph."""
    able = [outlet for outlet in outlets if story.lang in outlet.langs]
    most = 7 if story.lang == "en" else 4
    keen = [
        outlet
        for outlet in able
        if chance(story.id, outlet.slug) < max(outlet.share, 0.0 if story.lang == "en" else 0.8)
    ]
    faithful = [outlet for outlet in able if not outlet.brief and not outlet.extend and not outlet.trim]
    chosen = list(dict.fromkeys([*faithful[:1], *keen, *able[:2]]))
    return chosen[:most]


def items(outlet: Outlet, stories: Sequence[WireStory], outlets: Sequence[Outlet], epoch: datetime) -> list[Item]:
    """Every page this outlet will ever have, versions in place folded by :func:`published`."""
    pages = []
    for story in stories:
        if outlet in carriers(story, outlets):
            pages += [_copy(outlet, story, n, epoch) for n in range(1, len(story.versions) + 1)]
    return pages


def published(pages: Sequence[Item], now: datetime) -> list[Item]:
    """The pages that stand at ``now``, newest first; a page changed in place stands once, as it is now."""
    by_path: dict[str, Item] = {}
    for item in sorted((item for item in pages if item.updated <= now), key=lambda item: item.updated):
        first = by_path.get(item.path)
        by_path[item.path] = replace(item, published=first.published) if first else item
    return sorted(by_path.values(), key=lambda item: (item.published, item.path), reverse=True)


def _copy(outlet: Outlet, story: WireStory, number: int, epoch: datetime) -> Item:
    version = story.versions[number - 1]
    filed = epoch + timedelta(hours=version.after)
    at = filed + timedelta(minutes=outlet.offset + int(240 * chance(story.id, outlet.slug, "when")))
    local = at.astimezone(timezone(timedelta(hours=outlet.zone))).replace(microsecond=0)
    own_page = outlet.new_url or version.mark in ("correction", "withdrawal")
    path = f"/{story.lang}/{story.id}" + (f"-{number}" if number > 1 and own_page else "") + ".html"
    body, relation = _edited(outlet, story, version)
    lead = dateline(story, version, filed, outlet.dateline == "whole") if outlet.dateline != "none" else ""
    paragraphs = [lead + body[0], *body[1:]]
    if outlet.sign and relation == "verbatim":
        paragraphs.append(
            f"--{credit(story.agency, story.lang)}"
            if story.agency == "VPB"
            else f"({credit(story.agency, story.lang)})"
        )
    return Item(
        path=path, guid=f"{outlet.slug}:{path}", title=_title(outlet, story, version), paragraphs=tuple(paragraphs),
        lang=story.lang, category=story.category, agency=credit(story.agency, story.lang), published=local, updated=local,
        story=story.id, version=number, relation=relation, note=_note(outlet, story, relation),
    )  # fmt: skip


def _edited(outlet: Outlet, story: WireStory, version: WireVersion) -> tuple[list[str], str]:
    body = list(version.body)
    roll = chance(story.id, outlet.slug, "edit")
    if outlet.curly:
        body = [_curly(text) for text in body]
    if len(body) >= 6 and roll < outlet.brief:
        return body[:2], "brief"
    if len(body) >= 5 and roll < outlet.trim:
        return body[: len(body) - 2], "trimmed"
    if len(body) >= 4 and roll < outlet.extend:
        own_words = OWN_WORDS[int(roll * 1000) % len(OWN_WORDS)].format(name=outlet.name)
        return [*body, own_words], "extended"
    return body, "verbatim"


def _curly(text: str) -> str:
    parts = text.split('"')
    return "".join(part + ("“" if n % 2 == 0 else "”") * (n < len(parts) - 1) for n, part in enumerate(parts))


def _title(outlet: Outlet, story: WireStory, version: WireVersion) -> str:
    form = (
        HEADS[int(4 * chance(story.id, outlet.slug, "head"))] if story.lang == "en" and story.kind == "story" else "{}"
    )
    mark = MARKED.get(version.mark, "") if version.mark != "update" or outlet.new_url else ""
    return mark + form.format(version.headline)


def _note(outlet: Outlet, story: WireStory, relation: str) -> str:
    if not outlet.line or ("{agency}" in outlet.line and relation != "extended"):
        return ""
    return outlet.line.format(agency=story.agency)
