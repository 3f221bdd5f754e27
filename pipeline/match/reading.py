"""Documents of a corpus as matching reads them: what ``copydesk cluster`` has in place of extraction.

Line rules do for a document what extraction and templates do for a page: they take off agency lines, lines that the
outlet repeats and headlines of other documents, and say whose the text is and whether it updates or withdraws another.
No story is needed for that, so it can be done ahead of the placing, in a process of its own.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from datetime import UTC, datetime
from itertools import groupby
from typing import Any, NamedTuple, TypeVar

from pipeline.match.fingerprint import fingerprint_bodies
from pipeline.match.sentences import SentenceHashes, hashed_sentences
from pipeline.model import Article, Claim, Fingerprint, Span, VersionKind
from pipeline.text.attribution import claims_of
from pipeline.text.grammar import Grammar, load_grammar
from pipeline.text.marks import mark_of
from pipeline.text.recurrence import Recurring
from pipeline.text.wire import line_spans

Document = dict[str, Any]
T = TypeVar("T")
# Documents that are placed together: at least so many where there are more, whole hours, and at most so many.
BATCH = 200
MOST_TOGETHER = 2000
# Lines of a text that a dateline may stand in: behind a byline, a stamp or a teaser.
HEAD_LINES = 5
# A document without a time counts as the earliest; at the ends of the calendar no window could be computed.
EARLIEST, LATEST = datetime(1970, 1, 1, tzinfo=UTC), datetime(9000, 1, 1, tzinfo=UTC)


class ReadDocument(NamedTuple):
    """A document as it is placed. ``number`` counts the documents of its batch as they came; ``id`` is as it came."""

    number: int
    id: str | int
    outlet: str
    at: datetime
    title: str
    body: tuple[str, ...]
    mark: VersionKind
    claims: tuple[Claim, ...]
    fingerprint: Fingerprint
    sentences: SentenceHashes


def read_batches(documents: Iterable[Document]) -> Iterator[list[ReadDocument]]:
    """Yield whole hours of documents (``id, outlet, published, title, text``), read, each batch in placing order."""
    reader = DocumentReader()
    return map(reader.read, whole_hours(documents, _hour))


def _hour(document: Document) -> str:
    return str(document["published"])[:13]


def whole_hours(documents: Iterable[T], hour_of: Callable[[T], str]) -> Iterator[list[T]]:
    """Yield documents that are placed together: whole hours, BATCH or more; of one hour at most MOST_TOGETHER."""
    batch: list[T] = []
    for _, hour in groupby(documents, key=hour_of):
        for document in hour:
            batch.append(document)
            if len(batch) >= MOST_TOGETHER:
                yield batch
                batch = []
        if len(batch) >= BATCH:
            yield batch
            batch = []
    if batch:
        yield batch


class DocumentReader:
    """The line rules, and the lines that each outlet has carried so far."""

    def __init__(self) -> None:
        self._recurring = Recurring()
        self._grammar = load_grammar()

    def read(self, documents: Sequence[Document]) -> list[ReadDocument]:
        """Return documents in the order in which they are placed: by time; at one time the longest comes first."""
        order = sorted(range(len(documents)), key=lambda number: _placing_order(documents[number]))
        articles = [self._article(documents[number]) for number in order]
        prints = fingerprint_bodies([article.body for article in articles])
        return [
            _read_document(number, documents[number], article, fingerprint)
            for number, article, fingerprint in zip(order, articles, prints, strict=True)
        ]

    def _article(self, document: Document) -> Article:
        title = str(document["title"])
        lines = self._recurring.without(str(document["outlet"]), _paragraphs(document), title)
        body, spans = _split_agency_lines(lines, self._grammar)
        mark = mark_of((title,), spans, self._grammar, body)
        return Article(str(document["id"]), title, tuple(body), tuple(spans), mark=mark)


def _read_document(number: int, document: Document, article: Article, fingerprint: Fingerprint) -> ReadDocument:
    return ReadDocument(
        number,
        document["id"],
        str(document["outlet"]),
        parse_time(document["published"]),
        article.title,
        article.body,
        article.mark,
        claims_of(article),
        fingerprint,
        hashed_sentences(article.body),
    )


def _placing_order(document: Document) -> tuple[datetime, int, str]:
    return parse_time(document["published"]), -len(str(document["text"])), str(document["id"])


def _paragraphs(document: Document) -> list[str]:
    return [line.strip() for line in str(document["text"]).splitlines() if line.strip()]


def _split_agency_lines(lines: Sequence[str], grammar: Grammar) -> tuple[list[str], list[Span]]:
    """Return the lines without agency lines, as extraction leaves them, and the spans taken off.

    All lines are returned where nothing would be left.
    """
    spans = [line_spans(line, "first" if n < HEAD_LINES else "last", grammar) for n, line in enumerate(lines)]
    rest = [_without_spans(line, line_spans_found) for line, line_spans_found in zip(lines, spans, strict=True)]
    return [line for line in rest if line] or list(lines), [span for taken_off in spans for span in taken_off]


def _without_spans(line: str, spans: Sequence[Span]) -> str:
    for span in spans:
        line = "" if span.is_whole_block else line[len(span.text) :] if not span.start else line[: span.start]
    return line.strip()


def parse_time(text: object) -> datetime:
    """Return a document's time in UTC, within the calendar's ends; :data:`EARLIEST` for what is none."""
    try:
        at = datetime.fromisoformat(str(text))
    except ValueError:
        return EARLIEST
    return min(max(at if at.tzinfo else at.replace(tzinfo=UTC), EARLIEST), LATEST)
