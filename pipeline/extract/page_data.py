"""The text of a page that shows none until its scripts run: from the data of these scripts, or what it says without them.

Often cut, retold or outdated, and mixed with other pages' texts: for a page that has no other text alone.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Sequence
from contextlib import suppress
from html import escape, unescape
from itertools import islice
from typing import Any

from pipeline.errors import NotAnArticle
from pipeline.extract.json_ld import CDATA, DECODER, article_object, json_ld_objects, nested_objects
from pipeline.extract.lines import page_lines
from pipeline.extract.shape import check_shape
from pipeline.extract.trafilatura_reading import parse_html
from pipeline.text.normalize import reading_length, tidy

# Characters of scripts that are read, and of the markup in them; values of them that are looked at; how deep they nest.
READ_MOST, MARKUP_MOST = 4_000_000, 400_000
VALUES_MOST, DEPTH_MOST, TEXT_DEPTH = 100_000, 60, 20
# What a paragraph has at least, and a text: as long as so many Latin letters.
PARAGRAPH_LEAST, TEXT_LEAST = 40, 200
# Where a script sets or passes on a value, and how many of these places of a script are tried.
VALUE = re.compile(r"[=(]\s{0,9}(?=[\[{])|JSON\.parse\(\s{0,9}(?=\")")
PLACES_MOST = 40
TITLES_MOST = 9
DATA_KEYS = frozenset({"articlebody", "body", "bodyhtml", "bodytext", "content", "contents", "html", "paragraphs", "text",
    "story", "storybody", "fulltext", "articletext", "articlecontent", "contenthtml", "bodycontent", "components", "blocks",
    "elements", "children", "value", "richtext", "document", "nodes", "data", "sections", "items", "json", "rendered",
    "contentelements", "maincontent", "postcontent"})  # fmt: skip
# A value of these alone is a text; the others are followed inside of one.
TEXT_KEYS = DATA_KEYS - {"children", "value", "data", "items", "json", "elements", "nodes", "components", "sections"}
ASIDE_KEY = re.compile(
    r"comment|related|recommend|more(?:from|stories)|popular|trending|teaser|menu|navi|footer|header|cookie|consent"
    r"|translation|i18n|messages|locale|advert|newsletter|podcast|seo|config|settings|polic|terms|caption",
    re.IGNORECASE,
)
LEAF_TYPES = frozenset({"text", "span", "strong", "em", "b", "i", "a", "link", "hyperlink", "linebreak"})
PARAGRAPH_TAGS = ("p", "h2", "h3", "h4", "li", "blockquote")
# Pieces of one paragraph end anywhere, paragraphs behind a sentence.
SENTENCE_END = re.compile(r"[.!?。！？।۔…:][\"'”’»」)]{0,2}\Z")
TAG = re.compile(r"<(?:/?[a-zA-Z][^<>]{0,2000}|!--[^<>]{0,2000})>")
BREAK = re.compile(r"[\r\n\u2028\u2029]+")
# What a page says to those whose browser runs no scripts.
ABOUT_SCRIPTS = re.compile(r"java\s?script|cookies|browser", re.IGNORECASE)
# The lines of what a page passes on in pieces: values of JSON, and texts with their length.
CHUNK = re.compile(r"(?m)^[0-9a-f]{1,6}:(?=[\[{])")
TEXT_CHUNK = re.compile(r"(?m)^[0-9a-f]{1,6}:T([0-9a-f]{1,6}),")
FLIGHT = re.compile(r"__next_f\b[^\[]{0,40}\.push\(\s{0,9}(?=\[)")


def page_data_paragraphs(tree: Any, titles: Sequence[str], url: str) -> list[str]:
    """Return the paragraphs of the article that the page's data holds; an empty list where they hold none.

    First JSON-LD, then what the page says without scripts, then other data of scripts. ``titles``: the page's names.
    """
    scripts = list(_script_texts(tree))
    values = [value for script in scripts for value in _script_values(script)]
    readings: tuple[Callable[[], list[str]], ...] = (
        lambda: _split(_declared_body(tree, values, titles, url)),
        lambda: _unscripted(tree),
        lambda: _split(_longest_text(values, _flight_values(scripts))),
    )
    return next((paragraphs for reading in readings if _is_text(paragraphs := reading())), [])


def _is_text(paragraphs: Sequence[str]) -> bool:
    return _running_length(paragraphs) >= TEXT_LEAST


def _running_length(paragraphs: Sequence[str]) -> float:
    lengths = (reading_length(paragraph) for paragraph in paragraphs)
    return sum(length for length in lengths if length >= PARAGRAPH_LEAST)


# ---------------------------------------------------------------- scripts and their values


def _script_texts(tree: Any) -> Iterator[str]:
    """Yield the scripts of the page that may hold a text, no more than can be read."""
    budget = READ_MOST
    for script in tree.iter("script"):
        text = script.text or ""
        if len(text) <= budget and "ld+json" not in (script.get("type") or "").lower():
            budget -= len(text)
            yield text


def _script_values(script: str) -> list[Any]:
    """Return the objects and lists that a script is, or sets and passes on."""
    text = CDATA.sub("", script).strip()
    if text[:1] in ("{", "["):
        return [value for value, _ in _decoded(text, 0)]
    values: list[Any] = []
    position = 0
    for _ in range(PLACES_MOST):
        place = VALUE.search(text, position)
        if place is None:
            break
        position = place.end()
        for value, end in _decoded(text, position):
            values += [inner for inner, _ in _decoded(value, 0)] if isinstance(value, str) else [value]
            position = end
    return values


def _decoded(text: str, start: int) -> Iterator[tuple[Any, int]]:
    """Yield the JSON value that begins at ``start``, and where it ends; nothing for what is none."""
    with suppress(ValueError, RecursionError):
        value, end = DECODER.raw_decode(text, start)
        yield value, end


def _flight_values(scripts: Sequence[str]) -> list[Any]:
    """Return the values that a page passes on in pieces, each the further text of what is read line by line."""
    pieces = (
        value[1]
        for script in scripts
        if (place := FLIGHT.search(script))
        for value, _ in _decoded(script, place.end())
        if isinstance(value, list) and len(value) > 1 and isinstance(value[1], str)
    )
    text = "".join(pieces)
    values = [value for chunk in CHUNK.finditer(text) for value, _ in _decoded(text, chunk.end())]
    return values + [_text_chunk(text, chunk) for chunk in islice(TEXT_CHUNK.finditer(text), PLACES_MOST)]


def _text_chunk(text: str, chunk: re.Match[str]) -> str:
    """Return a text that stands in a stream behind its length in bytes, in hexadecimal digits."""
    size = int(chunk[1], 16)
    return text[chunk.end() : chunk.end() + size].encode("utf-8", "replace")[:size].decode("utf-8", "ignore")


# ---------------------------------------------------------------- texts of values


def _declared_body(tree: Any, values: Sequence[Any], titles: Sequence[str], url: str) -> list[str]:
    """Return what JSON-LD calls the article's body, also where a script passes the JSON-LD on."""
    objects = [*json_ld_objects(tree), *(entity for value in values for entity in _passed_objects(value))]
    body = article_object(objects, titles[:TITLES_MOST], url).get("articleBody")
    return [text for text in (body if isinstance(body, list) else [body]) if isinstance(text, str)]


