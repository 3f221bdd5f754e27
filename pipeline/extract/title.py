"""The title of an article, by a vote of all that the page calls it."""

from __future__ import annotations

import re
from dataclasses import dataclass
from html import unescape

from pipeline.text.normalize import fold, tidy, without_dots

TITLE_SPLIT = re.compile(r"\s+[|–—-]\s+|\s*[|»«•]\s*|\s+::\s+")
HEADING_LEAST = 8
# How many of its words a heading must share with another name. A news page's h1 may be a live blog's latest line or
# another story's; elsewhere title elements are reworded for search engines (wcxb .865 at .6, .887 at .3).
NEWS_SHARE, SHARE, WORDS_LEAST = 0.6, 0.3, 2
# How much a name shared elsewhere may differ from the heading in words and length, and still be a name of the story.
SHARED_WORDS, SHORTEST, LONGEST = 0.3, 0.4, 1.6


@dataclass(frozen=True, slots=True)
class Names:
    """What the page calls itself: its ``h1`` headings, og:title, twitter:title, JSON-LD headline, title element,
    the feed's title, and the site's own name.

    ``passing`` are headings that stand in navigation, ``shown`` all headings of any level that are no links, and
    ``news`` says that JSON-LD calls the page a news article.
    """

    headings: tuple[str, ...]
    shared: str
    tweeted: str
    linked: str
    element: str
    listed: str
    site: str
    passing: tuple[str, ...] = ()
    shown: tuple[str, ...] = ()
    news: bool = False

    def all_of_them(self) -> tuple[str, ...]:
        """Everything that claims to be the title, as written."""
        return tuple(
            dict.fromkeys(
                name for name in (*self.headings, self.shared, self.tweeted, self.linked, self.element) if name
            )
        )


def plain(text: str) -> str:
    """One line without character references; many pages escape them twice."""
    return tidy(unescape(unescape(text)))


def best_title(names: Names) -> str:
    """The heading that other names repeat, or what the outlet calls the story elsewhere where that is another name."""
    heading = _heading(names)
    return _spelt(_headline(names, heading) or heading, names) if heading else main_heading(names)


def main_heading(names: Names) -> str:
    """The heading that stands over the story; where the page has none, the name that comes nearest to one."""
    near = (_without_site(name, names) for name in _named(names))
    return _heading(names) or next(filter(fold, (*near, *names.headings, *_named(names))), "")


def is_confirmed(names: Names, title: str) -> bool:
    """Whether another name of the page tells the same, or it has none."""
    others = _named(names)
    return not others or any(_same_story(title, name, NEWS_SHARE) for name in others)


def _named(names: Names) -> list[str]:
    return [name for name in (names.linked, names.shared, names.element, names.listed) if name]


def _heading(names: Names) -> str:
    long = (name for name in names.headings if _is_long(name) and fold(name) != fold(names.site))
    least = NEWS_SHARE if names.news else SHARE
    return next((one for one in long if any(_same_story(one, name, least) for name in _named(names))), "")


def _is_long(name: str) -> bool:
    """Longer than the name of a section."""
    return len(fold(name)) > HEADING_LEAST


def _headline(names: Names, heading: str) -> str:
    """What the outlet calls the story elsewhere, where that is its headline and the heading is not.

    It is where the page shows it in another heading. On news pages it is, too, where the h1 only stands in navigation
    and so is the search engines' title, or where two names agree against it. Exact on fundus / wcxb .938 / .887;
    .932 / .880, .907 / .887 and .889 / .890 without each of the three.
    """
    shared, linked = (_without_site(name, names) for name in (names.shared, names.linked))
    ours = {fold(heading), fold(names.site)}
    told = [
        name for name in (shared, linked) if _is_long(name) and fold(name) not in ours and without_dots(name) == name
    ]
    shown = {fold(name) for name in names.shown}
    over_story = [name for name in told if fold(name) in shown]
    if over_story or not names.news:
        return next(iter(over_story), "")
    if heading in names.passing:
        return next(reversed(told), "")
    return shared if shared in told and _is_other_name(shared, heading) and _said_twice(names, heading) else ""


def _said_twice(names: Names, heading: str) -> bool:
    """Whether JSON-LD has og:title's name; or twitter:title, where the heading is the title element's word for word,
    which is written for search engines."""
    told = (names.shared, names.linked, names.tweeted, names.element)
    shared, linked, tweeted, element = (fold(_without_site(name, names)) for name in told)
    return shared == linked or (shared == tweeted and fold(heading) == linked == element)


def _is_other_name(name: str, heading: str) -> bool:
    fits = SHORTEST * len(heading) <= len(name) <= LONGEST * len(heading)
    return fits and "|" not in name and _overlap(name, heading) >= SHARED_WORDS


def _overlap(one: str, other: str) -> float:
    first, second = _words(one), _words(other)
    return len(first & second) / max(min(len(first), len(second)), 1)


def _same_story(heading: str, name: str, least: float) -> bool:
    one, other = fold(heading), fold(name)
    words = _words(heading)
    both = len(words & _words(name))
    shared = both / max(len(words), 1)
    alike = shared >= NEWS_SHARE or (shared >= least and both >= WORDS_LEAST)
    return one in other or (other in one and len(other) > 0.6 * len(one)) or alike


def _words(text: str) -> set[str]:
    return set(re.findall(r"\w{3,}", text.casefold()))


def _spelt(title: str, names: Names) -> str:
    """The title as another name spells it that keeps words apart which only markup parts in the heading."""
    same = [name for name in (names.shared, names.linked) if fold(name) == fold(title)]
    return max((title, *same), key=lambda name: len(re.findall(r"\w+", name)))


def _without_site(name: str, names: Names) -> str:
    """Cut what follows the last separator when it is the site's name, or when the title element alone has it."""
    alone = name == names.element and fold(name) not in {fold(other) for other in (*names.headings, names.linked)}
    parts = TITLE_SPLIT.split(name)
    while len(parts) > 1 and (_is_site(parts[-1], names.site) or (alone and len(parts[-1]) < len(parts[0]))):
        name = name[: name.rfind(parts[-1])].rstrip(" |–—-»«•:")
        parts = parts[:-1]
    return name


def _is_site(part: str, site: str) -> bool:
    mine, sites = fold(part), fold(site)
    return bool(sites) and (mine in sites or sites in mine)
