"""What labels beside a title, and sentences that an agency or outlet writes on its own text, say of its version.

The words are in ``pipeline/data/notes.toml``. A label is set off by a colon, a dash or brackets; a sentence names the
text and says what was done to it.
"""

from __future__ import annotations

import re
import tomllib
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cache, cached_property
from importlib.resources import files

from pipeline.model import VersionKind
from pipeline.text.normalize import DENSE_LENGTH, reading_length
from pipeline.text.phrases import Openings, Phrases

# Length of a text that is a notice and no more, and of a line that is a note on its text (in Latin letters).
NOTICE_MOST, NOTE_MOST = 700, 420
# Characters from the beginning of a line within which it says what was done to the text, or speaks of an earlier one.
VERB_WITHIN, EARLIER_WITHIN = 110, 90
# Characters behind a call to editors within which a label stands, and at a title's end where one may.
ADDRESSED_WITHIN, BEHIND_WITHIN = 100, 60
# Words of a label at most.
LABEL_WORDS = 4
# Characters of a line within which its label ends, with the marks around it.
LABEL_END = 72
# Letters of an article or preposition at most.
PARTICLE = 2
OPEN, CLOSE = r"[(\[{（【［〔<「『]", r"[)\]}）】］〕>」』]"
# Brackets that no headline's own words stand in: there an ordinary word is a label in any case.
SQUARE = "[【［〔"
BEFORE = re.compile(r"\W{0,3}(?P<label>[^:：–—\n]{1,60}?)(?:\s?[:：]|\s?[–—]|\s-{1,2}\s|\W{0,3}$)")
BEFORE_TIGHT = re.compile(r"\W{0,3}(?P<label>[^\W\d_]{3,20}(?:\s\d{1,2})?)[-/](?=\S)")
BEFORE_BLANK = re.compile(r"\W{0,3}(?P<label>[\u3040-\ud7af]{1,8})\s")
COLONS = (":", "：")
LINE_LABEL = re.compile(r"\W{0,3}(?P<label>[^:：\n]{1,60}?)(?:\s?[:：]|\W{0,3}$)")
WHOLE_IN_BRACKETS = re.compile(rf"\s*{OPEN}.{{3,160}}{CLOSE}[.。]?\s*")
IN_BRACKETS = re.compile(
    rf"^\s*{OPEN}{{1,2}}(?P<first>[^()（）\[\]【】]{{1,80}}){CLOSE}|{OPEN}(?P<last>[^()（）\[\]【】]{{1,80}}){CLOSE}\W?$"
)
BEHIND = re.compile(
    r"(?:\s[-–—|]{1,2}\s*|[,;:＝]\s*|(?<=\w)-|(?<![^\s])[A-Z]{2}-\S+\s)(?P<label>[^-–—|,;:＝()]{1,40})$"
)
NUMBERED = re.compile(
    r"(?P<ordinal>\d{1,2}(?:st|nd|rd|th|\.|er|e|ème|de|ste|ª|º)?[\s-]?|(?:first|second|third|fourth)\s"
    r"|第\s?[\d一二三四五六]{1,2}\s?)?"
    r"(?P<word>.+?)"
    r"(?P<number>[\s-]?(?:no\.?\s?|nr\.?\s?|n[°º]\s?)?\d{1,2}(?:稿|版|보)?|\s(?:one|two|three|eins|zwei|एक|दो|तीन))?"
)
DRAFT = re.compile(r"第\s?[\d一二三四五六七八九]{1,2}\s?(?:稿|版|报|報)")
SENTENCE = re.compile(r"[^.!?。！？।]+[.!?。！？।]*")
LEAD_IN = re.compile(r"\W*(?:[\w'’]+(?:\s[\w'’]+){0,2}\s?[:：]\s*)?\W*")
# Scripts whose words are set off by blanks.
SPACED = re.compile(r"[^\W\d_\u0e00-\u0eff\u3040-\u30ff\u3400-\u9fff]")


@dataclass(frozen=True, eq=False)
class Notes:
    """Words of ``notes.toml``: ``labels`` and ``capitals`` (label -> kind), stems of verbs by kind, and so on."""

    labels: Mapping[str, VersionKind]
    capitals: Mapping[str, VersionKind]
    verbs: Mapping[VersionKind, re.Pattern[str]]
    texts: re.Pattern[str]
    parts: re.Pattern[str]
    pleas: tuple[str, ...]
    earlier: Phrases
    phrases: Phrases
    bills: tuple[str, ...]
    editors: tuple[str, ...]
    attention: tuple[str, ...]

    @cached_property
    def calls(self) -> Openings:
        """Calls to editors and for attention."""
        return Openings(self.editors + self.attention)

    def words(self) -> Iterator[tuple[str, VersionKind]]:
        """Yield each label, ordinary words too, with its kind."""
        yield from self.labels.items()
        yield from self.capitals.items()


