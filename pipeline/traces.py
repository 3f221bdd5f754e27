"""The spans in which a run and the pages do their work, and the seam through which they leave: nowhere, until
:func:`send_to` is called.

An article is followed from poll to story by attributes that its spans share: feed, entry, article and story. Names and
attributes follow OpenTelemetry's semantic conventions where they have one; ours begin with ``copydesk.``.
"""

from __future__ import annotations

from collections.abc import Mapping
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass
from enum import StrEnum
from typing import Protocol

Attributes = Mapping[str, str | int]

FEED = "copydesk.feed"
ENTRY = "copydesk.entry"
ARTICLE = "copydesk.article"
STORY = "copydesk.story"
OUTCOME = "copydesk.outcome"
ARTICLES = "copydesk.articles"
METHOD = "http.request.method"
STATUS = "http.response.status_code"
RESENDS = "http.request.resend_count"
ROUTE = "http.route"
PATH = "url.path"
SCHEME = "url.scheme"
FULL_URL = "url.full"
SERVER = "server.address"
PORT = "server.port"
ERROR_TYPE = "error.type"


class Side(StrEnum):
    """On which side of a request a span is, if any: OpenTelemetry's kind of span."""

    INTERNAL = "internal"
    CLIENT = "client"
    SERVER = "server"


@dataclass(frozen=True, slots=True)
class SpanType:
    """A kind of work that has spans: its name, side, what it tells, and its attributes' names."""

    name: str
    side: Side
    about: str
    attributes: tuple[str, ...]


class Traces(Protocol):
    """Where spans go. An implementation raises nothing of its own: a lost span fails no work."""

    def span(
        self, span_type: SpanType, attributes: Attributes, caller: Mapping[str, str]
    ) -> AbstractContextManager[None]:
        """Open a span within the one that is open, or within the caller's, whose headers these are. An exception that
        leaves it makes it a failed one."""

    def annotate(self, attributes: Attributes, name: str) -> None:
        """Add attributes to the span that is open, and rename it unless ``name`` is empty."""

    def fail(self, error_type: str) -> None:
        """Mark the span that is open as failed."""


POLL = SpanType("poll feed", Side.INTERNAL, "a feed's poll, or what its hub delivered", (FEED, OUTCOME))
NEW_ENTRY = SpanType("find entry", Side.INTERNAL, "an entry that a poll found new; of no length", (FEED, ENTRY))
FETCH = SpanType("fetch page", Side.INTERNAL, "an entry's page, until it is recorded", (FEED, ENTRY, ARTICLE, OUTCOME))
READ = SpanType("read page", Side.INTERNAL, "a page in a child process, its wait for one included", (ENTRY,))
REVISIT = SpanType("revisit page", Side.INTERNAL, "a page looked at again", (FEED, ENTRY, ARTICLE, OUTCOME))
BATCH = SpanType("place batch", Side.INTERNAL, "articles placed in one transaction", (ARTICLES,))
PLACED = SpanType(
    "place article", Side.INTERNAL, "an article of the batch that has its story; of no length", (ENTRY, ARTICLE, STORY)
)
REQUESTED = (METHOD, FULL_URL, SERVER, PORT, RESENDS, STATUS)
GET = SpanType("GET", Side.CLIENT, "a request for a feed, page or robots.txt; after a redirect another one", REQUESTED)
POST = SpanType("POST", Side.CLIENT, "a request to a feed's hub", REQUESTED)
ANSWER = SpanType("METHOD /route", Side.SERVER, "an answer of pages and API", (METHOD, SCHEME, PATH, ROUTE, STATUS))
ALL = (POLL, NEW_ENTRY, FETCH, READ, REVISIT, BATCH, PLACED, GET, POST, ANSWER)


class _Seam:
    """Where this process's spans go."""

    receiver: Traces | None = None


def send_to(receiver: Traces | None) -> None:
    """Send this process's spans to ``receiver`` from now on; None: nowhere."""
    _Seam.receiver = receiver


def span(
    span_type: SpanType, attributes: Attributes, caller: Mapping[str, str] | None = None
) -> AbstractContextManager[None]:
    """Return a span to be open while its block runs; ``caller`` are the headers of a request that asks for the work."""
    return _Seam.receiver.span(span_type, attributes, caller or {}) if _Seam.receiver else nullcontext()


def instant(span_type: SpanType, attributes: Attributes) -> None:
    """Send a span of no length."""
    if _Seam.receiver:
        with _Seam.receiver.span(span_type, attributes, {}):
            pass


def annotate(attributes: Attributes, name: str = "") -> None:
    """Add attributes to the span that is open, and rename it unless ``name`` is empty."""
    if _Seam.receiver:
        _Seam.receiver.annotate(attributes, name)


def fail(error_type: str) -> None:
    """Mark the span that is open as failed; ``error_type`` is an outcome, a status or an exception's name."""
    if _Seam.receiver:
        _Seam.receiver.fail(error_type)
