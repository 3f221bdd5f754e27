"""The title of an article, by a vote of all that the page calls it."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from html import unescape
from itertools import chain

from pipeline.text.normalize import fold, tidy, without_dots

# What sites set between a story's title and their own name; the weak ones stand in titles, too. White space is matched
# from where it begins alone, so that many blanks take no longer than one.
TITLE_SPLIT = re.compile(
    r"""
      (?P<weak>(?<!\s)\s+(?:[–—―-]|--)\s+|(?<=[^\W\d_])--(?=[^\W\d_]))
    | (?P<strong>(?<!\s)\s+(?:/|::)\s+|(?:(?<!\s)\s+)?(?:[|｜»«•]|::|(?<![A-Za-z0-9])_|_(?![A-Za-z0-9])|_(?=[A-Z][a-z]))\s*)
    """,
    re.VERBOSE,
)
HEADING_LEAST = 8
# Words of a site's or section's name in front of the title, and the share of the title that it has at most.
SITE_WORDS, SITE_SHARE = 4, 0.5
# Letters of a host's name that tell a site; shorter ones stand in too many words.
HOST_LEAST = 3
# Characters. Of a longer text no part is compared with the site's name: that takes time with each separator in it.
MAX_TITLE = 2_000
# How many of its words a heading must share with another name. A news page's h1 may be a live blog's latest line or
# another story's; elsewhere title elements are reworded for search engines (wcxb .865 at .6, .887 at .3).
NEWS_SHARE, SHARE, WORDS_LEAST = 0.6, 0.3, 2
# How much a name shared elsewhere may differ from the heading in words and length, and still be a name of the story.
SHARED_WORDS, SHORTEST, LONGEST = 0.3, 0.4, 1.6
# How much of the heading a name must be that is a part of it.
CONTAINED_SHARE = 0.6


@dataclass(frozen=True, slots=True)
class Names:
    """What the page calls itself: ``headings`` are its ``h1`` elements, ``unlinked_headings`` those of any level that
    are no links; ``site`` is the site's own name, ``host`` the page's, and ``news`` says that JSON-LD calls the page a
    news article. ``headlines``: what ``h1`` elements say behind an element of their own at their head, such as a section.
    """

    headings: tuple[str, ...]
    og_title: str
    twitter_title: str
    json_ld_headline: str
    title_element: str
    feed_title: str
    site: str
    navigation_headings: tuple[str, ...] = ()
    unlinked_headings: tuple[str, ...] = ()
    news: bool = False
    host: str = ""
    headlines: tuple[str, ...] = ()

    def distinct(self) -> tuple[str, ...]:
        """Everything that claims to be the title, as written."""
        return tuple(
            dict.fromkeys(
                name
                for name in (
                    *self.headings,
                    self.og_title,
                    self.twitter_title,
                    self.json_ld_headline,
                    self.title_element,
                )
                if name
            )
        )


def plain(text: str) -> str:
    """One line without character references; many pages escape them twice."""
    return tidy(unescape(unescape(text)))


def best_title(names: Names) -> str:
    """The heading that other names repeat, or what the outlet calls the story elsewhere where that is another name."""
    heading = _heading(names)
    headline = _headline(names, heading) or _without_kicker(heading, names)
    title = _best_spelling(headline, names) if heading else main_heading(names)
    # A page whose only name is the site's is called so.
    return title if fold(title) else next(filter(fold, (*names.headings, *names.distinct())), "")


def main_heading(names: Names) -> str:
    """The heading that stands over the story; where the page has none, the name that comes nearest to one."""
    near = [_without_site(name, names) for name in _page_titles(names)]
    titles = [name for name in near if not _is_site(name, names)]
    headings = [name for name in names.headings if not _is_site(name, names)]
    return _heading(names) or next(filter(fold, (*titles, *headings, *near, *names.headings)), "")


def is_confirmed(names: Names, title: str) -> bool:
    """Whether another name of the page says the same, or it has none."""
    titles = _page_titles(names)
    return not titles or any(_same_story(title, name, NEWS_SHARE) for name in titles)


def _page_titles(names: Names) -> list[str]:
    """The names beside the headings, the most trusted first."""
    return [name for name in (names.json_ld_headline, names.og_title, names.title_element, names.feed_title) if name]


def _heading(names: Names) -> str:
    """Return the heading that another name of the page begins with, else the first that shares enough words with one."""
    titles = _page_titles(names)
    least = NEWS_SHARE if names.news else SHARE
    headings = [name for name in names.headings if _is_long(name) and not _is_logo(name, names)]
    matching = [name for name in headings if any(_same_story(name, title, least) for title in titles)]
    begun = (name for name in matching if any(_begins(title, name, names) for title in titles))
    return next(chain(begun, matching), "")


def _begins(title: str, heading: str, names: Names) -> bool:
    """Whether a name is the heading, or is where the site's name in front of it is cut off, and what follows it."""
    return any(fold(text).startswith(fold(heading)) for text in (title, _without_site(title, names)))


