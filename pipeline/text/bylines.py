"""Bylines: who wrote a text, as persons, agencies and outlets are set side by side; and its time stamp."""

from __future__ import annotations

import re

from pipeline.model import Span, SpanKind
from pipeline.text.agencies import signature
from pipeline.text.datelines import UPPER
from pipeline.text.grammar import Grammar, Position, agencies_in, plain_agencies_in, whole_span

LONGEST_BYLINE = 140
TIME_STAMP = re.compile(
    r"""
    ^\W{0,3}(?:last\s+)?
    (?:updated|published|posted|first\ published|modified|publié|mis\ à\ jour|actualizado|publicado|aktualisiert|
       veröffentlicht|aggiornato|pubblicato|опубликовано|обновлено|प्रकाशित|अपडेटेड|更新|公開|配信)
    \s*(?:on|at|le|el|am|il|:|：)?
    .{0,60}\d.{0,40}$
    """,
    re.IGNORECASE | re.VERBOSE,
)
NAME = rf"{UPPER}[\w.'’-]*"
NAME_PARTICLE = "(?:de |van |von |al-|bin |da |del |der |di )"
PLACE_OF_WORK = rf"(?:\s(?:à|in|en|em|aus|a|i)\s{UPPER}.{{2,30}})"
PERSON = re.compile(rf"{NAME}(?:\s+{NAME_PARTICLE}?{NAME}){{1,3}}{PLACE_OF_WORK}?")
OUTLET = re.compile(rf"{NAME}(?:\s\w[\w.'’-]*){{0,3}}")
ON_A_SITE = re.compile(rf"^{PERSON.pattern}\s?/\s?[\w.]+\.[a-z]{{2,3}}$")
# White space is matched from where it begins alone: else each blank of many would be a start, and the time quadratic.
BLANKS = r"(?:(?<!\s)\s+)?"
BAR = re.compile(rf"{BLANKS}[|•·]\s*")
MARK = rf"{BLANKS}[,/()&]\s*|\s[-–—]\s"
CONJUNCTION = "(?:and|und|et|y|e|og|och|ja|i|и|with|avec|mit|con|com|med)"
BETWEEN_NAMES = re.compile(rf"(?:{MARK}|\s){CONJUNCTION}\s|{MARK}")
JOINED_ROLE = re.compile(r"^(?P<agency>\S{2,8}?)(?:记者|記者|特派員)[\s：:]?\S{2,12}(?:\s\S{2,4})?$")

# ``AA-ANKARA``, ``EFE. Madrid``: an agency and the place it files from, and nothing else.
FILED_IN_CAPITALS = re.compile(rf"^(?P<agency>{UPPER}{{2,8}})-(?P<place>{UPPER}{{3,}}(?:[ -]{UPPER}{{2,}}){{0,2}})$")
FILED_FROM = re.compile(rf"^(?P<agency>{UPPER}{{2,8}})\.\s(?P<place>{UPPER}\w{{2,}}(?:[ -]{UPPER}\w+){{0,2}})$")


def byline_span(text: str, position: Position, grammar: Grammar) -> Span | None:
    """Return a line that is a byline or a time stamp as a span; None for any other."""
    if len(text) > LONGEST_BYLINE:
        return None
    agencies = line_agencies(text, grammar)
    if agencies is not None:
        return whole_span(SpanKind.BYLINE, text, "byline", agencies)
    if position != "middle" and TIME_STAMP.match(text):
        return whole_span(SpanKind.BYLINE, text, "time stamp")
    return None


def line_agencies(text: str, grammar: Grammar) -> tuple[str, ...] | None:
    """Return the ids of the agencies of a byline, which may be none; None where the line is no byline."""
    lead = grammar.words.byline_lead.match(text)
    if lead:
        return byline_agencies(lead["rest"], grammar)
    bars = BAR.split(text)
    if len(bars) > 1:
        signed = signature(bars[0], grammar.agencies)
        dated = re.search(r"\d{4}|\d:\d\d", bars[-1]) or (signed.plain and OUTLET.fullmatch(bars[-1]))
        return signed.agencies if signed.agencies and not signed.rest and dated else None
    filed = FILED_IN_CAPITALS.match(text) or FILED_FROM.match(text)
    if filed and filed["place"].casefold() not in grammar.words.pictures and filed["agency"] in grammar.agencies.id_of:
        return (grammar.agencies.id_of[filed["agency"]],)
    joined = JOINED_ROLE.match(text)
    if joined and joined["agency"] in grammar.agencies.id_of:
        return (grammar.agencies.id_of[joined["agency"]],)
    if text.startswith("^") and text.endswith("="):
        return agencies_in(text, grammar)
    return () if ON_A_SITE.match(text) else _employed(text, grammar)


def byline_agencies(rest: str, grammar: Grammar) -> tuple[str, ...] | None:
    """Return the agencies of what follows a word for "by"; None where it is no byline.

    It is one where it holds persons, agencies with what their people are called, and outlets beside an agency.
    """
    names, *bars = BAR.split(rest)
    employer = signature(bars[0], grammar.agencies) if bars else None
    names += f", {bars[0]}" if employer and employer.agencies and not employer.rest else ""
    pieces = [piece.strip(" ^=.") for piece in BETWEEN_NAMES.split(names)]
    pieces = [piece for piece in pieces if piece]
    read = [_piece_agencies(piece, grammar) for piece in pieces]
    agencies = tuple(agency for piece_agencies in read for agency in piece_agencies or ())
    if rest.endswith("=") and pieces and PERSON.fullmatch(pieces[0]):
        return agencies
    if agencies:
        unread = (piece for piece, piece_agencies in zip(pieces, read, strict=True) if piece_agencies is None)
        return agencies if all(map(OUTLET.fullmatch, unread)) else None
    return () if pieces and all(PERSON.fullmatch(piece) for piece in pieces) else None


def _piece_agencies(piece: str, grammar: Grammar) -> tuple[str, ...] | None:
    """Return the agencies of one piece of a byline: none for a person, None for what is neither."""
    signed = signature(piece, grammar.agencies)
    if signed.agencies and grammar.words.roles.issuperset(signed.rest):
        return signed.agencies
    if signed.plain and PERSON.match(piece):
        return plain_agencies_in(piece, grammar)
    return () if PERSON.fullmatch(piece) else None


def _employed(text: str, grammar: Grammar) -> tuple[str, ...] | None:
    """``Jane Roe, Associated Press``: without a word for "by" the agency's name must be plain."""
    persons, _, employer = text.rpartition(", ")
    signed = signature(employer, grammar.agencies) if persons and PERSON.match(persons) else None
    if (
        signed
        and signed.plain
        and grammar.words.roles.issuperset(signed.rest)
        and byline_agencies(persons, grammar) is not None
    ):
        return signed.agencies
    return None
