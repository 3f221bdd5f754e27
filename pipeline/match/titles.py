"""The title of a story: the agency's, or the one that most outlets agree on, without what an outlet adds of its own."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Sequence

from pipeline.model import Member
from pipeline.text.normalize import fold, reading_length

# What sets an addition off from a title: "Quake hits port: what we know", "Quake hits port - The Sentinel".
SEPARATOR = re.compile(r"\s+[-–—|·»]\s+|\s?[:：]\s+|：|\s?[|｜]\s?|\s+[/／]\s+")
# Length of a title that others' titles may go on from, and outlets that agree on one, at least.
SHARED_LENGTH, OUTLETS_LEAST = 16, 2


def canonical_title(best: Member, rivals: Sequence[Member], agency: str) -> str:
    """Return the title of a story's text: that of the agency's own page, else the one most outlets carry, alone or with
    an addition of their own, else the best copy's; never with the outlet's name at an end.

    ``rivals``: the copies of the edition in force, the ``best`` one among them; ``agency``: the story's, '' for none.
    """
    own_page = [copy for copy in rivals if agency and agency in (copy.feed_agency, copy.outlet) and copy.title]
    if own_page:
        return _without_outlet(min(own_page, key=lambda copy: (copy is not best, copy.article_id)))
    if len({copy.outlet for copy in rivals}) < OUTLETS_LEAST:
        return _without_outlet(best)
    titles = {copy.article_id: _without_outlet(copy) for copy in (best, *rivals) if copy.title}
    support = _support(rivals, titles)
    own_title = titles.get(best.article_id, best.title)
    # A title that as many carry is no reason to change: the first of the greatest is the best copy's own.
    most = max(support.values(), default=0)
    if most < OUTLETS_LEAST or support.get(own_title, 0) == most:
        return own_title
    return min((title for title, count in support.items() if count == most), key=lambda title: (len(title), title))


def _support(rivals: Sequence[Member], titles: dict[int, str]) -> dict[str, int]:
    """Return how many outlets carry each title, alone or, where it is long, as the part of theirs that is set off from
    the rest. Each title is read once: pairs of 500 titles took a second."""
    whole_titles, title_parts = defaultdict[str, set[str]](set), defaultdict[str, set[str]](set)
    for copy in rivals:
        if (title := titles.get(copy.article_id)) is None:
            continue
        whole_titles[fold(title)].add(copy.outlet)
        for part in _beginnings_and_ends(title):
            title_parts[part].add(copy.outlet)
    support = {}
    for title in titles.values():
        plain = fold(title)
        longer = title_parts[plain] if reading_length(title) >= SHARED_LENGTH else set()
        support[title] = len(whole_titles[plain] | longer)
    return support


def _beginnings_and_ends(title: str) -> set[str]:
    """Return a title, folded, up to its last separator and behind its first."""
    separators = list(SEPARATOR.finditer(title))
    if not separators:
        return set()
    return {fold(title[: separators[-1].start()]), fold(title[separators[0].end() :])}


def _without_outlet(copy: Member) -> str:
    """Return a copy's title without the outlet's name behind or before it."""
    title, outlet = copy.title, fold(copy.outlet)
    separators = list(SEPARATOR.finditer(title)) if outlet else []
    if not separators:
        return title
    first, last = separators[0], separators[-1]
    if fold(title[last.end() :]) == outlet and title[: last.start()].strip():
        return title[: last.start()].rstrip()
    if fold(title[: first.start()]) == outlet and title[first.end() :].strip():
        return title[first.end() :].lstrip()
    return title
