"""Shapes that no feed has and that readers choke on, found in linear time and said."""

from __future__ import annotations

import re

from pipeline.errors import FeedError
from pipeline.text.rhythm import COMMENT

# Far above what 2,800 real feeds hold (30 attributes, 40 namespaces, depth 60), far below what takes a second:
# 20,000 attributes on a tag took feedparser 15 s, as did tags nested 100,000 deep.
MOST_ATTRIBUTES = 1_000
MOST_NAMESPACES = 1_000
MOST_DEPTH = 5_000
MOST_COMMENTS = 50_000
# What is not markup of the feed's own: comments, CDATA, instructions. An unclosed one runs to the end.
ASIDE = re.compile(COMMENT.pattern + rb"|<\?.*?(?:\?>|\Z)", re.DOTALL)
TAG = re.compile(rb"<(/?)[A-Za-z_][^<>]*?(/?)>")
LONG_TAG = re.compile(rb"<[A-Za-z_][^<>]{2000,}")
PREFIX = re.compile(rb"xmlns:([\w.-]+)")


def check_shape(body: bytes, url: str) -> None:
    """Raise FeedError for markup that is not a feed's, whatever it says."""
    comments = body.count(b"<!--")
    if comments > MOST_COMMENTS:
        raise _refused(f"{comments} comments", url)
    own = ASIDE.sub(b"", body)
    attributes = max((tag.group().count(b"=") for tag in LONG_TAG.finditer(own)), default=0)
    if attributes > MOST_ATTRIBUTES:
        raise _refused(f"{attributes} attributes on one tag", url)
    namespaces = len(set(PREFIX.findall(own)))
    if namespaces > MOST_NAMESPACES:
        raise _refused(f"{namespaces} namespaces", url)
    if _deeper_than(own, MOST_DEPTH):
        raise _refused(f"tags more than {MOST_DEPTH} deep", url)


def _deeper_than(own: bytes, most: int) -> bool:
    depth = 0
    for tag in TAG.finditer(own):
        closes, alone = tag.groups()
        depth += -1 if closes else 0 if alone else 1
        if depth > most:
            return True
    return False


def _refused(what: str, url: str) -> FeedError:
    return FeedError(f"hostile: {what}", concerns=url, todo="look at it")
