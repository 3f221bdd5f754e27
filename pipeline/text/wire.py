"""The grammar of agency lines: datelines, bylines, credits, end marks, disclaimers, update marks.

The words are data (``pipeline/data/agencies.toml``, ``wire.toml``, and agencies files of the user's own);
the forms are here. ``line_spans`` says what it sees in one line; what stands in brackets after a place and a day
is a credit whatever else its letters mean, and what stands alone must be a name that means nothing else.
"""

from __future__ import annotations

import re
import tomllib
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import cache, lru_cache
from importlib.resources import files
from pathlib import Path
from typing import Any, Literal

from pipeline.errors import ConfigError, UnknownAgency
from pipeline.model import Span, SpanKind, VersionKind

Position = Literal["first", "middle", "last"]
LONGEST_MARK = 420
LETTER = r"[^\W\d_]"
UPPER = r"[A-ZÀ-ÖØ-ÞĀŁŚŠŽČĎŘĽĹŹŻЀ-Я]"
SEPARATOR = r"(?:\s*[:.,]?\s*(?:--+|[-–—_=:।|]|\.\s?[-–—]+|/?\.(?=\s))+\s*|\s+)"


@dataclass(frozen=True, slots=True, eq=False)
class Grammar:
    """Compiled forms. ``agency_of`` maps each spelling to an agency's id; ``plain`` excludes ambiguous ones."""

    agency_of: dict[str, str]
    plain: frozenset[str]
    credit: re.Pattern[str]
    datelines: tuple[tuple[str, re.Pattern[str]], ...]
    bare: tuple[tuple[str, re.Pattern[str]], ...]
    not_places: frozenset[str]
    months: dict[str, int]
    disclaimers: tuple[re.Pattern[str], ...]
    updates: tuple[tuple[VersionKind, re.Pattern[str]], ...]
    endmarks: tuple[re.Pattern[str], ...]
    agency_end: re.Pattern[str]
    tail: re.Pattern[str]
    credit_line: re.Pattern[str]
    inputs: re.Pattern[str]
    byline: re.Pattern[str]
    stamp: re.Pattern[str]
    date: re.Pattern[str]


def load_grammar(extra: Sequence[str] = ()) -> Grammar:
    """The grammar with the agencies of ``extra`` files added.

    Raises ConfigError for a file that is absent or no TOML, UnknownAgency for one that repeats a name.
    """
    return _load(tuple(extra))


@cache
def _load(extra: tuple[str, ...]) -> Grammar:
    agencies = _agencies((files("pipeline") / "data" / "agencies.toml").read_text(encoding="utf-8"), "agencies.toml")
    for path in extra:
        agencies += _agencies(_text(path), path)
    forms = tomllib.loads((files("pipeline") / "data" / "wire.toml").read_text(encoding="utf-8"))
    return _compiled(agencies, forms)


def _text(path: str) -> str:
    try:
        return Path(path).read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise ConfigError(str(error), concerns=path, todo="correct [extract] agencies") from error


def _agencies(text: str, where: str) -> list[dict[str, Any]]:
    try:
        rows = tomllib.loads(text).get("agency", [])
    except tomllib.TOMLDecodeError as error:
        raise ConfigError(f"not valid TOML: {error}", concerns=where, todo="correct that line") from error
    for row in rows:
        if not row.get("id") or not (row.get("names") or row.get("weak")):
            raise UnknownAgency("an agency without id or names", concerns=where, todo="give it both")
    return list(rows)


