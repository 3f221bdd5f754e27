"""Text out of a feed's markup: summaries are HTML, titles are text unless they are clearly markup."""

from __future__ import annotations

import html
import re
from enum import StrEnum

MAX_SUMMARY = 5_000
# One that is not closed runs to the end, as in HTML.
COMMENT = re.compile(r"<!--.*?(?:-->|\Z)", re.DOTALL)
CLOSED_COMMENT = re.compile(r"<!--.*?-->", re.DOTALL)
# As HTML has it, a tag begins with a letter: "< 3% as wages grow >" is none.
TAG = re.compile(r"<(?P<close>/?)(?P<name>[A-Za-z][\w:-]*)(?P<rest>[^<>]*)>")
SPACE = re.compile(r"\s+")
# Elements that stand within a word or between two; all others end a line.
INLINE = re.compile(
    r"a|abbr|acronym|b|bdi|bdo|big|blink|cite|code|data|del|dfn|em|font|i|ins|kbd|mark|nobr|q|rb|rp|rt|rtc|ruby|s|samp|small"
    r"|span|strike|strong|sub|sup|time|tt|u|var|wbr"
)
INLINE_TAG = re.compile(rf"</?(?:{INLINE.pattern})(?![\w:-])[^<>]*>", re.IGNORECASE)
VOID = frozenset(("br", "hr", "img", "wbr"))
# Elements that a title may hold; "<Nonsense>" or "<vector>" is the writer's own.
ELEMENT = re.compile(
    rf"{INLINE.pattern}|br|hr|img|h[1-6]|address|applet|area|article|aside|audio|base|blockquote|body|button|center|dd|details"
    r"|div|dl|dt|embed|figcaption|figure|footer|form|frame|frameset|head|header|html|iframe|input|label|li|link|main|map"
    r"|marquee|meta|nav|noscript|object|ol|option|p|param|picture|pre|script|section|select|source|style|summary|svg|table"
    r"|tbody|td|textarea|tfoot|th|thead|title|tr|ul|video"
)


class TitleForm(StrEnum):
    """How a title is written, as its format says: text (Atom, ``type="text"``), HTML, or not said (RSS)."""

    TEXT = "text"
    HTML = "html"
    UNSAID = "unsaid"


def plain_text(text: object, most: int = MAX_SUMMARY) -> str:
    """Return HTML as text: no tags, entities decoded, white space folded, at most ``most`` characters."""
    if not isinstance(text, str):
        return ""
    text = text[: most * 4]
    if "<" in text:
        text = TAG.sub(" ", INLINE_TAG.sub("", COMMENT.sub(" ", text)))
    return _folded(text, most)


def title_text(text: object, form: TitleForm = TitleForm.UNSAID, most: int = 1000) -> str:
    """Return a title as text, what stands in it between < and > kept unless it is markup.

    Of HTML, elements are markup; where nothing is said, those alone that are closed, empty or have attributes.
    Entities are decoded whatever is said: many feeds escape twice.
    """
    if not isinstance(text, str):
        return ""
    text = text[: most * 4]
    if form is TitleForm.TEXT or "<" not in text:
        return _folded(text, most)
    text = CLOSED_COMMENT.sub(" ", text)
    tags = [(tag, tag["name"].lower()) for tag in TAG.finditer(text)]
    pairs = {name for tag, name in tags if tag["close"]} & {name for tag, name in tags if not tag["close"]}
    clear = {
        tag.start()
        for tag, name in tags
        if ELEMENT.fullmatch(name) and (form is TitleForm.HTML or name in pairs | VOID or "=" in tag["rest"])
    }
    return _folded(TAG.sub(lambda tag: _gap(tag) if tag.start() in clear else tag[0], text), most)


def _gap(tag: re.Match[str]) -> str:
    return "" if INLINE.fullmatch(tag["name"].lower()) else " "


def _folded(text: str, most: int) -> str:
    return SPACE.sub(" ", html.unescape(text)).strip()[:most]
