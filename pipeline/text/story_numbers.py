"""Stories and articles that a reason names by number: a plan's numbers become those of the store, or names."""

from __future__ import annotations

import re
from collections.abc import Mapping

NUMBERS = re.compile(r"\b(article|story|stories:) (-?\d+(?:, -?\d+)*)")
NO_ARTICLES: Mapping[int, str] = {}


def named_numbers(reason: str) -> set[int]:
    """Return the numbers of all stories and articles that a reason names."""
    return {int(number) for match in NUMBERS.finditer(reason) for number in match[2].split(", ")}


def with_names(reason: str, stories: Mapping[int, str], articles: Mapping[int, str] = NO_ARTICLES) -> str:
    """Return a reason in which numbers of stories and articles are replaced by their names; those without stay."""

    def replacement(match: re.Match[str]) -> str:
        names = articles if match[1] == "article" else stories
        return f"{match[1]} {', '.join(names.get(int(number), number) for number in match[2].split(', '))}"

    return NUMBERS.sub(replacement, reason)
