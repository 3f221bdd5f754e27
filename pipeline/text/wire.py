"""The grammar of agency lines: datelines, bylines, credits, end marks, disclaimers, update marks.

The words are data (``pipeline/data/agencies.toml``, ``wire.toml``, and agencies files of the user's own); the forms are
here and in :mod:`pipeline.text.datelines`. ``line_spans`` says what it sees in one line. A name that means something
else too counts only where the form leaves no doubt: in brackets after a place, behind a word for "source".
"""

from __future__ import annotations

import re
import tomllib
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from functools import cache, lru_cache
from importlib.resources import files
from typing import Any, Literal

from pipeline.model import Span, SpanKind, VersionKind
from pipeline.text import agencies as naming
from pipeline.text import datelines
from pipeline.text.agencies import Agencies, Signature, signature
from pipeline.text.datelines import POSTPOSITIONS, UPPER, Datelines

Position = Literal["first", "middle", "last"]
LONGEST_MARK = 420
LONGEST_CREDIT = 120
LONGEST_BYLINE = 140
DESK = 5
ARTICLE = 3


@dataclass(frozen=True, slots=True, eq=False)
class Words:
    """Tables of ``wire.toml``, in small letters: what credit lines, bylines and disclaimers are made of."""

    byline_lead: re.Pattern[str]
    roles: frozenset[str]
    sources: frozenset[str]
    derived: frozenset[str]
    fillers: frozenset[str]
    unnamed: frozenset[str]
    not_initials: frozenset[str]
    pictures: frozenset[str]


@dataclass(frozen=True, slots=True, eq=False)
class Disclaimers:
    """Phrases that make a disclaimer alone, and those that do so together."""

    rights: tuple[str, ...]
    this_text: tuple[str, ...]
    the_text: tuple[str, ...]
    feeds: re.Pattern[str]
    from_agency: re.Pattern[str]
    untouched: re.Pattern[str]
    passed: re.Pattern[str]
    patterns: tuple[re.Pattern[str], ...]


@dataclass(frozen=True, slots=True, eq=False)
class Grammar:
    """Names, words and compiled forms."""

    agencies: Agencies
    datelines: Datelines
    words: Words
    disclaimers: Disclaimers
    updates: tuple[tuple[VersionKind, re.Pattern[str], re.Pattern[str]], ...]
    endmarks: tuple[re.Pattern[str], ...]


def load_grammar(extra: Sequence[str] = ()) -> Grammar:
    """The grammar with the agencies of ``extra`` files added.

    Raises ConfigError for a file that is absent or no TOML, UnknownAgency for one that repeats a name.
    """
    return _load(tuple(extra))


@cache
def _load(extra: tuple[str, ...]) -> Grammar:
    forms = tomllib.loads((files("pipeline") / "data" / "wire.toml").read_text(encoding="utf-8"))
    agencies = naming.load_agencies(extra)
    return Grammar(
        agencies=agencies,
        datelines=datelines.compile_datelines(forms, agencies),
        words=_words(forms),
        disclaimers=_disclaimers(forms),
        updates=tuple(
            (VersionKind(row["kind"]), re.compile(row["opens"]), re.compile(row["anywhere"])) for row in forms["update"]
        ),
        endmarks=tuple(re.compile(pattern, re.IGNORECASE) for pattern in forms["endmarks"]),
    )


def _words(forms: dict[str, Any]) -> Words:
    leads = "|".join(sorted(map(re.escape, forms["by"]), key=len, reverse=True))
    return Words(
        re.compile(rf"^\^?[*—–-]?\s?(?:{leads})(?:\s?[:：]\s?|\s+)(?P<rest>\S.*)$", re.IGNORECASE),
        *(frozenset(map(str.casefold, forms[name])) for name in ("roles", "sources", "derived", "fillers", "agencies", "not_initials", "pictures")),
    )  # fmt: skip


def _disclaimers(forms: dict[str, Any]) -> Disclaimers:
    def any_of(name: str) -> re.Pattern[str]:
        return re.compile("|".join(map(re.escape, forms[name])))

    return Disclaimers(
        rights=tuple(forms["rights"]),
        this_text=tuple(forms["this_text"]),
        the_text=tuple(forms["the_text"]),
        feeds=any_of("feeds"),
        from_agency=any_of("from_agency"),
        untouched=any_of("untouched"),
        passed=any_of("passed"),
        patterns=tuple(re.compile(pattern, re.IGNORECASE) for pattern in forms["disclaimers"]),
    )


