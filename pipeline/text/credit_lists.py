"""Credits that set agencies beside outlets, persons and an outlet's own people: "With files from", "red, APA".

The words are in ``pipeline/data/credits.toml``. A line is read piece by piece: each must be an agency, a word for
agencies or for the outlet's people, or a name; what else a line holds makes it a sentence.
"""

from __future__ import annotations

import re
import tomllib
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import cache
from importlib.resources import files

from pipeline.model import Span, SpanKind
from pipeline.text.agencies import Signature, may_name, signature
from pipeline.text.bylines import PERSON
from pipeline.text.datelines import UPPER, dateline
from pipeline.text.grammar import Grammar, Position, whole_span
from pipeline.text.phrases import Phrases

LONGEST_LIST = 140
CONJUNCTION = "and|und|et|y|e|og|och|en|i|a|ja|och|și|şi|ve|и|та|і|και|و|और|dan|và|&"
SEPARATOR = re.compile(rf"\s*[,/;|、；·+،]\s*|\s+[-–—]\s+|\s+(?:{CONJUNCTION})\s+|(?<=[\u3400-\u9fff])[及和与與]")
SLASH = re.compile(r"[/|]|\s[-–—]\s")
TIGHT_SLASH = re.compile(r"^[^/]*\w/\w")
BRACKETS = "()[]（）【】［］ 　"
TRIM = "-–—*•~ ."
OUTLET = re.compile(rf"{UPPER}[\w.'’-]*(?:\s(?:(?:de|la|le|el|of|the|do|da|di|der|van|and)\s)?{UPPER}[\w.'’-]*){{0,3}}")
DOMAIN = re.compile(r"(?<=\w)\.(?:com|net|org|info|[a-z]{2})(?:\.[a-z]{2})?$")
SITE = re.compile(r"[\w-]{2,30}(?:\.[\w-]{2,30})?\.[a-z]{2,3}")
HAN_NAME = re.compile(r"[\u3400-\u9fff\w]{2,9}")
UNCASED_NAME = re.compile(r"[\u0600-\u06ff\u0900-\u0dff]{2,14}(?:\s[\u0600-\u06ff\u0900-\u0dff]{2,14}){0,2}")
HAN_BLANK = re.compile(r"(?<=[\u3400-\u9fff])[\s　](?=[\u3400-\u9fff])")
HAN_PLACE = re.compile(r"[\u3400-\u9fff]{2,4}")
FILED = ("电", "電", "讯", "訊")
HAN = re.compile(r"[\u3400-\u9fff]")
BYLINE_WORD = re.compile(
    r"^(?:(?:by|from|por|par|von|di|av|af|door|od|przez)\s|(?:text|texte|texto|testo|tekst|autor|auteur|author|автор|文)\s?[:：/／]\s*)",
    re.IGNORECASE,
)
PLACE_OF_WORK = re.compile(rf"\s(?:in|à|em|aus)\s{UPPER}[^,/]{{2,30}}$")
ARTICLE = re.compile(r"^(?:the|la|le|les|de|des|du|der|die|das|del|do|da|dos|das)\s(?=\S)")
# Letters of a place at least, and parts of a byline at most.
PLACE_LEAST, PIECES_MOST = 4, 4


@dataclass(frozen=True, slots=True, eq=False)
class CreditWords:
    """Compiled words of ``credits.toml``."""

    leads: re.Pattern[str]
    joiners: re.Pattern[str]
    desks: frozenset[str]
    wires: frozenset[str]
    wire_phrases: Phrases
    contributions: Phrases
    han: re.Pattern[str]


@dataclass(frozen=True, slots=True)
class Piece:
    """A part of a credit: ``kind`` is agency, wire, desk or name."""

    text: str
    kind: str
    agencies: tuple[str, ...] = ()
    plain: bool = False


def credit_lead_span(text: str, position: Position, grammar: Grammar) -> Span | None:
    """Return a line that begins with words such as "With files from" as a span; None for any other."""
    if not _may_credit(text, position, grammar):
        return None
    lead = load_credit_words().leads.match(_bare(text))
    agencies = _agencies_of(_pieces(lead["rest"], grammar)) if lead else None
    if lead is None or agencies is None:
        return None
    is_source = lead["lead"].casefold() in grammar.words.sources
    return whole_span(SpanKind.CREDIT, text, "source" if is_source else "derived from", agencies)


def _may_credit(text: str, position: Position, grammar: Grammar) -> bool:
    """Whether a line stands where credits do, is short, and has a word of an agency: what most lines fail, cheaply."""
    if position == "middle" or len(text) > LONGEST_LIST or text.endswith(("!", "?", "。")):
        return False
    return may_name(text, grammar.agencies) or _may_say_agencies(text)


