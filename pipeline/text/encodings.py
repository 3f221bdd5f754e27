"""The text of a page's bytes, by the encoding that a browser would take.

A byte order mark counts first, then what HTTP says, then what the page's head says; where none of these fits the bytes,
the bytes themselves decide. Labels mean what the WHATWG Encoding Standard has them mean (``data/encodings.toml``).
"""

from __future__ import annotations

import re
import tomllib
from collections.abc import Iterator, Sequence
from functools import cache
from importlib.resources import files
from typing import Any

from w3lib.encoding import read_bom, to_unicode

# Bytes of a page in which its encoding is declared: browsers look through 1,024, and some pages put scripts in front.
HEAD = 4096
# Bytes that are tried where nothing is declared.
SAMPLE = 65_536
# Broken characters that a declared encoding is forgiven: one, or this share of those that are beyond ASCII.
BROKEN_MOST = 0.1
# Share of zeros among every other byte from which they are halves of UTF-16 characters.
ZEROS_LEAST = 0.4
# Share of the characters beyond ASCII that must be kana, Hangul or hanzi in daily use in Japanese, Korean or Chinese.
KANA_LEAST, HANGUL_LEAST, HANZI_LEAST = 0.2, 0.85, 0.6
# Thai read as Chinese makes hanzi too; from this share of frequent characters the reading of one byte each is taken.
CLEAR = 0.85
# Western European encodings that an archive takes pages for which it knows no better of.
MISREAD_AS = ("latin-1", "iso8859-15", "cp1252")
# Two of its characters were one, at most: of those beyond ASCII at least this share has to be left.
MISREAD_LEAST = 0.4
COMMENT = re.compile(rb"<!--.*?(?:-->|\Z)", re.DOTALL)
META = re.compile(rb"<meta\b([^>]*)", re.IGNORECASE)
LABEL = re.compile(rb"""\bcharset\s*=\s*["']?\s*([\w.:-]+)""", re.IGNORECASE)
XML_LABEL = re.compile(rb"""\A\s*<\?xml\b[^>]*?\bencoding\s*=\s*["']([\w.:-]+)""", re.IGNORECASE)
LANGUAGE = re.compile(rb"""<html\b[^>]*?\blang\s*=\s*["']?([A-Za-z]{2})\b""", re.IGNORECASE)
# What switches ISO-2022-JP to two bytes a character.
STATEFUL = re.compile(rb"\x1b\$[@B]")
CODE_PAGE = re.compile(r"(?:x|ms)?(?:windows|win|cp|ibm|ms)(\d{3,4})")
TAG = re.compile(r"<[^<>]*>")
BEYOND_ASCII = re.compile(r"[^\x00-\x7f]")
KANA, HANGUL = re.compile(r"[\u3041-\u30fe]"), re.compile(r"[\uac00-\ud7a3]")


def decode_page(page: bytes, charset: str = "") -> str:
    """Return the text of a page; ``charset`` is the label that HTTP gave. What no encoding reads becomes U+FFFD, and
    zeros are left out."""
    encoding, mark = read_bom(page)
    if encoding is not None and mark is not None:
        return page[len(mark) :].decode(encoding, "replace").replace("\0", "")
    return _decode_unmarked(page, charset).replace("\0", "")


def codec_of(label: str) -> str:
    """Return the name of the codec for a label, "" for one that no browser knows."""
    key = _squeeze(label)
    page = CODE_PAGE.fullmatch(key)
    return _labels().get(f"cp{page[1]}" if page else key, "")


def declared_label(page: bytes) -> str:
    """Return the label that the page's head declares in a meta element or its XML declaration, or ""."""
    head = COMMENT.sub(b"", page[:HEAD])
    xml = XML_LABEL.match(head)
    labels = (LABEL.search(meta[1]) for meta in META.finditer(head))
    declaration = next((label for label in labels if label), xml)
    return declaration[1].decode("latin-1") if declaration else ""


def _decode_unmarked(page: bytes, charset: str) -> str:
    if wide := _wide_codec(page):
        return page.decode(wide, "replace")
    utf8 = page.decode("utf-8", "replace")
    # Text in another encoding is as good as never valid UTF-8: a label that says otherwise is wrong.
    if not page.isascii() and ("\ufffd" not in utf8 or _is_utf8(page)):
        return _misread_text(utf8, page, charset) or utf8
    for codec in _declared_codecs(page, charset):
        text = utf8 if codec == "utf-8" else to_unicode(page, codec)
        if _fits(text) and (codec != "utf-8" or not STATEFUL.search(page[:SAMPLE])):
            return text
    if STATEFUL.search(page[:SAMPLE]):
        return page.decode("iso2022_jp_ext", "replace")
    return utf8 if _fits(utf8) else to_unicode(page, _likely_codec(page))