# ---------------------------------------------------------------- reading one line


@lru_cache(maxsize=4096)  # the readings of one page share most of their lines
def line_spans(line: str, position: Position, grammar: Grammar) -> tuple[Span, ...]:
    """What the grammar sees in one line that stands first, in the middle of, or last in a text.

    A whole line gives one span with ``whole`` set; a dateline or an end sign gives the exact slice it takes,
    separators and all, so that the line can be rebuilt.
    """
    text = line.strip()
    if not text:
        return ()
    whole_span = _whole_line(text, position, grammar)
    if whole_span:
        return (whole_span,)
    head = dateline_span(line, grammar) if position == "first" else None
    tail = tail_span(line, grammar) if position != "first" or head is None else None
    return tuple(span for span in (head, tail) if span)


def _whole_line(text: str, position: Position, grammar: Grammar) -> Span | None:
    if len(text) > LONGEST_MARK:
        return None
    for read in (_update, _disclaimer, _byline, _agency_sign, _credit, _end_mark):
        span = read(text, position, grammar)
        if span:
            return span
    return None


def _span(kind: SpanKind, text: str, rule: str, agencies: Iterable[str] = ()) -> Span:
    return Span(kind, text, rule, 0, 0, True, tuple(dict.fromkeys(agencies)))


def _update(text: str, _position: Position, grammar: Grammar) -> Span | None:
    kind = update_mark(text, grammar)
    return (
        _span(SpanKind.UPDATE, text, f"update mark: {kind.value}", agencies_in(text[:200], grammar)) if kind else None
    )


def update_mark(text: str, grammar: Grammar) -> VersionKind | None:
    """What a mark in a title or line says the text is; None where there is none."""
    return next((kind for kind, opens, anywhere in grammar.updates if opens.match(text) or anywhere.search(text)), None)


LABEL = re.compile(r"^\W*(?:\w+\s?[:：]\s*)?\W*")


def _disclaimer(text: str, _position: Position, grammar: Grammar) -> Span | None:
    forms, low = grammar.disclaimers, text.casefold()
    rights = any(phrase in low for phrase in forms.rights)  # half the time of one pattern with them all
    if rights or _on_this_text(low, forms) or any(form.search(text) for form in forms.patterns):
        return _span(SpanKind.DISCLAIMER, text, "disclaimer", agencies_in(text, grammar))
    return None


def _on_this_text(low: str, forms: Disclaimers) -> bool:
    """A sentence on the text itself that says it came from a feed or an agency, and that nobody here worked on it."""
    opening = low[label.end() if (label := LABEL.match(low)) else 0 :]
    is_this_text = opening.startswith(forms.this_text)
    if not is_this_text and not opening.startswith(forms.the_text):
        return False
    untouched = forms.untouched.search(low)
    if forms.feeds.search(low):
        return bool(untouched or (is_this_text and forms.passed.search(low)))
    return bool(untouched and forms.from_agency.search(low) and (is_this_text or " not " in low or "without" in low))


# ---------------------------------------------------------------- bylines

STAMP = re.compile(
    r"^\W{0,3}(?:last\s+)?(?:updated|published|posted|first published|modified|publié|mis à jour|actualizado|publicado|"
    r"aktualisiert|veröffentlicht|aggiornato|pubblicato|опубликовано|обновлено|प्रकाशित|अपडेटेड|更新|公開|配信)\s*(?:on|at|le|el|am|il|:|：)?.{0,60}\d.{0,40}$",
    re.IGNORECASE,
)
NAME = rf"{UPPER}[\w.'’-]*"
PERSON = re.compile(
    rf"{NAME}(?:\s+(?:de |van |von |al-|bin |da |del |der |di )?{NAME}){{1,3}}(?:\s(?:à|in|en|em|aus|a|i)\s{UPPER}.{{2,30}})?"
)
OUTLET = re.compile(rf"{NAME}(?:\s\w[\w.'’-]*){{0,3}}")
ON_A_SITE = re.compile(rf"^{PERSON.pattern}\s?/\s?[\w.]+\.[a-z]{{2,3}}$")
PIECES = re.compile(
    r"(?:(?:(?<!\s)\s+)?[,/()&]\s*|\s[-–—]\s|\s)(?:and|und|et|y|e|og|och|ja|i|и|with|avec|mit|con|com|med)\s|(?:(?<!\s)\s+)?[,/()&]\s*|\s[-–—]\s"
)
# White space is matched from where it begins alone: else each blank of many would be a start, and the time quadratic.
BAR = re.compile(r"(?:(?<!\s)\s+)?[|•·]\s*")
JOINED_ROLE = re.compile(r"^(?P<a>\S{2,8}?)(?:记者|記者|特派員)[\s：:]?\S{2,12}(?:\s\S{2,4})?$")


