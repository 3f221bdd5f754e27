"""What a page is, where it is no article: such pages are kept and marked, and never become copies.

schema.org says it where it can (LiveBlogPosting, ImageGallery, CollectionPage, isAccessibleForFree); placeholders are
known by short forms of words in ``data/placeholders.toml``.
"""

from __future__ import annotations

import re
import tomllib
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from urllib.parse import urlsplit

from pipeline.model import PageKind

# A page that has as much text as this is read, whatever stands before it.
ARTICLE_LEAST = 600
GALLERIES = {"ImageGallery", "MediaGallery"}
INDEXES = {"CollectionPage", "ItemList", "SearchResultsPage"}


@dataclass(frozen=True, slots=True)
class Declared:
    """What the page's markup declares: the types in its JSON-LD, and whether its text is free to read."""

    types: frozenset[str]
    free: bool = True

    @property
    def news(self) -> bool:
        """Whether it calls itself a news article of some kind: that its publisher is a news organisation says nothing
        of the page."""
        return any(name.endswith("NewsArticle") for name in self.types)


def kind_of(url: str, declared: Declared, title: str, body: Sequence[str]) -> PageKind:
    """The kind, an article where nothing speaks against it."""
    if "LiveBlogPosting" in declared.types:
        return PageKind.LIVE_BLOG
    text = " ".join(body)
    if len(text) >= ARTICLE_LEAST:
        return PageKind.ARTICLE
    if _placeholder().search(f"{title}\n{text}"):
        return PageKind.PLACEHOLDER
    if not declared.free:
        return PageKind.PAYWALL
    article = any(name.endswith(("Article", "Posting", "Report")) for name in declared.types)
    if declared.types & GALLERIES and not article:
        return PageKind.GALLERY
    front = urlsplit(url).path.strip("/") == ""
    return PageKind.INDEX if not article and (front or declared.types & INDEXES) else PageKind.ARTICLE


@cache
def _placeholder() -> re.Pattern[str]:
    forms = tomllib.loads((files("pipeline") / "data" / "placeholders.toml").read_text(encoding="utf-8"))["forms"]
    return re.compile("|".join(f"(?:{form})" for form in forms), re.IGNORECASE)
