"""When a page says that its article was published and updated."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from datetime import timedelta
from typing import Any

from pipeline.extract.json_ld import Object, type_name
from pipeline.extract.shown_dates import UPDATE_WORD, DateContext, only_shown_moment, shown_moment
from pipeline.model import Basis, Moment, PageHints, Precision
from pipeline.text.dates import read_moment

URL_DATE = re.compile(r"/((?:19|20)\d{2})[/-](\d{1,2})[/-](\d{1,2})(?:/|-|$)")
STAMP_LEAD = re.compile(r"^.*?(?:updated|published|posted|modified|on|at)\b\s*(?:on|at)?\s*:?\s*", re.IGNORECASE)
PUBLISHED_NAMES = (
    "article:published_time", "og:published_time", "datepublished", "publishdate", "pubdate", "publish-date", "publish_date",
    "publication_date", "date.issued", "dc.date.issued", "dcterms.created", "parsely-pub-date", "sailthru.date",
    "cxenseparse:recs:publishtime", "article.published", "date", "dc.date", "dcterms.date", "displaydate", "iso-8601-publish-date", "citation_publication_date", "citation_date", "citation_online_date",
    "article:published", "og:article:published_time", "bt:pubdate", "published_at", "published_time", "published-date",
    "dcterms.issued", "dc.date.created", "dcterms.date.issued", "publication-date", "pub_date", "article_date_original", "originalpublicationdate", "rnews:datepublished",
)  # fmt: skip
# A day of publishing in the data of a page's scripts, where quotation marks may be escaped, once or twice.
DATA_DAY = re.compile(
    r"""(?:datePublished|date_published|publishedAt|published_at|publishDate|publish_date|publishedDate|published_date
        |publicationDate|publication_date|firstPublished(?:At|Date)|first_publication_date|publishedOn|published_on)
        (?:\\{0,3}["']|&quot;)\s?:\s?(?:\\{0,3}["']|&quot;)(?P<day>(?:19|20)\d\d-\d\d-\d\d)(?!\d)""",
    re.VERBOSE,
)
# Other names of a meta element for the day of publishing: "published", "w-published-date", "article:published_on".
PUBLISHED_NAME = re.compile(r"(?:^|[^a-z])(?:first[-_.]?)?publi(?:shed|cation)(?:[-_.:]?(?:date|time|at|on))*$")
# By how much a shown day comes before the time that the page was built, at least: a zone shifts one day, a dateline some.
DAYS_BEFORE = timedelta(weeks=4)
UPDATED_NAMES = (
    "article:modified_time",
    "og:updated_time",
    "datemodified",
    "last-modified",
    "dcterms.modified",
    "revised",
)


def published_moment(
    article: Object, objects: Sequence[Object], meta: Mapping[str, str], tree: Any, context: DateContext
) -> Moment | None:
    """Return the finest of what the most trusted sources agree on: the article's JSON-LD, meta elements, the JSON-LD of
    the page around it, the feed, then microdata, times and written dates by the heading, and the URL."""
    hints = context.hints
    declared = _declared_moment(article, objects, meta, context)
    if declared is None and hints.published is None:
        return _page_moment(tree, context)
    if declared is None or (hints.published and _refines(hints.published, declared)):
        return hints.published
    is_alone = hints.published is None
    return _unless_built(declared, updated_moment(article, meta, context), tree, context) if is_alone else declared


def _page_moment(tree: Any, context: DateContext) -> Moment | None:
    return (
        shown_moment(tree, context)
        or _url_date(context.url)
        or only_shown_moment(context)
        or _data_moment(tree, context)
    )


def _unless_built(stated: Moment, updated: Moment | None, tree: Any, context: DateContext) -> Moment:
    """Return the stated time; the one that the page shows where that is days before, and the stated one is no older than
    the last change: such a page states when it was built."""
    if updated is None or stated.value < updated.value:
        return stated
    shown_day = shown_moment(tree, context)
    return shown_day if shown_day and stated.value - shown_day.value >= DAYS_BEFORE else stated


def _declared_moment(
    article: Object, objects: Sequence[Object], meta: Mapping[str, str], context: DateContext
) -> Moment | None:
    pages = [entity.get("datePublished") for entity in objects if type_name(entity) == "WebPage"]
    return (
        context.first([article.get("datePublished"), article.get("dateCreated")], Basis.JSON_LD)
        or context.first((meta.get(name) for name in PUBLISHED_NAMES), Basis.META)
        or context.first((text for name, text in meta.items() if PUBLISHED_NAME.search(name)), Basis.META)
        or context.first(pages, Basis.JSON_LD)
    )


def _refines(moment: Moment, day: Moment) -> bool:
    """Whether a time is the clock of about the same day, which is told without one."""
    is_finer = day.precision is Precision.DAY and moment.precision is not Precision.DAY
    return is_finer and abs((moment.value - day.value).days) <= 1


def updated_moment(article: Object, meta: Mapping[str, str], context: DateContext) -> Moment | None:
    """Return when the article was changed last, as JSON-LD or a meta element has it."""
    declared = context.moment(article.get("dateModified"), Basis.JSON_LD)
    return declared or context.first((meta.get(name) for name in UPDATED_NAMES), Basis.META)


def _url_date(url: str) -> Moment | None:
    match = URL_DATE.search(url)
    return read_moment("-".join(match.groups()), Basis.URL) if match else None


def byline_moment(text: str, hints: PageHints) -> Moment | None:
    """Return the time in a line such as "By X | Updated: August 24, 2025 08:40 IST"; None for one of an update alone."""
    if UPDATE_WORD.match(text):
        return None
    last = re.split(r"[|•·]", text)[-1]
    return read_moment(STAMP_LEAD.sub("", last, count=1), Basis.PAGE, hints.country, hints.zone)


def _data_moment(tree: Any, context: DateContext) -> Moment | None:
    """Return the one day of publishing that the page's scripts name; None where they name several."""
    texts = (script.text for script in tree.iter("script") if script.text)
    days = {match["day"] for text in texts for match in DATA_DAY.finditer(text)}
    return context.moment(days.pop(), Basis.PAGE) if len(days) == 1 else None
