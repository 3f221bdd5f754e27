"""What a page is, where it is no article: such pages are kept and marked, and never become copies.

schema.org says it where it can (LiveBlogPosting, ImageGallery, CollectionPage); the others are known by their form
first, and by words in ``data/placeholders.toml`` second. That a text is not free to read says nothing by itself: most
such pages carry all of it.
"""

from __future__ import annotations

import re
import tomllib
from collections.abc import Iterable, Iterator, Sequence, Set
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from typing import Any
from urllib.parse import urlsplit

from pipeline.extract.lines import Line
from pipeline.model import Article, PageKind
from pipeline.text.phrases import LabelledForms
from pipeline.text.shingles import tokens

# A page that has as much text as this (characters) is read, whatever stands before it, unless most of it is a wall's.
ARTICLE_LEAST = 600
WALL_MOST = 4000
# Characters of a title that are looked at.
NAME_MOST = 300
WALL_FORMS, WALL_SHARE = 3, 0.4
# A text of so few characters, without one sentence, is what stands around a text.
SHELL_MOST = 300
SENTENCE_WORDS, SENTENCE_CHARACTERS = 6, 25
# Lines behind a text in which the page says that there is more of it, for others.
BEHIND = 5
# A page that says that its text has so many times the words has shown a part of it.
MORE_WORDS = 1.5
CLOCKS_LEAST = 4
# An index: so many of its texts follow a link to another page, and they are such a share of all (characters).
TEASERS_LEAST, TEASERS_SHARE = 4, 0.75
INTRODUCTION_LEAST, PARAGRAPH_LEAST, BESIDE_LEAST = 100, 150, 300
LINKED, LINKED_WORDS, LINKED_WEIGHT = 0.9, 3, 20
# Seconds after which a page leads elsewhere; longer ones only load the page anew.
REFRESH_MOST = 10
GALLERIES = {"ImageGallery", "MediaGallery"}
INDEXES = {"CollectionPage", "ItemList", "SearchResultsPage"}
WALLS = ("consent", "robots", "region", "login", "adblock", "lost", "maintenance")
CLOCK = re.compile(r"\W{0,3}(?:[01]?\d|2[0-4])\s?[:.h]\s?[0-5]\d\b(?![.:/]\d)")
CLOCK_LINE_MOST = 40
# Characters of a line in which an invitation to subscribe is looked for.
INVITATION_MOST = 1000
TITLE_PARTS = re.compile(r"\s+[-–—|·•:»]\s+|\s*[|:]\s+")
REFRESH = re.compile(r"\s*(\d{1,6})(?:\.\d*)?\s*[;,]\s*(?:url\s*=\s*)?\S", re.IGNORECASE)
WIDE_SCRIPT = re.compile(r"[\u0e00-\u0eff\u3040-\u9fff\uac00-\ud7a3]")


@dataclass(frozen=True, slots=True)
class Declared:
    """What the page's markup declares: the types in its JSON-LD, whether its text is free to read, and the number of
    its words (0: nothing is said)."""

    types: frozenset[str]
    free: bool = True
    words: int = 0

    @property
    def news(self) -> bool:
        """Whether it calls itself a news article of some kind: that its publisher is a news organisation says nothing
        of the page."""
        return any(name.endswith("NewsArticle") for name in self.types)

    @property
    def article(self) -> bool:
        """Whether it calls itself an article of any kind."""
        return any(name.endswith(("Article", "Posting", "Report")) for name in self.types)


def kind_of(
    url: str,
    declared: Declared,
    title: str,
    body: Sequence[str],
    lines: Sequence[Line] = (),
    names: Sequence[str] = (),
) -> PageKind:
    """Return the kind, an article where nothing speaks against it. ``names`` are the page's other titles."""
    if "LiveBlogPosting" in declared.types or _is_live(title, body, lines):
        return PageKind.LIVE_BLOG
    text = " ".join(body)
    if wall_kind(declared, (title, *names), body) or _is_shell(title, body, lines):
        return PageKind.PLACEHOLDER
    if _is_cut(declared, text, body, lines):
        return PageKind.PAYWALL
    if not declared.article and _lists_pages(body, lines):
        return PageKind.INDEX
    if declared.article or _weight(text) >= ARTICLE_LEAST:
        return PageKind.ARTICLE
    if declared.types & GALLERIES:
        return PageKind.GALLERY
    front = urlsplit(url).path.strip("/") == ""
    return PageKind.INDEX if front or declared.types & INDEXES else PageKind.ARTICLE


