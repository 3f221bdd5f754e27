"""What a page says about itself, joined from its markup: titles, dates, authors, language, rights."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import groupby
from typing import Any
from urllib.parse import urlsplit

from pipeline.extract import page_facts
from pipeline.extract.authors import OutletNames, page_authors
from pipeline.extract.json_ld import (
    Object,
    article_body,
    article_object,
    declared_kind,
    display_name,
    json_ld_objects,
    type_name,
)
from pipeline.extract.kind import Declared
from pipeline.extract.lines import Line
from pipeline.extract.page_dates import published_moment, updated_moment
from pipeline.extract.providers import stated_providers
from pipeline.extract.shown_dates import DateContext
from pipeline.extract.title import Names, best_title, is_confirmed, main_heading, plain
from pipeline.model import Moment, PageHints, Picture
from pipeline.rights.reservations import page_reservations, stated_licence
from pipeline.text.language import text_language
from pipeline.text.normalize import tidy
from pipeline.text.url import safe_http_url

HEADINGS = ("h1", "h2", "h3", "h4")
# Share of link text from which a heading is a link to another story.
LINK_SHARE = 0.9
# Lines of running text, by characters and share of links, and how many of the longest tell a page's language.
RUNNING_LEAST, RUNNING_LINKED, RUNNING_LINES = 60, 0.3, 12


@dataclass(frozen=True, slots=True)
class Metadata:
    """A page's metadata; empty or None where the page is silent. ``confirmed``: no name of the page speaks against the
    title; ``providers``: who supplied the article beside the outlet."""

    title: str
    heading: str
    titles: tuple[str, ...]
    description: str
    authors: tuple[str, ...]
    published: Moment | None
    updated: Moment | None
    lang: str
    canonical_url: str
    site: str
    article_body: str
    declared: Declared
    section: str
    picture: Picture | None
    licence: str
    signals: tuple[str, ...]
    sources: tuple[str, ...]
    confirmed: bool = True
    providers: tuple[str, ...] = ()


def read_metadata(tree: Any, url: str, lines: Sequence[Line], hints: PageHints) -> Metadata:
    """Return the metadata of a page that is parsed already, with its ``lines`` and what the feed says of it."""
    meta = meta_elements(tree)
    objects = json_ld_objects(tree)
    article = article_object(objects, _stated_titles(tree, lines, meta, hints), url)
    publisher = display_name(article.get("publisher"))
    site = meta.get("og:site_name", "") or publisher
    canonical = _canonical_url(tree, meta)
    names = _page_names(tree, lines, meta, article, site, url, hints)
    title = best_title(names)
    dates = DateContext(url, _language_tag(tree, meta, article, hints), lines, main_heading(names), hints)
    outlet = OutletNames(tuple(filter(None, (site, publisher, hints.outlet))), names.host)
    return Metadata(
        title=title,
        heading=main_heading(names),
        titles=names.distinct(),
        description=tidy(meta.get("og:description", "") or meta.get("description", "")),
        authors=page_authors(article, objects, tree, lines, main_heading(names), outlet),
        published=published_moment(article, objects, meta, tree, dates),
        updated=updated_moment(article, meta, dates),
        lang=_language(tree, meta, article, lines, hints),
        canonical_url=canonical,
        site=site,
        article_body=article_body(article),
        declared=declared_kind(objects),
        section=page_facts.section(article, meta),
        picture=page_facts.picture(article, meta, url, [line.text for line in lines if line.tag == "figcaption"]),
        licence=stated_licence(tree, article, meta),
        signals=page_reservations(meta),
        sources=page_facts.sources(article, meta, url, canonical),
        confirmed=is_confirmed(names, title),
        providers=stated_providers(
            article, meta, tree, OutletNames((*filter(None, (meta.get("og:site_name"), hints.outlet)),), names.host)
        ),
    )


def meta_elements(tree: Any) -> dict[str, str]:
    """Return the content of each meta element by its property, name or itemprop in lower case; the first of a name
    counts."""
    contents: dict[str, str] = {}
    for element in tree.iter("meta"):
        name = element.get("property") or element.get("name") or element.get("itemprop") or ""
        content = element.get("content") or ""
        if name and content.strip():
            contents.setdefault(name.strip().lower(), content.strip())
    return contents


def _page_names(
    tree: Any, lines: Sequence[Line], meta: dict[str, str], article: Object, site: str, url: str, hints: PageHints
) -> Names:
    headings = [line for line in lines if line.tag == "h1"]
    return Names(
        headings=tuple(_heading_texts(headings)),
        og_title=plain(meta.get("og:title", "")),
        twitter_title=plain(meta.get("twitter:title", "")),
        json_ld_headline=plain(str(article.get("headline") or "")),
        title_element=_title_element(tree),
        feed_title=tidy(hints.title),
        site=site,
        navigation_headings=tuple(line.text for line in headings if _is_in_navigation(line)),
        unlinked_headings=tuple(line.text for line in lines if line.tag in HEADINGS and line.linked < LINK_SHARE),
        news="News" in type_name(article),
        host=urlsplit(url).hostname or "",
        headlines=tuple(text for line in headings if (text := _text_behind_element(line))),
    )


def _stated_titles(tree: Any, lines: Sequence[Line], meta: dict[str, str], hints: PageHints) -> list[str]:
    """Return what the page calls its article beside JSON-LD."""
    headings = _heading_texts([line for line in lines if line.tag == "h1"])
    return [plain(meta.get("og:title", "")), _title_element(tree), tidy(hints.title), *headings]


def _heading_texts(headings: Sequence[Line]) -> Iterator[str]:
    """Yield what each heading says, a broken one first as a whole."""
    for _, group in groupby(headings, key=lambda line: line.block):
        texts = [line.text for line in group]
        yield from dict.fromkeys((" ".join(texts), *texts))


def _text_behind_element(heading: Line) -> str:
    """Return what a heading says behind the element that it begins with; "" where it begins with text."""
    element = heading.block
    if element is None or not len(element) or tidy(element.text or ""):
        return ""
    first, *rest = element
    behind = [first.tail or "", *(f"{''.join(part.itertext())}{part.tail or ''}" for part in rest)]
    return tidy("".join(behind)).lstrip(" -–—|:•·")


def _is_in_navigation(line: Line) -> bool:
    return line.block is not None and next(line.block.iterancestors("nav", "footer"), None) is not None


def _title_element(tree: Any) -> str:
    element = tree.find(".//title")
    return tidy(element.text or "") if element is not None else ""


def _language(tree: Any, meta: dict[str, str], article: Object, lines: Sequence[Line], hints: PageHints) -> str:
    """Return the primary subtag (BCP 47) that the page declares, else the feed's, where its text does not tell another."""
    declared = re.split(r"[-_]", _language_tag(tree, meta, article, hints))[0].lower()[:8]
    return text_language(_running_text(lines), declared)


def _running_text(lines: Sequence[Line]) -> str:
    """Return the beginning of what is written in sentences, which menus and lists of links are not."""
    running = [line.text for line in lines if len(line.text) >= RUNNING_LEAST and line.linked < RUNNING_LINKED]
    dense = [line.text for line in lines if line.linked < RUNNING_LINKED and not line.text.isascii()]
    return "\n".join(sorted(running, key=len, reverse=True)[:RUNNING_LINES] or dense[:RUNNING_LINES])


def _language_tag(tree: Any, meta: dict[str, str], article: Object, hints: PageHints) -> str:
    """Return the language that the page declares, with its region if it has one, else the feed's."""
    root = tree.getroottree().getroot()
    attribute = root.get("lang") or root.get("{http://www.w3.org/XML/1998/namespace}lang")
    declared = attribute or article.get("inLanguage")
    tag = declared if isinstance(declared, str) and declared else meta.get("og:locale", "") or hints.lang
    return tag.strip()


def _canonical_url(tree: Any, meta: dict[str, str]) -> str:
    for link in tree.iter("link"):
        if (link.get("rel") or "").lower() == "canonical":
            return safe_http_url(link.get("href") or "") or ""
    return safe_http_url(meta.get("og:url", "")) or ""
