"""Normal forms: what nobody sees is out, joiners that spell words stay, what a trailing ellipsis is."""

from __future__ import annotations

import re
import unicodedata

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from pipeline.text import normalize
from pipeline.text.normalize import PLAIN_MARKS, fold, reading_length, tidy, without_dots

ELLIPSIS = re.compile(r"\s*(\.\.\.+|…|\[…\]|\[\.\.\.\])\s*$")
JOINED = st.text(st.sampled_from("ab \u200c\u200d\u200e\u2066\u00adﬁکتابमर्\u0301é日👩🏽🚀\ufe0f"), max_size=12)


@given(st.text(st.sampled_from(["a", "Z", "7", *".,'\" -", *(mark for mark, _ in PLAIN_MARKS)]), max_size=12))
def test_marks_of_typography_are_left_out_with_letters_beyond_ascii_and_without(text: str) -> None:
    assert fold(f"{text}é") == f"{fold(text)}é"


@given(st.text(st.sampled_from(".… []\n\ta"), max_size=12))
def test_one_ellipsis_at_the_end_goes_with_the_blanks_around_it(text: str) -> None:
    assert without_dots(text) == ELLIPSIS.sub("", text)


@example("\u094d\u0300\u200c")
@given(st.one_of(st.text(max_size=40), JOINED))
def test_tidy_text_is_one_line_in_composed_form_and_stays_as_it_is(text: str) -> None:
    line = tidy(text)
    assert tidy(line) == line == unicodedata.normalize("NFC", line)
    assert line == line.strip()
    assert "\n" not in line
    assert not set(line) & set("\0\u200b\u200e\u200f\u202a\u202e\u2060\u2066\u2069\ufeffﬁﬂ")


@given(st.one_of(st.text(max_size=40), JOINED))
def test_tidying_loses_no_letter(text: str) -> None:
    storable = "".join(character for character in text if not "\ud800" <= character < "\ue000")
    letters, tidy_letters = (unicodedata.normalize("NFKD", fold(version)) for version in (storable, tidy(text)))
    assert letters == tidy_letters


@pytest.mark.parametrize(
    ("text", "line"),
    [
        ("\u200fA\u200e b\u2066c\u2069", "A bc"),
        ("of\u200bfice\ufeff of\u2060 the \u200ctown\u200d", "office of the town"),
        ("ﬁnal o\ufb00er", "final offer"),
        ("e\u0301te\u0301", "été"),
        ("کتاب\u200cها", "کتاب\u200cها"),
        ("کتاب\u200c ها", "کتاب ها"),
        ("क्\u200dष और र\u094d\u200c", "क्\u200dष और र\u094d\u200c"),
        ("ന്\u200d", "ന്\u200d"),
        ("👩\u200d🚀", "👩\u200d🚀"),
        ("👩🏽\u200d🚀", "👩🏽\u200d🚀"),
    ],
)
def test_what_nobody_sees_goes_and_what_spells_words_stays(text: str, line: str) -> None:
    assert tidy(text) == line


@given(st.text(max_size=40), st.text(max_size=40))
def test_lengths_add_up_and_are_no_less_than_the_characters(text: str, suffix: str) -> None:
    assert reading_length(text + suffix) == pytest.approx(reading_length(text) + reading_length(suffix))
    assert reading_length(text) >= len(text)


def test_a_sentence_is_about_as_long_in_any_script() -> None:
    sentences = (
        "The ferry to the outer islands sailed again on Monday morning.",
        "周一早晨开往外岛的渡轮恢复了航行。",
        "離島行きのフェリーは月曜日の朝に運航を再開した。",
        "외딴섬으로 가는 연락선이 월요일 아침 다시 떴다.",
    )
    lengths = [reading_length(sentence) for sentence in sentences]
    assert max(lengths) < 2 * min(lengths)


def test_letters_of_latin_greek_and_cyrillic_are_those_of_every_script() -> None:
    plain = "".join(chr(code) for code in range(0x2150) if not normalize.OTHER_SCRIPTS.search(chr(code)))
    assert normalize.NO_LETTERS_PLAIN.sub("", plain) == normalize.NO_LETTERS.sub("", plain)
