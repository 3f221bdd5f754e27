"""The title of a story: the agency's, or the one that most outlets agree on, without what an outlet adds of its own."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Sequence

from pipeline.model import Member
from pipeline.text.normalize import fold, reading_length

# What sets an addition off from a title: "Quake hits port: what we know", "Quake hits port - The Sentinel".
SEPARATOR = re.compile(r"\s+[-–—|·»]\s+|\s?[:：]\s+|：|\s?[|｜]\s?|\s+[/／]\s+")
# A comma sets off what follows alone: "Quake hits port, agency says"; what precedes one is seldom an addition.
COMMA = re.compile(r"\s?[,،、，]\s*(?=[^,،、，]*$)")
# An agency's number of an edition before a title: "UPDATE 1-Quake hits port".
EDITION = re.compile(r"[^\W\d]+ \d{1,2}-(?=\w)")
# Length of what several titles have in common, and outlets that agree on a title, at least.
SHARED_LENGTH, OUTLETS_LEAST = 16, 2
# Share that a part must have of each title that it is a part of, where no outlet carries it alone: with less, the name
# alone was taken of "Major General N., new Chief of Staff of Army" (.54) in 454 stories of real copies.
TITLE_SHARE = 0.6


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
    whole_titles = set(titles.values())
    return min(
        (title for title, count in support.items() if count == most),
        key=lambda title: (title not in whole_titles, len(title), title),
    )


def _support(rivals: Sequence[Member], titles: dict[int, str]) -> dict[str, int]:
    """Return how many outlets carry each title, or most of one: alone, or as the part of theirs that is set off from
    the rest. Each title is read once: pairs of 500 titles took a second."""
    outlets, longest, candidates = defaultdict[str, set[str]](set), defaultdict[str, float](float), set[str]()
    for copy in rivals:
        if (title := titles.get(copy.article_id)) is None:
            continue
        for form in (title, *_without_additions(title)):
            outlets[fold(form)].add(copy.outlet)
            longest[fold(form)] = max(longest[fold(form)], reading_length(title))
            candidates.add(form)
    whole_titles = {fold(title) for title in titles.values()}
    return {
        title: len(outlets[fold(title)])
        for title in candidates
        if fold(title) in whole_titles or reading_length(title) >= TITLE_SHARE * longest[fold(title)]
    }


def _without_additions(title: str) -> list[str]:
    """Return a title without the number of its edition, what precedes its last separator or comma, and what follows its
    first separator: each where it is long enough to be a title that several outlets share."""
    edition = EDITION.match(title)
    numberless = title[edition.end() :] if edition else title
    separators = list(SEPARATOR.finditer(numberless))
    parts = [numberless] if edition else []
    parts += [numberless[: comma.start()] for comma in COMMA.finditer(numberless)]
    if separators:
        parts += [numberless[: separators[-1].start()], numberless[separators[0].end() :]]
    return [part for part in parts if reading_length(part) >= SHARED_LENGTH]


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