def _bare(text: str) -> str:
    return text.strip(TRIM).strip(BRACKETS).strip(TRIM)


def credit_list_span(text: str, position: Position, grammar: Grammar) -> Span | None:
    """Return a line near the ends of a text that credits agencies in a list as a span; None for any other."""
    if not _may_credit(text, position, grammar):
        return None
    line = BYLINE_WORD.sub("", _bare(text))
    bracketed = text[:1] in BRACKETS and text[-1:] in BRACKETS
    for read in (_outlet_with_agencies, _han_list):
        agencies = read(line, bracketed, grammar)
        if agencies is not None:
            return whole_span(SpanKind.CREDIT, text, "derived from", agencies)
    agencies = _plain_list(line, bracketed, grammar)
    if agencies is not None:
        return whole_span(SpanKind.CREDIT, text, "credit in a list", agencies)
    is_first = position == "first" and not bracketed and dateline(text, grammar.datelines) is None
    agencies = _signed_name(line, grammar) if is_first else None
    return None if agencies is None else whole_span(SpanKind.BYLINE, text, "byline with an agency", agencies)


def _may_say_agencies(text: str) -> bool:
    return load_credit_words().wire_phrases.any_in(text.casefold())


def _outlet_with_agencies(line: str, _bracketed: bool, grammar: Grammar) -> tuple[str, ...] | None:
    """``Le Courrier avec AFP et Reuters``, ``za PAP``."""
    for joiner in load_credit_words().joiners.finditer(line):
        outlet, pieces = line[: joiner.start()].strip(" (,"), _pieces(line[joiner.end() :].strip("() "), grammar)
        is_sure = all(
            piece.kind == "wire" or (piece.kind == "agency" and (piece.plain or not outlet)) for piece in pieces
        )
        if pieces and is_sure and (not outlet or _is_own(outlet, grammar)):
            return _agencies_of(pieces)
    return None


def _is_own(outlet: str, grammar: Grammar) -> bool:
    piece = _piece(outlet, grammar)
    return piece is not None and piece.kind in ("name", "desk")


def _han_list(line: str, bracketed: bool, grammar: Grammar) -> tuple[str, ...] | None:
    """``综合新华社、央视新闻``, ``据新华社电``."""
    match = load_credit_words().han.match(HAN_BLANK.sub("、", line)) if HAN.search(line) else None
    if match is None or not (match["lead"] or match["trail"] or bracketed):
        return None
    name = grammar.agencies.pattern.match(match["rest"])
    if name and match["trail"] in FILED and HAN_PLACE.fullmatch(match["rest"], name.end()):
        return (grammar.agencies.id_of[name[0]],)
    return _agencies_of(_pieces(match["rest"], grammar))


def _plain_list(line: str, bracketed: bool, grammar: Grammar) -> tuple[str, ...] | None:
    """``red, APA``, ``Agencias / Redacción``: agencies and the outlet's own people, nobody else."""
    pieces = _pieces(line, grammar)
    kinds = {piece.kind for piece in pieces}
    sure = bracketed or "desk" in kinds or any(piece.plain or piece.kind == "wire" for piece in pieces)
    if not pieces or kinds - {"agency", "wire", "desk"} or not sure:
        return None
    return _agencies_of(pieces)


def _signed_name(line: str, grammar: Grammar) -> tuple[str, ...] | None:
    """``Bo Ek/AP``, ``AA / İSTANBUL``, ``BO EK AP Sports Writer``: one name and one agency."""
    pieces = _pieces(line, grammar)
    names = [piece.text for piece in pieces if piece.kind == "name"]
    signed = [piece for piece in pieces if piece.kind in ("agency", "wire")]
    if not names or not signed or len(pieces) > PIECES_MOST:
        return _employed(line, grammar)
    are_persons = all(map(PERSON.fullmatch, names))
    # "REUTERS/Bo Ek" signs a picture: a writer's name stands before the agency's.
    if are_persons and pieces[0] is signed[0] and TIGHT_SLASH.search(line):
        return None
    is_sure = all(piece.plain or (piece.kind == "wire" and (are_persons or SLASH.search(line))) for piece in signed)
    is_behind = len(signed) == 1 and pieces[-1] is signed[0]
    is_set_off = bool(SLASH.search(line)) and (is_behind or all(map(_is_place_name, names)))
    if is_sure or is_set_off:
        return _agencies_of(signed)
    return _employed(line, grammar)


def _is_place_name(name: str) -> bool:
    return len(name) >= PLACE_LEAST and " " not in name


