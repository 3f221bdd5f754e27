"""When a page says that its article was published and updated."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from copy import copy
from dataclasses import dataclass
from itertools import islice
from typing import Any

from lxml import etree

from pipeline.extract.json_ld import Object, type_name
from pipeline.extract.lines import Line
from pipeline.model import Basis, Moment, PageHints, Precision
from pipeline.text.dates import read_moment
from pipeline.text.normalize import fold, tidy

URL_DATE = re.compile(r"/((?:19|20)\d{2})[/-](\d{1,2})[/-](\d{1,2})(?:/|-|$)")
UPDATE_HINT = re.compile(r"updated|modified|revis|aktualis|mis-?a-?jour|actualiz", re.IGNORECASE)
UPDATES = (
    r"updated|modified|reviewed|aktualisiert|mis à jour|actualizado|aggiornato|atualizado|bijgewerkt|oppdatert"
    r"|uppdaterad|opdateret|päivitetty|aktualizacja|aktualizováno|обновлено|оновлено|güncelleme|更新|수정|अपडेट"
)
UPDATE_WORD = re.compile(rf"^\W*(?:last\s+)?(?:{UPDATES})", re.IGNORECASE)
UPDATE_TAIL = re.compile(rf"(?:last\s+)?(?:{UPDATES})", re.IGNORECASE)
# Where a time is another story's, a comment's, or today's: these elements, and these classes above it.
ELSEWHERE = frozenset(("nav", "footer", "aside", "a"))
OTHER_HINT = re.compile(
    r"(?<![a-z])(?:comments?|disqus\w*|related|recommend\w*|recent|latest|popular|trending|teasers?|sidebar|widgets?"
    r"|cards?|archive|masthead|navbar|topbar|ticker|today|weather|copyright|calendar|events?|next|prev(?:ious)?)(?![a-z])"
)
HEADINGS = ("h1", "h2")
# Lines below and above the heading where a date stands, and characters of a line that may be nothing but a date.
BELOW, ABOVE, LONGEST = 14, 6, 120
# Letters and words of a line that is a date and little else.
MOST_LETTERS, MOST_WORDS = 40, 9
DATE_HINT = re.compile(
    r"(?<![a-z])(?:dates?|datum|fecha|data|time|timestamp|posted|publish\w*|published|pubdate|fech|meta|byline|info)(?![a-z])"
)
MARKED_TIMES = etree.XPath(
    "//time | //abbr[@title] | //*[@itemprop='datePublished' or @itemprop='dateCreated' or @itemprop='dateModified']"
)
# What stands before a date: a few words and a colon, or a word for publishing.
PUBLISHED_LEAD = re.compile(
    r"^\W*(?:[^\W\d]+(?:\s[^\W\d]+){0,3}\s*[:：]\s*|(?:first\s+)?(?:published|posted|publié|veröffentlicht|publicado"
    r"|pubblicato|gepubliceerd|publicerad|opublikowano|опубликовано|опубліковано)\s*(?:on|le|el|am|il|op)?\s*)",
    re.IGNORECASE,
)
CASE = re.compile(r"(?<=[a-z])(?=[A-Z])|_")
LINKED_MOST = 0.5
MICRODATA = ("datePublished", "dateCreated")
MAX_MARKED = 300
STAMP_LEAD = re.compile(r"^.*?(?:updated|published|posted|modified|on|at)\b\s*(?:on|at)?\s*:?\s*", re.IGNORECASE)
# Bytes of markup that htmldate searches as text: it goes over all of it some thirty times.
MAX_SEARCHED = 2_000_000
EARLIEST_YEAR = 1990
PUBLISHED_NAMES = (
    "article:published_time", "og:published_time", "datepublished", "publishdate", "pubdate", "publish-date", "publish_date",
    "publication_date", "date.issued", "dc.date.issued", "dcterms.created", "parsely-pub-date", "sailthru.date",
    "cxenseparse:recs:publishtime", "article.published", "date", "dc.date", "dcterms.date", "displaydate", "iso-8601-publish-date", "citation_publication_date", "citation_date", "citation_online_date",
    "article:published", "og:article:published_time", "bt:pubdate", "published_at", "published_time", "published-date",
    "dcterms.issued", "dc.date.created", "dcterms.date.issued", "publication-date", "pub_date", "article_date_original", "originalpublicationdate", "rnews:datepublished",
)  # fmt: skip
UPDATED_NAMES = (
    "article:modified_time",
    "og:updated_time",
    "datemodified",
    "last-modified",
    "dcterms.modified",
    "revised",
)


@dataclass(frozen=True, slots=True)
class DateContext:
    """What dates on a page are read by: its address, its language (BCP 47), its lines, its heading, and its feed."""

    url: str
    lang: str
    lines: Sequence[Line]
    heading: str
    hints: PageHints

    def moment(self, value: Any, basis: Basis) -> Moment | None:
        """Return the time that a value of the page tells; None for one before news was on the web."""
        text = str(value) if isinstance(value, (str, int, float)) and not isinstance(value, bool) else ""
        at = read_moment(text, basis, self.hints.country, self.hints.zone, self.lang)
        return at if at and at.value.year >= EARLIEST_YEAR else None

    def first(self, values: Iterable[Any], basis: Basis) -> Moment | None:
        """Return the first time that one of the values tells."""
        return next(filter(None, (self.moment(value, basis) for value in values)), None)


def published_moment(
    article: Object, objects: Sequence[Object], meta: Mapping[str, str], tree: Any, context: DateContext
) -> Moment | None:
    """Return the finest of what the most trusted sources agree on: the article's JSON-LD, meta elements, the JSON-LD of
    the page around it, the feed, then microdata, times and written dates by the heading, and the URL."""
    hints = context.hints
    declared = _declared_moment(article, objects, meta, context)
    if declared and hints.published and _is_finer(hints.published, declared):
        return hints.published if abs((hints.published.value - declared.value).days) <= 1 else declared
    return declared or hints.published or _shown_moment(tree, context) or _url_date(context.url)


def _declared_moment(
    article: Object, objects: Sequence[Object], meta: Mapping[str, str], context: DateContext
) -> Moment | None:
    pages = [entity.get("datePublished") for entity in objects if type_name(entity) == "WebPage"]
    return (
        context.first([article.get("datePublished"), article.get("dateCreated")], Basis.JSON_LD)
        or context.first((meta.get(name) for name in PUBLISHED_NAMES), Basis.META)
        or context.first(pages, Basis.JSON_LD)
    )


def _is_finer(moment: Moment, than: Moment) -> bool:
    return than.precision is Precision.DAY and moment.precision is not Precision.DAY


def _shown_moment(tree: Any, context: DateContext) -> Moment | None:
    """Return the time that the page shows as its article's own: microdata, then what stands by the heading."""
    elements = [element for element in _marked_times(tree) if not _stands_elsewhere(element)]
    microdata = (element for element in elements if element.get("itemprop") in MICRODATA)
    near = _near_lines(context)
    blocks = frozenset(line.block for line in near if line.block is not None)
    beside = (element for element in elements if _is_beside(element, blocks))
    return (
        context.first((text for element in microdata for text in _time_texts(element)), Basis.PAGE)
        or context.first((text for element in beside for text in _time_texts(element)), Basis.PAGE)
        or context.first((text for line in near for text in _date_texts(line)), Basis.PAGE)
        or context.first(
            (text for element in elements for text in _time_texts(element) if not blocks or _is_inside(element)),
            Basis.PAGE,
        )
    )


