"""Who wrote an article, as its page declares it: JSON-LD, meta elements, microdata and the byline near the heading."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from pipeline.extract.json_ld import Object, display_names
from pipeline.extract.lines import Line
from pipeline.extract.shown_authors import (
    byline_below,
    collective_names,
    marked_names,
    names_by_date,
    only_led_names,
    portrayed_names,
)
from pipeline.extract.title import plain
from pipeline.text.author_names import is_handle, is_name, split_names
from pipeline.text.normalize import fold, tidy

# Meta elements that name authors: by their whole name, and by its end. twitter:data1 is what twitter:label1 calls it.
META_NAMES = frozenset(
    ("dc.creator", "dcterms.creator", "dc:creator", "citation_author", "byl", "twitter:misc:written by")
)
META_END = "author"
LABELS = {f"twitter:label{number}": f"twitter:data{number}" for number in (1, 2)}
WRITTEN_BY = re.compile(
    r"written|by\b|author|autor|auteur|écrit|verfasst|geschrieben|escrito|scritto|geschreven|skre?ve|napisan|автор|написано"
    r"|yazar|ditulis|penulis|작성|글쓴|作者|撰|投稿|執筆|كاتب|كُتب|لेखक",
    re.IGNORECASE,
)
# Letters of an outlet's name that are compared with part of another.
OUTLET_LEAST = 3


@dataclass(frozen=True, slots=True)
class OutletNames:
    """What the page's outlet is called: by its site, its publisher, its host; none of it is an author."""

    names: tuple[str, ...]
    host: str

    def is_called(self, name: str) -> bool:
        """Whether a name is the outlet's own, with or without its address behind it."""
        text = fold(re.sub(r"\s*\(.*\)$", "", name))
        host = self.host.removeprefix("www.")
        labels = [fold(label) for label in host.split(".")]
        site = max(labels[:-1], key=len, default="")
        addresses = (fold(host), "".join(labels[-2:]), "".join(labels[-3:]), site)
        names = (fold(name) for name in self.names)
        return len(text) > 1 and (text in addresses or any(_is_same_outlet(text, outlet) for outlet in names))


def _is_same_outlet(text: str, outlet: str) -> bool:
    shorter, longer = sorted((text, outlet), key=len)
    return text == outlet or (
        len(shorter) > OUTLET_LEAST and longer.startswith(shorter) and 2 * len(shorter) > len(longer)
    )


def page_authors(
    article: Object,
    objects: Sequence[Object],
    tree: Any,
    lines: Sequence[Line],
    heading: str,
    outlet_names: OutletNames,
) -> tuple[str, ...]:
    """Return everyone whom JSON-LD calls an author, by name or by reference; where it names nobody beside the outlet,
    whom meta elements name, then whom the page shows; an account's name where no other is told, and the outlet itself
    where it is all that is declared."""
    declared: list[str] = []
    handles: list[str] = []
    for names in _stated_names(article, objects, tree, lines, heading):
        declared = declared or names
        people = [name for name in names if is_name(name) and not outlet_names.is_called(name)]
        if people and not all(map(is_handle, people)):
            return tuple(dict.fromkeys(people))
        handles = handles or people
    stated = (
        handles
        or declared
        or names_by_date(lines, heading)
        or only_led_names(lines, heading)
        or portrayed_names(tree, lines, heading)
    )
    return tuple(dict.fromkeys(stated or collective_names(tree, lines, heading)))


def _stated_names(
    article: Object, objects: Sequence[Object], tree: Any, lines: Sequence[Line], heading: str
) -> Iterator[list[str]]:
    """Yield what each source says, the most trusted first."""
    yield _split(_linked_names(article, objects))
    yield _split(_meta_names(tree))
    yield marked_names(tree, lines, heading)
    yield byline_below(lines, heading)


def _split(names: Iterator[str]) -> list[str]:
    return [single for name in map(plain, names) if is_name(name) for single in split_names(name)]


# ---------------------------------------------------------------- JSON-LD and meta elements


def _linked_names(article: Object, objects: Sequence[Object]) -> Iterator[str]:
    people = article.get("author") or article.get("creator")
    by_id = {str(entity["@id"]): entity for entity in objects if entity.get("@id")}
    for person in people if isinstance(people, list) else [people]:
        names = list(display_names(person))
        reference = by_id.get(str(person.get("@id"))) if isinstance(person, dict) and not names else None
        yield from names or display_names(reference)


def _meta_names(tree: Any) -> Iterator[str]:
    """Yield what the meta elements of the first name that names somebody say: it may stand several times."""
    contents: dict[str, list[str]] = {}
    for element in tree.iter("meta"):
        name = (element.get("property") or element.get("name") or element.get("itemprop") or "").strip().lower()
        contents.setdefault(name, []).append(tidy(element.get("content") or ""))
    labelled = [data for label, data in LABELS.items() if WRITTEN_BY.search("".join(contents.get(label, ())))]
    names = [name for name in contents if name in META_NAMES or name.endswith(META_END)] + labelled
    order = sorted(names, key=lambda name: (name != "author", name in labelled))
    stated = ([text for text in contents.get(name, ()) if is_name(text)] for name in order)
    yield from next(filter(None, stated), ())