def wall_kind(declared: Declared, names: Sequence[str], body: Sequence[str]) -> str:
    """Return what a page puts in the article's place ("consent", "login", ...), or ""."""
    text = "\n".join(body)
    if _weight(text) >= ARTICLE_LEAST:
        return _long_wall(declared, body) if len(text) < WALL_MOST else ""
    visible_text = "\n".join((*(name[:NAME_MOST] for name in dict.fromkeys(names)), text))
    titled = next((kind for name in names if (kind := _titled_kind(name))), "")
    together = next((kind for kind, forms in _together() if all(form.search(visible_text) for form in forms)), "")
    kinds = [kind for kind in (titled, together) if kind]
    kinds += _walls().labels(visible_text)
    # A short item of news may be about a site that is down.
    return kinds[0] if len(kinds) >= (2 if declared.news else 1) else ""


def absence_reason(declared: Declared, names: Sequence[str], lines: Sequence[Line], leads: bool) -> str:
    """Return why a page has no text, for a person; ``leads`` where it sends its reader to another page."""
    if leads:
        return "the page leads to another one"
    kind = wall_kind(declared, names, [line.text for line in lines])
    return f"the page holds no article text but a wall ({kind})" if kind else "the page holds no article text"


def leads_elsewhere(tree: Any) -> bool:
    """Return whether the page sends its reader to another one at once, by a meta element."""
    refreshes = (meta.get("content") or "" for meta in tree.iter("meta") if _is_refresh(meta))
    seconds = (match[1] for content in refreshes if (match := REFRESH.match(content[:200])))
    return any(int(second) <= REFRESH_MOST for second in seconds)


def is_bridge(article: Article) -> bool:
    """Return whether a page that leads elsewhere has no more than a word of that."""
    return article.kind is PageKind.ARTICLE and sum(map(len, article.body)) < ARTICLE_LEAST


def _is_refresh(meta: Any) -> bool:
    return (meta.get("http-equiv") or "").strip().lower() == "refresh" and meta.getparent().tag != "noscript"


# ---------------------------------------------------------------- walls and shells


def _long_wall(declared: Declared, body: Sequence[str]) -> str:
    """A wall may explain itself at length: then several of its forms stand in most of the text."""
    if declared.article:
        return ""
    matches = [(text, _walls().labels(text)) for text in body]
    wall_kinds = [kind for _, kinds in matches for kind in kinds]
    share = sum(len(text) for text, kinds in matches if kinds) / max(sum(map(len, body)), 1)
    return wall_kinds[0] if len(wall_kinds) >= WALL_FORMS and share >= WALL_SHARE else ""


def _titled_kind(name: str) -> str:
    """Return the kind of wall that a title, or a part of it beside the site's name, is called by."""
    parts = (name[:NAME_MOST], *TITLE_PARTS.split(name[:NAME_MOST]))
    return next((match.lastgroup or "" for part in parts if (match := _titles().fullmatch(part.strip(" !.…")))), "")


def _is_shell(title: str, body: Sequence[str], lines: Sequence[Line]) -> bool:
    """Whether the text is the page's menu, headline and footer alone. Without its lines nothing is known."""
    if not lines or sum(map(len, body)) > SHELL_MOST:
        return False
    around = [line.text for line in lines if line.linked > 0.5 or not _is_sentence(line.text)]
    return not any(_is_sentence(_without(text, (title, *around))) for text in body)


def _without(text: str, pieces: Iterable[str]) -> str:
    """Return a text less these pieces of it: readings may run a page's lines together."""
    for piece in pieces:
        text = text.replace(piece, " ", 1) if piece else text
    return text.strip()


def _is_sentence(text: str) -> bool:
    return len(text.split()) >= SENTENCE_WORDS or (
        len(text) >= SENTENCE_CHARACTERS and WIDE_SCRIPT.search(text) is not None
    )


# ---------------------------------------------------------------- texts that are cut


def _is_cut(declared: Declared, text: str, body: Sequence[str], lines: Sequence[Line]) -> bool:
    if _weight(text) < ARTICLE_LEAST and _is_invitation(body, lines):
        return True
    if not declared.words or declared.words <= MORE_WORDS * len(tokens(text)):
        return False
    return not declared.free or _is_invitation(body, lines)


def _is_invitation(body: Sequence[str], lines: Sequence[Line]) -> bool:
    """Whether the text ends where its reader is asked to subscribe."""
    return _paywall().search("\n".join(_texts_at_the_end(body, lines))) is not None


def _texts_at_the_end(body: Sequence[str], lines: Sequence[Line]) -> Iterator[str]:
    """The end of the last paragraph, and the lines that follow it on the page."""
    yield from (text[-INVITATION_MOST:] for text in body[-1:])
    places = _places(body, lines)
    if places:
        yield from (line.text[:INVITATION_MOST] for line in lines[places[-1] + 1 : places[-1] + 1 + BEHIND])


# ---------------------------------------------------------------- live blogs and indexes


