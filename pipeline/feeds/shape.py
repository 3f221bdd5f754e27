"""Shapes that no feed has and that readers choke on, refused in linear time."""

from __future__ import annotations

import re

from pipeline.errors import FeedError
from pipeline.text.rhythm import COMMENT

# Far above what 2,800 real feeds hold (30 attributes, 40 namespaces, depth 60), far below what takes a second:
# 20,000 attributes on a tag took feedparser 15 s, as did tags nested 100,000 deep.
MAX_ATTRIBUTES = 1_000
MAX_NAMESPACES = 1_000
MAX_DEPTH = 5_000
MAX_COMMENTS = 50_000
# What is not the feed's markup markup: comments, CDATA, instructions. An unclosed one runs to the end.
NOT_MARKUP = re.compile(COMMENT.pattern + rb"|<\?.*?(?:\?>|\Z)", re.DOTALL)
TAG = re.compile(rb"<(/?)[A-Za-z_][^<>]*?(/?)>")
LONG_TAG = re.compile(rb"<[A-Za-z_][^<>]{2000,}")
PREFIX = re.compile(rb"xmlns:([\w.-]+)")


def check_shape(body: bytes, url: str) -> None:
    """Raise FeedError for markup that is not a feed's, whatever it says."""
    comments = body.count(b"<!--")
    if comments > MAX_COMMENTS:
        raise _hostile(f"{comments} comments", url)
    markup = NOT_MARKUP.sub(b"", body)
    attributes = max((tag.group().count(b"=") for tag in LONG_TAG.finditer(markup)), default=0)
    if attributes > MAX_ATTRIBUTES:
        raise _hostile(f"{attributes} attributes on one tag", url)
    namespaces = len(set(PREFIX.findall(markup)))
    if namespaces > MAX_NAMESPACES:
        raise _hostile(f"{namespaces} namespaces", url)
    if _is_deeper_than(markup, MAX_DEPTH):
        raise _hostile(f"tags more than {MAX_DEPTH} deep", url)


def _is_deeper_than(markup: bytes, most: int) -> bool:
    depth = 0
    for tag in TAG.finditer(markup):
        closes, empty = tag.groups()
        depth += -1 if closes else 0 if empty else 1
        if depth > most:
            return True
    return False


def _hostile(shape: str, url: str) -> FeedError:
    return FeedError(f"hostile: {shape}", concerns=url, todo="look at it")