def _marked_times(tree: Any) -> Sequence[Any]:
    elements: Any = MARKED_TIMES(tree)
    return list(elements)[:MAX_MARKED]


def _stands_elsewhere(element: Any) -> bool:
    """Whether a time is an update's, or stands in what is not the article: navigation, a comment, another story."""
    if _is_update(element):
        return True
    for above in element.iterancestors():
        if above.tag in ("body", "main"):
            return False
        classes = CASE.sub("-", f"{above.get('class') or ''} {above.get('id') or ''}").lower()
        if above.tag in ELSEWHERE or (above.tag == "header" and not _holds_heading(above)):
            return True
        if above.tag != "article" and OTHER_HINT.search(classes) and not _holds_heading(above):
            return True
    return False


def _is_update(element: Any) -> bool:
    """Whether a time is said to be an update's, by its attributes or by the words in it or before it."""
    if element.get("itemprop") in MICRODATA and (element.get("content") or element.get("datetime")):
        return False
    stated = f"{element.get('class') or ''} {element.get('itemprop') or ''}"
    text = tidy(" ".join(element.itertext()))
    return UPDATE_HINT.search(stated) is not None or UPDATE_WORD.search(text) is not None or _follows_update(element)


def _follows_update(element: Any) -> bool:
    before = element.getprevious()
    parent = element.getparent()
    text = (
        (before.tail or " ".join(before.itertext()))
        if before is not None
        else parent.text
        if parent is not None
        else ""
    )
    return UPDATE_WORD.search(tidy(text or "")[-40:]) is not None


