"""What a page says about itself: JSON-LD, meta elements, title, dates, authors, language."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Sequence
from contextlib import suppress
from copy import copy
from dataclasses import dataclass
from html import unescape
from itertools import islice
from typing import Any

from pipeline.extract.kind import Declared
from pipeline.extract.lines import Line
from pipeline.extract.title import Names, best_title, is_confirmed, main_heading, plain
from pipeline.model import Basis, Moment, PageHints, Picture, Precision
from pipeline.rights import page as rights
from pipeline.text.dates import read_moment
from pipeline.text.normalize import fold, tidy
from pipeline.text.url import safe_http_url

ARTICLE_TYPE = re.compile(r"(Article|BlogPosting|Report|Posting|LiveBlogPosting|WebPage)$")
URL_DATE = re.compile(r"/((?:19|20)\d{2})[/-](\d{1,2})[/-](\d{1,2})(?:/|-|$)")
NO_NAME = re.compile(r"@|^https?:|^www\.")
BYLINE_LEAD = re.compile(r"^by\b:?\s*", re.IGNORECASE)
ALSO = re.compile(r"\s+(?:and|und|et|og|och)\s+")
HEADINGS = ("h1", "h2", "h3", "h4")
LINKED = 0.9
SEARCHED = 2_000_000
CDATA = re.compile(r"(?://|/\*)?\s*(?:<!\[CDATA\[|\]\]>)\s*(?:\*/)?")
NEEDLESS_COMMA = re.compile(r",(?=\s*[}\]])")
JSON = json.JSONDecoder(strict=False)
WRITTEN = re.compile(r"^\s*\d{4}-|[^\W\d_]{3}")
UPDATED_HINT = re.compile(r"updated|modified", re.IGNORECASE)
STAMP_LEAD = re.compile(r"^.*?(?:updated|published|posted|modified|on|at)\b\s*(?:on|at)?\s*:?\s*", re.IGNORECASE)
PUBLISHED_NAMES = (
    "article:published_time", "og:published_time", "datepublished", "publishdate", "pubdate", "publish-date", "publish_date",
    "publication_date", "date.issued", "dc.date.issued", "dcterms.created", "parsely-pub-date", "sailthru.date",
    "cxenseparse:recs:publishtime", "article.published", "date", "dc.date", "dcterms.date", "displaydate", "iso-8601-publish-date",
)  # fmt: skip
UPDATED_NAMES = (
    "article:modified_time",
    "og:updated_time",
    "datemodified",
    "last-modified",
    "dcterms.modified",
    "revised",
)
AUTHOR_NAMES = ("author", "article:author", "parsely-author")


@dataclass(frozen=True, slots=True)
class Metadata:
    """What was found; empty or None where the page is silent. ``confirmed``: no name of the page speaks against the
    title."""

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


def read_metadata(tree: Any, url: str, lines: Sequence[Line], hints: PageHints) -> Metadata:
    """All of it, from a page parsed once."""
    meta = _meta(tree)
    linked = list(_json_ld(tree))
    article = _article(linked)
    site = meta.get("og:site_name", "") or _name(article.get("publisher"))
    canonical = _canonical(tree, meta, url)
    named = _names(tree, lines, meta, article, site, hints)
    title = best_title(named)
    return Metadata(
        title=title,
        heading=main_heading(named),
        titles=named.all_of_them(),
        description=tidy(meta.get("og:description", "") or meta.get("description", "")),
        authors=_authors(article, linked, meta),
        published=_published(article, linked, meta, tree, url, hints),
        updated=_updated(article, meta, hints),
        lang=_lang(tree, meta, article, hints),
        canonical_url=canonical,
        site=site,
        article_body=_article_body(article),
        declared=_declared(linked),
        section=rights.section(article, meta),
        picture=rights.picture(article, meta, url, [line.text for line in lines if line.tag == "figcaption"]),
        licence=rights.licence(tree, article, meta),
        signals=rights.signals(meta),
        sources=rights.sources(article, meta, url, canonical),
        confirmed=is_confirmed(named, title),
    )


def _names(
    tree: Any, lines: Sequence[Line], meta: dict[str, str], article: dict[str, Any], site: str, hints: PageHints
) -> Names:
    headings = [line for line in lines if line.tag == "h1"]
    return Names(
        headings=tuple(line.text for line in headings),
        shared=plain(meta.get("og:title", "")),
        tweeted=plain(meta.get("twitter:title", "")),
        linked=plain(str(article.get("headline") or "")),
        element=_title_element(tree),
        listed=tidy(hints.title),
        site=site,
        passing=tuple(line.text for line in headings if _in_passing(line)),
        shown=tuple(line.text for line in lines if line.tag in HEADINGS and line.linked < LINKED),
        news="News" in _type(article),
    )


def _in_passing(line: Line) -> bool:
    return line.block is not None and next(line.block.iterancestors("nav", "footer"), None) is not None


def _meta(tree: Any) -> dict[str, str]:
    found: dict[str, str] = {}
    for element in tree.iter("meta"):
        name = element.get("property") or element.get("name") or element.get("itemprop") or ""
        content = element.get("content") or ""
        if name and content.strip():
            found.setdefault(name.strip().lower(), content.strip())
    return found


def _json_ld(tree: Any) -> Iterator[dict[str, Any]]:
    for script in tree.iter("script"):
        if "ld+json" in (script.get("type") or "").lower() and script.text:
            yield from _objects(_read_json(CDATA.sub("", script.text).strip()), 0)


def _read_json(text: str) -> Any:
    """The value that the text begins with, or None. Some pages leave a comma before a closing bracket."""
    for attempt in (text, NEEDLESS_COMMA.sub("", text)):
        with suppress(ValueError, RecursionError):
            return JSON.raw_decode(attempt)[0]
    return None


def _objects(value: Any, depth: int) -> Iterator[dict[str, Any]]:
    if depth > 6:
        return
    if isinstance(value, list):
        for each in value:
            yield from _objects(each, depth + 1)
    elif isinstance(value, dict):
        yield value
        for name in ("@graph", "mainEntity", "mainEntityOfPage", "itemListElement"):
            yield from _objects(value.get(name), depth + 1)


def _article(objects: Sequence[dict[str, Any]]) -> dict[str, Any]:
    ranked = [
        one
        for one in objects
        if ARTICLE_TYPE.search(_type(one)) and (one.get("headline") or "WebPage" not in _type(one))
    ]
    return max(
        ranked,
        key=lambda one: len([n for n in ("headline", "datePublished", "author", "articleBody") if one.get(n)]),
        default={},
    )


def _declared(objects: Sequence[dict[str, Any]]) -> Declared:
    told = [str(one["isAccessibleForFree"]).lower() for one in objects if "isAccessibleForFree" in one]
    return Declared(
        frozenset(_type(one) for one in objects), not any(each in ("false", "http://schema.org/false") for each in told)
    )


def _article_body(article: dict[str, Any]) -> str:
    """The text that JSON-LD gives: often cut, retold or outdated, so it can confirm a reading and never be one."""
    text = article.get("articleBody")
    return re.sub(r"<[^>]+>", " ", unescape(text)) if isinstance(text, str) else ""


def _type(one: dict[str, Any]) -> str:
    kind = one.get("@type")
    return str(kind[0] if isinstance(kind, list) and kind else kind or "")


def _name(value: Any) -> str:
    if isinstance(value, list):
        value = value[0] if value else ""
    return (
        tidy(str(value.get("name") or "")) if isinstance(value, dict) else tidy(value) if isinstance(value, str) else ""
    )


def _title_element(tree: Any) -> str:
    element = tree.find(".//title")
    return tidy(element.text or "") if element is not None else ""


# ---------------------------------------------------------------- dates


def _published(
    article: dict[str, Any],
    linked: Sequence[dict[str, Any]],
    meta: dict[str, str],
    tree: Any,
    url: str,
    hints: PageHints,
) -> Moment | None:
    """The finest of what the most trusted sources agree on: the article's JSON-LD, meta elements, the JSON-LD of the
    page around it, the feed, then time elements."""
    found = _first_moment([article.get("datePublished"), article.get("dateCreated")], Basis.JSON_LD, hints)
    found = found or _first_moment([meta.get(name) for name in PUBLISHED_NAMES], Basis.META, hints)
    pages = (one for one in linked if _type(one) == "WebPage")
    found = found or _first_moment([one.get("datePublished") for one in pages], Basis.JSON_LD, hints)
    if (
        found
        and hints.published
        and found.precision is Precision.DAY
        and hints.published.precision is not Precision.DAY
    ):
        return hints.published if abs((hints.published.value - found.value).days) <= 1 else found
    found = found or hints.published
    found = found or _first_moment(_times(tree), Basis.PAGE, hints)
    return found or _url_date(url)


def _times(tree: Any) -> list[str]:
    """What the first time elements say that are not of an update: as HTML has it, or in words."""
    said = (
        (element.get("datetime") or "", tidy(" ".join(element.itertext())))
        for element in tree.iter("time")
        if not UPDATED_HINT.search(f"{element.get('class')} {element.get('itemprop')}")
    )
    return [next((text for text in texts if WRITTEN.search(text)), "") for texts in islice(said, 3)]


def _updated(article: dict[str, Any], meta: dict[str, str], hints: PageHints) -> Moment | None:
    found = _first_moment([article.get("dateModified")], Basis.JSON_LD, hints)
    return found or _first_moment([meta.get(name) for name in UPDATED_NAMES], Basis.META, hints)


def _first_moment(texts: Sequence[Any], basis: Basis, hints: PageHints) -> Moment | None:
    moments = (read_moment(text, basis, hints.country, hints.zone) for text in texts if isinstance(text, str))
    return next((at for at in moments if at and at.value.year >= 1990), None)


def _url_date(url: str) -> Moment | None:
    found = URL_DATE.search(url)
    return read_moment("-".join(found.groups()), Basis.URL) if found else None


def stamp(text: str, hints: PageHints) -> Moment | None:
    """The time in a line such as "By X | Updated: August 24, 2025 08:40 IST"."""
    last = re.split(r"[|•·]", text)[-1]
    return read_moment(STAMP_LEAD.sub("", last, count=1), Basis.PAGE, hints.country, hints.zone)


def written_date(tree: Any) -> Moment | None:
    """What htmldate finds in the page's markup, else in its text, a day; for where nothing else tells.

    Its extensive search comes second: it took 5 s on one page where the markup tells, and goes over all markup some
    thirty times, so that a page of over ``SEARCHED`` bytes goes without. Of a bare year it makes the first of January,
    which is no day that the page tells: on 48 general pages 9 of its 12 false days.
    """
    from htmldate import find_date
    from lxml.html import tostring

    for extensive in (False, True):
        if extensive and len(tostring(tree)) > SEARCHED:
            return None
        try:
            found = find_date(copy(tree), original_date=True, extensive_search=extensive)
        except Exception:  # noqa: BLE001 - a page that it cannot read has no date, and is an article all the same
            return None
        if found and not (extensive and found.endswith("-01-01")):
            return read_moment(found, Basis.PAGE)
    return None


# ---------------------------------------------------------------- the rest


def _authors(article: dict[str, Any], linked: Sequence[dict[str, Any]], meta: dict[str, str]) -> tuple[str, ...]:
    """Everyone whom JSON-LD calls an author, by name or by reference; where it names nobody, whom a meta element does."""
    value = article.get("author")
    people = [person for person in (value if isinstance(value, list) else [value]) if person]
    referred = {str(one["@id"]): _name(one) for one in linked if one.get("@id")}
    names = [_name(person) or _referred(person, referred) for person in people]
    if not any(map(_names_someone, names)):
        told = (*AUTHOR_NAMES, *(name for name in meta if name.endswith("author")))
        names = [next((text for name in told if _names_someone(text := tidy(meta.get(name, "")))), "")]
    return tuple(dict.fromkeys(each for name in names if _names_someone(name) for each in _each_author(name)))


def _referred(person: Any, names: dict[str, str]) -> str:
    return names.get(str(person.get("@id")), "") if isinstance(person, dict) else ""


def _names_someone(name: str) -> bool:
    return 0 < len(name) < 120 and not NO_NAME.search(name) and bool(fold(name))


def _each_author(name: str) -> list[str]:
    """ "Ann Lee and Bo Ek" are two; "Lee and Partners" is one name."""
    name = BYLINE_LEAD.sub("", name)
    each = ALSO.split(name)
    return each if all(" " in one for one in each) else [name]


def _lang(tree: Any, meta: dict[str, str], article: dict[str, Any], hints: PageHints) -> str:
    root = tree.getroottree().getroot()
    named = root.get("lang") or root.get("{http://www.w3.org/XML/1998/namespace}lang") or article.get("inLanguage")
    named = named if isinstance(named, str) and named else meta.get("og:locale", "") or hints.lang
    return re.split(r"[-_]", named.strip())[0].lower()[:8]


def _canonical(tree: Any, meta: dict[str, str], url: str) -> str:
    for link in tree.iter("link"):
        if (link.get("rel") or "").lower() == "canonical":
            return safe_http_url(link.get("href") or "") or ""
    return safe_http_url(meta.get("og:url", "")) or ""
