"""Agency lines: what one line of a text is, and what stands at the ends of its first and last paragraphs.

The words are data (``pipeline/data/agencies.toml``, ``wire.toml``, and agencies files of the user's own); the forms are
in :mod:`~pipeline.text.datelines`, :mod:`~pipeline.text.bylines`, :mod:`~pipeline.text.credits` and
:mod:`~pipeline.text.notices`. A name that means something else too counts only where the form leaves no doubt: in
brackets after a place, behind a word for "source".
"""

from __future__ import annotations

import re
from functools import lru_cache

from pipeline.model import Span, SpanKind
from pipeline.text import datelines
from pipeline.text.agencies import signature
from pipeline.text.bylines import byline_span
from pipeline.text.credit_lists import credit_lead_span, credit_list_span
from pipeline.text.credits import LONGEST_CREDIT, agency_sign_span, credit_span, end_mark_span
from pipeline.text.grammar import Grammar, Position, plain_agencies_in, whole_span
from pipeline.text.notices import disclaimer_span, note_span, update_span

LONGEST_MARK = 420
DESK = 5


@lru_cache(maxsize=4096)  # the readings of one page share most of their lines
def line_spans(line: str, position: Position, grammar: Grammar) -> tuple[Span, ...]:
    """Return what the grammar sees in one line that stands first, in the middle of, or last in a text.

    A whole line gives one span with ``whole`` set; a dateline or an end sign gives the exact slice it takes,
    separators and all, so that the line can be rebuilt.
    """
    text = line.strip()
    if not text:
        return ()
    line_span = _whole_line(text, position, grammar)
    if line_span:
        return (line_span,)
    head = dateline_span(line, grammar) if position == "first" else None
    tail = tail_span(line, grammar) if position != "first" or head is None else None
    return tuple(span for span in (head, tail) if span)


def _whole_line(text: str, position: Position, grammar: Grammar) -> Span | None:
    if len(text) > LONGEST_MARK:
        return None
    for read in READERS:
        span = read(text, position, grammar)
        if span:
            return span
    return None


READERS = (
    update_span,
    disclaimer_span,
    note_span,
    credit_lead_span,
    byline_span,
    agency_sign_span,
    credit_span,
    credit_list_span,
    end_mark_span,
)


def dateline_span(line: str, grammar: Grammar) -> Span | None:
    """Return the dateline at the head of a line, as the exact slice that goes; None where there is none."""
    return datelines.span(line, grammar.datelines) if line[:1].strip() else None


def dateline_parts(span: Span, grammar: Grammar) -> tuple[str, str]:
    """Return place and day, as written, of a dateline span."""
    # A form looks ahead at the sentence that follows, which the span has not.
    reading = datelines.dateline(span.text + "A", grammar.datelines) or datelines.dateline(span.text, grammar.datelines)
    return (reading.place, reading.day) if reading else ("", "")


def dateline_day(day: str, grammar: Grammar) -> tuple[int | None, int, int] | None:
    """Return year, if it is said, month and day of the month of a dateline's day; None where no month is named."""
    return datelines.day_of(day, grammar.datelines)


CLOSED = ".!?।。…»”\"'’)"
TAIL_MOST = 400
# Characters from the end within which a tail begins, and the marks without one of which none does, but for codes.
TAIL_WITHIN = 60
TAIL_MARKS = re.compile(r"[-–—]|/$|[A-Z]$")
TAIL = re.compile(
    r"""
    \s*(?: (?P<dash>[-–—]{1,3})\s?(?P<dashed>[^\s.!?()/–—-][^.!?()–—]{0,30})
        | /(?P<in_strokes>[^/\s]{2,20})/
        | (?P<coded>[^\s.]{2,20}(?:\s+[A-Z]{2,4}){1,6})
    )$
    """,
    re.VERBOSE,
)


def tail_span(line: str, grammar: Grammar) -> Span | None:
    """Return what an agency or an outlet puts behind the last sentence of a line, as the exact slice that goes."""
    text = line.rstrip()
    if len(text) < 3 or (text[-1] in '.!?"”' and text[-2] not in ")）"):
        return None
    tail = _bracketed_tail(text, grammar) if text.rstrip(".")[-1:] in (")", "）") else _open_tail(text, grammar)
    if tail is None:
        return None
    start, span = tail
    return Span(span.kind, line[start:], span.rule, 0, start, False, span.agencies)


def _bracketed_tail(text: str, grammar: Grammar) -> tuple[int, Span] | None:
    """Return where brackets behind a sentence begin, and their span: a credit, who edited it, a disclaimer."""
    opened = max(text.rfind("("), text.rfind("（"))
    before = text[:opened].rstrip() if opened >= 0 else ""
    inside = text[opened:]
    if not before or len(inside) > TAIL_MOST:
        return None
    signed = signature(inside, grammar.agencies) if len(inside) < LONGEST_CREDIT // 2 else None
    closed = before[-1] in CLOSED
    alone = signed and signed.agencies and all(len(word) <= DESK for word in signed.rest)
    if signed and alone and (closed or (inside[-1] == "." and signed.plain)):
        return len(before), whole_span(SpanKind.ENDMARK, inside, "agency's sign at the end", signed.agencies)
    span = _whole_line(inside, "last", grammar) if closed and not inside[1:2].islower() else None
    return (
        (len(before), span) if span and span.kind in (SpanKind.ENDMARK, SpanKind.CREDIT, SpanKind.DISCLAIMER) else None
    )


def _open_tail(text: str, grammar: Grammar) -> tuple[int, Span] | None:
    start = max(len(text) - TAIL_WITHIN, 0)
    match = TAIL.search(text, start) if TAIL_MARKS.search(text, start) else None
    before = text[: match.start()].rstrip() if match else ""
    if not match or not before or not (before[-1] in CLOSED or match["dash"] == "--" or match["in_strokes"]):
        return None
    credit = match["dashed"] or match["in_strokes"] or match["coded"]
    signed = signature(credit, grammar.agencies)
    codes = all(len(word) <= DESK for word in signed.rest)
    coded = match["coded"] is None or (signed.plain and bool(signed.rest))
    if signed.agencies and codes and coded and not grammar.words.pictures.intersection(signed.rest):
        return len(before), whole_span(SpanKind.ENDMARK, credit, "agency's sign at the end", signed.agencies)
    return None


def agencies_signed(author: str, grammar: Grammar) -> tuple[str, ...]:
    """Return the agencies of an author's name in metadata: a weak name counts where it stands alone."""
    signed = signature(author, grammar.agencies)
    return signed.agencies if grammar.words.roles.issuperset(signed.rest) else plain_agencies_in(author, grammar)