def _compiled(agencies: Sequence[dict[str, Any]], forms: dict[str, Any]) -> Grammar:
    agency_of, plain = _names(agencies)
    months = {_fold(name): number for number, names in enumerate(forms["months"], 1) for name in names}
    any_name, sure_name = _either(agency_of), _either(plain)
    many = rf"(?:{any_name})(?:\s?[/,&+–—-]\s?(?:{any_name}))*"
    sure = rf"(?:{sure_name})(?:\s?[/,&+–—-]\s?(?:{any_name}))*"
    day = _date_form(forms["months"])
    updates = [(VersionKind(row["kind"]), re.compile(row["pattern"])) for row in forms["update"]]
    with_input = r"(?:with|including|based on|nach|mit|avec|con|mit Material von)"
    return Grammar(
        agency_of=agency_of,
        plain=plain,
        credit=re.compile(rf"(?<!\w)(?:{any_name})(?!\w)"),
        datelines=_credited(many, sure, day),
        bare=_bare(day),
        not_places=frozenset(forms["not_places"]),
        months=months,
        disclaimers=tuple(re.compile(pattern, re.IGNORECASE) for pattern in forms["disclaimers"]),
        updates=tuple(updates),
        endmarks=tuple(re.compile(pattern, re.IGNORECASE) for pattern in forms["endmarks"]),
        agency_end=re.compile(
            rf"^\W{{0,3}}(?:[-–—]{{1,3}}\s?(?P<a>{many})(?:[\s/]+[a-z]{{2,5}})*|(?P<b>{sure})(?:\s+[a-z]{{2,5}})+"
            rf"|(?P<c>{many})(?:\s+[A-Z]{{2,4}}){{1,6}}|\((?P<d>{many})\)\s?\.|©\s?(?P<e>{many})\b.*)\W{{0,3}}$"
        ),
        tail=re.compile(
            rf"(?:\s+|(?<=[.।。!?»”\"]))(?:\((?P<a>{many})(?:\s?[-/]\s?[A-Za-z]{{2,12}})?\)\.?|[-–—]{{1,3}}\s?(?P<b>{many})"
            rf"|/(?P<c>{many})/|(?<=[.।!?”\"]\s)(?P<d>{sure})(?:\s+[A-Z]{{2,4}}){{1,6}})\s*$"
        ),
        credit_line=re.compile(
            rf"^\W{{0,3}}(?:(?:sources?|agency|agencies|credit|quelle|fuente|fonte|источник|स्रोत)\s*[:：/-]\s*)?(?P<a>{sure})\W{{0,3}}$"
            rf"|^\((?P<b>{many})\)\W{{0,2}}$|^\[(?P<c>{many})\s?=\s?(?P<c2>{many})\]$|^/(?P<d>{many})/$",
            re.IGNORECASE,
        ),
        inputs=re.compile(
            rf"^\W{{0,3}}{with_input}\s+(?:additional\s+)?(?:agency\s+|agencies\s+)?(?:(?:inputs?|material|reports?|informations?|información)\s+"
            rf"(?:from|by|of|de|von)\s+)?(?P<a>(?:the\s+)?(?:{any_name}|agenc(?:y|ies)|bureau)(?:(?:\s?[,/&]\s?|\s+and\s+)(?:the\s+)?(?:{any_name}|agenc(?:y|ies)))*)"
            r"(?:\s+(?:news\s+)?(?:inputs?|agency|agencies|reports?))?\W{0,3}$",
            re.IGNORECASE,
        ),
        byline=_byline(many, sure),
        stamp=re.compile(
            r"^\W{0,3}(?:last\s+)?(?:updated|published|posted|first published|modified|publié|mis à jour|actualizado|publicado|"
            r"aktualisiert|veröffentlicht|aggiornato|pubblicato|опубликовано|обновлено|प्रकाशित|अपडेटेड|更新|公開|配信)\s*(?:on|at|le|el|am|il|:|：)?.{0,60}\d.{0,40}$",
            re.IGNORECASE,
        ),
        date=re.compile(day),
    )


def _names(agencies: Iterable[dict[str, Any]]) -> tuple[dict[str, str], frozenset[str]]:
    agency_of: dict[str, str] = {}
    plain: set[str] = set()
    for row in agencies:
        for name in [*row.get("names", ()), *row.get("weak", ())]:
            if agency_of.get(name, row["id"]) != row["id"]:
                raise UnknownAgency(
                    f"{name!r} is {agency_of[name]} already", concerns=row["id"], todo="keep one of the two"
                )
            agency_of[name] = row["id"]
        plain.update(row.get("names", ()))
    return agency_of, frozenset(plain)


def _either(names: Iterable[str]) -> str:
    return "|".join(re.escape(name).replace(r"\ ", r"\s+") for name in sorted(names, key=len, reverse=True))


