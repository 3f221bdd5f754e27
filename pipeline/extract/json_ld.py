"""JSON-LD of a page: its objects, the one that describes the article, and what that one declares."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Sequence
from contextlib import suppress
from html import unescape
from typing import Any

from pipeline.extract.kind import Declared
from pipeline.text.normalize import tidy

Object = dict[str, Any]

ARTICLE_TYPE = re.compile(r"(Article|BlogPosting|Report|Posting|LiveBlogPosting|WebPage)$")
CDATA = re.compile(r"(?:(?://|/\*)\s*|(?<!\s)\s+)?(?:<!\[CDATA\[|\]\]>)\s*(?:\*/)?")
NEEDLESS_COMMA = re.compile(r",(?=\s*[}\]])")
DECODER = json.JSONDecoder(strict=False)
# Properties that hold further objects of the page, and how deep they are followed.
NESTING = ("@graph", "mainEntity", "mainEntityOfPage", "itemListElement")
MAX_DEPTH = 6
DESCRIBED_BY = ("headline", "datePublished", "author", "articleBody")


def json_ld_objects(tree: Any) -> list[Object]:
    """Return every object of the page's JSON-LD scripts, outer ones first."""
    return list(_script_objects(tree))


def _script_objects(tree: Any) -> Iterator[Object]:
    for script in tree.iter("script"):
        if "ld+json" in (script.get("type") or "").lower() and script.text:
            yield from _nested_objects(_parse_json(CDATA.sub("", script.text).strip()), 0)


def _parse_json(text: str) -> Any:
    """Return the value that the text begins with, or None. Some pages leave a comma before a closing bracket."""
    for attempt in (text, NEEDLESS_COMMA.sub("", text)):
        with suppress(ValueError, RecursionError):
            return DECODER.raw_decode(attempt)[0]
    return None


def _nested_objects(value: Any, depth: int) -> Iterator[Object]:
    if depth > MAX_DEPTH:
        return
    if isinstance(value, list):
        for element in value:
            yield from _nested_objects(element, depth + 1)
    elif isinstance(value, dict):
        yield value
        for name in NESTING:
            yield from _nested_objects(value.get(name), depth + 1)


def article_object(objects: Sequence[Object]) -> Object:
    """Return the object that says most of an article; an empty one where none is of an article's type."""
    articles = [
        entity
        for entity in objects
        if ARTICLE_TYPE.search(type_name(entity)) and (entity.get("headline") or "WebPage" not in type_name(entity))
    ]
    return max(articles, key=lambda entity: sum(bool(entity.get(name)) for name in DESCRIBED_BY), default={})


def declared_kind(objects: Sequence[Object]) -> Declared:
    """Return the types of all objects, and whether the text is free to read."""
    access = [str(entity["isAccessibleForFree"]).lower() for entity in objects if "isAccessibleForFree" in entity]
    free = not any(value in ("false", "http://schema.org/false") for value in access)
    return Declared(frozenset(type_name(entity) for entity in objects), free)


def article_body(article: Object) -> str:
    """Return the text that JSON-LD gives, without markup: often cut, retold or outdated, so it can confirm a reading
    and never be one."""
    text = article.get("articleBody")
    return re.sub(r"<[^>]+>", " ", unescape(text)) if isinstance(text, str) else ""


def type_name(entity: Object) -> str:
    """Return the object's first ``@type``."""
    kind = entity.get("@type")
    return str(kind[0] if isinstance(kind, list) and kind else kind or "")


def display_name(value: Any) -> str:
    """Return the name of a person or organisation, given as an object, a list of them (the first counts) or text."""
    if isinstance(value, list):
        value = value[0] if value else ""
    if isinstance(value, dict):
        return tidy(str(value.get("name") or ""))
    return tidy(value) if isinstance(value, str) else ""
