"""Phrases and forms that are looked for in a line."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterable, Sequence
from operator import itemgetter


class Phrases:
    """Phrases in small letters. Those with letters beyond ASCII are looked for where a line has such.

    Looking for one after another takes half the time of a pattern of them all.
    """

    def __init__(self, phrases: Iterable[str]) -> None:
        self.all = _without_longer(tuple(phrases))
        self._ascii = tuple(filter(str.isascii, self.all))
        letters = {max(phrase) for phrase in self.all if not phrase.isascii()}
        self._letters = re.compile(f"[{re.escape(''.join(letters))}]" if letters else "(?!)")

    def any_in(self, line: str) -> bool:
        """Return whether a line, in small letters, has any of them."""
        is_plain = line.isascii() or not self._letters.search(line)
        return any(map(line.__contains__, self._ascii if is_plain else self.all))


def _without_longer(phrases: Sequence[str]) -> tuple[str, ...]:
    """Return the phrases that hold no other one: a line that has "news agencies" has "agencies"."""
    return tuple(
        phrase for phrase in phrases if not any(shorter in phrase for shorter in phrases if len(shorter) < len(phrase))
    )


class Openings:
    """What a line may begin with, by its first letter: of hundreds, one line is compared with a few."""

    def __init__(self, openings: Iterable[str]) -> None:
        self.all = tuple(openings)
        by_letter: dict[str, list[str]] = defaultdict(list)
        for opening in self.all:
            by_letter[opening[:1]].append(opening)
        self._by_letter = {letter: tuple(several) for letter, several in by_letter.items()}

    def open(self, line: str, start: int = 0) -> bool:
        """Return whether a line, from a place on, begins with any of them."""
        return line.startswith(self._by_letter.get(line[start : start + 1], ()), start)


class LineForms:
    """Patterns in any case. One that begins with ``^`` is tried at the beginning of a line alone, all its
    alternatives; the standard library's search would try it at each letter. Others are tried where a line has the
    letters that they cannot do without."""

    def __init__(self, patterns: Sequence[str]) -> None:
        opening = [pattern for pattern in patterns if pattern.startswith("^")]
        self._opening = re.compile("|".join(opening) or "(?!)", re.IGNORECASE)
        self._anywhere = [
            (required_letters(pattern), re.compile(pattern, re.IGNORECASE))
            for pattern in patterns
            if pattern not in opening
        ]

    def fit(self, line: str) -> bool:
        """Return whether any of them is in a line."""
        if self._opening.match(line):
            return True
        low = line.casefold()
        return any(letters in low and pattern.search(line) for letters, pattern in self._anywhere)


class LabelledForms:
    """Patterns in any case, each with a label. One after another, where a text has the letters that each cannot do
    without: a pattern of all 376 forms of walls takes six times as long."""

    def __init__(self, forms: Iterable[tuple[str, str]]) -> None:
        self._forms = [
            (required_letters(pattern), re.compile(pattern, re.IGNORECASE), label) for label, pattern in forms
        ]

    def labels(self, text: str) -> list[str]:
        """Return the labels of what is in a text, from its beginning, none over another; the first form counts where
        several begin at one place."""
        low = text.casefold()
        forms = [(form, label) for letters, form, label in self._forms if letters in low and form.search(text)]
        labels, place = [], 0
        while matches := [(*match.span(), label) for form, label in forms if (match := form.search(text, place))]:
            start, end, label = min(matches, key=itemgetter(0))
            labels.append(label)
            place = max(end, start + 1)
        return labels


# Groups, sets, classes, and letters that need not be there.
OPTIONAL = re.compile(r"\\.[*?+]?|\([^()]{0,200}\)[*?]?|\[[^\[\]]{0,200}\]|[^()][*?{]|[.^$+}]")


def required_letters(pattern: str) -> str:
    """Return the longest run of small letters and blanks that is in all that a pattern finds; '' where none is sure."""
    outside = OPTIONAL.sub("\0", pattern)
    if any(mark in outside for mark in "()|["):
        return ""
    runs = re.findall("[a-z][a-z ]*", outside)
    return max(runs, key=len, default="")
