"""The Article of what was read: the agency, the dateline and the mark are read from the spans."""

from __future__ import annotations

import re
from collections.abc import Sequence

from pipeline.extract.kind import kind_of
from pipeline.extract.lines import Line
from pipeline.extract.metadata import Metadata
from pipeline.extract.page_dates import byline_moment
from pipeline.model import Article, Basis, Dateline, Moment, PageHints, Span, SpanKind
from pipeline.text.agencies import signature
from pipeline.text.attribution import INPUTS_RULE, is_contribution
from pipeline.text.boilerplate import Cleaned
from pipeline.text.dates import read_moment
from pipeline.text.grammar import Grammar, plain_agencies_in
from pipeline.text.marks import mark_of
from pipeline.text.wire import agencies_signed, dateline_day, dateline_parts

BYLINE_HINT = re.compile(r"byline|author|autor|writer|reporter|credit|source|agency")
STRONG = (SpanKind.DATELINE, SpanKind.BYLINE, SpanKind.ENDMARK, SpanKind.CREDIT)


def assembled(
    url: str,
    meta: Metadata,
    deck: str,
    cleaned: Cleaned,
    lines: Sequence[Line],
    published: Moment | None,
    grammar: Grammar,
) -> Article:
    """The Article of what was found: the agency, the dateline and the mark are read from the spans."""
    agency = _agency(cleaned.spans, meta, lines, grammar)
    disclaimed = any(span.kind is SpanKind.DISCLAIMER and _syndicates(span) for span in cleaned.spans)
    return Article(
        url=url,
        title=meta.title,
        body=cleaned.body,
        spans=cleaned.spans,
        deck=deck,
        byline=meta.authors or _bylines(cleaned.spans),
        agency=agency,
        syndicated=bool(agency) or disclaimed,
        dateline=_dateline(cleaned.spans, published, grammar),
        published=published,
        updated=meta.updated,
        lang=meta.lang,
        canonical_url=meta.canonical_url,
        kind=kind_of(url, meta.declared, meta.title, cleaned.body, lines, (meta.heading, *meta.titles)),
        section=meta.section,
        picture=meta.picture,
        licence=meta.licence,
        signals=meta.signals,
        sources=meta.sources,
        mark=mark_of((meta.title, meta.heading), cleaned.spans, grammar, cleaned.body),
    )


def is_signed(spans: Sequence[Span]) -> bool:
    """Whether an agency signs among them: then the page is a news story, whatever it declares."""
    return any(span.agencies for span in spans if span.kind in STRONG)


def _syndicates(span: Span) -> bool:
    return re.search(r"(?i)feed|agenc|syndicat|wire|फीड|통신", span.text) is not None


def _agency(spans: Sequence[Span], meta: Metadata, lines: Sequence[Line], grammar: Grammar) -> str:
    """The first agency named where agencies sign: dateline, byline, end, credit, metadata, a line marked as byline,
    inputs; last what the markup states of who supplied it."""
    for kind in STRONG:
        for span in spans:
            if span.kind is kind and span.agencies and span.rule != INPUTS_RULE:
                return span.agencies[0]
    for author in meta.authors:
        if agencies := agencies_signed(author, grammar):
            return agencies[0]
    marked = (line.text for line in lines if len(line.text) < 80 and BYLINE_HINT.search(line.hint))
    agencies = next((agencies for text in marked if (agencies := plain_agencies_in(text, grammar))), ())
    inputs = (span for span in spans if span.rule == INPUTS_RULE and not is_contribution(span))
    derived = (agency for span in inputs for agency in span.agencies)
    return agencies[0] if agencies else next(derived, "") or _provider(meta, grammar)


def _provider(meta: Metadata, grammar: Grammar) -> str:
    """The first of those who supplied the article that is an agency by a name that means nothing else, and no more."""
    signatures = (signature(name, grammar.agencies) for name in meta.providers)
    roles = grammar.words.roles
    return next(
        (s.agencies[0] for s in signatures if s.plain and len(s.agencies) == 1 and roles.issuperset(s.rest)), ""
    )


def _bylines(spans: Sequence[Span]) -> tuple[str, ...]:
    texts = [span.text for span in spans if span.kind is SpanKind.BYLINE and span.rule == "byline"]
    names = (
        re.sub(r"^\W*(?:[Bb][Yy]|[Vv]on|[Pp]ar|[Pp]or|[Dd]i)\s+", "", re.split(r"[|•·]", text)[0]) for text in texts
    )
    return tuple(dict.fromkeys(name.strip(" ,=") for name in names))


def stamped_moment(spans: Sequence[Span], hints: PageHints) -> Moment | None:
    moments = (byline_moment(span.text, hints) for span in spans if span.kind is SpanKind.BYLINE)
    return next((at for at in moments if at), None)


def _dateline(spans: Sequence[Span], published: Moment | None, grammar: Grammar) -> Dateline | None:
    span = next((span for span in spans if span.kind is SpanKind.DATELINE), None)
    if span is None:
        return None
    place, day = dateline_parts(span, grammar)
    return Dateline(place, _filed(day, published, grammar), span.text.strip())


def _filed(day: str, published: Moment | None, grammar: Grammar) -> Moment | None:
    """The dateline's day; a year that it leaves out is the one nearest to when the article came out."""
    filed_day = dateline_day(day, grammar)
    if filed_day is None or (filed_day[0] is None and published is None):
        return None
    year, month, date = filed_day
    years = [year] if year else []
    near = years or [published.value.year + shift for shift in (0, -1, 1)] if published else years
    moments = [at for year in near if (at := read_moment(f"{year}-{month:02d}-{date:02d}", Basis.DATELINE))]
    if published is None or years:
        return moments[0] if moments else None
    return min(moments, key=lambda at: abs(at.value - published.value), default=None)
