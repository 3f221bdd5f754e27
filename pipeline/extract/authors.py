"""Who wrote an article, as its page declares it: JSON-LD, meta elements, microdata and the byline near the heading."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import chain
from typing import Any

from lxml import etree

from pipeline.extract.json_ld import Object, display_names
from pipeline.extract.lines import Line
from pipeline.text.author_names import byline_names, has_lead, is_name, split_names
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
# Where a page marks a byline.
MARKED = etree.XPath(
    "//*[@rel='author' or @itemprop='author' or @itemprop='creator' or @itemprop='author creator'"
    " or contains(@rel, 'author') or contains(@class, 'uthor') or contains(@class, 'yline') or contains(@class, 'autor')"
    " or contains(@class, 'writer') or contains(@class, 'reporter') or contains(@class, 'vcard')"
    " or contains(@class, 'auteur') or contains(@class, 'redakt') or contains(@class, 'forfatter')"
    " or contains(@class, 'journalist')"
    " or contains(@href, '/author/') or contains(@href, '/authors/') or contains(@href, '/autor')]"
)
CLASS = re.compile(
    r"(?<![a-z])(?:authors?|by-?line|autor(?:es|en)?|writers?|reporters?|vcard|auteur|forfatter|redakt\w*|journalists?)(?![a-z])"
)
# Parts of an author's box and of a byline that are no name, and cards of other stories.
NO_BYLINE = re.compile(
    r"(?<![a-z])(?:bio|biography|desc(?:ription)?|avatar|image|img|photo|pic(?:ture)?|social|comments?|share|date|time"
    r"|related|recommend\w*|popular|latest|trending|sidebar|widget|newsletter|teaser|card|follow|title|job|position|role)(?![a-z])"
)
CASE = re.compile(r"(?<=[a-z])(?=[A-Z])|_")
ELSEWHERE = frozenset(("nav", "footer", "aside", "figure", "figcaption", "blockquote"))
AUTHOR_LINK = re.compile(
    r"/(?:authors?|autor(?:es|en)?|auteurs?|profiles?|people|staff|contributors?|writers?|reporters?|by|journalist\w*|redakt\w*)/"
)
# Elements above an element whose classes tell what it is part of.
DEPTH = 4
# Lines below and above the heading where a byline stands.
BELOW, ABOVE = 14, 4
# Letters of an outlet's name that are compared with part of another.
OUTLET_LEAST = 3
MAX_MARKED = 400


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
    whom meta elements name, then whom the page's markup does; the outlet itself where it is all that is declared."""
    declared: list[str] = []
    for names in _stated_names(article, objects, tree, lines, heading):
        declared = declared or names
        if people := [name for name in names if is_name(name) and not outlet_names.is_called(name)]:
            return tuple(dict.fromkeys(people))
    return tuple(dict.fromkeys(declared))


def _stated_names(
    article: Object, objects: Sequence[Object], tree: Any, lines: Sequence[Line], heading: str
) -> Iterator[list[str]]:
    """Yield what each source says, the most trusted first."""
    yield _split(_linked_names(article, objects))
    yield _split(_meta_names(tree))
    yield _marked_names(tree, lines, heading)
    yield _byline_below(lines, heading)


def _split(names: Iterator[str]) -> list[str]:
    return [single for name in names if is_name(name) for single in split_names(name)]


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


# ---------------------------------------------------------------- markup


def _marked_names(tree: Any, lines: Sequence[Line], heading: str) -> list[str]:
    """Return the names of the first byline that the page marks by an attribute or a class: near the heading, else
    anywhere on the page where it marks no other."""
    groups = [(element, names) for element in _marked_elements(tree) if (names := _element_names(element))]
    near = _near_elements(lines, heading)
    for element, names in groups:
        if any(above in near for above in chain((element,), element.iterancestors())) or _is_microdata(element):
            return _whole_group(element, names, groups)
    distinct = {tuple(names) for _, names in groups}
    return list(next(iter(distinct))) if len(distinct) == 1 else []


def _marked_elements(tree: Any) -> Sequence[Any]:
    elements: Any = MARKED(tree)
    return list(elements)[:MAX_MARKED]


def _whole_group(element: Any, names: list[str], groups: Sequence[tuple[Any, list[str]]]) -> list[str]:
    """Return the names of an element and of those of its kind beside it: a byline of several links."""
    parent = element.getparent()
    beside = [
        names
        for sibling, names in groups
        if sibling.tag == element.tag and sibling.get("class") == element.get("class") and _is_below(sibling, parent)
    ]
    return [name for group in (names, *beside) for name in group]