def _is_logo(heading: str, names: Names) -> bool:
    """Whether a heading is the site's name: the title element sets it in front of what og:title or JSON-LD has, or
    behind another heading."""
    text, element = fold(heading), fold(names.title_element)
    titles = {fold(title) for title in (names.og_title, names.json_ld_headline) if title}
    is_in_front = element.startswith(text) and element.removeprefix(text) in titles
    return _is_site(heading, names) or is_in_front or _is_behind_heading(text, names)


def _is_behind_heading(text: str, names: Names) -> bool:
    """Whether a folded text is the title element's last part, and another heading is a longer part before it."""
    *front, last = _parts(names.title_element[:MAX_TITLE]) or (_Part("", 0, 0, strong=False),)
    headings = {fold(name) for name in (*names.headings, *names.unlinked_headings)}
    return fold(last.text) == text and any(fold(part.text) in headings and _is_shorter(last, part) for part in front)


def _is_long(name: str) -> bool:
    """Longer than the name of a section."""
    return len(fold(name)) > HEADING_LEAST


def _headline(names: Names, heading: str) -> str:
    """What the outlet calls the story elsewhere, where that is its headline and the heading is not.

    It is where the page shows it in another heading. On news pages it is, too, where the h1 only stands in navigation
    and so is the search engines' title, or where two names agree against it. Exact on fundus / wcxb .938 / .887;
    .932 / .880, .907 / .887 and .889 / .890 without each of the three.
    """
    shared, linked = (_without_site(name, names) for name in (names.og_title, names.json_ld_headline))
    rejected = {fold(heading), fold(names.site)}
    headlines = [name for name in (shared, linked) if _is_headline(name) and fold(name) not in rejected]
    headings = {fold(name) for name in names.unlinked_headings}
    over_story = [name for name in headlines if fold(name) in headings]
    if over_story or not names.news:
        return next(iter(over_story), "")
    if heading in names.navigation_headings:
        return next(reversed(headlines), "")
    agreed = shared in headlines and _is_rewording(shared, heading) and _is_repeated(names, heading)
    return shared if agreed else ""


def _without_kicker(heading: str, names: Names) -> str:
    """Return the heading without an element at its head, such as a section, that the page's other names leave out."""
    titles = {fold(_without_site(name, names)) for name in _page_titles(names)}
    text = fold(heading)
    parts = (name for name in names.headlines if fold(name) in titles and text.endswith(fold(name)))
    return heading if text in titles else next(parts, heading)


def _is_headline(name: str) -> bool:
    """Long enough, and not cut off by dots."""
    return _is_long(name) and without_dots(name) == name


def _is_repeated(names: Names, heading: str) -> bool:
    """Whether JSON-LD has og:title's name; or twitter:title, where the heading is the title element's word for word,
    which is written for search engines."""
    titles = (names.og_title, names.json_ld_headline, names.twitter_title, names.title_element)
    shared, linked, tweeted, element = (fold(_without_site(name, names)) for name in titles)
    return shared == linked or (shared == tweeted and fold(heading) == linked == element)