def _byline(text: str, position: Position, grammar: Grammar) -> Span | None:
    if len(text) > LONGEST_BYLINE:
        return None
    agencies = _line_agencies(text, grammar)
    if agencies is not None:
        return _span(SpanKind.BYLINE, text, "byline", agencies)
    if position != "middle" and STAMP.match(text):
        return _span(SpanKind.BYLINE, text, "time stamp")
    return None


def _line_agencies(text: str, grammar: Grammar) -> tuple[str, ...] | None:
    """The agencies of a byline, which may be none; None where the line is no byline."""
    lead = grammar.words.byline_lead.match(text)
    if lead:
        return _byline_agencies(lead["rest"], grammar)
    bars = BAR.split(text)
    if len(bars) > 1:
        signed = signature(bars[0], grammar.agencies)
        dated = re.search(r"\d{4}|\d:\d\d", bars[-1]) or (signed.plain and OUTLET.fullmatch(bars[-1]))
        return signed.agencies if signed.agencies and not signed.rest and dated else None
    joined = JOINED_ROLE.match(text)
    if joined and joined["a"] in grammar.agencies.id_of:
        return (grammar.agencies.id_of[joined["a"]],)
    if text[0] == "^" and text[-1] == "=":
        return agencies_in(text, grammar)
    return () if ON_A_SITE.match(text) else _employed(text, grammar)


def _byline_agencies(rest: str, grammar: Grammar) -> tuple[str, ...] | None:
    """What follows a word for "by": persons, agencies with what their people are called, an outlet beside an agency."""
    names, *bars = BAR.split(rest)
    employer = signature(bars[0], grammar.agencies) if bars else None
    names += f", {bars[0]}" if employer and employer.agencies and not employer.rest else ""
    pieces = [piece.strip(" ^=.") for piece in PIECES.split(names)]
    pieces = [piece for piece in pieces if piece]
    read = [_piece(piece, grammar) for piece in pieces]
    agencies = tuple(agency for piece_agencies in read for agency in piece_agencies or ())
    if rest.endswith("=") and pieces and PERSON.fullmatch(pieces[0]):
        return agencies
    if agencies:
        return (
            agencies
            if all(
                piece_agencies is not None or OUTLET.fullmatch(piece)
                for piece_agencies, piece in zip(read, pieces, strict=True)
            )
            else None
        )
    return () if pieces and all(PERSON.fullmatch(piece) for piece in pieces) else None


def _piece(piece: str, grammar: Grammar) -> tuple[str, ...] | None:
    """The agencies of one piece of a byline: none for a person, None for what is neither."""
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
        and _byline_agencies(persons, grammar) is not None
    ):
        return signed.agencies
    return None


# ---------------------------------------------------------------- credits and end marks

# Stands for an agency's name: a letter, and one that no text has.
SIGN = "ꙮ"
CODES = r"(?:\s+(?:[a-z]{2,5}|[a-z]\d|[A-Z]{2,5}|[a-z]{2,4}(?:/[a-z]{2,4})+))"
SIGNED = re.compile(
    rf"^(?P<dash>\W{{0,2}}[-–—]{{1,3}}\s?)ꙮ(?:[/&, ]*ꙮ)*{CODES}{{0,6}}\W{{0,2}}$|^\(ꙮ\)\s?\.$|^\(ꙮ\)(?:\s[a-z]{{2,4}}/)+$|^ꙮ/(?:[A-Z]{{2,4}}(?:/[A-Z]{{2,4}})*|[A-Z]?[a-z]{{2,4}})?$"
)
CODED = re.compile(rf"^\W{{0,2}}ꙮ(?:[/,]ꙮ)*(?P<codes>{CODES}{{1,6}})$")
NUMBERED = re.compile(r"^(?:©|\(c\))\s?ꙮ[,:\s].*\d")
INDIC_NAMES = re.compile(r"^ꙮ(?:\s[\u0900-\u0963\u0966-\u0dff]{2,14}){2,3}$")
INITIALS = re.compile(r"\b[a-z]{2,4}(?=/)|(?<=/)[a-z]{2,5}\b|\b\w+\.[a-z]{2,3}\b")
LABELLED = re.compile(r"[:：]")


