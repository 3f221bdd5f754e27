"""When a page shows that its article was published: microdata, times and written dates by its heading, then the one
day that the page shows anywhere."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import date
from itertools import chain, islice
from typing import Any

from pipeline.extract.lines import Line
from pipeline.model import Basis, Moment, PageHints
from pipeline.text.dates import read_moment
from pipeline.text.normalize import fold, tidy

UPDATE_HINT = re.compile(r"updated|modified|revis|aktualis|mis-?a-?jour|actualiz", re.IGNORECASE)
UPDATES = (
    r"updated|modified|reviewed|aktualisiert|mis à jour|actualizado|aggiornato|atualizado|bijgewerkt|oppdatert"
    r"|uppdaterad|opdateret|päivitetty|aktualizacja|aktualizováno|обновлено|оновлено|güncelleme|更新|수정|अपडेट"
)
UPDATE_WORD = re.compile(rf"^\W*(?:last\s+)?(?:{UPDATES})", re.IGNORECASE)
UPDATE_TAIL = re.compile(rf"(?:last\s+)?(?:{UPDATES})", re.IGNORECASE)
# The day of a review to come.
REVIEW_DUE = re.compile(r"\b(?:next|due|upcoming)\b.{0,12}\breview\b|\breview\b.{0,12}\bdue\b", re.IGNORECASE)
# Where a time is another story's, a comment's, or today's: these elements, and these classes above it.
ELSEWHERE = frozenset(("nav", "footer", "aside", "a"))
OTHER_HINT = re.compile(
    r"(?<![a-z])(?:comments?|disqus\w*|related|recommend\w*|recent|latest|popular|trending|teasers?|sidebar|widgets?"
    r"|cards?|archive|masthead|navbar|topbar|ticker|today|weather|copyright|calendar|events?|next|prev(?:ious)?)(?![a-z])"
)
# Where a day is not the page's own, even if it is the only one.
LISTS = frozenset(("nav", "blockquote", "figcaption"))
LIST_HINT = re.compile(
    r"(?<![a-z])(?:comments?|disqus\w*|related|recommend\w*|recent|latest|popular|trending|teasers?|archive|ticker|today"
    r"|weather|copyright|calendar|events?|next-(?:post|article|story)|prev(?:ious)?|tweets?|caption)(?![a-z])"
)
DIGITS = re.compile(r"\d+")
HEADINGS = ("h1", "h2")
# Lines below and above the heading where a date stands, and characters of a line that may be nothing but a date.
BELOW, ABOVE, LONGEST = 14, 6, 120
# Letters and words of a line that is a date and little else.
MOST_LETTERS, MOST_WORDS = 40, 9
# Letters of a line that is a day and next to nothing else, such as a word for publishing.
DAY_LETTERS = 26
DATE_HINT = re.compile(
    r"(?<![a-z])(?:dates?|datum|fecha|data|time|timestamp|posted|publish\w*|published|pubdate|fech|meta|byline|info)(?![a-z])"
)
# What stands before a date: a few words and a colon, or a word for publishing.
PUBLISHED = (
    r"(?:first\s+)?(?:published|posted|publié|veröffentlicht|publicado|pubblicato|gepubliceerd|publicerad|opublikowano"
    r"|опубликовано|опубліковано)"
)
PUBLISHED_WORD = re.compile(rf"^\W*{PUBLISHED}", re.IGNORECASE)
PUBLISHED_LEAD = re.compile(
    rf"^\W*(?:[^\W\d]+(?:\s[^\W\d]+){{0,3}}\s*[:：]\s*|{PUBLISHED}\s*(?:on|le|el|am|il|op)?\s*)", re.IGNORECASE
)
CASE = re.compile(r"(?<=[a-z])(?=[A-Z])|_")
LINKED_MOST = 0.5
MICRODATA = ("datePublished", "dateCreated")
MARKED_TIMES = (*MICRODATA, "dateModified")
MAX_MARKED = 300
EARLIEST_YEAR = 1990


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


def shown_moment(tree: Any, context: DateContext) -> Moment | None:
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
    return list(islice(filter(_is_marked_time, tree.iter("*")), MAX_MARKED))


def _is_marked_time(element: Any) -> bool:
    if element.tag == "time" or (element.tag == "abbr" and element.get("title") is not None):
        return True
    return element.get("itemprop") in MARKED_TIMES


def _stands_elsewhere(element: Any) -> bool:
    """Whether a time is an update's, or stands in what is not the article: navigation, a comment, another story."""
    if _is_update(element):
        return True
    for above in element.iterancestors():
        if above.tag in ("body", "main"):
            return False
        classes = CASE.sub("-", f"{above.get('class') or ''} {above.get('id') or ''}").lower()
        if (above.tag in ELSEWHERE and not _is_permanent_link(above)) or (
            above.tag == "header" and not _holds_heading(above)
        ):
            return True
        if above.tag != "article" and OTHER_HINT.search(classes) and not _holds_heading(above):
            return True
    return False