def _is_live(title: str, body: Sequence[str], lines: Sequence[Line]) -> bool:
    """Whether a title says that the page adds to itself, and clock times stand between its paragraphs."""
    if not _live().search(title[:NAME_MOST]):
        return False
    places = _places(body, lines)
    within = lines[max(places[0] - 2, 0) : _story_end(lines, places) + 1] if places else ()
    clocks = {match[0] for line in within if (match := CLOCK.match(line.text)) and _is_clock_line(line)}
    return len(clocks) >= CLOCKS_LEAST


def _story_end(lines: Sequence[Line], places: Sequence[int]) -> int:
    """Return the last line of the element around the text's first and last line: of a live blog's posts some are not
    read. The text's last line where that element is the page's body."""
    first, last = (lines[place].block for place in (places[0], places[-1]))
    if first is None or last is None:
        return places[-1]
    around = {first, *first.iterancestors()}
    story = next(element for element in (last, *last.iterancestors()) if element in around)
    if story.tag in ("body", "html"):
        return places[-1]
    inside = set(story.iter())
    return max(n for n, line in enumerate(lines) if line.block in inside)


def _is_clock_line(line: Line) -> bool:
    """A line that is a time, or begins with one and is no link to another page."""
    return len(line.text) <= CLOCK_LINE_MOST or line.linked < 0.5


def _lists_pages(body: Sequence[str], lines: Sequence[Line]) -> bool:
    """Whether most of the text are links to other pages, and short texts below each, with no text before them and none
    beside them: an article of recommendations begins with a word of its own."""
    places = _places(body, lines)
    teasers = [place for place in places if _is_teaser(lines, place)]
    size = sum(len(lines[place].text) for place in teasers)
    if len(teasers) < TEASERS_LEAST or size < TEASERS_SHARE * sum(map(len, body)):
        return False
    before = (lines[place].text for place in places if place < teasers[2] and place not in teasers)
    return max(map(_weight, before), default=0) < INTRODUCTION_LEAST and not _has_text_beside(set(places), lines)


def _has_text_beside(places: Set[int], lines: Sequence[Line]) -> bool:
    """Whether the page has paragraphs that the reading left for the links."""
    beside = (
        line
        for place, line in enumerate(lines)
        if place not in places and line.linked < 0.1 and not _is_teaser(lines, place)
    )
    return sum(_weight(line.text) for line in beside if _weight(line.text) >= PARAGRAPH_LEAST) >= BESIDE_LEAST


def _is_teaser(lines: Sequence[Line], place: int) -> bool:
    return any(_is_page_link(line) for line in lines[max(place - 1, 0) : place + 1])


def _is_page_link(line: Line) -> bool:
    return line.linked >= LINKED and (len(line.text.split()) >= LINKED_WORDS or _weight(line.text) > LINKED_WEIGHT)


def _weight(text: str) -> int:
    """Return the length of a text in Latin letters: a character of Chinese, Japanese, Korean or Thai says as much as
    three."""
    return len(text) + 2 * len(WIDE_SCRIPT.findall(text))


def _places(body: Sequence[str], lines: Sequence[Line]) -> list[int]:
    """The places of the lines that are paragraphs of the text."""
    texts = set(body)
    return [place for place, line in enumerate(lines) if line.text in texts]


# ---------------------------------------------------------------- the forms


@cache
def _walls() -> LabelledForms:
    return LabelledForms((kind, form) for kind in WALLS for form in _forms()[kind]["texts"])


@cache
def _titles() -> re.Pattern[str]:
    return _pattern("titles", WALLS)


@cache
def _paywall() -> re.Pattern[str]:
    return _pattern("texts", ("paywall",))


@cache
def _live() -> re.Pattern[str]:
    return _pattern("texts", ("live",))


@cache
def _together() -> tuple[tuple[str, tuple[re.Pattern[str], ...]], ...]:
    """Return the forms that say a kind where all of them stand, for each kind that has such."""
    kinds = ((kind, _forms()[kind].get("together", ())) for kind in WALLS)
    return tuple((kind, tuple(re.compile(form, re.IGNORECASE) for form in forms)) for kind, forms in kinds if forms)


def load_placeholders() -> None:
    """Read and compile the forms, which else happens at the first page."""
    for load in (_walls, _titles, _together, _paywall, _live):
        load()


def _pattern(name: str, kinds: Sequence[str]) -> re.Pattern[str]:
    """Return one pattern of all forms, each kind a group of its name."""
    groups = (f"(?P<{kind}>{'|'.join(f'(?:{form})' for form in _forms()[kind][name])})" for kind in kinds)
    return re.compile("|".join(groups), re.IGNORECASE)


@cache
def _forms() -> Any:
    return tomllib.loads((files("pipeline") / "data" / "placeholders.toml").read_text(encoding="utf-8"))
