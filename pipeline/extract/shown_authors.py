"""Whom a page shows as its authors: by an attribute or a class, and in a line by the heading."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from itertools import chain, islice, pairwise
from typing import Any

from pipeline.extract.lines import Line
from pipeline.text.author_names import LEADS, byline_names, collective_name, has_lead, is_caseless, is_lead
from pipeline.text.normalize import fold, tidy
from pipeline.text.written_dates import written_date

# Where a page marks a byline: what an attribute has in it.
MARKS = {
    "rel": re.compile("author"),
    "itemprop": re.compile("^(?:author|creator|author creator)$"),
    "class": re.compile("uthor|yline|autor|writer|reporter|vcard|auteur|redakt|forfatter|journalist"),
    "href": re.compile("/authors?/|/autor"),
}
CLASS = re.compile(
    r"(?<![a-z])(?:(?:authors?|autor|writt?er)(?:names?|info|links?|wrapper)?|by-?lines?|autor(?:es|en)|writers|reporters?"
    r"|vcard|auteur|forfatter|redakt\w*|journalists?)(?![a-z])"
)
# Parts of an author's box and of a byline that are no name, and cards of other stories.
NO_BYLINE = re.compile(
    r"(?<![a-z])(?:bio|biography|desc(?:ription)?|avatar|image|img|photo|pic(?:ture)?|social|comments?|share|date|time"
    r"|related|recommend\w*|popular|latest|trending|sidebar|(?<!elementor-)widget|newsletter|teaser|card|follow|title|job|position|role)(?![a-z])"
)
DAY_WORDS = frozenset(("date", "time"))
CASE = re.compile(r"(?<=[a-z])(?=[A-Z])|_")
ELSEWHERE = frozenset(("nav", "footer", "aside", "figure", "figcaption", "blockquote"))
AUTHOR_LINK = re.compile(
    r"/(?:authors?|autor(?:es|en)?|auteurs?|profiles?|people|staff|contributors?|writers?|reporters?|by|journalist\w*|redakt\w*)/"
)
# Elements above an element whose classes tell what it is part of.
DEPTH = 4
# Lines below and above the heading where a byline stands.
BELOW, ABOVE = 14, 4
MAX_MARKED = 400
# Lines of a byline in characters; right below the heading in lines; words of a name.
HEADINGS = ("h1", "h2", "h3", "h4", "h5", "h6")
BYLINE_MOST, CLOSE, MOST_WORDS = 120, 6, 4
BARS = re.compile(r"\s*[|•·∙⋅●｜]\s*|\s+[–—-]+\s+")
LEAD_BEHIND_DATE = re.compile(rf"(?<=\d)\s+(?=(?:{LEADS})\s)", re.IGNORECASE)
# A day behind a name, in figures.
DAY_END = re.compile(r"\s*[-–—,]?\s*\d{1,4}[./-]\d{1,2}[./-]\d{1,4}.*$")
LIST_END, LIST_START = re.compile(r"[,&/、]$|\s(?:and|und|et|y|e)$"), re.compile(r"^[,&/、.]|^(?:and|und|et|y|e)\s")


def marked_names(tree: Any, lines: Sequence[Line], heading: str) -> list[str]:
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
    return list(islice(filter(_is_marked, tree.iter("*")), MAX_MARKED))


def _is_marked(element: Any) -> bool:
    return any(name in MARKS and MARKS[name].search(value) for name, value in element.items())


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
        return byline_names(element.get("content") or "") if element.tag in ("meta", "link") else []
    if _stands_elsewhere(element) or not _is_byline(element):
        return []
    name_elements = element.xpath("descendant-or-self::*[@itemprop='name']")
    texts = [name.get("content") or _text(name) for name in name_elements]
    if names := [name for text in texts for name in byline_names(text)]:
        return names
    links = [_text(link) for link in element.iter("a") if _is_author_link(link)]
    if names := [name for text in links for name in byline_names(text) if _is_full(name)]:
        return names
    declared = element.get("itemprop") or "author" in (element.get("rel") or "")
    names = byline_names(_text(element))
    return names if declared else [name for name in names if _is_full(name)]


def _is_full(name: str) -> bool:
    """Whether a name is more than a first name: two words, or a script that sets no blanks between them."""
    return " " in name or not name.isascii()


def _text(element: Any) -> str:
    return joined_pieces(element.itertext())[:400]


def joined_pieces(texts: Iterable[str]) -> str:
    """Return the texts of an element's parts in one line, a bar where one of them neither goes on with a name before it
    nor stands behind a word for "by": "By | Ann Lee | Senior Reporter" is "By Ann Lee | Senior Reporter"."""
    pieces = [piece for text in texts if (piece := tidy(text))]
    bars = (" " if _goes_on(before, piece) else " | " for before, piece in pairwise(pieces))
    return "".join(chain.from_iterable(zip(pieces, chain(bars, ("",)), strict=False)))


def _goes_on(before: str, piece: str) -> bool:
    are_single = " " not in before and " " not in piece
    return are_single or is_lead(before) or LIST_END.search(before) is not None or LIST_START.match(piece) is not None


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
    linked = element.tag == "a" and AUTHOR_LINK.search(element.get("href") or "") is not None
    for depth, above in enumerate(element.iterancestors()):
        if above.tag in ELSEWHERE and not CLASS.search(_classes(above)) and not _is_own_footer(above):
            return True
        if above.tag in ("body", "main", "article"):
            return False
        if depth < DEPTH and _is_no_byline(_classes(above), linked=linked):
            return True
    return False


def _is_own_footer(element: Any) -> bool:
    """Whether an element is the footer of an article that holds the page's heading."""
    if element.tag != "footer":
        return False
    article = next(element.iterancestors("article"), None)
    return article is not None and next(article.iter("h1"), None) is not None


