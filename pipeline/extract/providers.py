"""Who supplied a page's article, as its markup states it: JSON-LD, meta elements, an agency's logo near the byline.

It is weak evidence: many pages name the agency that they belong to, or one whose pictures they print.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Any

from lxml import etree

from pipeline.extract.authors import OutletNames
from pipeline.extract.json_ld import Object, display_names
from pipeline.text.normalize import tidy

# Properties of an article that name who supplied it, and meta elements that do; an address is none.
PROPERTIES = ("sourceOrganization", "provider", "publisher")
META_NAMES = ("source", "news_source", "article:source", "dc.source", "dcterms.source", "provider", "article:provider")
LABEL = re.compile(r"^[^:：]{1,12}[:：]\s*(?!//)")
# Where a logo signs the text: an element of such a class, outside of what is not the article.
LOGOS = etree.XPath(
    "//img[@alt][ancestor::*[position() < 4][contains(@class, 'yline') or contains(@class, 'uthor')"
    " or contains(@class, 'ource') or contains(@class, 'gency') or contains(@class, 'redit') or contains(@class, 'rovider')]]"
    "[not(ancestor::nav or ancestor::footer or ancestor::aside or ancestor::figure)]"
)
LOGO_WORD = re.compile(r"\b(?:logo|logotype|icon|news agency logo)\b", re.IGNORECASE)
LONGEST_NAME, MAX_LOGOS = 60, 20


def stated_providers(article: Object, meta: Mapping[str, str], tree: Any, outlet: OutletNames) -> tuple[str, ...]:
    """Return the names of those who supplied the article, the outlet itself left out, the surest first."""
    names = (tidy(LABEL.sub("", name)) for name in _stated_names(article, meta, tree))
    return tuple(dict.fromkeys(name for name in names if 1 < len(name) <= LONGEST_NAME and not outlet.is_called(name)))


def _stated_names(article: Object, meta: Mapping[str, str], tree: Any) -> Iterator[str]:
    for name in PROPERTIES:
        yield from display_names(article.get(name))
    yield from (meta[name] for name in META_NAMES if name in meta and "://" not in meta[name])
    images: Any = LOGOS(tree)
    yield from (LOGO_WORD.sub(" ", image.get("alt") or "") for image in images[:MAX_LOGOS])