def title_note(title: str, notes: Notes) -> VersionKind | None:
    """Return what a label before or behind a title says; None where there is none."""
    before = [match["label"] for form in (BEFORE, BEFORE_BLANK) if (match := form.match(title))]
    tight = BEFORE_TIGHT.match(title)
    before += [tight["label"]] if tight and tight["label"].isupper() else []
    behind = BEHIND.search(title[-BEHIND_WITHIN:].rstrip(" .!"))
    return (
        _bracketed_kind(title, notes)
        or next((kind for label in before if (kind := _label_kind(label, notes))), None)
        or (_kind_behind(behind, notes) if behind else None)
        or _addressed_kind(title, notes)
    )


def _kind_behind(behind: re.Match[str], notes: Notes) -> VersionKind | None:
    """Return the kind of a label at a title's end: in capitals, or behind a dash if it is no withdrawal."""
    kind = _label_kind(behind["label"], notes)
    is_set_off = behind[0][:1] == " " and kind is not VersionKind.WITHDRAWAL
    return kind if is_set_off or behind["label"] == behind["label"].upper() else None


def _label_kind(label: str, notes: Notes, *, any_case: bool = False) -> VersionKind | None:
    """Return the kind of a label; an ordinary word is one in capitals, with a number, or where ``any_case``."""
    low = _small(label.strip())
    if DRAFT.fullmatch(low):
        return VersionKind.UPDATE
    parts = NUMBERED.fullmatch(low)
    if parts is None:
        return None
    word = parts["word"].strip()
    if kind := _noun_and_verb_kind(word, notes):
        return kind
    is_set = any_case or label == label.upper() or bool(parts["ordinal"] or parts["number"])
    return notes.labels.get(low) or notes.labels.get(word) or (notes.capitals.get(word) if is_set else None)


def _noun_and_verb_kind(label: str, notes: Notes) -> VersionKind | None:
    """Return the kind of a label of a word for a text and one for what was done to it, such as "Berita dibatalkan"."""
    words = [word for word in label.split() if len(word) > PARTICLE]
    kinds = [kind for word in words if (kind := notes.labels.get(word) or notes.capitals.get(word))]
    return kinds[0] if len(words) == 2 and len(kinds) == 1 and any(map(notes.texts.match, words)) else None


def _bracketed_kind(title: str, notes: Notes) -> VersionKind | None:
    """Return the kind of a label in brackets at an end of the title; of all but withdrawals, more words may follow."""
    for match in IN_BRACKETS.finditer(title):
        inside = match["first"] or match["last"]
        words = re.split(r"[\s:：,]+", inside.strip())
        beginnings = (" ".join(words[:number]) for number in range(min(LABEL_WORDS, len(words)), 0, -1))
        kinds = (_label_kind(words_, notes, any_case=True) for words_ in beginnings)
        if kind := _label_kind(inside, notes, any_case=match[0].strip()[0] in SQUARE) or next(
            (kind for kind in kinds if kind not in (None, VersionKind.WITHDRAWAL)), None
        ):
            return kind
    return None


def _addressed_kind(line: str, notes: Notes) -> VersionKind | None:
    """Return the kind of a label behind a call to editors or for attention."""
    low = _small(line.strip(" \t-–—*(["))
    if not notes.calls.open(low):
        return None
    if address := next((words for words in notes.editors if low.startswith(words)), ""):
        rest = low[len(address) :][:ADDRESSED_WITHIN]
        kinds = [(len(word), kind) for word, kind in notes.words() if _has_word(rest, word)]
        if kinds:
            return max(kinds)[1]
    rests = (low[len(words) :] for words in notes.attention if low.startswith(words))
    return next(
        (kind for rest in rests if (kind := _label_kind(rest.strip(" :：!-–—.,/"), notes, any_case=True))), None
    )


def _has_word(text: str, word: str) -> bool:
    return word in text and (not SPACED.match(word) or re.search(rf"(?<!\w){re.escape(word)}(?!\w)", text) is not None)


