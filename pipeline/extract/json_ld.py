"""JSON-LD of a page: its objects, the one that describes the article, and what that one declares."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Sequence
from contextlib import suppress
from html import unescape
from typing import Any

from pipeline.extract.kind import Declared
from pipeline.text.normalize import fold, tidy

Object = dict[str, Any]

ARTICLE_TYPE = re.compile(r"(Article|BlogPosting|Report|Posting|LiveBlogPosting|WebPage)$")
CDATA = re.compile(r"(?:(?://|/\*)\s*|(?<!\s)\s+)?(?:<!\[CDATA\[|\]\]>)\s*(?:\*/)?")
NEEDLESS_COMMA = re.compile(r",(?=\s*[}\]])")
# Values of broken JSON, each up to what can only follow a value; bounded, so that no length of it takes long.
BROKEN_VALUE = re.compile(
    r'"(?P<name>@type|headline|datePublished|dateModified)"\s{0,9}:\s{0,9}"(?P<value>.{1,400}?)"\s{0,9}(?=[,}\]]\s{0,99}(?:["}\]]|$))',
    re.DOTALL,
)
BROKEN_AUTHOR = re.compile(
    r'"author"\s{0,9}:\s{0,9}(?:"(?P<text>[^"]{2,120})"|[\[{][^\]}]{0,200}?"name"\s{0,9}:\s{0,9}"(?P<name>[^"]{2,120})")'
)
MAX_ADDRESS = 2_000
MAX_SALVAGED = 200_000
SEPARATORS = re.compile(r"[\s,;]*")
DECODER = json.JSONDecoder(strict=False)
# Properties that hold further objects of the page, and how deep they are followed.
NESTING = ("@graph", "mainEntity", "mainEntityOfPage", "itemListElement")
MAX_DEPTH = 6
# Values of one script that stand one after the other.
MAX_VALUES = 20
NAME_PARTS = ("givenName", "familyName")
CJK_NAME = re.compile(r"[\u3040-\u30ff\u3400-\u9fff\uac00-\ud7af]+")
DESCRIBED_BY = ("headline", "datePublished", "author", "articleBody")
# The share of a headline's words that a title of the page must have, for the headline to be the article's.
AGREED = 0.3
WORD = re.compile(r"[\u3040-\u30ff\u3400-\u9fff\uac00-\ud7af]|[^\W_\u3040-\u30ff\u3400-\u9fff\uac00-\ud7af]{3,}")


def json_ld_objects(tree: Any) -> list[Object]:
    """Return every object of the page's JSON-LD scripts, outer ones first."""
    return list(_script_objects(tree))


def _script_objects(tree: Any) -> Iterator[Object]:
    for script in tree.iter("script"):
        if "ld+json" in (script.get("type") or "").lower() and script.text:
            for value in _parse_json(CDATA.sub("", script.text).strip()):
                yield from nested_objects(value, 0)


def _parse_json(text: str) -> list[Any]:
    """Return the values that the text holds; of broken JSON the one that can be saved of it.

    Some pages leave a comma before a closing bracket, or write every quotation mark as a character reference.
    """
    for attempt in (text, NEEDLESS_COMMA.sub("", text)):
        if values := list(_values(attempt)):
            return values
    unescaped = unescape(text) if "&quot;" in text or "&#34;" in text else text
    return list(_values(unescaped)) or [_salvage(unescaped[:MAX_SALVAGED])]


def _values(text: str) -> Iterator[Any]:
    """Yield the JSON values that stand one after the other."""
    start = 0
    with suppress(ValueError, RecursionError):
        for _ in range(MAX_VALUES):
            value, start = DECODER.raw_decode(text, start)
            yield value
            start = SEPARATORS.match(text, start).end()  # type: ignore[union-attr]  # it matches nothing, too


def _salvage(text: str) -> Object:
    """Return the first value of each property that broken JSON still shows."""
    values: Object = {}
    for match in BROKEN_VALUE.finditer(text):
        values.setdefault(match["name"], match["value"])
    if author := BROKEN_AUTHOR.search(text):
        values["author"] = author["text"] or author["name"]
    return values if "headline" in values or "datePublished" in values else {}


def nested_objects(value: Any, depth: int = 0) -> Iterator[Object]:
    """Yield every object of a JSON-LD value, outer ones first."""
    if depth > MAX_DEPTH:
        return
    if isinstance(value, list):
        for element in value:
            yield from nested_objects(element, depth + 1)
    elif isinstance(value, dict):
        yield value
        for name in NESTING:
            yield from nested_objects(value.get(name), depth + 1)


