"""The story that an agency's withdrawal notice means: the notice quotes its headline and shares no other text."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping

from pipeline.model import Article
from pipeline.text.normalize import fold, reading_length

# Length of a headline, and of a part of one, at least (in Latin letters): shorter ones stand in other texts by chance.
HEADLINE_LEAST, PART_LEAST = 16, 24
# What sets a quoted headline, or a label, off from the rest.
BOUNDARY = re.compile(r"[\"“”„«»‹›「」『』《》()\[\]（）【】:：|]|(?<!\w)['‘’‚]|['‘’‚](?!\w)|\s[–—-]\s")


def withdrawn_story(notice: Article, titles: Mapping[int, Iterable[str]]) -> int | None:
    """Return the story with the longest title that stands in the notice's title or text, or is the whole of which the
    notice quotes a part; None where there is none.

    ``titles``: story -> the titles of its copies.
    """
    texts = [notice.title, *notice.body]
    notice_text = fold(" ".join(texts))
    quoted = [
        fold(part) for text in texts for part in BOUNDARY.split(text) if reading_length(part.strip()) >= PART_LEAST
    ]
    matches = [
        (len(headline), -story, story)
        for story, story_titles in titles.items()
        for title in story_titles
        if reading_length(title) >= HEADLINE_LEAST
        and (headline := fold(title))
        and (headline in notice_text or any(part in headline for part in quoted if part))
    ]
    return max(matches)[2] if matches else None