def _fold(text: str) -> str:
    return text.casefold().rstrip(".")


def _date_form(months: Sequence[Sequence[str]]) -> str:
    names = sorted({name for row in months for name in row}, key=len, reverse=True)
    spelt = {form for name in names for form in (name, name.upper(), name.capitalize())}
    month = "(?:" + "|".join(sorted(map(re.escape, spelt), key=len, reverse=True)) + r")\.?"
    year = r"(?:,?\s?(?:de\s)?(?:19|20)\d{2}\b)?"
    return rf"(?:{month}\s?\d{{1,2}}(?!\d){year}|\d{{1,2}}\.?\s?(?:de\s)?{month}(?!\w){year})"


def _credited(many: str, sure: str, day: str) -> tuple[tuple[str, re.Pattern[str]], ...]:
    """Datelines that name their agency. ``a`` the credit, ``p`` the place, ``d`` the day."""
    stamp = r"(?:\(\d\d-\d\d\)\s+\d\d?:\d\d\s+\w{2,4}\s+)?"
    place = rf"(?P<p>{LETTER}[^\d()\[\]/:;!?\"“”]{{1,60}}?(?:/{LETTER}[^\d()\[\]/:;!?\"“”]{{1,30}}?)?)"
    region = r"(?:\s?\[[^\]]{2,30}\])?"
    forms = (
        ("place, day, credit", rf"^{stamp}{place}{region}(?:\s?,\s*|\s+)(?P<d>{day})\.?,?\s?\(\s?(?P<a>{many})\s?\){SEPARATOR}?"),
        ("place, credit", rf"^{stamp}{place}{region}\s?,?\s?\(\s?(?P<a>{many})\s?\){SEPARATOR}?"),
        ("day, credit", rf"^(?P<d>{day})\.?\s?\(\s?(?P<a>{many})\s?\){SEPARATOR}?"),
        ("credit, place, day", rf"^\(?\s?(?P<a>{many})\s?\)?\s?[-–—]+\s?{place}(?:\s?,\s*(?P<d>{day})\.?)\s*[-–—.:]+\s*"),
        ("place, day, slashes", rf"^{place},\s?(?P<d>{day})\.?\s?/(?P<a>{many})/{SEPARATOR}?"),
        ("credit first", rf"^\(?(?P<a>{sure})\)?\s?\.?\s?(?:[-–—]{{1,3}})\s*(?=\S)"),
        ("place and credit in brackets", rf"^\((?P<p>[^()=]{{1,40}})=(?P<a>{many})\)(?:[^=]{{1,40}}=)?\s*"),
        ("credit and desk", rf"^(?P<a>{many})\s+[^\s=]{{1,12}}\s?=\s*"),
        ("credit, place and day joined", rf"^(?P<a>{many})(?P<p>[^\d０-９()（）\s]{{1,12}}?)(?:[0-9０-９]{{1,2}}月)?"
         rf"[0-9０-９]{{1,2}}日(?:[电電](?:题：?)?)?\s?(?:（[^）]{{1,40}}）)?\s?"),
        ("place and credit in lenticular brackets", rf"^【(?P<p>[^【】]{{1,20}}?)[=＝・]?(?P<a>{many})[^】]{{0,10}}】\s?"),
        ("place, day, credit unmarked", rf"^(?P<p>{UPPER}{{3,}}(?: {UPPER}{{2,}})*),?\s(?P<d>{day})\s(?P<a>{many})\s?[-–—:]+\s*"),
    )  # fmt: skip
    return tuple((name, re.compile(form)) for name, form in forms)


