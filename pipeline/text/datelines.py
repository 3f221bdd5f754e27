"""Datelines: place, day and credit before an agency's first sentence.

Form decides, not lists of places: what stands before the credit must read as place and day, what stands in the
credit's place must be an agency's name, or, after a place and a day, must look like one.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Any

from pipeline.model import Span, SpanKind
from pipeline.text.agencies import Agencies, Signature, may_begin_with_name, may_name, signature

HEAD = 180
PLACE_WORDS = 9
PARTICLE = 4
LETTER = r"[^\W\d_]"
UPPER = r"[A-ZÀ-ÖØ-ÞĀĂĄĆČĎĐĒĖĘĚĞĢĪĮİĶŁĹĻĽŃŅŇŐŘŚŞŠŤŪŮŰŲŹŻŽȘȚƏΑ-ΫЀ-ЯҐҒҚҢӘӨҮҰ]"
SEPARATOR = r"(?:\s*[:：.,،؛]?\s*(?:--+|[-–—_=:：।|۔]|\.\s?[-–—]+|/?\.(?=\s|$)|/(?=\s))+\s*|\s+)"
NUMERAL = r"[\d一二三四五六七八九十]"
ORDINAL = r"(?:[.ºª°]|st|nd|rd|th|er)"
YEAR = r"(?:,?\s?(?:de\s)?\d{4}(?!\d))?"
DAYS = (
    re.compile(rf"[^\s\d,،.()/:]{{2,14}}\.?\s?\d{{1,2}}(?!\d)(?:st|nd|rd|th)?\.?(?:\sd\.)?{YEAR}"),
    re.compile(rf"\d{{1,2}}{ORDINAL}?\s?(?:(?:de|of|d’|d')\s)?[^\s\d,،.()/:]{{2,14}}(?:\.(?!-)|(?!\w)){YEAR}"),
    re.compile(r"[\u0900-\u097f]{2,8}\s[\u0900-\u097f]{2,12}"),  # the day spelt out
)
NUMBERS = re.compile(r"(?<!\d)\d{1,4}\s?[./-]\s?\d{1,2}(?:[./-]\d{2,4})?\.?(?!\d)|\d{1,2}(?=\D*$)")
NAME = re.compile(rf"{UPPER}[\w&.'’-]*{LETTER}(?:[ /-][\w&.'’-]+){{0,3}}")


@dataclass(frozen=True, slots=True, eq=False)
class Datelines:
    """Compiled forms and the words they need, all in small letters."""

    agencies: Agencies
    months: dict[str, int]
    not_places: frozenset[str]
    pictures: frozenset[str]
    speakers: frozenset[str]
    joined: re.Pattern[str]
    bare: tuple[tuple[str, re.Pattern[str]], ...]


@dataclass(frozen=True, slots=True)
class Reading:
    """A dateline that was read: how long, by which rule, where from, which day, whose."""

    length: int
    rule: str
    place: str
    day: str
    agencies: tuple[str, ...] = ()


def compile_datelines(forms: dict[str, Any], agencies: Agencies) -> Datelines:
    """The forms of ``wire.toml`` with the names of ``agencies``."""
    names = "|".join(sorted(map(re.escape, agencies.joined), key=len, reverse=True)) or "(?!)"
    joined = (
        rf"^[（(]?据?(?P<a>{names})(?:(?:记者|記者)[^\d\s]{{2,3}})?(?P<p>[^\d（）()【】\s，。]{{0,12}}?)"
        rf"(?P<d>(?:{NUMERAL}{{1,3}}月)?{NUMERAL}{{1,3}}日)"
        r"(?:[^\s（()），。]{0,6}?(?:[电電讯訊](?:题：?)?|報導|报道)[）)]?(?![，,])|(?=[（(]|\s[-–—]))\s?[-–—]?\s?(?:[（(][^）)]{1,40}[)）])?\s?"
    )
    return Datelines(
        agencies,
        {name: number for number, names in enumerate(forms["months"], 1) for name in names},
        _folded(forms["not_places"]) | _folded(forms["weekdays"]),
        _folded(forms["pictures"]),
        _folded(forms["speakers"]),
        re.compile(joined),
        _uncredited_forms(),
    )


def _folded(words: list[str]) -> frozenset[str]:
    return frozenset(word.casefold() for word in words)


def _uncredited_forms() -> tuple[tuple[str, re.Pattern[str]], ...]:
    """Datelines whose credit was dropped. What follows must begin a sentence."""
    word = rf"{UPPER}[\w.'’-]*"
    more = rf"(?:, {word}(?: {word}){{0,2}})?"
    words = rf"(?P<p>{word}(?: (?:(?:de|la|el|of|the|do|da|del|di|am|der) |al-)?{word}){{0,3}}{more})"
    capital = rf"{UPPER}(?:{UPPER}|[.'’-]){{2,}}"
    # Four letters at least: shorter ones are mostly bodies and terms, "CPU:", "FYI:".
    long = rf"(?={UPPER}[^\s:–—-]{{3}}|{UPPER}{{2,}} {UPPER})"
    capitals = rf"(?P<p>{long}{capital}(?:[ /]{capital}){{0,3}}{more})"
    begins = rf"(?=[\"“'‘«„(¿¡]?{UPPER}|[\"“'‘«„]?(?!\d{{4}}\b)[\d$€£])"
    region = r"(?:\s?\[[^\]]{2,30}\])?"
    month = r"[^\s\d,.()]{2,14}"
    year = r"(?:,?\s(?:de\s)?\d{4})?"
    day = rf"(?P<d>{month}\.?\s?\d{{1,2}}{year}|\d{{1,2}}{ORDINAL}?\s?(?:de\s)?{month}{year})"
    dash = r"(?:\.?\s?(?:[–—]|--|\s-)|\.\s?-)\s?"
    indic = r"[\u0900-\u0dff]"
    indic_day = rf"(?P<d>\d{{1,2}} {indic}{{2,12}}(?:,? \d{{4}})?)"
    indic_place = rf"(?P<p>{indic}{{2,}}(?: {indic}{{2,}}){{0,2}})"
    forms = (
        ("place, day", rf"^{words}{region},\s{day}\.?(?:\s?[:–—]\s?|\s-+\s|\s?\.-\s?|\s){begins}"),
        ("place in capitals, dash", rf"^{capitals}(?:,\s{day})?{dash}{begins}"),
        ("place in capitals, colon", rf"^{capitals}(?:,\s{day})?\s?:\s{begins}"),
        ("place, day in Indic script", rf"^{indic_place},\s{indic_day}\s?[:।–—-]?\s+(?=\S{{3}})"),
        ("place, day in Cyrillic", rf"^(?P<p>[Ѐ-Я][Ѐ-Я -]{{2,30}}),\s{day}\.\s"),
        ("place and reporter", r"^【(?P<p>[^【】=＝\s]{1,12})[=＝][^【】]{1,20}】\s?"),
    )  # fmt: skip
    return tuple((name, re.compile(form)) for name, form in forms)


# ---------------------------------------------------------------- reading


def dateline(line: str, forms: Datelines) -> Reading | None:
    """The dateline at the head of a line; None where there is none."""
    head = line[:HEAD]
    readings = (read(head, forms) for read in (READERS if _may_open_with_place(head, forms) else (_credit_first,)))
    return next((reading for reading in readings if reading), None)


UP_TO_A_MARK = re.compile(r"[^,،.\d()（\[［【\]/:：–—\-=＝\n]{1,70}")


def _may_open_with_place(head: str, forms: Datelines) -> bool:
    """Whether the words up to the first mark or digit can be a place: what ordinary prose mostly fails, and cheaply."""
    match = UP_TO_A_MARK.match(head)
    return match is None or _is_place(match[0], forms) or not match[0].strip()


def span(line: str, forms: Datelines) -> Span | None:
    """The same as a span: the exact slice that goes, separators and all."""
    reading = dateline(line, forms)
    if reading is None:
        return None
    return Span(SpanKind.DATELINE, line[: reading.length], reading.rule, 0, 0, False, reading.agencies)


CLOCK = re.compile(r"\(\d\d-\d\d\)\s+\d\d?:\d\d\s+\w{2,4}\s+")
STAMP = rf"(?:{CLOCK.pattern}|[-–—]\s[^-–—]{{4,60}}\s[-–—]\s)?"
REGION = r"(?:\s?[\[(][^\])\d]{2,30}[\])]){1,2}"
BEFORE = r"[^()（）\[\]【】!?\"“”«»|]"
CREDIT = rf"\s?[-–—,،]{{0,2}}\s?[:：]?\s?[(（]\s?(?P<a>[^()（）]{{2,60}}?)\s?[)）](?P<s>{SEPARATOR})?"
BRACKETS = re.compile(rf"^{STAMP}(?P<h>\w{BEFORE}{{1,100}}?){CREDIT}")
BRACKETS_AFTER_REGION = re.compile(rf"^{STAMP}(?P<h>\w{BEFORE}{{1,60}}?){REGION}(?P<t>{BEFORE}{{0,60}}?){CREDIT}")
STROKES = re.compile(rf"^(?P<h>\w[^/()\[\]!?\"“”«»|]{{1,80}}?)\s?/\s?(?P<a>[^/()]{{2,45}}?)\s?/(?P<s>{SEPARATOR})?")
WITHIN = r"[^()\[\]（）=＝]"
EQUALS = re.compile(
    rf"^[\[(（［【](?P<h>{WITHIN}{{1,40}})[=＝](?P<a>{WITHIN}{{1,20}})[\])）］】]\s?(?:[^=]{{0,40}}=)?\s*(?=\S)"
)
INSIDE = re.compile(rf"^[【［〔\[(（](?P<a>[^【】［］〔〕()\[\]（）]{{2,45}})[】］〕\])）](?P<s>{SEPARATOR})?")
LATER_DAY = re.compile(
    r"(?:\(?(?P<d>[^\W\d_]{3,10}\.? \d{1,2},? \d{4}|\d{1,2} [^\W\d_]{3,10}\.? \d{4})\)?(?:\s?(?:--|[-–—/])\s?|\s+|$))?"
)
MARK = re.compile(r"[^\w\s]")


def _enclosed(head: str, forms: Datelines) -> Reading | None:
    """``CITY, day (AGENCY) -``, ``City, day. /AGENCY/.``, ``(city=agency) reporter =``, ``【city agency】``."""
    if head[0] in "([（【［〔" and not CLOCK.match(head):
        return _equals(head, forms) or _inside(head, forms)
    for pattern in (BRACKETS, BRACKETS_AFTER_REGION) if "(" in head or "（" in head else ():
        match = pattern.match(head)
        reading = match and _with_heading(head, match, "place, day, credit", forms)
        if reading:
            return reading
    match = STROKES.match(head) if head.count("/") > 1 else None
    return _with_heading(head, match, "place, day, credit in strokes", forms) if match else None


def _with_heading(head: str, match: re.Match[str], rule: str, forms: Datelines) -> Reading | None:
    groups = match.groupdict()
    place_and_day = heading(groups["h"] + (groups.get("t") or ""), forms)
    if place_and_day is None:
        return None
    place, day = place_and_day
    signed = signature(match["a"], forms.agencies)
    agencies = signed.agencies if _is_credit(signed, forms) else _unlisted(match["a"], day, groups["s"], forms)
    length = match.end()
    later = LATER_DAY.match(head, length) if not day else None
    if later and later["d"]:
        day, length = later["d"], later.end()
    if not agencies or not _opens_sentence(head[length:], groups["s"] or (later and later["d"]) or "", bool(day)):
        return None
    return Reading(length, rule if day else "place, credit", place, day, agencies)


def _is_credit(signed: Signature, forms: Datelines) -> bool:
    """Names alone, or with a desk, a reporter or a day beside them; never what says that a picture is meant."""
    return bool(signed.agencies) and len(signed.rest) <= 4 and not forms.pictures.intersection(signed.rest)


def _unlisted(credit: str, day: str, separator: str | None, forms: Datelines) -> tuple[str, ...]:
    """An agency no list has, as it writes itself: only after place and day, and before a dash or its like."""
    marked = separator and MARK.search(separator)
    words = {word.casefold() for word in re.findall(r"\w+", credit)}
    if not (marked and _month_in(day, forms) and NAME.fullmatch(credit)) or words & (forms.not_places | forms.pictures):
        return ()
    return (credit,)


def _opens_sentence(rest: str, separator: str, dated: bool) -> bool:
    """What follows begins a sentence. Behind a mark and a day that is sure anyway."""
    marked = MARK.search(separator)
    first = rest.lstrip("\"“'‘«„(¿¡ ")[:1]
    return not rest or not first.islower() or bool(dated and marked) or bool(marked and rest[1:2].isupper())


def _equals(head: str, forms: Datelines) -> Reading | None:
    match = EQUALS.match(head)
    if not match:
        return None
    before, after = signature(match["h"], forms.agencies), signature(match["a"], forms.agencies)
    if forms.pictures.intersection((*before.rest, *after.rest)) or not (before.rest or before.agencies):
        return None
    if not after.agencies and " " in match["a"].strip():
        return None  # an outlet and the name of its column
    agencies = (*before.agencies, *(after.agencies or (match["a"].strip(),)))
    place = " ".join(forms.agencies.pattern.sub(" ", match["h"]).split())
    return Reading(match.end(), "place and credit in brackets", place, "", tuple(dict.fromkeys(agencies)))


def _inside(head: str, forms: Datelines) -> Reading | None:
    """Place, day and credit in one pair of brackets: ``【4月3日 AFP】``, ``［東京　３日　ロイター］``."""
    match = INSIDE.match(head)
    signed = signature(match["a"], forms.agencies) if match else None
    if not match or not signed or not _is_credit(signed, forms) or (len(head) == match.end() and head[0] != "【"):
        return None
    outside = forms.agencies.pattern.sub(" ", match["a"])
    if not re.search(r"\w", outside) or not re.search(r"\d|[^\W\d_a-zA-Z]", outside):
        return None
    day = re.search(r"(?:\d{1,2}月)?\d{1,2}日", outside)
    place = re.split(r"[=＝・\d]", outside.strip(" 　=＝・"))[0].strip(" 　")
    return Reading(match.end(), "place, day and credit in brackets", place, day[0] if day else "", signed.agencies)


JOINER = re.compile(r"(?:\s?[,.،]\s?|\s?[-–—]+\s?|\s)$")
AFTER = re.compile(r"(?:,\s[^.,]{3,40})?(?:\.?\s?[-–—:]+\s?|\.\s|\s?$)|\.?-\s?")
ARABIC = re.compile(r"[\u0600-\u06ff .]+")
PROMISING = re.compile(r"^\W?\w[^\n]{0,60}?(?:\d|[-–—]|\.\s|,\s)")


def _unmarked(head: str, forms: Datelines) -> Reading | None:
    """``CITY, day AGENCY -``, ``Город. День. АГЕНТСТВО -``, ``City - Agency -``: a known name between two marks."""
    early = head[:90]
    promising = PROMISING.match(head) and may_name(early, forms.agencies)
    match = forms.agencies.pattern.search(early, 3) if promising else None
    joiner = JOINER.search(head[: match.start()]) if match else None
    after = (AFTER.match(head, match.end()) or _blank_after(head, match, joiner)) if match else None
    place_and_day = heading(head[: joiner.start()], forms) if joiner and after else None
    if not match or not joiner or not after or place_and_day is None:
        return None
    place, day = place_and_day
    if not (day or _is_marked_off(match[0], joiner[0], after[0], forms)) or not _opens_sentence(
        head[after.end() :], after[0], bool(day)
    ):
        return None
    agency = forms.agencies.id_of[" ".join(match[0].split())]
    return Reading(after.end(), "place, day, credit unmarked", place, day, (agency,))


def _blank_after(head: str, name: re.Match[str], joiner: re.Match[str] | None) -> re.Match[str] | None:
    """Return the blank behind a name in Arabic script: there a dash before the name is enough."""
    is_arabic = joiner is not None and MARK.search(joiner[0]) and ARABIC.fullmatch(name[0])
    return re.compile(r"\s(?=\S)").match(head, name.end()) if is_arabic else None


def _is_marked_off(name: str, before: str, after: str, forms: Datelines) -> bool:
    """A name between two marks, where no day stands: a plain one, or one in a script without capitals."""
    sure = name in forms.agencies.plain or not name.isascii()
    return bool(sure and MARK.search(before) and (MARK.search(after) or not after.strip()))


def _credit_first(head: str, forms: Datelines) -> Reading | None:
    """``(ANSA) - ROMA, 16 APR -``, ``EFE.- ``, ``(Belga) Text``."""
    match = re.match(r"^[(（](?P<a>[^()（）]{2,40})[)）]\s?(?P<s>\.?\s?[-–—:]{1,3}\s*|\s+(?=\S)|(?=\w))", head)
    if match:
        signed = signature(match["a"], forms.agencies)
        if not _is_credit(signed, forms) or len(head) == match.end() or any(len(word) > 5 for word in signed.rest):
            return None
        agencies = signed.agencies
        if not (signed.plain or MARK.search(match["s"])) or not _opens_sentence(
            head[match.end() :], match["s"], dated=False
        ):
            return None
    else:
        match = _name_then_mark(head, forms)
        if not match or not _opens_sentence(head[match.end() :], "", dated=False):
            return None
        agencies = (forms.agencies.id_of[" ".join(match["a"].split())],)
    return _day_after(head, match.end(), agencies, forms)


def _name_then_mark(head: str, forms: Datelines) -> re.Match[str] | None:
    name = forms.agencies.pattern.match(head) if may_begin_with_name(head, forms.agencies) else None
    if not name or name[0] not in forms.agencies.plain:
        return None
    mark = r"(?:\s?\.?\s?[-–—]{1,3}\s*(?=\S)|(?:\s[^\s=]{1,12})?\s?=(?:\s+|$))"
    return re.match(rf"(?P<a>{re.escape(name[0])}){mark}", head)


PLACE_DAY = re.compile(r"(?P<h>[^\d()/:;!?\"“”–—]{2,60}?[,.]?\s[^()/:;!?\"“”–—]{3,20}?)\.?\s?(?:[-–—]+|[.:])\s*")


def _day_after(head: str, start: int, agencies: tuple[str, ...], forms: Datelines) -> Reading:
    match = PLACE_DAY.match(head, start)
    place_and_day = heading(match["h"], forms) if match else None
    if match and place_and_day and place_and_day[1]:
        return Reading(match.end(), "credit, place, day", *place_and_day, agencies)
    return Reading(start, "credit first", "", "", agencies)


def _joined(head: str, forms: Datelines) -> Reading | None:
    match = forms.joined.match(head) if not head[:3].isascii() else None
    if not match:
        return None
    name = forms.agencies.id_of[match["a"]]
    return Reading(match.end(), "credit, place and day joined", match["p"], match["d"], (name,))


# "On April 3" in Hindi, Marathi and their like: a word behind the day that makes it part of the sentence.
POSTPOSITIONS = frozenset(
    ["को", "का", "की", "के", "से", "में", "तक", "पर", "और", "ला", "चा", "ची", "चे", "থেকে", "এর", "কে"]
)


def _without_credit(head: str, forms: Datelines) -> Reading | None:
    for rule, pattern in forms.bare:
        match = pattern.match(head)
        if match and _bare_holds(head, match, forms):
            day = (match.groupdict().get("d") or "").strip(" ,.")
            return Reading(match.end(), f"{rule}, no credit", match["p"].strip(" ,"), day)
    return None


SPEAKS = re.compile(r"(?:I|I['’]\w+|You|We|My|Well|Yes|No|Yeah|So|Thanks?|It['’]s|Oh|OK|Okay|Hi|Hello|Right|And|But)\b")


def _bare_holds(head: str, match: re.Match[str], forms: Datelines) -> bool:
    day, rest = match.groupdict().get("d"), head[match.end() :]
    if not _is_place(match["p"], forms) or rest.split(" ", 1)[0] in POSTPOSITIONS:
        return False
    if forms.speakers.intersection(re.findall(r"\w+", match["p"].casefold())):
        return False
    if day and not _month_in(day, forms):
        return False
    return bool(day and not _starts_with_day(rest, forms)) or (day is None and not SPEAKS.match(rest))


def _starts_with_day(rest: str, forms: Datelines) -> bool:
    starts = (pattern.match(rest) for pattern in DAYS[:2])
    return any(match is not None and _month_in(match[0], forms) for match in starts)


# ---------------------------------------------------------------- place and day


def heading(text: str, forms: Datelines) -> tuple[str, str] | None:
    """Place and day of what stands before a credit, either of them empty; None where it reads as neither."""
    text = text.strip(" ,.،-–—:：")
    place, day = _split(text, forms)
    place = place.strip(" ,.،۔-–—:：")
    # "Libreville, jeudi 3 avril", "København, d. 3. april", "القاهرة في 3 أبريل".
    first, _, last = place.rpartition(" ")
    if (first and last.strip(".").casefold() in forms.not_places) or last in ("d", "في", "den"):
        place = first.strip(" ,.،۔-–—")
    if not place:
        return ("", day) if day else None
    return (place, day) if _is_place(place, forms) else None


def _split(text: str, forms: Datelines) -> tuple[str, str]:
    days = _days(text, forms)
    if not days:
        return text, ""
    day_span = days[0]
    before, after = text[: day_span[0]], text[day_span[1] :]
    year = re.search(r"\d", before)
    if year and before[: year.start()].strip(" ,."):
        return before[: year.start()], text[year.start() :]
    # "3 апреля, Минск": the day may stand first.
    return (
        (before, text[day_span[0] :].strip(" ,")) if before.strip(" ,.") else (after, text[day_span[0] : day_span[1]])
    )


def _days(text: str, forms: Datelines) -> list[tuple[int, int]]:
    """Where days stand in ``text``, those of a known month first."""
    matches = (match for pattern in DAYS for match in pattern.finditer(text))
    day_spans = sorted(match.span() for match in matches if _month_in(match[0], forms))
    # A month no table has: a comma, then words with digits among them.
    undated = re.search(r"(?<=[,،۔])\s?[^\d,،]{0,20}\d.*$", text) or NUMBERS.search(text)
    return day_spans or ([undated.span()] if undated else [])


def _month_in(day: str, forms: Datelines) -> int | None:
    words = re.findall(r"[^\s\d,،()/:]{2,}", day.casefold())
    names = (word.strip(".-") for word in words)
    return next((forms.months[word] for word in names if word in forms.months), None)


def _is_place(place: str, forms: Datelines) -> bool:
    words = place.replace("/", " ").split()
    if not words or len(words) > PLACE_WORDS or re.search(r"\d", place):
        return False
    first = words[0].strip(".,'’").casefold()
    if first in forms.not_places or words[0][:1].islower():
        return False
    return all(len(word) <= PARTICLE or not word.islower() for word in words[1:])


def day_of(day: str, forms: Datelines) -> tuple[int | None, int, int] | None:
    """Year, if it is said, month and day of the month of a dateline's day; None where no month is named."""
    han = re.search(r"(\d{1,2})月\d{1,2}日", day)
    month = int(han[1]) if han else _month_in(day, forms)
    numbers = [int(number) for number in re.findall(r"(?<!\d)\d{1,4}(?!\d)", day)]
    days = [number for number in numbers if 1 <= number <= 31]
    if month is None or not days:
        return None
    year = next((number for number in numbers if 1900 < number < 2100), None)
    return year, month, days[1 if han else 0]


READERS = (_joined, _enclosed, _unmarked, _credit_first, _without_credit)