def _is_below(element: Any, parent: Any) -> bool:
    """Whether the element stands right in ``parent``, or in an element of a list beside it."""
    above = element.getparent()
    if parent is None or above is None:
        return False
    return above is parent or (parent.tag in ("li", "span") and above.getparent() is parent.getparent())


def _is_microdata(element: Any) -> bool:
    return element.get("itemprop") is not None and not any(
        above.get("itemprop") in ("comment", "review") for above in element.iterancestors()
    )


def _element_names(element: Any) -> list[str]:
    """Return the persons that a marked element names; none where it is another story's, a comment's or no byline."""
    if element.tag in ("body", "html", "article", "main", "img", "script", "style", "meta", "link", "form", "input"):
        return _content_names(element) if element.tag in ("meta", "link") else []
    if _stands_elsewhere(element) or not _is_byline(element):
        return []
    name_elements = element.xpath("descendant-or-self::*[@itemprop='name']")
    texts = [name.get("content") or _text(name) for name in name_elements]
    if names := [name for text in texts for name in _person_names(text)]:
        return names
    links = [_text(link) for link in element.iter("a") if _is_author_link(link)]
    if names := [name for text in links for name in _person_names(text) if _is_full(name)]:
        return names
    declared = element.get("itemprop") or "author" in (element.get("rel") or "")
    names = _person_names(_text(element))
    return names if declared else [name for name in names if _is_full(name)]


def _is_full(name: str) -> bool:
    """Whether a name is more than a first name: two words, or a script that sets no blanks between them."""
    return " " in name or not name.isascii()


def _content_names(element: Any) -> list[str]:
    return _person_names(element.get("content") or "")


def _person_names(text: str) -> list[str]:
    return byline_names(text)


def _text(element: Any) -> str:
    return tidy(" ".join(element.itertext()))[:400]


def _is_author_link(link: Any) -> bool:
    href = link.get("href") or ""
    return not href.startswith("mailto:") and bool(
        "author" in (link.get("rel") or "") or AUTHOR_LINK.search(href) or CLASS.search(_classes(link))
    )


def _is_byline(element: Any) -> bool:
    """Whether the element itself is said to name an author: by rel, itemprop, its link or its class."""
    if element.get("itemprop") or "author" in (element.get("rel") or "") or element.tag == "a":
        return element.tag != "a" or bool(element.get("itemprop")) or _is_author_link(element)
    classes = _classes(element)
    return bool(CLASS.search(classes)) and not NO_BYLINE.search(classes)


def _classes(element: Any) -> str:
    return CASE.sub("-", f"{element.get('class') or ''} {element.get('id') or ''}").lower()


def _stands_elsewhere(element: Any) -> bool:
    """Whether the element stands in what is not the article: navigation, a comment, a list of other stories."""
    for depth, above in enumerate(element.iterancestors()):
        if above.tag in ELSEWHERE and not CLASS.search(_classes(above)):
            return True
        if above.tag in ("body", "main", "article"):
            return False
        if depth < DEPTH and NO_BYLINE.search(_classes(above)) and not CLASS.search(_classes(above)):
            return True
    return False


def _near_elements(lines: Sequence[Line], heading: str) -> frozenset[Any]:
    """Return the elements of the lines around the heading, where a byline stands."""
    place = _heading_place(lines, heading)
    if place is None:
        return frozenset()
    near = lines[max(0, place - ABOVE) : place + BELOW]
    return frozenset(line.block for line in near if line.block is not None)


def _heading_place(lines: Sequence[Line], heading: str) -> int | None:
    folded = fold(heading)
    places = (
        n for n, line in enumerate(lines) if line.tag in ("h1", "h2") and fold(line.text) and fold(line.text) in folded
    )
    return next(places, None)


def _byline_below(lines: Sequence[Line], heading: str) -> list[str]:
    """Return the persons of a line near the heading that begins with a word for "by", or ends with a newspaper's word
    for its people."""
    place = _heading_place(lines, heading)
    near = lines[place + 1 : place + BELOW] if place is not None else []
    short = (line.text for line in near if len(line.text) < 120 and (has_lead(line.text) or _is_signed(line.text)))
    return next((names for text in short if (names := byline_names(text))), [])


def _is_signed(text: str) -> bool:
    return re.match(r"^[\u3400-\u9fff\uac00-\ud7af]{2,4}\s*(?:기자|특파원|記者|记者)(?:\s|$)", text) is not None