def _is_no_byline(classes: str, *, linked: bool) -> bool:
    """Whether classes around an element are those of no byline; a link to an author is one beside a day, too, and a title
    around it is the article's, no office."""
    words = {match[0] for match in NO_BYLINE.finditer(classes)} - {"title"}
    return any(word not in DAY_WORDS or not linked for word in words) and not CLASS.search(classes)


def _near_elements(lines: Sequence[Line], heading: str) -> frozenset[Any]:
    """Return the elements of the lines around the heading, where a byline stands."""
    place = _heading_place(lines, heading)
    if place is None:
        return frozenset()
    near = lines[max(0, place - ABOVE) : place + BELOW]
    return frozenset(line.block for line in near if line.block is not None)


def _heading_place(lines: Sequence[Line], heading: str) -> int | None:
    """Return where the heading stands: in an h1 or h2, else in the line that says it and nothing more."""
    folded = fold(heading)
    texts = [fold(line.text) for line in lines]
    marked = (n for n, line in enumerate(lines) if line.tag in ("h1", "h2") and texts[n] and texts[n] in folded)
    return next(chain(marked, (n for n, text in enumerate(texts) if text and text == folded)), None)


def byline_below(lines: Sequence[Line], heading: str) -> list[str]:
    """Return the persons of a line near the heading that begins with a word for "by", or ends with a newspaper's word
    for its people."""
    texts = (part for line, label in _labelled_below(lines, heading) for part in _led_parts(line, label))
    return next((names for text in texts if (names := byline_names(text))), [])


def _lines_below(lines: Sequence[Line], heading: str) -> list[Line]:
    return [line for line, _ in _labelled_below(lines, heading)]


def _labelled_below(lines: Sequence[Line], heading: str) -> list[tuple[Line, str]]:
    place = _heading_place(lines, heading)
    return _labelled(lines[place + 1 : place + BELOW]) if place is not None else []


def _labelled(lines: Sequence[Line]) -> list[tuple[Line, str]]:
    """Return the lines that are short enough for a byline, each with the word for "by" that is the line before it."""
    labels = ("", *(line.text if is_lead(line.text) else "" for line in lines))
    return [(line, label) for line, label in zip(lines, labels, strict=False) if len(line.text) < BYLINE_MOST]


def _led_parts(line: Line, label: str) -> list[str]:
    """Return the parts of a line that a word for "by" leads, or a newspaper's word for its people follows; it may stand
    behind a bar, or a date."""
    text = _labelled_text(line, label)
    parts = [part for piece in BARS.split(text) for part in LEAD_BEHIND_DATE.split(piece)]
    if has_lead(text):
        return [text]
    return [part for part in parts if has_lead(part) or _is_signed(part)]


def _labelled_text(line: Line, label: str) -> str:
    return f"{label} {_line_text(line)}".lstrip()