def _passed_objects(value: Any) -> Iterator[dict[str, Any]]:
    """Yield the objects of JSON-LD in a script's value, and in the texts right in it."""
    outer = value if isinstance(value, list) else [value]
    texts = (text for part in outer if isinstance(part, dict) for text in part.values() if isinstance(text, str))
    passed = (inner for text in texts if text[:1] in ("{", "[") for inner, _ in _decoded(text, 0))
    for part in (*outer, *passed):
        yield from nested_objects(part)


def _longest_text(values: Sequence[Any], trees: Sequence[Any]) -> list[str]:
    """Return the texts with most running text: of the values below a key that calls it a text, and of trees of elements."""
    candidates = (_texts(value, 0) for value in (*_called_texts([*values, *trees]), *trees))
    return max(candidates, key=lambda texts: _running_length([TAG.sub("", text) for text in texts]), default=[])


def _called_texts(values: Sequence[Any]) -> Iterator[Any]:
    """Yield the values whose key calls them a text, not those beside the article."""
    stack = [(value, 0) for value in values]
    for _ in range(VALUES_MOST):
        if not stack:
            return
        value, depth = stack.pop()
        if depth >= DEPTH_MOST:
            continue
        if isinstance(value, dict):
            yield from (below for key, below in value.items() if _plain(key) in TEXT_KEYS)
            stack += [
                (below, depth + 1) for key, below in value.items() if not _is_scalar(below) and not _is_aside(key)
            ]
        elif isinstance(value, list):
            stack += [(below, depth + 1) for below in value if not _is_scalar(below)]


