"""A shape that no page has and that its parser chokes on, found in linear time and said."""

from __future__ import annotations

import re

from pipeline.errors import NotAnArticle

# lxml looks at every attribute for every other one: 100,000 on a tag take it more than 30 s, 10,000 less than one.
MOST_ATTRIBUTES = 10_000
# Twenty times what the largest of 1,141 news pages has; its elements alone would take more than a child's memory or time.
MOST_TAGS = 400_000
LONG_TAG = re.compile(rb"<[A-Za-z][^<>]{%d,}" % (2 * MOST_ATTRIBUTES))
# What looks like a tag in a script is a comparison, and may have a table of figures behind it.
SCRIPT = re.compile(rb"<(script|style)\b.*?(?:</\1|\Z)", re.DOTALL | re.IGNORECASE)
QUOTED = re.compile(rb"\"[^\"]*\"|'[^']*'")


def check_shape(page: bytes) -> None:
    """Raise NotAnArticle for markup that is not a page's, whatever it says."""
    if (tags := page.count(b"<")) > MOST_TAGS:
        raise NotAnArticle(f"hostile: {tags} tags")
    if LONG_TAG.search(page) is None:
        return
    long = LONG_TAG.finditer(SCRIPT.sub(b"", page))
    attributes = max((len(QUOTED.sub(b"", tag.group()).split()) - 1 for tag in long), default=0)
    if attributes > MOST_ATTRIBUTES:
        raise NotAnArticle(f"hostile: {attributes} attributes on one tag")
