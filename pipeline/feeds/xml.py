"""XML from outside: no entity grows, no network, no file; what is broken is read as far as it goes."""

from __future__ import annotations

import re
from typing import Any

from lxml import etree

from pipeline.errors import FeedError
from pipeline.feeds.entry import first_line

# What no XML 1.0 document can hold, not even as a reference (section 2.2): lxml raises ValueError for it.
NOT_XML = re.compile("[^\\t\\n\\r\\x20-\\ud7ff\\ue000-\\ufffd\\U00010000-\\U0010ffff]")


def xml_text(text: str) -> str:
    """Return ``text`` without the characters that XML 1.0 cannot hold."""
    return NOT_XML.sub("", text)


def parse_xml(body: bytes, url: str) -> Any:
    """Return the root element. Raises FeedError."""
    parser = etree.XMLParser(
        resolve_entities=False, no_network=True, huge_tree=False, recover=True, remove_comments=True, remove_pis=True
    )
    try:
        root = etree.fromstring(body, parser)
    except (etree.XMLSyntaxError, ValueError) as error:
        raise FeedError(f"not XML: {first_line(error)}", concerns=url, todo="look at it") from None
    if root is None:
        raise FeedError("not XML", concerns=url, todo="look at it")
    return root


def local_name(element: Any) -> str:
    """Return an element's name without its namespace."""
    tag = element.tag
    return tag.rpartition("}")[2] if isinstance(tag, str) else ""