def _employed(line: str, grammar: Grammar) -> tuple[str, ...] | None:
    match = grammar.agencies.pattern.search(line)
    person = line[: match.start()].rstrip(" ,") if match else ""
    if match is None or not PERSON.fullmatch(person) or not _is_outlet(person, grammar):
        return None
    roles = signature(line[match.end() :], grammar.agencies).rest
    long_name = " " in match[0] and match[0] in grammar.agencies.plain
    is_role = bool(roles) and grammar.words.roles.issuperset(roles)
    return signature(match[0], grammar.agencies).agencies if is_role or (long_name and not roles) else None


def _agencies_of(pieces: Sequence[Piece]) -> tuple[str, ...] | None:
    if not pieces or not any(piece.kind in ("agency", "wire") for piece in pieces):
        return None
    return tuple(dict.fromkeys(agency for piece in pieces for agency in piece.agencies))


def _pieces(text: str, grammar: Grammar) -> tuple[Piece, ...]:
    """Return the parts of a list; none where one of them is neither a name nor a word of credits."""
    parts = (ARTICLE.sub("", part.strip(BRACKETS + ".'’")) for part in SEPARATOR.split(text))
    texts = [part for part in parts if part]
    pieces = [_piece(part, grammar) for part in texts]
    return tuple(piece for piece in pieces if piece) if all(pieces) else ()


def _piece(text: str, grammar: Grammar) -> Piece | None:
    words, text = load_credit_words(), PLACE_OF_WORK.sub("", text)
    low = text.casefold().rstrip(".")
    signed = signature(DOMAIN.sub("", text), grammar.agencies)
    if grammar.words.pictures.intersection(signed.rest):
        return None
    if signed.agencies and _is_agency_alone(signed, grammar):
        return Piece(text, "agency", signed.agencies, signed.plain)
    if low in words.wires or low in words.desks:
        return Piece(text, "wire" if low in words.wires else "desk")
    outlet, _, desk = text.rpartition(" ")
    if desk.casefold() in words.desks and OUTLET.fullmatch(outlet):
        return Piece(text, "desk")
    desk, _, name = text.partition(" ")
    if desk.casefold().rstrip(".") in words.desks and name in grammar.agencies.id_of:
        return Piece(text, "agency", (grammar.agencies.id_of[name],), plain=True)
    return Piece(text, "name") if _is_outlet(text, grammar) or SITE.fullmatch(text) else None


def _is_agency_alone(signed: Signature, grammar: Grammar) -> bool:
    words = grammar.words
    return all(word in words.roles or word in words.fillers or word in words.unnamed for word in signed.rest)


def _is_outlet(text: str, grammar: Grammar) -> bool:
    """Whether a text can name an outlet, a person or a place: in capitals, or short in a script that has none."""
    if HAN_NAME.fullmatch(text) and HAN.search(text):
        return True
    if UNCASED_NAME.fullmatch(text):
        return True
    names = [word.casefold() for word in text.split()]
    ordinary = grammar.words.roles | grammar.words.fillers | grammar.datelines.not_places
    return OUTLET.fullmatch(text) is not None and not ordinary.issuperset(names) and names[0] not in _verbs(grammar)


def _verbs(grammar: Grammar) -> frozenset[str]:
    """Return words that begin sentences and headings, not names; articles do begin names of outlets."""
    return grammar.datelines.not_places - {
        "the",
        "la",
        "le",
        "el",
        "il",
        "die",
        "der",
        "das",
        "de",
        "los",
        "las",
        "o",
        "news",
    }


@cache
def load_credit_words() -> CreditWords:
    """Return the compiled words of ``credits.toml``."""
    words = tomllib.loads((files("pipeline") / "data" / "credits.toml").read_text(encoding="utf-8"))
    leads, joiners = _either(words["leads"]), _either(words["joiners"])
    before, behind = _either(words["han_leads"]), _either(words["han_trails"])
    return CreditWords(
        leads=re.compile(rf"(?i)^(?P<lead>{leads})(?:\s?[:：]\s*|\s+(?:the\s+)?|(?<=['’])\s?)(?P<rest>\S.*)$"),
        joiners=re.compile(rf"(?i)(?:^|(?<=[\s(]))(?:{leads}|{joiners})(?:\s?:\s*|\s+|(?<=['’]))"),
        desks=frozenset(word.rstrip(".") for word in words["desks"]),
        wires=frozenset(words["wires"]),
        wire_phrases=Phrases(words["wires"]),
        contributions=Phrases(words["contributions"]),
        han=re.compile(rf"^(?P<lead>(?:{before})[:：]?\s?)?(?P<rest>[^，。：:\s]{{2,40}}?)(?P<trail>{behind})?$"),
    )


def _either(words: Iterable[str]) -> str:
    return "|".join(sorted(map(re.escape, words), key=len, reverse=True))
