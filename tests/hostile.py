"""Hostile texts that grow: a token that the code's patterns look for, repeated, bare and between other characters.

``arguments`` gives what a function of the pure rooms takes, made of such a text, by the types that it declares.
"""

from __future__ import annotations

import inspect
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import cached_property
from importlib import import_module
from pkgutil import iter_modules
from typing import Any

import numpy as np
from lxml import html

from pipeline import extract, feeds, text
from pipeline.extract.authors import OutletNames
from pipeline.extract.kind import Declared
from pipeline.extract.lines import Line
from pipeline.extract.shown_dates import DateContext
from pipeline.extract.title import Names
from pipeline.feeds.entry import Reading
from pipeline.model import (
    Article,
    Basis,
    Claim,
    Evidence,
    FeedEntry,
    FeedSpec,
    PageHints,
    RedirectedEntry,
    SharedPage,
    Span,
    SpanKind,
)
from pipeline.text.boilerplate import Block
from pipeline.text.grammar import load_grammar
from pipeline.text.normalize import fold
from pipeline.text.version_notes import load_notes

NOW = datetime(2026, 4, 3, 12, tzinfo=UTC)
# fmt: off
# What the patterns of these rooms look for: marks, letters of several scripts, dates, agency lines, markup, addresses.
TOKENS = (
    '"', "'", ".", ",", ":", ";", "-", "/", "|", "(", ")", "{", "}", "[", "]", "<", ">", "&", "%", "#", "@",
    "=", "^", "*", '\\', "_", "?", "!", "+", "~", " ", "\t", "\n", "\x00", "…", "...", "[...]", "--", "—",
    " - ", " | ", " / ", ", ", ". ", " .", "' ", '" ', "’s ", "« ", "」", "（", "【", "〔", "a", "A", "Ab ",
    "AB ", "ab/", "AB/", "A.", "a b ", "x.y/", "é", "ß", "न", "न ", "日", "電 ", "記者", "ไ", "ё ", "ا ",
    "\u0301", "\xad", "\u200b", "\u200f", "ﬁ", "1", "12 ", "1:", "12:30 ", "24:00", "2026-", "2026-04-03T",
    "3/4/2026 ", "May 3, ", "3 May ", "3 de mayo ", "4月3日", "GMT+5 ", "By ", "by Ann ", "By Ann Lee, ",
    "and ", "Ann and ", "Ann Lee and ", ", and ", "with ", "(c) 2026 ", "© ", "von ", "Reuters", "Reuters ",
    "Reuters, ", "(Reuters) ", "(Reuters) - ", "/AP/", "AP - ", "-- AP ", "新华社", "PARIS, ", "PARIS (AP) - ",
    "Source: ", "Disclaimer: ", "This story ", "not edited ", "Updated ", "KILL ", "CORRECTED ", "2nd Ld ",
    "Eds: ", "ENDS ", "Read more ", "Related ", "Editing by A; ", "contributed to this ", "is withdrawing a ",
    "story ", "<a>", "</a>", "<p>", "<b><i>", "<p>x</p>", "<br>", "<!--", "-->", "<!-- -->", "<![CDATA[",
    "]]>", "<?", "<?xml ", "<!DOCTYPE ", "<a b=", ' a="b"', " a='", "<h1>x</h1>", "<li><a href=x>y</a>",
    "<script>", "<time>", "<item>", "<ttl>", "<hour>", "<x:updatePeriod", "<skipHours>", "&amp;", "&#",
    "&#38;", "&x", '{"a":', '"a":1,', "[1,", '\\"', "%2", "%25", "?a=b&", "&amp=1", "//", "/../", "/amp",
    ";jsessionid=", "http://", "www.", ".com", "a@b.", "sitemap:", "sitemap: x\n", "\n\n", "\r\n", " \n",
    "xmlns:a=", "utm_a=b&",
)
# fmt: on


