"""One more reading, by the Readability algorithm (arc90, 2009). The one import of readability.

It is asked only where the other readings hardly agree: as a voice beside the others on every page that is not agreed
on it costs fundus .003 (wcxb +.0056, scrapinghub +.0025), where they agree by less than .6 it costs none
(wcxb +.0038, scrapinghub +.0004, readability -.0004; the same from .5 to .7).
"""

from __future__ import annotations

import logging
from typing import Any

import readability
from lxml import etree, html

from pipeline.extract.lines import page_lines
from pipeline.extract.part import HEADINGS
from pipeline.text.boilerplate import Block

# It logs a traceback of every page that it finds nothing in.
logging.getLogger("readability").setLevel(logging.CRITICAL)


def readable(tree: Any) -> list[Block]:
    """The blocks of the page's likeliest container; none where it finds no text."""
    try:
        summary = readability.Document(html.tostring(tree, encoding="unicode")).summary(html_partial=True)
        lines = page_lines(html.fromstring(summary))
    except (readability.readability.Unparseable, etree.LxmlError, ValueError):
        return []
    return [Block(line.text, line.tag in HEADINGS) for line in lines]
