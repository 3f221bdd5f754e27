"""When a page says that its article was published and updated."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from copy import copy
from itertools import islice
from typing import Any

from pipeline.extract.json_ld import Object, type_name
from pipeline.model import Basis, Moment, PageHints, Precision
from pipeline.text.dates import read_moment
from pipeline.text.normalize import tidy

URL_DATE = re.compile(r"/((?:19|20)\d{2})[/-](\d{1,2})[/-](\d{1,2})(?:/|-|$)")
# What a time element must hold to be a date: a year, or a month in letters.
DATE_TEXT = re.compile(r"^\s*\d{4}-|[^\W\d_]{3}")
UPDATE_HINT = re.compile(r"updated|modified", re.IGNORECASE)
STAMP_LEAD = re.compile(r"^.*?(?:updated|published|posted|modified|on|at)\b\s*(?:on|at)?\s*:?\s*", re.IGNORECASE)
# Bytes of markup that htmldate searches as text: it goes over all of it some thirty times.
MAX_SEARCHED = 2_000_000
# Time elements that are looked at, from the page's beginning.
TIME_ELEMENTS = 3
EARLIEST_YEAR = 1990
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


def published_moment(
    article: Object, objects: Sequence[Object], meta: Mapping[str, str], tree: Any, url: str, hints: PageHints
) -> Moment | None:
    """Return the finest of what the most trusted sources agree on: the article's JSON-LD, meta elements, the JSON-LD of
    the page around it, the feed, then time elements and the URL."""
    declared = _declared_moment(article, objects, meta, hints)
    if declared and hints.published and _is_finer(hints.published, declared):
        return hints.published if abs((hints.published.value - declared.value).days) <= 1 else declared
    return declared or hints.published or _first_moment(_time_texts(tree), Basis.PAGE, hints) or _url_date(url)


def _declared_moment(
    article: Object, objects: Sequence[Object], meta: Mapping[str, str], hints: PageHints
) -> Moment | None:
    pages = [entity.get("datePublished") for entity in objects if type_name(entity) == "WebPage"]
    return (
        _first_moment([article.get("datePublished"), article.get("dateCreated")], Basis.JSON_LD, hints)
        or _first_moment([meta.get(name) for name in PUBLISHED_NAMES], Basis.META, hints)
        or _first_moment(pages, Basis.JSON_LD, hints)
    )


def _is_finer(moment: Moment, than: Moment) -> bool:
    return than.precision is Precision.DAY and moment.precision is not Precision.DAY


def _time_texts(tree: Any) -> list[str]:
    """What the first time elements say that are not of an update: as HTML has it, or in words."""
    candidates = (
        (element.get("datetime") or "", tidy(" ".join(element.itertext())))
        for element in tree.iter("time")
        if not UPDATE_HINT.search(f"{element.get('class')} {element.get('itemprop')}")
    )
    first = islice(candidates, TIME_ELEMENTS)
    return [next((text for text in texts if DATE_TEXT.search(text)), "") for texts in first]


def updated_moment(article: Object, meta: Mapping[str, str], hints: PageHints) -> Moment | None:
    """Return when the article was changed last, as JSON-LD or a meta element has it."""
    declared = _first_moment([article.get("dateModified")], Basis.JSON_LD, hints)
    return declared or _first_moment([meta.get(name) for name in UPDATED_NAMES], Basis.META, hints)


def _first_moment(texts: Sequence[Any], basis: Basis, hints: PageHints) -> Moment | None:
    moments = (read_moment(text, basis, hints.country, hints.zone) for text in texts if isinstance(text, str))
    return next((moment for moment in moments if moment and moment.value.year >= EARLIEST_YEAR), None)


def _url_date(url: str) -> Moment | None:
    match = URL_DATE.search(url)
    return read_moment("-".join(match.groups()), Basis.URL) if match else None


def byline_moment(text: str, hints: PageHints) -> Moment | None:
    """Return the time in a line such as "By X | Updated: August 24, 2025 08:40 IST"."""
    last = re.split(r"[|•·]", text)[-1]
    return read_moment(STAMP_LEAD.sub("", last, count=1), Basis.PAGE, hints.country, hints.zone)


def searched_date(tree: Any) -> Moment | None:
    """Return the day that htmldate finds in the page's markup, else in its text; for where nothing else tells.

    Its extensive search comes second: it took 5 s on one page where the markup tells, so that a page of over
    ``MAX_SEARCHED`` bytes goes without. Of a bare year it makes the first of January, which is no day that the page
    tells: on 48 general pages 9 of its 12 false days.
    """
    from htmldate import find_date
    from lxml.html import tostring

    for extensive in (False, True):
        if extensive and len(tostring(tree)) > MAX_SEARCHED:
            return None
        try:
            day = find_date(copy(tree), original_date=True, extensive_search=extensive)
        except Exception:  # noqa: BLE001 - a page that it cannot read has no date, and is an article all the same
            return None
        if day and not (extensive and day.endswith("-01-01")):
            return read_moment(day, Basis.PAGE)
    return None