def _misread_text(utf8: str, page: bytes, charset: str) -> str:
    """Return the text of a page that was taken for Western European and saved so, as UTF-8; "" for any other page.

    Its head still declares the East Asian encoding that its characters are the bytes of.
    """
    tests = dict(EAST_ASIAN)
    for codec in filter(tests.__contains__, _declared_codecs(page, charset)):
        for misread_as in MISREAD_AS:
            text = utf8.encode(misread_as, "replace").decode(codec, "replace")
            if _beyond(text) >= MISREAD_LEAST * _beyond(utf8) and tests[codec](TAG.sub("", text)):
                return text
    return ""


def _declared_codecs(page: bytes, charset: str) -> Iterator[str]:
    """Those that HTTP and the page's head name. A head that can be read is not UTF-16, whatever it says."""
    for label in (charset, declared_label(page)):
        if codec := codec_of(label):
            yield "utf-8" if codec.startswith("utf-16") else codec


def _wide_codec(page: bytes) -> str:
    """Return the UTF-16 codec of a page without a byte order mark, or "": its markup has a zero in every character."""
    head = page[:HEAD]
    even, odd = head[::2].count(0), head[1::2].count(0)
    least = ZEROS_LEAST * len(head) / 2
    if max(even, odd) < max(least, 1) or min(even, odd) > least / 4:
        return ""
    return "utf-16-le" if odd > even else "utf-16-be"


def _is_utf8(page: bytes) -> bool:
    """Whether the bytes are valid UTF-8; it may hold U+FFFD as a character of its own."""
    try:
        page.decode("utf-8")
    except UnicodeDecodeError:
        return False
    return True


def _broken(text: str) -> int:
    return text.count("\ufffd")


def _fits(text: str) -> bool:
    """Whether a text is read by the encoding that it is in: one character may be broken, or a few of many."""
    broken = _broken(text)
    return broken <= 1 or broken <= BROKEN_MOST * len(BEYOND_ASCII.findall(text))


# ---------------------------------------------------------------- by the bytes themselves


def _likely_codec(page: bytes) -> str:
    """Return the codec that makes most sense of bytes that are no UTF-8: those of the page's language first."""
    sample = page[:SAMPLE]
    language = LANGUAGE.search(page[:HEAD])
    usual = _table()["languages"].get(language[1].decode().lower() if language else "", "").split()
    east = next((codec for codec, test in EAST_ASIAN if test(TAG.sub("", sample.decode(codec, "replace")))), "")
    best = _best_codec(sample, usual or list(_table()["frequent"]))
    if not east or (usual and east not in usual):
        return best
    return best if _likeness(sample, best) >= CLEAR else east


def _best_codec(sample: bytes, codecs: Sequence[str]) -> str:
    """Return the codec whose frequent characters are the largest share of the sample."""
    return max(codecs, key=lambda codec: _likeness(sample, codec))


def _likeness(sample: bytes, codec: str) -> float:
    frequent: str | None = _table()["frequent"].get(codec)
    characters: list[str] = BEYOND_ASCII.findall(TAG.sub("", sample.decode(codec, "replace")))
    if frequent is None:
        return 1 - characters.count("\ufffd") / max(len(characters), 1)
    return sum(character in frequent for character in characters) / max(len(characters), 1)


def _is_japanese(text: str) -> bool:
    return _is_read(text) and len(KANA.findall(text)) >= KANA_LEAST * _beyond(text)


def _is_korean(text: str) -> bool:
    return _is_read(text) and len(HANGUL.findall(text)) >= HANGUL_LEAST * _beyond(text)


def _is_simplified(text: str) -> bool:
    return _is_read(text) and _daily(text, "gb2312", range(0xB0, 0xD8)) >= HANZI_LEAST * _beyond(text)


def _is_traditional(text: str) -> bool:
    return _is_read(text) and _daily(text, "big5", range(0xA4, 0xC7)) >= HANZI_LEAST * _beyond(text)


def _is_read(text: str) -> bool:
    """Whether hardly a character is broken: the last of a sample may be cut."""
    return _broken(text) <= 1 + _beyond(text) // 200


def _beyond(text: str) -> int:
    return len(BEYOND_ASCII.findall(text))


def _daily(text: str, codec: str, leads: range) -> int:
    """Return how many of the characters stand in the part of a character set that holds those in daily use."""
    raw = text.encode(codec, "ignore")
    return len(re.findall(b"[\\x%02x-\\x%02x][\\x40-\\xfe]" % (leads[0], leads[-1]), raw))


EAST_ASIAN = (
    ("euc_jp", _is_japanese),
    ("cp932", _is_japanese),
    ("cp949", _is_korean),
    ("gb18030", _is_simplified),
    ("big5hkscs", _is_traditional),
)


# ---------------------------------------------------------------- the table


def _squeeze(label: str) -> str:
    return re.sub(r"[^a-z0-9]", "", label[:60].lower())


@cache
def _labels() -> dict[str, str]:
    return {_squeeze(label): codec for codec, labels in _table()["labels"].items() for label in labels.split()}


@cache
def _table() -> Any:
    return tomllib.loads((files("pipeline") / "data" / "encodings.toml").read_text(encoding="utf-8"))
