"""The story that an agency's withdrawal notice means: the notice quotes its headline and shares no other text."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from pipeline.model import Article
from pipeline.text.normalize import fold

# Characters of a headline at least: shorter ones stand in other texts by chance.
HEADLINE_CHARACTERS = 16


def withdrawn_story(notice: Article, titles: Mapping[int, Iterable[str]]) -> int | None:
    """Return the story with the longest title that stands in the notice's title or text, or None.

    ``titles``: story -> the titles of its copies.
    """
    notice_text = fold(" ".join([notice.title, *notice.body]))
    matches = [
        (len(headline), -story, story)
        for story, story_titles in titles.items()
        for title in story_titles
        if len(headline := fold(title)) >= HEADLINE_CHARACTERS and headline in notice_text
    ]
    return max(matches)[2] if matches else None