def _line_text(line: Line) -> str:
    """The line with bars between parts that only markup keeps apart."""
    texts = list(line.block.itertext()) if line.block is not None else []
    return joined_pieces(texts) if tidy("".join(texts)) == line.text else line.text


def _is_signed(text: str) -> bool:
    return re.match(r"^[\u3400-\u9fff\uac00-\ud7af]{2,4}\s*(?:기자|특파원|記者|记者)(?:\s|$)", text) is not None


def only_led_names(lines: Sequence[Line], heading: str) -> list[str]:
    """Return the persons whom the one line below the heading names that begins with a word for "by", such as one at the
    end of the text; none where lines name several."""
    labelled = _labelled(lines[(_heading_place(lines, heading) or 0) + 1 :])
    leading = ((line, label) for line, label in labelled if label or has_lead(line.text))
    own_lines = (
        (line, label) for line, label in leading if line.block is not None and not _stands_elsewhere(line.block)
    )
    groups = (byline_names(_labelled_text(line, label)) for line, label in own_lines)
    full = (names for names in groups if names and all(" " in name for name in names))
    distinct = {tuple(names) for names in full}
    return list(next(iter(distinct))) if len(distinct) == 1 else []


def names_by_date(lines: Sequence[Line], heading: str) -> list[str]:
    """Return the persons whom a line right below the heading names beside a day, or who alone stand in a line next to
    one; not in links that lead to no author."""
    near = _lines_below(lines, heading)[:CLOSE]
    dated = [_day_in(line.text) for line in near]
    for n, line in enumerate(near):
        is_dated = any(dated[max(n - 1, 0) : n + 4])
        if not is_dated or ((line.linked > 0 or line.tag in HEADINGS) and not _leads_to_author(line)):
            continue
        for part in BARS.split(_line_text(line)):
            names = byline_names(DAY_END.sub("", part))
            if (
                names
                and all(" " in name and not is_caseless(name) for name in names)
                and len(part.split()) <= MOST_WORDS * len(names)
            ):
                return names
    return []


def portrayed_names(tree: Any, lines: Sequence[Line], heading: str) -> list[str]:
    """Return the persons who alone stand in a line right below the heading, where the page has a picture called so, or a
    box of its author says so, too."""
    near = [line for line in _lines_below(lines, heading)[:CLOSE] if not _is_no_name(line)]
    names_by_line = {fold(line.text): byline_names(line.text) for line in near}
    by_text = {
        text: names for text, names in names_by_line.items() if fold("".join(names)) == text and _are_full(names)
    }
    if not by_text:
        return []
    boxes = {fold(line.text) for line in lines if line not in near and CLASS.search(CASE.sub("-", line.hint))}
    pictures = {fold(image.get("alt") or "") for image in tree.iter("img")}
    return next((names for text, names in by_text.items() if text in pictures | boxes), [])


def _is_no_name(line: Line) -> bool:
    """Whether a line is a heading, a caption, or stands in what is not the article."""
    is_marked = line.tag in (*HEADINGS, "figcaption") or line.block is None
    return is_marked or NO_BYLINE.search(_classes(line.block)) is not None or _stands_elsewhere(line.block)


def _are_full(names: Sequence[str]) -> bool:
    return bool(names) and all(" " in name and not is_caseless(name) for name in names)


def _day_in(text: str) -> bool:
    return any(map(str.isdecimal, text)) and len(text) < BYLINE_MOST and written_date(text) is not None


def _leads_to_author(line: Line) -> bool:
    return AUTHOR_LINK.search(line.target) is not None


def collective_names(tree: Any, lines: Sequence[Line], heading: str) -> list[str]:
    """Return who signs near the heading and is no person's full name: a desk, a team, a first name, a handle."""
    near = _near_elements(lines, heading)
    marked = (element for element in _marked_elements(tree) if element in near or element.getparent() in near)
    shown_texts = (_text(element) for element in marked if _is_byline(element) and not _stands_elsewhere(element))
    labelled = _labelled_below(lines, heading)
    signatures = (part for line, label in labelled for part in _led_parts(line, label) if _signs(line, part))
    names = (collective_name(text) for text in chain(signatures, shown_texts))
    return next(([name] for name in names if name), [])


def _signs(line: Line, part: str) -> bool:
    """Whether the name behind a word for "by" is a link, or is written as one and ends the line."""
    name = collective_name(part)
    return line.linked > 0 or (name[:1].isupper() and line.text.endswith(name))
