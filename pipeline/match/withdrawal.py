"""Which story an agency's withdrawal means: a notice shares no text with it, but it names the headline."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from pipeline.model import Article
from pipeline.text.normalize import fold

LEAST = 16


def withdrawn_story(notice: Article, titles: Mapping[int, Iterable[str]]) -> int | None:
    """The story one of whose titles the notice's own title or text holds; the longest such title decides.

    ``titles``: story -> the titles its copies carry.
    """
    said = fold(" ".join([notice.title, *notice.body]))
    found = [
        (len(folded), -story, story)
        for story, names in titles.items()
        for name in names
        if len(folded := fold(name)) >= LEAST and folded in said
    ]
    return max(found)[2] if found else None