def _bare(day: str) -> tuple[tuple[str, re.Pattern[str]], ...]:
    """Datelines whose credit was dropped. What follows must begin a sentence."""
    word = rf"{UPPER}[\w.'’-]*"
    words = rf"(?P<p>{word}(?: (?:de |la |el |al-|of |the )?{word}){{0,3}}(?:, {word}(?: {word}){{0,2}})?)"
    capitals = rf"(?P<p>{UPPER}[{UPPER[1:-1]}.'’-]{{2,}}(?:[ /]{UPPER}[{UPPER[1:-1]}.'’-]+){{0,3}}(?:, {word}(?: {word}){{0,2}})?)"
    begins = rf"(?=[\"“'‘«(]?{UPPER})"
    hindi = rf"(?P<p>[\u0900-\u097f]{{2,}}(?: [\u0900-\u097f]{{2,}}){{0,2}}),\s(?P<d>{day})\s?[:।–—-]?\s+"
    forms = (
        ("place, day", rf"^{words}(?:\s?\[[^\]]{{2,30}}\])?,\s(?P<d>{day})\.?(?:\s?[:–—]\s?|\s-+\s|\s){begins}"),
        ("place in capitals, dash", rf"^{capitals}(?:,\s(?P<d>{day}))?\.?\s?(?:[–—]|--|\s-)\s?{begins}"),
        ("place in capitals, colon", rf"^{capitals}(?:,\s(?P<d>{day}))?\s?:\s{begins}"),
        ("place, day in Devanagari", rf"^{hindi}"),
        ("place, day in Cyrillic", rf"^(?P<p>[Ѐ-Я][Ѐ-Я -]{{2,30}}),\s(?P<d>{day})\.\s"),
    )
    return tuple((name, re.compile(form)) for name, form in forms)


