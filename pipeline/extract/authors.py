"""Who wrote an article, as its page declares it."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import Any

from pipeline.extract.json_ld import Object, display_name
from pipeline.text.normalize import fold, tidy

NO_NAME = re.compile(r"@|^https?:|^www\.")
BYLINE_LEAD = re.compile(r"^by\b:?\s*", re.IGNORECASE)
CONJUNCTIONS = frozenset(("and", "und", "et", "og", "och"))
AUTHOR_NAMES = ("author", "article:author", "parsely-author")
MAX_NAME = 120


def page_authors(article: Object, objects: Sequence[Object], meta: Mapping[str, str]) -> tuple[str, ...]:
    """Return everyone whom JSON-LD calls an author, by name or by reference; where it names nobody, whom a meta element
    does."""
    names = [name for name in _linked_names(article, objects) if is_name(name)] or _meta_names(meta)
    return tuple(dict.fromkeys(single for name in names for single in split_names(name)))


def _linked_names(article: Object, objects: Sequence[Object]) -> list[str]:
    value = article.get("author")
    people = [person for person in (value if isinstance(value, list) else [value]) if person]
    by_id = {str(entity["@id"]): display_name(entity) for entity in objects if entity.get("@id")}
    return [display_name(person) or _referenced_name(person, by_id) for person in people]


def _referenced_name(person: Any, by_id: Mapping[str, str]) -> str:
    return by_id.get(str(person.get("@id")), "") if isinstance(person, dict) else ""


def _meta_names(meta: Mapping[str, str]) -> list[str]:
    properties = (*AUTHOR_NAMES, *(name for name in meta if name.endswith("author")))
    texts = (tidy(meta.get(name, "")) for name in properties)
    return [text for text in texts if is_name(text)][:1]


def is_name(text: str) -> bool:
    """Whether a text may be somebody's name: short, with a letter, and no address."""
    return 0 < len(text) < MAX_NAME and not NO_NAME.search(text) and bool(fold(text))


def split_names(text: str) -> list[str]:
    """Return the names joined by a conjunction: "Ann Lee and Bo Ek" are two; "Lee and Partners" is one name."""
    text = BYLINE_LEAD.sub("", text)
    names: list[list[str]] = [[]]
    for word in text.split():
        if word in CONJUNCTIONS and names[-1]:
            names.append([])
        else:
            names[-1].append(word)
    return [" ".join(words) for words in names] if all(len(words) > 1 for words in names) else [text]