def line_note(line: str, this_text: Openings, notes: Notes) -> VersionKind | None:
    """Return what a line says of the text that it belongs to: that it is corrected or withdrawn; None for any other.

    ``this_text``: how a sentence on the text itself begins, in small letters.
    """
    if len(line) * DENSE_LENGTH > NOTE_MOST and reading_length(line) > NOTE_MOST:
        return None
    label = LINE_LABEL.match(line) if _may_have_label(line) else None
    if label and _label_kind(label["label"], notes) is VersionKind.CORRECTION:
        return VersionKind.CORRECTION
    low = _small(line.strip())
    opening = low[:EARLIER_WITHIN]
    if (notes.earlier.any_in(opening) and notes.texts.search(low)) or _corrects_part(low, notes):
        return VersionKind.CORRECTION
    return _sentence_kind(low, this_text, notes) or _addressed_kind(line, notes)


def _corrects_part(low: str, notes: Notes) -> bool:
    """Whether a line in brackets says which part of the text was corrected."""
    if not WHOLE_IN_BRACKETS.fullmatch(low):
        return False
    return bool(notes.parts.search(low) and notes.verbs[VersionKind.CORRECTION].search(low))


def _may_have_label(line: str) -> bool:
    return len(line) <= LABEL_END or any(map(line[:LABEL_END].__contains__, COLONS))


def _sentence_kind(low: str, this_text: Openings, notes: Notes) -> VersionKind | None:
    """Return what a sentence on its own text says, behind a label such as "Editor's note:" or without one."""
    lead = LEAD_IN.match(low)
    is_bare = this_text.open(low)
    if not is_bare and not (lead and this_text.open(low, lead.end())):
        return None
    verbs = ((verb.start(), kind) for kind, stems in notes.verbs.items() if (verb := stems.search(low, 0, VERB_WITHIN)))
    kind = min(verbs, default=(0, None))[1]
    return None if kind is VersionKind.WITHDRAWAL and is_bare and low.startswith(notes.bills) else kind


def is_short(body: Sequence[str]) -> bool:
    """Return whether a text is short enough to be a notice and no more."""
    return bool(body) and sum(map(len, body)) <= NOTICE_MOST and sum(map(reading_length, body)) <= NOTICE_MOST


def is_withdrawal_notice(
    paragraphs: Iterable[str], names_agency: Callable[[str], bool], on_text: tuple[str, ...], notes: Notes
) -> bool:
    """Return whether a sentence of a short text or its title asks not to use a text or says that it is taken back.

    ``names_agency``: whether a sentence opens with an agency's name; ``on_text``: how sentences on a text begin, in
    small letters.
    """
    sentences = (sentence.strip() for paragraph in paragraphs for sentence in SENTENCE.findall(paragraph))
    pleas = (*on_text, *notes.pleas)
    return any(_withdraws(sentence, names_agency, pleas, notes) for sentence in sentences)


def _withdraws(text: str, names_agency: Callable[[str], bool], pleas: tuple[str, ...], notes: Notes) -> bool:
    sentence = _small(text)
    if notes.phrases.any_in(sentence):
        return True
    start = sentence.lstrip("«“„\"'「(")
    is_plea = start.startswith(pleas) and not start.startswith(notes.bills)
    opens = is_plea or names_agency(text)
    return bool(opens and notes.verbs[VersionKind.WITHDRAWAL].search(sentence) and notes.texts.search(sentence))


def _small(text: str) -> str:
    """Return the text in small letters, with one letter for the Turkish i with and without a dot."""
    return text.casefold().replace("i\u0307", "i").replace("ı", "i")


@cache
def load_notes() -> Notes:
    """Return the words of ``notes.toml``."""
    words = tomllib.loads((files("pipeline") / "data" / "notes.toml").read_text(encoding="utf-8"))
    kinds = [(VersionKind(row["kind"]), row) for row in words["note"]]

    def small_words(table: str) -> tuple[str, ...]:
        return tuple(map(_small, words[table]))

    return Notes(
        labels={_small(label): kind for kind, row in reversed(kinds) for label in row["labels"]},
        capitals={_small(label): kind for kind, row in reversed(kinds) for label in row["capitals"]},
        verbs={kind: _stems(row["verbs"]) for kind, row in kinds if row["verbs"]},
        texts=_stems(words["texts"]),
        parts=_stems(words["parts"]),
        pleas=small_words("pleas"),
        earlier=Phrases(small_words("earlier")),
        phrases=Phrases(small_words("phrases")),
        bills=small_words("bills"),
        editors=small_words("editors"),
        attention=small_words("attention"),
    )


def _stems(words: Iterable[str]) -> re.Pattern[str]:
    """Return a pattern of beginnings of words; in scripts without blanks, of words anywhere."""
    return re.compile("|".join((r"\b" if SPACED.match(word) else "") + re.escape(_small(word)) for word in words))