def _is_rewording(name: str, heading: str) -> bool:
    fits = SHORTEST * len(heading) <= len(name) <= LONGEST * len(heading)
    return fits and "|" not in name and _overlap(name, heading) >= SHARED_WORDS


def _overlap(name: str, heading: str) -> float:
    first, second = _words(name), _words(heading)
    return len(first & second) / max(min(len(first), len(second)), 1)


def _same_story(heading: str, name: str, least: float) -> bool:
    """Whether one holds the other, or enough of the heading's words stand in the name."""
    folded_heading, folded_name = fold(heading), fold(name)
    words = _words(heading)
    common = len(words & _words(name))
    share = common / max(len(words), 1)
    if folded_heading in folded_name or (
        folded_name in folded_heading and len(folded_name) > CONTAINED_SHARE * len(folded_heading)
    ):
        return True
    return share >= NEWS_SHARE or (share >= least and common >= WORDS_LEAST)


def _words(text: str) -> set[str]:
    return set(re.findall(r"\w{3,}", text.casefold()))


def _best_spelling(title: str, names: Names) -> str:
    """The title as another name spells it that keeps words apart which only markup parts in the heading."""
    spellings = [name for name in (names.og_title, names.json_ld_headline) if fold(name) == fold(title)]
    return max((title, *spellings), key=lambda name: len(re.findall(r"\w+", name)))


def _without_site(name: str, names: Names) -> str:
    """Return the name without the site's and the section's at either end of it.

    The title element's parts are the site's where they are shorter than the title, even if nothing else names it so.
    """
    parts = _parts(name) if len(name) <= MAX_TITLE else ()
    count = len(parts)
    if not parts:
        return name
    titles = {fold(title) for title in (*names.headings, names.json_ld_headline)}
    alone = name == names.title_element and fold(name) not in titles
    while len(parts) > 1 and (_is_site(parts[-1].text, names) or (alone and _is_shorter(parts[-1], parts[0]))):
        parts = parts[:-1]
    while len(parts) > 1 and (_is_site(parts[0].text, names) or (alone and _is_prefix(parts))):
        parts = parts[1:]
    return name[parts[0].start : parts[-1].end].strip(" |–—-»«•:_｜/") if len(parts) < count else name


@dataclass(frozen=True, slots=True)
class _Part:
    """A piece of a name between separators, and where in the name it stands; ``strong``: behind it stands a separator
    that titles themselves do not hold."""

    text: str
    start: int
    end: int
    strong: bool


@lru_cache(maxsize=256)  # a page's names are compared with one another again and again
def _parts(name: str) -> tuple[_Part, ...]:
    cuts = [*TITLE_SPLIT.finditer(name)]
    starts = [0, *(cut.end() for cut in cuts)]
    ends = [*(cut.start() for cut in cuts), len(name)]
    strong = [*(cut["strong"] is not None for cut in cuts), False]
    spans = zip(starts, ends, strong, strict=True)
    return tuple(_Part(name[start:end], start, end, mark) for start, end, mark in spans if name[start:end].strip())


def _is_shorter(part: _Part, than: _Part) -> bool:
    return len(part.text) < len(than.text)


def _is_prefix(parts: Sequence[_Part]) -> bool:
    """Whether the first part is a site's or a section's name: a few words, far shorter than what follows it."""
    first, rest = parts[0], parts[-1].end - parts[1].start
    return first.strong and len(first.text.split()) <= SITE_WORDS and len(first.text) <= SITE_SHARE * rest


def _is_site(part: str, names: Names) -> bool:
    """Whether a text is the site's name, as the page has it or as its host spells it."""
    text, site = fold(part), fold(names.site)
    return (bool(site) and (text in site or site in text)) or _is_host(text, names.host)


def _is_host(text: str, host: str) -> bool:
    """Whether folded text is the host's name, with or without what stands before and after it."""
    labels = [fold(label) for label in host.removeprefix("www.").split(".")]
    name = max(labels[:-1], key=len, default="")
    address = "".join(labels)
    return len(name) >= HOST_LEAST and (text in (name, address, fold(host)) or text == "".join(labels[-2:]))