def _byline(many: str, sure: str) -> re.Pattern[str]:
    by = r"(?:By|BY|by|Por|POR|Par|PAR|Von|VON|Di|Da|De|Автор:?|द्वारा|作者：?|記者：?|文：?)"
    name = rf"{UPPER}[\w.'’-]+(?:\s+(?:de |van |von |al-|bin |da )?{UPPER}[\w.'’-]*){{1,3}}"
    return re.compile(
        rf"^\^?{by}\s+(?:the\s+|The\s+)?(?P<a>{many})(?:\s+\w+){{0,3}}(?:\s*[|•·–—=/,-].*)?\s*[=.]?$"
        rf"|^\^?{by}\s+{name}(?:\s*(?:,|and|&)\s*{name}){{0,3}}\s*(?:[,|/•·(-]\s*(?:the\s+|The\s+)?(?P<b>{many})\b.{{0,50}})?\s*[=]?$"
        rf"|^\^?{by}\s+{name},\s+(?:The\s)?{UPPER}.{{2,50}}=$"
        rf"|^\^(?P<c>{sure})\s+\w+(?:\s+\w+)?=$|^{name}\s?/\s?(?P<d>{sure}|[\w.]+\.(?:no|com|org))$"
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
    whole = _whole_line(text, position, grammar)
    if whole:
        return (whole,)
    head = dateline_span(line, grammar) if position == "first" else None
    tail = tail_span(line, grammar) if position != "first" or head is None else None
    return tuple(span for span in (head, tail) if span)


def _whole_line(text: str, position: Position, grammar: Grammar) -> Span | None:
    for read in (_update, _disclaimer, _end, _credit, _byline_line):
        span = read(text, position, grammar)
        if span:
            return span
    return None


def _span(kind: SpanKind, text: str, rule: str, agencies: Iterable[str] = ()) -> Span:
    return Span(kind, text, rule, 0, 0, True, tuple(dict.fromkeys(agencies)))


def _update(text: str, _position: Position, grammar: Grammar) -> Span | None:
    kind = update_mark(text, grammar) if len(text) <= LONGEST_MARK else None
    if kind is None:
        return None
    return _span(SpanKind.UPDATE, text, f"update mark: {kind.value}", agencies_in(text[:200], grammar))


def update_mark(text: str, grammar: Grammar) -> VersionKind | None:
    """What a mark in a title or line says the text is; None where there is none."""
    return next((kind for kind, pattern in grammar.updates if pattern.search(text)), None)


def _disclaimer(text: str, _position: Position, grammar: Grammar) -> Span | None:
    if len(text) <= LONGEST_MARK and any(pattern.search(text) for pattern in grammar.disclaimers):
        return _span(SpanKind.DISCLAIMER, text, "disclaimer", agencies_in(text, grammar))
    return None


def _credit(text: str, _position: Position, grammar: Grammar) -> Span | None:
    if len(text) > 120:
        return None
    inputs = grammar.inputs.match(text)
    if inputs:
        return _span(SpanKind.CREDIT, text, "derived from", agencies_in(inputs["a"], grammar))
    found = grammar.credit_line.match(text)
    return _span(SpanKind.CREDIT, text, "credit alone", _groups(found, grammar)) if found else None


def _end(text: str, position: Position, grammar: Grammar) -> Span | None:
    found = grammar.agency_end.match(text) if len(text) <= 120 else None
    if found:
        return _span(SpanKind.ENDMARK, text, "agency's sign", _groups(found, grammar))
    if position != "first" and len(text) <= 300 and any(pattern.search(text) for pattern in grammar.endmarks):
        return _span(SpanKind.ENDMARK, text, "end mark", agencies_in(text, grammar))
    return None


def _byline_line(text: str, position: Position, grammar: Grammar) -> Span | None:
    if len(text) > 140:
        return None
    found = grammar.byline.match(text)
    if found:
        return _span(SpanKind.BYLINE, text, "byline", _groups(found, grammar) or sure_agencies_in(text, grammar))
    if position != "middle" and grammar.stamp.match(text):
        return _span(SpanKind.BYLINE, text, "time stamp")
    return None


def _groups(found: re.Match[str], grammar: Grammar) -> list[str]:
    return [name for group in found.groupdict().values() if group for name in agencies_in(group, grammar)]


def dateline_span(line: str, grammar: Grammar) -> Span | None:
    """The dateline at the head of a line, as the exact slice that goes; None where there is none."""
    head = line[:160]
    for rule, pattern in grammar.datelines:
        found = pattern.match(head)
        if found and _is_place(found.groupdict().get("p"), grammar):
            return Span(SpanKind.DATELINE, found[0], rule, 0, 0, False, agencies_in(found["a"], grammar))
    for rule, pattern in grammar.bare:
        found = pattern.match(head)
        if found and _is_place(found["p"], grammar):
            return Span(SpanKind.DATELINE, found[0], f"{rule}, no credit", 0, 0, False)
    return None


def _is_place(place: str | None, grammar: Grammar) -> bool:
    if place is None:
        return True
    words = [word.strip(".,'’") for word in place.split()]
    return len(words) <= 8 and not grammar.not_places.intersection(words[:1]) and bool(words)


def dateline_parts(span: Span, grammar: Grammar) -> tuple[str, str]:
    """Place and day, as written, of a dateline span."""
    for rule, pattern in (*grammar.datelines, *grammar.bare):
        found = pattern.match(span.text) if span.rule.startswith(rule) else None
        # A bare form looks ahead at the sentence that follows, which the span has not.
        found = found or (pattern.match(span.text + "A") if span.rule.startswith(rule) else None)
        if found:
            groups = found.groupdict()
            return (groups.get("p") or "").strip(" ,"), (groups.get("d") or "").strip(" ,.")
    return "", ""


def tail_span(line: str, grammar: Grammar) -> Span | None:
    """An agency's sign after the last sentence of a line, as the exact slice that goes."""
    found = grammar.tail.search(line, max(len(line) - 80, 0))
    if not found or not line[: found.start()].strip():
        return None
    return Span(SpanKind.ENDMARK, found[0], "agency's sign at the end", 0, found.start(), False,
                tuple(_groups(found, grammar)))  # fmt: skip


def agencies_in(text: str, grammar: Grammar) -> tuple[str, ...]:
    """Ids of the agencies that ``text`` names, in order."""
    found = (re.sub(r"\s+", " ", match[0]) for match in grammar.credit.finditer(text))
    return tuple(dict.fromkeys(grammar.agency_of[name] for name in found if name in grammar.agency_of))


def sure_agencies_in(text: str, grammar: Grammar) -> tuple[str, ...]:
    """The same by names that mean nothing else."""
    found = (re.sub(r"\s+", " ", match[0]) for match in grammar.credit.finditer(text))
    return tuple(dict.fromkeys(grammar.agency_of[name] for name in found if name in grammar.plain))