@dataclass(frozen=True)
class Hostile:
    """A token repeated up to ``size`` characters; ``fenced`` puts it where a pattern that needs an end fails late."""

    token: str
    size: int
    fenced: bool

    @cached_property
    def text(self) -> str:
        """The whole as one text."""
        run = self.token * (self.size // len(self.token))
        return f"Ab{run}~z" if self.fenced else run

    @cached_property
    def lines(self) -> tuple[str, ...]:
        """The same size as short texts."""
        return (f"{self.token * 8}~z" if self.fenced else self.token * 8,) * (self.size // (8 * len(self.token)))

    @property
    def body(self) -> bytes:
        """The text as bytes."""
        return self.text.encode()

    @cached_property
    def tree(self) -> Any:
        """A page with the text in its head, its paragraphs and its links."""
        return html.document_fromstring(page(self).decode("utf-8", "replace").replace("\0", " "))


def page(hostile: Hostile) -> bytes:
    """A page with the text everywhere that a page may hold it."""
    text = hostile.body
    quoted = text.replace(b'"', b"&quot;")
    parts = (
        b"<html><head><title>",
        text,
        b'</title><meta property="og:title" content="',
        quoted,
        b'"><meta name="author" content="',
        quoted[:4000],
        b'"><script type="application/ld+json">{"@type": "NewsArticle", "headline": "',
        quoted.replace(b"\\", b"/"),
        b'", "author": "',
        quoted[:4000].replace(b"\\", b"/"),
        b'"}</script></head><body><article><h1>',
        quoted,
        b"</h1><p>",
        text,
        b"</p>",
        b"<p>Rain is expected in the north on Friday, said the forecasters in a long statement.</p>",
        b'<p class="x">',
        quoted,
        b"</p></article>",
    )
    return b"".join(parts)


def _feed(hostile: Hostile) -> bytes:
    text = hostile.body
    return b"".join(
        (
            b'<rss version="2.0"><channel><title>',
            text,
            b"</title><item><title>",
            text,
            b"</title><link>http://a.example/",
            text,
            b"</link><description>",
            text,
            b"</description></item></channel></rss>",
        )
    )


GRAMMAR = load_grammar()
# What a parameter of each declared type is given.
OF_TYPE: Mapping[str, Callable[[Hostile], Any]] = {
    "str": lambda hostile: hostile.text,
    "object": lambda hostile: hostile.text,
    "bytes": lambda hostile: hostile.body,
    "bytes | str": page,
    "int": lambda hostile: hostile.size,
    "bool": lambda _: True,
    "float": lambda _: 0.5,
    "datetime": lambda _: NOW,
    "Basis": lambda _: Basis.FEED,
    "Position": lambda _: "last",
    "SpanKind": lambda _: SpanKind.BYLINE,
    "Grammar": lambda _: GRAMMAR,
    "Notes": lambda _: load_notes(),
    "Openings": lambda _: load_grammar().disclaimers.this_text,
    "Callable[[str], bool]": lambda _: bool,
    "Agencies": lambda _: GRAMMAR.agencies,
    "Datelines": lambda _: GRAMMAR.datelines,
    "Reading": lambda _: Reading("http://a.example/feed", NOW),
    "Declared": lambda _: Declared(frozenset(), words=400),
    "PageHints": lambda _: PageHints(outlet="a.example"),
    "Sequence[str]": lambda hostile: (*hostile.lines, hostile.text),
    "Iterable[str]": lambda hostile: (*hostile.lines, hostile.text),
    "tuple[str, ...]": lambda hostile: (*hostile.lines, hostile.text),
    "Sequence[Block]": lambda hostile: tuple(map(Block, (*hostile.lines, hostile.text))),
    "Span": lambda hostile: Span(SpanKind.DATELINE, hostile.text, "", 0),
    "Iterable[Span]": lambda hostile: [Span(SpanKind.UPDATE, line, "", 0) for line in (*hostile.lines, hostile.text)],
    "Article": lambda hostile: Article("http://a.example/", hostile.text, (*hostile.lines, hostile.text)),
    "SharedPage": lambda hostile: SharedPage(
        "a.example",
        f"http://a.example/{hostile.text}",
        tuple(RedirectedEntry(n, f"http://a.example/{n}{line}", line, n) for n, line in enumerate(hostile.lines[:500])),
    ),
    "FeedEntry": lambda hostile: FeedEntry("a", hostile.text, hostile.text, hostile.text),
    "Sequence[FeedEntry]": lambda hostile: [FeedEntry("a", line, line) for line in hostile.lines],
    "Sequence[FeedSpec]": lambda hostile: [FeedSpec(fold(line), "a.example") for line in hostile.lines],
    "Sequence[OutletClaims]": lambda hostile: [
        (line, (Claim(line, Evidence.CREDIT), Claim(str(number), Evidence.CREDIT)))
        for number, line in enumerate(hostile.lines)
    ],
    "Sequence[Claim]": lambda hostile: [Claim(str(number), Evidence.CREDIT) for number, _ in enumerate(hostile.lines)],
    "Names": lambda hostile: Names(
        hostile.lines[:50], hostile.text, hostile.text, hostile.text, hostile.text, hostile.text, hostile.text
    ),
    "DateContext": lambda hostile: DateContext(
        f"http://a.example/{hostile.text}",
        "en",
        [Line(line, 0.0, "h1", line) for line in (hostile.text, *hostile.lines)],
        hostile.text,
        PageHints(outlet="a.example"),
    ),
    "OutletNames": lambda hostile: OutletNames((hostile.text, *hostile.lines[:9]), "a.example"),
    "Object": lambda hostile: {
        "@type": "NewsArticle",
        "author": [{"name": line} for line in hostile.lines],
        "headline": hostile.text,
    },
    "Mapping[str, Any]": lambda hostile: {
        "@type": "NewsArticle",
        "author": [{"name": line} for line in hostile.lines],
        "headline": hostile.text,
    },
    "Sequence[Object]": lambda hostile: [{"@id": line, "author": {"name": line}} for line in hostile.lines],
    "Mapping[str, str]": lambda hostile: {
        "author": hostile.text,
        "article:published_time": hostile.text,
        hostile.text: hostile.text,
    },
    "Sequence[Line]": lambda hostile: [Line(line, 0.0, "p", line) for line in (*hostile.lines, hostile.text)],
    "Hashes": lambda hostile: np.arange(hostile.size, dtype=np.uint64),
    "Mapping[int, str]": lambda hostile: dict.fromkeys(range(hostile.size // 80), hostile.text[:80]),
    "Sequence[Hashes]": lambda hostile: [np.arange(8, dtype=np.uint64) for _ in range(hostile.size // 8)],
    "Mapping[int, bytes]": lambda hostile: {
        number: (hostile.body + bytes(8))[:8] for number in range(hostile.size // 64)
    },
}
# The same where the name says more than the type, or the room does.
OF_NAME: Mapping[str, Callable[[Hostile], Any]] = {
    "country": lambda _: "US",
    "zone": lambda _: "",
    "charset": lambda _: "",
    "media_type": lambda _: "text/xml",
    "outlet": lambda _: "a.example",
    "url": lambda hostile: f"http://a.example/{hostile.text}",
    "tree": lambda hostile: hostile.tree,
    "page": page,
    "elements": lambda hostile: list(hostile.tree.iter()),
    "robots": lambda hostile: hostile.text,
    "value": lambda hostile: hostile.text,
}
FEED_BODY = "body"


def functions() -> Iterator[tuple[str, Callable[..., Any]]]:
    """Every public function of the pure rooms, by room, module and name."""
    for room in (text, feeds, extract):
        for module in (
            room,
            *(import_module(f"{room.__name__}.{info.name}") for info in iter_modules(room.__path__)),
        ):
            for name, function in vars(module).items():
                if callable(function) and not name.startswith("_") and _is_of(function, module.__name__):
                    yield f"{module.__name__.removeprefix('pipeline.')}.{name}", function


def _is_of(function: Any, module: str) -> bool:
    return inspect.isroutine(inspect.unwrap(function)) and function.__module__ == module


def arguments(function: Callable[..., Any], hostile: Hostile) -> dict[str, Any]:
    """What the function takes, made of the hostile text. Raises LookupError for a type that is not known here."""
    parameters = inspect.signature(function).parameters.values()
    return {
        parameter.name: _argument(function, parameter, hostile) for parameter in parameters if _is_needed(parameter)
    }


def _is_needed(parameter: inspect.Parameter) -> bool:
    return parameter.default is inspect.Parameter.empty or parameter.annotation in ("str", "Sequence[str]")


def _argument(function: Callable[..., Any], parameter: inspect.Parameter, hostile: Hostile) -> Any:
    if parameter.name == FEED_BODY and ".feeds" in function.__module__:
        return _feed(hostile)
    make = OF_NAME.get(parameter.name) or OF_TYPE.get(parameter.annotation)
    if make is None:
        advice = "give OF_TYPE one, or name the function in ELSEWHERE of tests/test_growth.py, and why"
        raise LookupError(f"{function.__name__}: no hostile {parameter.annotation} for {parameter.name!r}; {advice}")
    return make(hostile)