def _holds_heading(element: Any) -> bool:
    return next(element.iter("h1"), None) is not None


def _is_inside(element: Any) -> bool:
    """Whether an element stands in an article or the main part of the page."""
    return next(element.iterancestors("article", "main"), None) is not None


def _is_beside(element: Any, blocks: frozenset[Any]) -> bool:
    return element in blocks or any(above in blocks for above in islice(element.iterancestors(), 3))


def _time_texts(element: Any) -> Iterator[str]:
    """Yield what an element tells of its time: for machines, then for readers."""
    for name in ("datetime", "content", "title"):
        yield tidy(element.get(name) or "")
    yield tidy(" ".join(element.itertext()))[:LONGEST]


def _near_lines(context: DateContext) -> list[Line]:
    """Return the lines around the heading that may hold the article's date, those below it first."""
    lines, heading = context.lines, fold(context.heading)
    places = (
        n for n, line in enumerate(lines) if line.tag in HEADINGS and fold(line.text) and fold(line.text) in heading
    )
    place = next(places, None)
    if place is None:
        return []
    near = [*lines[place + 1 : place + BELOW], *reversed(lines[max(0, place - ABOVE) : place])]
    return [line for line in near if len(line.text) <= LONGEST and line.linked < LINKED_MOST and not _is_other(line)]


def _is_other(line: Line) -> bool:
    return line.block is not None and (line.block.tag in HEADINGS or _stands_elsewhere(line.block))


def _date_texts(line: Line) -> Iterator[str]:
    """Yield the parts of a line that may be its date: little else stands in them, unless the line is marked as a date."""
    for part in re.split(r"\s*[|•·∙]\s*", line.text):
        text = PUBLISHED_LEAD.sub("", UPDATE_TAIL.split(part)[0])
        is_marked = text != part or DATE_HINT.search(CASE.sub("-", line.hint)) is not None
        if any(map(str.isdecimal, text)) and (is_marked or _is_bare(text)):
            yield text


def _is_bare(text: str) -> bool:
    """Whether a text has no more words than a date with a clock, a place and a name."""
    return sum(map(str.isalpha, text)) <= MOST_LETTERS and len(text.split()) <= MOST_WORDS


def updated_moment(article: Object, meta: Mapping[str, str], context: DateContext) -> Moment | None:
    """Return when the article was changed last, as JSON-LD or a meta element has it."""
    declared = context.moment(article.get("dateModified"), Basis.JSON_LD)
    return declared or context.first((meta.get(name) for name in UPDATED_NAMES), Basis.META)


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