def _is_scalar(value: Any) -> bool:
    return not isinstance(value, dict | list)


def _plain(key: str) -> str:
    return key[:40].lower().replace("_", "").replace("-", "")


def _is_aside(key: str) -> bool:
    return ASIDE_KEY.search(key[:100]) is not None


def _texts(value: Any, depth: int) -> list[str]:
    """Return the texts of a value that is a text, or is made of parts that are."""
    if isinstance(value, str):
        return [value]
    if depth > TEXT_DEPTH or _is_scalar(value):
        return []
    if isinstance(value, list):
        if value[:1] == ["$"]:
            return _element_texts(value, depth)
        return _joined(value) or [text for part in value for text in _texts(part, depth + 1)]
    parts = (_texts(below, depth + 1) for key, below in value.items() if _plain(key) in DATA_KEYS)
    return next((texts for texts in parts if texts), [])


def _element_texts(element: Sequence[Any], depth: int) -> list[str]:
    """Return the texts of an element that a script writes as a list: "$", tag, key, attributes with what is in it."""
    attributes = element[3] if len(element) > 3 and isinstance(element[3], dict) else {}
    markup = attributes.get("dangerouslySetInnerHTML")
    texts = _texts(markup.get("__html") if isinstance(markup, dict) else attributes.get("children"), depth + 1)
    return ["".join(texts)] if texts and element[1] in PARAGRAPH_TAGS else texts


def _joined(parts: Sequence[Any]) -> list[str]:
    """Return a paragraph that is given as a list of its pieces, each with its font or its link."""
    if not parts or not all(isinstance(part, dict) and _is_piece(part) for part in parts):
        return []
    pieces = [piece for part in parts for piece in _texts(part, TEXT_DEPTH - 2)]
    return pieces if all(SENTENCE_END.search(piece) for piece in pieces[:-1]) else ["".join(pieces)]


def _is_piece(part: dict[str, Any]) -> bool:
    return (_type(part) or "text").lower() in LEAF_TYPES


def _type(part: dict[str, Any]) -> str:
    kind = part.get("type") or part.get("_type") or part.get("nodeType") or part.get("tag")
    return kind if isinstance(kind, str) else ""


# ---------------------------------------------------------------- paragraphs


def _split(texts: Sequence[str]) -> list[str]:
    """Return the paragraphs of texts, which may be markup."""
    texts = [text if TAG.search(text) else unescape(text) for text in texts]
    if not any(TAG.search(text) for text in texts):
        lines = (line for text in texts for line in BREAK.split(text))
        return [paragraph for line in lines if (paragraph := tidy(line))]
    return _markup_lines("".join(text if TAG.search(text) else f"<p>{escape(text)}</p>" for text in texts))


def _markup_lines(markup: str) -> list[str]:
    page = f"<html><body>{markup[:MARKUP_MOST]}</body></html>"
    with suppress(NotAnArticle):
        check_shape(page.encode("utf-8", "replace"))
        tree = parse_html(page.encode("utf-8", "replace"))
        return [line.text for line in page_lines(tree)] if tree is not None else []
    return []


def _unscripted(tree: Any) -> list[str]:
    """Return the lines that the page has for readers without scripts, less what it says of scripts."""
    lines = (line for element in tree.iter("noscript") for line in page_lines(element))
    return [line.text for line in lines if line.linked < 0.5 and ABOUT_SCRIPTS.search(line.text) is None]
