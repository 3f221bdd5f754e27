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
    value = article.get("articleSection")
    first = next((entry for entry in value if isinstance(entry, str)), "") if isinstance(value, list) else value
    name = first if isinstance(first, str) and first else next((meta[key] for key in SECTIONS if key in meta), "")
    return tidy(name)[:100]


def picture(article: Mapping[str, Any], meta: Mapping[str, str], url: str, captions: Sequence[str]) -> Picture | None:
    """The page's main picture, with the credit that its data or its first caption names."""
    image = article.get("image")
    image = image[0] if isinstance(image, list) and image else image
    source = image.get("url") or image.get("contentUrl") if isinstance(image, dict) else image
    address = source if isinstance(source, str) and source else meta.get("og:image", "")
    picture_url = safe_http_url(urljoin(url, address)) if address else None
    return Picture(picture_url, _credit(image, captions)) if picture_url else None


def _credit(image: Any, captions: Sequence[str]) -> str:
    creator = image.get("creditText") or image.get("creator") if isinstance(image, dict) else ""
    creator = creator.get("name") if isinstance(creator, dict) else creator
    if isinstance(creator, str) and creator:
        return tidy(creator)[:200]
    matches = (
        re.search(r"(?i)(?:photo|foto|image|credit|©|bild)\s*[:/]?\s*(?:by\s+)?(.{3,80})$", text) for text in captions
    )
    return next((tidy(match.group(1)) for match in matches if match), "")


def sources(article: Mapping[str, Any], meta: Mapping[str, str], url: str, canonical: str) -> tuple[str, ...]:
    """Hints that the text was taken from elsewhere: meta elements, ``isBasedOn``, a canonical link on another host."""
    hints = [meta[name] for name in SOURCES if name in meta]
    hints += list(_based_on(article.get("isBasedOn")))
    if canonical and _site(canonical) != _site(url):
        hints.append(canonical)
    return tuple(dict.fromkeys(tidy(hint)[:300] for hint in hints if hint.strip()))


def _based_on(value: Any) -> Iterator[str]:
    for work in value if isinstance(value, list) else [value]:
        source = work.get("url") or work.get("@id") or work.get("name") if isinstance(work, dict) else work
        if isinstance(source, str):
            yield source


def _site(url: str) -> str:
    """The last two labels of the host: near enough to tell one outlet's hosts from another's."""
    return ".".join((urlsplit(url).hostname or "").split(".")[-2:])