def _agency_sign(text: str, position: Position, grammar: Grammar) -> Span | None:
    """An agency's name as it closes a text: behind dashes, with its desk's initials, with a number."""
    if len(text) > LONGEST_CREDIT or not (agencies := agencies_in(text, grammar)):
        return None
    form = grammar.agencies.pattern.sub(SIGN, text)
    coded = CODED.match(form)
    # "Reuters said so" is no sign: behind a name in ordinary letters, small letters are words.
    codes = coded and (
        coded["codes"].isupper() or (plain_agencies_in(text, grammar) and not text.istitle() and not text[:2].istitle())
    )
    indic = position == "last" and INDIC_NAMES.match(form) and not POSTPOSITIONS.intersection(form.split())
    if SIGNED.match(form) or codes or NUMBERED.match(form) or indic:
        return _span(SpanKind.ENDMARK, text, "agency's sign", agencies)
    return None


def _credit(text: str, _position: Position, grammar: Grammar) -> Span | None:
    """A line made of nothing but agencies' names and words that credits are made of."""
    if len(text) > LONGEST_CREDIT:
        return None
    words, signed = grammar.words, signature(INITIALS.sub(_unless_named(grammar), text), grammar.agencies)
    rest = set(signed.rest)
    if rest - words.sources - words.derived - words.fillers - words.unnamed - words.roles:
        return _small_credit(text, grammar)
    rule = _credit_rule(text, rest, words)
    if rule == "credit alone" and not _stands_alone(text, signed, rest, words):
        return None
    if not signed.agencies and not rest & words.unnamed:
        return None
    return _span(SpanKind.CREDIT, text, rule, signed.agencies)


def _credit_rule(text: str, rest: set[str], words: Words) -> str:
    if rest & words.derived:
        return "derived from"
    return "source" if rest & words.sources and LABELLED.search(text) else "credit alone"


def _stands_alone(text: str, signed: Signature, rest: set[str], words: Words) -> bool:
    """A plain name, any name in brackets or behind a word for "source"; never an article, which begins a sentence."""
    is_named = rest & words.sources or signed.plain or text[0] in "([（［/"
    other_words = {
        word for word in rest if word not in words.sources and word not in words.unnamed and word != "copyright"
    }
    return bool(is_named) and all(word in words.roles and len(word) > ARTICLE for word in other_words)


def _small_credit(text: str, grammar: Grammar) -> Span | None:
    """``(reuters)``: an agency in small letters of its own accord signs a picture as often as a text, so it is nobody's."""
    name = text.strip("()[]. ")
    is_agency = name.islower() and name.upper() in grammar.agencies.plain
    return _span(SpanKind.CREDIT, text, "credit in small letters") if is_agency else None


def _unless_named(grammar: Grammar) -> Callable[[re.Match[str]], str]:
    return lambda match: match[0] if match[0] in grammar.agencies.id_of else " "


def _end_mark(text: str, position: Position, grammar: Grammar) -> Span | None:
    if position == "first" or len(text) > 300 or text.casefold().strip(" .") in grammar.words.not_initials:
        return None
    if any(pattern.search(text) for pattern in grammar.endmarks):
        return _span(SpanKind.ENDMARK, text, "end mark", agencies_in(text, grammar))
    return None


# ---------------------------------------------------------------- the ends of a line


def dateline_span(line: str, grammar: Grammar) -> Span | None:
    """The dateline at the head of a line, as the exact slice that goes; None where there is none."""
    return datelines.span(line, grammar.datelines) if line[:1].strip() else None


