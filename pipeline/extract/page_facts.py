"""What a page says of itself beside its text: section, picture, where it was taken from."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from typing import Any
from urllib.parse import urljoin, urlsplit

from pipeline.model import Picture
from pipeline.text.normalize import tidy
from pipeline.text.url import safe_http_url

SECTIONS = ("article:section", "section", "og:article:section", "parsely-section", "dc.subject", "news:section")
SOURCES = ("syndication-source", "original-source", "dc.source", "dcterms.source", "article:publisher_source")


def section(article: Mapping[str, Any], meta: Mapping[str, str]) -> str:
    """The part of the paper: JSON-LD's articleSection, else meta elements."""
    told = article.get("articleSection")
    first = next((each for each in told if isinstance(each, str)), "") if isinstance(told, list) else told
    named = first if isinstance(first, str) and first else next((meta[name] for name in SECTIONS if name in meta), "")
    return tidy(named)[:100]


def picture(article: Mapping[str, Any], meta: Mapping[str, str], url: str, captions: Sequence[str]) -> Picture | None:
    """The page's main picture, with the credit that its data or its first caption names."""
    told = article.get("image")
    told = told[0] if isinstance(told, list) and told else told
    named = told.get("url") or told.get("contentUrl") if isinstance(told, dict) else told
    address = named if isinstance(named, str) and named else meta.get("og:image", "")
    shown = safe_http_url(urljoin(url, address)) if address else None
    return Picture(shown, _credit(told, captions)) if shown else None


def _credit(told: Any, captions: Sequence[str]) -> str:
    named = told.get("creditText") or told.get("creator") if isinstance(told, dict) else ""
    named = named.get("name") if isinstance(named, dict) else named
    if isinstance(named, str) and named:
        return tidy(named)[:200]
    found = (
        re.search(r"(?i)(?:photo|foto|image|credit|©|bild)\s*[:/]?\s*(?:by\s+)?(.{3,80})$", text) for text in captions
    )
    return next((tidy(match.group(1)) for match in found if match), "")


def sources(article: Mapping[str, Any], meta: Mapping[str, str], url: str, canonical: str) -> tuple[str, ...]:
    """Hints that the text was taken from elsewhere: meta elements, ``isBasedOn``, a canonical link on another host."""
    found = [meta[name] for name in SOURCES if name in meta]
    found += list(_based_on(article.get("isBasedOn")))
    if canonical and _site(canonical) != _site(url):
        found.append(canonical)
    return tuple(dict.fromkeys(tidy(each)[:300] for each in found if each.strip()))


def _based_on(value: Any) -> Iterator[str]:
    for each in value if isinstance(value, list) else [value]:
        named = each.get("url") or each.get("@id") or each.get("name") if isinstance(each, dict) else each
        if isinstance(named, str):
            yield named


def _site(url: str) -> str:
    """The last two labels of the host: near enough to tell one outlet's hosts from another's."""
    return ".".join((urlsplit(url).hostname or "").split(".")[-2:])