def _is_permanent_link(element: Any) -> bool:
    """Whether an element is a link to the article's own page, which blogs set around its day."""
    return element.tag == "a" and "bookmark" in (element.get("rel") or "")


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
    beside = (line for line in near if len(line.text) <= LONGEST and not _is_other(line))
    return [unlinked for line in beside if (unlinked := _without_links(line)).text]


def _without_links(line: Line) -> Line:
    """A line that is for the most part links, such as its author's, without them."""
    if line.linked < LINKED_MOST or line.block is None or line.block.tag == "a":
        return line if line.linked < LINKED_MOST else replace(line, text="")
    texts = line.block.xpath("text() | *[not(self::a) and not(.//a)]//text()")
    text = tidy(" ".join(texts)).strip("-–—|•·, ")
    return replace(line, text=text if text in line.text else "")


def _is_other(line: Line) -> bool:
    return line.block is not None and (line.block.tag in HEADINGS or _stands_elsewhere(line.block))


def _date_texts(line: Line) -> Iterator[str]:
    """Yield the parts of a line that may be its date: little else stands in them, unless the line is marked as a date."""
    if REVIEW_DUE.search(line.text):
        return
    for part in re.split(r"\s*[|•·∙]\s*", line.text):
        text = PUBLISHED_LEAD.sub("", UPDATE_TAIL.split(part)[0])
        is_marked = text != part or DATE_HINT.search(CASE.sub("-", line.hint)) is not None
        if any(map(str.isdecimal, text)) and (is_marked or _is_bare(text)):
            yield text


def _is_bare(text: str) -> bool:
    """Whether a text has no more words than a date with a clock, a place and a name."""
    return sum(map(str.isalpha, text)) <= MOST_LETTERS and len(text.split()) <= MOST_WORDS


def only_shown_moment(context: DateContext) -> Moment | None:
    """Return the one day that the page shows outside menus, comments and lists of other stories; None for several.

    What stands in one place with several days is a list.
    """
    days: dict[str, dict[date, Moment]] = {}
    for line in _dated_lines(context):
        if at := context.first(_day_texts(line), Basis.PAGE):
            days.setdefault(DIGITS.sub("0", line.hint), {}).setdefault(at.value.date(), at)
    alone = {day: at for moments in days.values() if len(moments) == 1 for day, at in moments.items()}
    return next(iter(alone.values())) if len(alone) == 1 else None


def _dated_lines(context: DateContext) -> Iterator[Line]:
    lines = (line for line in context.lines if len(line.text) <= LONGEST and any(map(str.isdecimal, line.text)))
    return islice((line for line in lines if line.block is not None and not _is_listed(line.block)), MAX_MARKED)


def _day_texts(line: Line) -> Iterator[str]:
    """Yield the parts of a line that are a day and little else; in a line of links next to nothing else."""
    letters = sum(map(str.isalpha, line.text))
    is_labelled = ":" in line.text and PUBLISHED_WORD.match(line.text) is None
    if letters <= DAY_LETTERS or (line.linked < LINKED_MOST and not is_labelled and _is_bare(line.text)):
        yield from _date_texts(line)


def _is_listed(element: Any) -> bool:
    """Whether an element is an update's time, or stands in a menu, a quotation, a comment or a list of other stories."""
    if _is_update(element):
        return True
    for above in chain((element,), element.iterancestors()):
        if above.tag in ("body", "main", "article"):
            return False
        classes = CASE.sub("-", f"{above.get('class') or ''} {above.get('id') or ''}").lower()
        if above.tag in LISTS or LIST_HINT.search(classes):
            return True
    return False