def dateline_parts(span: Span, grammar: Grammar) -> tuple[str, str]:
    """Place and day, as written, of a dateline span."""
    # A form looks ahead at the sentence that follows, which the span has not.
    reading = datelines.dateline(span.text + "A", grammar.datelines) or datelines.dateline(span.text, grammar.datelines)
    return (reading.place, reading.day) if reading else ("", "")


def dateline_day(day: str, grammar: Grammar) -> tuple[int | None, int, int] | None:
    """Year, if it is said, month and day of the month of a dateline's day; None where no month is named."""
    return datelines.day_of(day, grammar.datelines)


CLOSED = ".!?।。…»”\"'’)"
TAIL_MOST = 400
TAIL = re.compile(
    r"(?P<gap>\s*)(?:(?P<dash>[-–—]{1,3})\s?(?P<b>[^\s.!?()/–—-][^.!?()–—]{0,30})|/(?P<c>[^/\s]{2,20})/|(?P<d>[^\s.]{2,20}(?:\s+[A-Z]{2,4}){1,6}))$"
)


def tail_span(line: str, grammar: Grammar) -> Span | None:
    """What an agency or an outlet puts behind the last sentence of a line, as the exact slice that goes."""
    text = line.rstrip()
    if len(text) < 3 or (text[-1] in '.!?"”' and text[-2] not in ")）"):
        return None
    tail = _bracketed_tail(text, grammar) if text.rstrip(".")[-1:] in (")", "）") else _open_tail(text, grammar)
    if tail is None:
        return None
    start, span = tail
    return Span(span.kind, line[start:], span.rule, 0, start, False, span.agencies)


def _bracketed_tail(text: str, grammar: Grammar) -> tuple[int, Span] | None:
    """Brackets behind a sentence: a credit, who edited it, a disclaimer."""
    opened = max(text.rfind("("), text.rfind("（"))
    before = text[:opened].rstrip() if opened >= 0 else ""
    inside = text[opened:]
    if not before or len(inside) > TAIL_MOST:
        return None
    signed = signature(inside, grammar.agencies) if len(inside) < LONGEST_CREDIT // 2 else None
    closed = before[-1] in CLOSED
    alone = signed and signed.agencies and all(len(word) <= DESK for word in signed.rest)
    if signed and alone and (closed or (inside[-1] == "." and signed.plain)):
        return len(before), _span(SpanKind.ENDMARK, inside, "agency's sign at the end", signed.agencies)
    span = _whole_line(inside, "last", grammar) if closed and not inside[1:2].islower() else None
    return (
        (len(before), span) if span and span.kind in (SpanKind.ENDMARK, SpanKind.CREDIT, SpanKind.DISCLAIMER) else None
    )


def _open_tail(text: str, grammar: Grammar) -> tuple[int, Span] | None:
    match = TAIL.search(text, max(len(text) - 60, 0))
    before = text[: match.start()].rstrip() if match else ""
    if not match or not before or not (before[-1] in CLOSED or match["dash"] == "--" or match["c"]):
        return None
    credit = match["b"] or match["c"] or match["d"]
    signed = signature(credit, grammar.agencies)
    codes = all(len(word) <= DESK for word in signed.rest)
    coded = match["d"] is None or (signed.plain and bool(signed.rest))
    if signed.agencies and codes and coded and not grammar.words.pictures.intersection(signed.rest):
        return len(before), _span(SpanKind.ENDMARK, credit, "agency's sign at the end", signed.agencies)
    return None


# ---------------------------------------------------------------- names


def agencies_in(text: str, grammar: Grammar) -> tuple[str, ...]:
    """Ids of the agencies that ``text`` names, in order."""
    return naming.agencies_in(text, grammar.agencies)


def plain_agencies_in(text: str, grammar: Grammar) -> tuple[str, ...]:
    """The same by names that mean nothing else."""
    return naming.plain_agencies_in(text, grammar.agencies)


def agencies_signed(author: str, grammar: Grammar) -> tuple[str, ...]:
    """The agencies of an author's name as metadata give it: a weak name counts where nothing but it stands there."""
    signed = signature(author, grammar.agencies)
    return signed.agencies if grammar.words.roles.issuperset(signed.rest) else plain_agencies_in(author, grammar)
