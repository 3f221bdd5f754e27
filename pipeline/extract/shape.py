"""A shape that no page has and that its parser chokes on, found in linear time and said."""

from __future__ import annotations

import re

from pipeline.errors import NotAnArticle

# lxml looks at every attribute for every other one: 100,000 on a tag take it more than 30 s, 10,000 less than one.
MOST_ATTRIBUTES = 10_000
# Twenty times what the largest of 1,141 news pages has; its elements alone would take more than a child's memory or time.
MOST_TAGS = 400_000
LONG_TAG = 2 * MOST_ATTRIBUTES
# What looks like a tag in a script is a comparison, and may have a table of figures behind it.
SCRIPT = re.compile(rb"<(script|style)\b.*?(?:</\1|\Z)", re.DOTALL | re.IGNORECASE)
QUOTED = re.compile(rb"\"[^\"]*\"|'[^']*'")


def check_shape(page: bytes) -> None:
    """Raise NotAnArticle for markup that is not a page's, whatever it says."""
    if (tags := page.count(b"<")) > MOST_TAGS:
        raise NotAnArticle(f"hostile: {tags} tags")
    if _most_attributes(page) > MOST_ATTRIBUTES and (most := _most_attributes(SCRIPT.sub(b"", page))) > MOST_ATTRIBUTES:
        raise NotAnArticle(f"hostile: {most} attributes on one tag")


def _most_attributes(page: bytes) -> int:
    return max((len(QUOTED.sub(b"", tag).split()) - 1 for tag in _long_tags(page)), default=0)


def _long_tags(page: bytes) -> list[bytes]:
    """Return the tags, without their brackets, that may have too many attributes."""
    long = (piece for piece in page.split(b"<")[1:] if len(piece) > LONG_TAG and piece[:1].isalpha())
    return [tag for piece in long if len(tag := piece.partition(b">")[0]) > LONG_TAG]