def article_object(objects: Sequence[Object], titles: Sequence[str] = (), url: str = "") -> Object:
    """Return the object that says most of the page's article; an empty one where none does.

    An object whose headline shares too few words with each of the page's ``titles`` is another story's, unless it names
    the page's ``url`` as its own: outlets write other headlines for search engines.
    """
    articles = [
        entity
        for entity in objects
        if ARTICLE_TYPE.search(type_name(entity)) and (entity.get("headline") or "WebPage" not in type_name(entity))
    ]
    agreed = {id(entity): max(_agreement(entity, titles), _same_page(entity, url)) for entity in articles}
    page_articles = [entity for entity in articles if agreed[id(entity)] >= AGREED]
    return max(page_articles, key=lambda entity: (agreed[id(entity)] >= 1, _described(entity)), default={})


def _described(entity: Object) -> int:
    return sum(bool(entity.get(name)) for name in DESCRIBED_BY)


def _same_page(entity: Object, url: str) -> float:
    """Return 0.9 where the object's address has the path of the page's, else 0."""
    page = entity.get("mainEntityOfPage")
    addresses = (entity.get("url"), entity.get("@id"), page.get("@id") if isinstance(page, dict) else page)
    path = _path(url)
    return 0.9 if path and any(isinstance(address, str) and _path(address) == path for address in addresses) else 0.0


def _path(address: str) -> str:
    return re.sub(r"^\w{1,9}://[^/?#]*|[?#].*$", "", address[:MAX_ADDRESS]).strip("/")


def _agreement(entity: Object, titles: Sequence[str]) -> float:
    """Return the share of the headline's words that the nearest of the titles has, 0..1: 1 where one holds the other; 0.9
    where there is nothing to compare."""
    stated = (entity.get("headline"), entity.get("name"))
    headlines = [unescape(text) for text in stated if isinstance(text, str) and fold(text)]
    names = [title for title in titles if fold(title)]
    if not headlines or not names:
        return 0.9
    return max(_shared_words(headline, name) for headline in headlines for name in names)


def _shared_words(headline: str, title: str) -> float:
    first, second = fold(headline), fold(title)
    if first in second or second in first:
        return 1.0
    words, title_words = set(WORD.findall(headline.casefold())), set(WORD.findall(title.casefold()))
    return len(words & title_words) / max(min(len(words), len(title_words)), 1)


def declared_kind(objects: Sequence[Object]) -> Declared:
    """Return the types of all objects, whether the text is free to read, and how many words it has."""
    access = [str(entity["isAccessibleForFree"]).lower() for entity in objects if "isAccessibleForFree" in entity]
    free = not any(value in ("false", "http://schema.org/false") for value in access)
    return Declared(frozenset(type_name(entity) for entity in objects), free, _word_count(article_object(objects)))


def _word_count(article: Object) -> int:
    digits = str(article.get("wordCount") or "")[:7]
    return int(digits) if digits.isascii() and digits.isdigit() else 0


def article_body(article: Object) -> str:
    """Return the text that JSON-LD gives, without markup: often cut, retold or outdated, so it can confirm a reading
    and never be one."""
    text = article.get("articleBody")
    return re.sub(r"<[^>]+>", " ", unescape(text)) if isinstance(text, str) else ""


def type_name(entity: Object) -> str:
    """Return the object's ``@type``; of several a news article's, else an article's, else the first."""
    kind = entity.get("@type")
    kinds = [str(name) for name in kind] if isinstance(kind, list) else [str(kind or "")]
    article = (name for name in kinds if ARTICLE_TYPE.search(name))
    return next((name for name in kinds if "News" in name), next(article, kinds[0] if kinds else ""))


def display_name(value: Any) -> str:
    """Return the name of a person or organisation, given as an object, a list of them (the first counts) or text."""
    return next(display_names(value), "")


def _name_in_parts(person: Object) -> str:
    """Return the given and the family name of a person, the family's first and without a blank in scripts without case."""
    stated = (person.get(name) for name in NAME_PARTS)
    first_name, family = (tidy(part) if isinstance(part, str) else "" for part in stated)
    is_joined = CJK_NAME.fullmatch(family + first_name) is not None
    return family + first_name if is_joined else f"{first_name} {family}".strip()


def display_names(value: Any, depth: int = 0) -> Iterator[str]:
    """Yield the names of persons or organisations, given as objects, a list of them, or text; a name may itself be an
    object."""
    if isinstance(value, list) and depth < MAX_DEPTH:
        for entity in value:
            yield from display_names(entity, depth + 1)
    elif isinstance(value, dict) and depth < MAX_DEPTH:
        yield from display_names(value.get("name") or _name_in_parts(value), depth + 1)
    elif isinstance(value, str) and tidy(value):
        yield tidy(value)
