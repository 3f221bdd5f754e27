"""The title of an article, by a vote of all that the page calls it."""

from __future__ import annotations

import re
from dataclasses import dataclass
from html import unescape

from pipeline.text.normalize import fold, tidy, without_dots

TITLE_SPLIT = re.compile(r"\s+[|–—-]\s+|\s*[|»«•]\s*|\s+::\s+")
HEADING_LEAST = 8
# How much a name shared elsewhere may differ from the heading in words and length, and still be a name of the story.
SHARED_WORDS, SHORTEST, LONGEST = 0.3, 0.4, 1.6


@dataclass(frozen=True, slots=True)
class Names:
    """What the page calls itself: its ``h1`` headings, og:title, twitter:title, JSON-LD headline, title element,
    the feed's title, and the site's own name."""

    headings: tuple[str, ...]
    shared: str
    tweeted: str
    linked: str
    element: str
    listed: str
    site: str

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
    """The heading that other names repeat, or what the outlet calls the story elsewhere where that is another name.

    A title element is written for search engines. Where a news page's heading is the same, and og:title or the JSON-LD
    headline says it otherwise, that is the headline: exact on fundus / wcxb .827 / .839 without this, .870 / .827 with.
    """
    heading = main_heading(names)
    return _headline(names, heading) or heading


def main_heading(names: Names) -> str:
    """The heading that stands over the story; where the page has none, the name that comes nearest to one."""
    named = [name for name in (names.linked, names.shared, names.element, names.listed) if name]
    for heading in (heading for heading in names.headings if fold(heading) != fold(names.site)):
        if len(fold(heading)) > HEADING_LEAST and any(_same_story(heading, name) for name in named):
            return heading
    best = [_without_site(name, names) for name in named]
    return next((name for name in best if name), names.headings[0] if names.headings else "")


def _headline(names: Names, heading: str) -> str:
    if not names.linked:
        return ""
    known = {fold(_without_site(names.element, names)), fold(names.element), fold(heading)}
    told = [_without_site(name, names) for name in (names.shared, names.linked)]
    return next((name for name in told if fold(name) not in known and _is_other_name(name, heading)), "")


def _is_other_name(name: str, heading: str) -> bool:
    whole = without_dots(name) == name and "|" not in name
    fits = SHORTEST * len(heading) <= len(name) <= LONGEST * len(heading)
    return bool(name) and whole and fits and _overlap(name, heading) >= SHARED_WORDS


def _overlap(one: str, other: str) -> float:
    first, second = _words(one), _words(other)
    return len(first & second) / max(min(len(first), len(second)), 1)


def _same_story(heading: str, name: str) -> bool:
    one, other = fold(heading), fold(name)
    words = _words(heading)
    shared = len(words & _words(name)) / max(len(words), 1)
    return one in other or (other in one and len(other) > 0.6 * len(one)) or shared >= 0.6


def _words(text: str) -> set[str]:
    return set(re.findall(r"\w{3,}", text.casefold()))


def _without_site(name: str, names: Names) -> str:
    """Cut what follows the last separator when it is the site's name, or when the title element alone has it."""
    parts = TITLE_SPLIT.split(name)
    while len(parts) > 1 and (
        _is_site(parts[-1], names.site) or (name == names.element and len(parts[-1]) < len(parts[0]))
    ):
        name = name[: name.rfind(parts[-1])].rstrip(" |–—-»«•:")
        parts = parts[:-1]
    return name


def _is_site(part: str, site: str) -> bool:
    mine, sites = fold(part), fold(site)
    return bool(sites) and (mine in sites or sites in mine)
