"""Credits and end marks: an agency's name as it closes a text, and lines made of agencies' names alone."""

from __future__ import annotations

import re
from collections.abc import Callable

from pipeline.model import Span, SpanKind
from pipeline.text.agencies import Signature, may_name, signature
from pipeline.text.datelines import POSTPOSITIONS
from pipeline.text.grammar import Grammar, Position, Words, agencies_in, plain_agencies_in, whole_span

LONGEST_CREDIT = 120
ARTICLE = 3
# Stands for an agency's name: a letter, and one that no text has.
SIGN = "ꙮ"
CODES = r"(?:\s+(?:[a-z]{2,5}|[a-z]\d|[A-Z]{2,5}|[a-z]{2,4}(?:/[a-z]{2,4})+))"
SIGNED = re.compile(
    rf"""
      ^\W{{0,2}}[-–—]{{1,3}}\s?ꙮ(?:[/&,\ ]*ꙮ)*{CODES}{{0,6}}\W{{0,2}}$  # behind dashes, with the desk's codes
    | ^\(ꙮ\)\s?\.$
    | ^\(ꙮ\)(?:\s[a-z]{{2,4}}/)+$                                  # with the editors' initials
    | ^ꙮ(?:\s[A-Z]{{2,5}}){{1,4}}\s?\d{{3,4}}$                           # with the clock
    | ^ꙮ/(?:[A-Z]{{2,4}}(?:/[A-Z]{{2,4}})*|[A-Z]?[a-z]{{2,4}})?$
    """,
    re.VERBOSE,
)
CODED = re.compile(rf"^\W{{0,2}}ꙮ(?:[/,]ꙮ)*(?P<codes>{CODES}{{1,6}})$")
RIGHTS = re.compile(r"^(?:©|\([cC]\))\s?ꙮ\W{0,2}$")
NUMBERED = re.compile(r"^(?:©|\(c\))\s?ꙮ[,:\s].*\d")
INDIC_NAMES = re.compile(r"^ꙮ(?:\s[\u0900-\u0963\u0966-\u0dff]{2,14}){2,3}$")
INITIALS = re.compile(r"\b[a-z]{2,4}(?=/)|(?<=/)[a-z]{2,5}\b|\b\w+\.[a-z]{2,3}\b")
LABELLED = re.compile(r"[:：]")


def agency_sign_span(text: str, position: Position, grammar: Grammar) -> Span | None:
    """Return an agency's name as it closes a text as a span: behind dashes, with its desk's initials, with a number."""
    if len(text) > LONGEST_CREDIT or not (agencies := agencies_in(text, grammar)):
        return None
    form = grammar.agencies.pattern.sub(SIGN, text)
    coded = CODED.match(form)
    # "AFP PHOTO" signs a picture.
    if coded and grammar.words.pictures.intersection(coded["codes"].casefold().split()):
        return None
    # "Reuters said so" is no sign: behind a name in ordinary letters, small letters are words.
    codes = coded and (
        coded["codes"].isupper() or (plain_agencies_in(text, grammar) and not text.istitle() and not text[:2].istitle())
    )
    indic = position == "last" and INDIC_NAMES.match(form) and not POSTPOSITIONS.intersection(form.split())
    rights = position == "last" and RIGHTS.match(form)
    if SIGNED.match(form) or rights or codes or NUMBERED.match(form) or indic:
        return whole_span(SpanKind.ENDMARK, text, "agency's sign", agencies)
    return None


def credit_span(text: str, _position: Position, grammar: Grammar) -> Span | None:
    """Return a line as a span that is made of nothing but agencies' names and words that credits are made of."""
    if len(text) > LONGEST_CREDIT:
        return None
    words = grammar.words
    # Of most lines, neither a name nor such a word is in them: that is seen at a fifth of the cost.
    if not (may_name(text, grammar.agencies) or any(map(text.casefold().__contains__, words.unnamed))):
        return _small_credit(text, grammar)
    signed = signature(INITIALS.sub(_unless_named(grammar), text), grammar.agencies)
    rest = set(signed.rest)
    if rest - words.sources - words.derived - words.fillers - words.unnamed - words.roles:
        return _small_credit(text, grammar)
    rule = _credit_rule(text, rest, words)
    if rule == "credit alone" and not _stands_alone(text, signed, rest, words):
        return None
    if not signed.agencies and not rest & words.unnamed:
        return None
    return whole_span(SpanKind.CREDIT, text, rule, signed.agencies)


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
    """Return ``(reuters)`` as a credit of no agency: small letters sign a picture as often as a text."""
    name = text.strip("()[]. ")
    is_agency = name.islower() and name.upper() in grammar.agencies.plain
    return whole_span(SpanKind.CREDIT, text, "credit in small letters") if is_agency else None


def _unless_named(grammar: Grammar) -> Callable[[re.Match[str]], str]:
    return lambda match: match[0] if match[0] in grammar.agencies.id_of else " "


def end_mark_span(text: str, position: Position, grammar: Grammar) -> Span | None:
    """Return a line as a span that closes an agency's text without its name, such as "ENDS" or who edited it."""
    if position == "first" or len(text) > 300 or text.casefold().strip(" .") in grammar.words.not_initials:
        return None
    if grammar.endmarks.fit(text):
        return whole_span(SpanKind.ENDMARK, text, "end mark", agencies_in(text, grammar))
    return None
