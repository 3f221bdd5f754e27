"""A feed's text as a strict reader of XML takes it, so that one slip of its writer does not cost the feed.

feedparser reads what is well-formed by expat, and all else by a reader of its own that guesses. It also drops entities
that a DTD defines, lets an empty second date take the first away, and cuts up addresses of mail that it does not know.
"""

from __future__ import annotations

import re
from html.entities import html5
from typing import Any, NamedTuple
from xml.sax.saxutils import escape

from lxml import etree

from pipeline.feeds.xml import NOT_XML, local_name, parse_xml

DECLARATION = re.compile(r"\A\s*<\?xml\b[^>]{0,200}\?>")
# A reference to a character by its number; a lenient reader takes one without its semicolon as well.
REFERENCE = re.compile(r"&#(?:x([0-9a-f]+)|([0-9]+));?", re.IGNORECASE)
# Figures of the highest number that Unicode has, leading zeros apart.
MOST_FIGURES = 7
# JSON's way to write a character beyond U+FFFF, carried over into XML.
PAIR = re.compile(r"&#(?:x(d[89ab][0-9a-f]{2})|(5[56]\d{3}));&#(?:x(d[c-f][0-9a-f]{2})|(5[67]\d{3}));", re.IGNORECASE)
# HTML's names of characters, which the DTD of RSS 0.91 has as well; XML's own five stay.
ENTITY = re.compile(r"&(?!(?:amp|lt|gt|quot|apos);)([A-Za-z][A-Za-z0-9]{1,30});")
DECLARED_ENTITY = re.compile(r"<!ENTITY\s+([\w.-]{1,40})\s")
DATE_NAMES = r"(?:[\w.-]{1,40}:)?(?:pubdate|published|updated|issued|modified|created|date|publicationdate)"
EMPTY_DATE = re.compile(
    rf"<({DATE_NAMES})(?:\s[^<>]{{0,200}})?(?:/>|>\s*(?:<!\[CDATA\[\s*\]\]>\s*)?</\1\s*>)", re.IGNORECASE
)
AUTHOR = re.compile(
    r"<((?:[\w.-]{1,40}:)?(?:author|creator))(?:\s[^<>]{0,200})?>\s*(?:<!\[CDATA\[)?[^<]{0,1000}</\1\s*>", re.IGNORECASE
)
# Stands for the @ of an author's address on its way through feedparser.
AT_MARK = "\ufdd0"
REPLACEMENT = "\ufffd"

# Elements whose namespace is the feed's own, whatever its format.
FRAME = frozenset({"rss", "RDF", "feed", "channel", "item", "entry"})
# Beside the feed's own: namespaces that texts, times and authors are in, and their prefixes where a feed binds none.
NEWS_NAMESPACES = frozenset({
    "",
    "http://www.w3.org/2005/Atom", "atom",
    "http://purl.org/rss/1.0/modules/content/", "content",
    "http://purl.org/dc/elements/1.1/", "dc",
    "http://purl.org/dc/terms/", "dcterms",
    "http://www.w3.org/1999/xhtml",
})  # fmt: skip
# Elements of a channel that are about the channel.
CHANNEL_ELEMENTS = frozenset({"image", "textinput", "textInput", "cloud"})
# What an element is called before it is left out, which lxml does by name.
LEFT_OUT = "left-out"


class RepairedText(NamedTuple):
    """The text, and how many characters were left out of it because XML has none such."""

    text: str
    lost: int


def repair_xml(text: str) -> RepairedText:
    """Return a feed's text under a declaration of UTF-8, without what XML cannot hold.

    Entities of HTML become their characters, dates without a text are left out, and the @ in an author's name is
    :data:`AT_MARK`.
    """
    text, lost = NOT_XML.subn("", text)
    if "&" in text:
        text, lost_references = _plain_references(text)
        lost += lost_references
    text = EMPTY_DATE.sub("", text)
    if "@" in text:
        text = AUTHOR.sub(lambda author: author[0].replace("@", AT_MARK), text)
    return RepairedText(DECLARATION.sub('<?xml version="1.0" encoding="utf-8"?>', text, count=1), lost)


def news_elements(text: str, url: str) -> str:
    """Return a feed's XML with the elements alone that news is read from. Raises FeedError for what is no XML."""
    root = parse_xml(text.encode(), url)
    elements = list(root.iter(etree.Element))
    wanted = NEWS_NAMESPACES.union(_namespace(element) for element in elements if local_name(element) in FRAME)
    for element in elements:
        if _namespace(element) not in wanted or local_name(element) in CHANNEL_ELEMENTS:
            element.tag = LEFT_OUT
    etree.strip_elements(root, LEFT_OUT, with_tail=False)
    return etree.tostring(root, encoding="unicode")


def _namespace(element: Any) -> str:
    """Return an element's namespace, else its prefix where none is bound to it, else ''."""
    tag: str = element.tag
    return tag[1:].partition("}")[0] if tag[0] == "{" else tag.rpartition(":")[0]


def _plain_references(text: str) -> tuple[str, int]:
    """Return the text with references that XML has, and how many it has not."""
    text = PAIR.sub(_paired, text)
    text, lost = _without_foreign(text, "")
    # What stood around one may be another now; its replacement joins nothing.
    text, lost_more = _without_foreign(text, REPLACEMENT) if lost else (text, 0)
    declared = frozenset(DECLARED_ENTITY.findall(text)) if "<!ENTITY" in text else frozenset()
    return ENTITY.sub(lambda name: _character(name, declared), text), lost + lost_more


def _without_foreign(text: str, replacement: str) -> tuple[str, int]:
    """Return the text with each reference replaced that names no character of XML, and how many there were."""
    foreign = 0

    def plain(reference: re.Match[str]) -> str:
        nonlocal foreign
        if _is_xml_character(reference):
            return reference[0]
        foreign += 1
        return replacement

    return REFERENCE.sub(plain, text), foreign


def _is_xml_character(reference: re.Match[str]) -> bool:
    figures, base = (reference[1], 16) if reference[1] else (reference[2], 10)
    figures = figures.lstrip("0")
    number = int(figures or "0", base) if len(figures) <= MOST_FIGURES else 0
    return 0 < number < 0x110000 and not NOT_XML.match(chr(number))


def _paired(pair: re.Match[str]) -> str:
    high, low = (int(pair[n], 16) if pair[n] else int(pair[n + 1]) for n in (1, 3))
    is_pair = 0xD800 <= high < 0xDC00 <= low < 0xE000
    return f"&#{0x10000 + ((high - 0xD800) << 10) + (low - 0xDC00)};" if is_pair else pair[0]


def _character(name: re.Match[str], declared: frozenset[str]) -> str:
    """Return the character of an entity of HTML; the entity itself if the feed defines it, or HTML does not."""
    character = "" if name[1] in declared else html5.get(f"{name[1]};", "")
    return escape(character) or name[0]
