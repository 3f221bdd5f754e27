"""Spelling, folded where texts are compared."""

from __future__ import annotations

import unicodedata

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from pipeline.match.fingerprint import fingerprint_many
from pipeline.text.shingles import tokens
from pipeline.text.spelling import DECIMAL_DIGITS, LETTERS, ORDINARY, fold, numbers

SPELLINGS = [
    ("1,200", "1.200", "1 200", "1\u00a0200", "1\u202f200", "1’200", "1'200", "1200", "１，２００", "١٬٢٠٠"),
    ("1,250,000", "1.250.000", "1 250 000", "12,50,000", "१२,५०,०००"),
    ("2.6", "2,6", "٢٫٦", "۲٫۶", "２．６"),
    ("06:00", "6:00", "6.00", "०६:००"),
    ("the colours were organised", "The colors were organized"),
    ("analysed at the centre of a neighbourhood", "analyzed at the center of a neighborhood"),
    ("ﬁne cœur", "fine coeur"),
    ("sepa\u00adrate zero\u200bwidth", "separate zerowidth"),
    ("п’ять", "пʼять", "п'ять"),
    ("Ёлка", "елка"),
    ("Љубав и џеп", "Ljubav i džep"),
    ("مُدَرِّسَة إلى أحمد", "مدرسه الي احمد", "مـدرسـة الى احمد"),
    ("کشتی", "كشتي", "كشتى"),
    ("ہوئی", "هوئي"),
    ("שָׁלוֹם", "שלום"),
    ("ज़मीन हिन्दी", "जमीन हिंदी"),
    ("ന്‍", "ൻ"),
    ("แม่", "เเม่"),
    ("ﾌｪﾘｰ", "フェリー"),
    ("渡輪復航於週一", "渡轮复航于周一"),
    ("și țară", "şi ţară"),
    ("DİYARBAKIR", "Diyarbakır"),
]  # fmt: skip
UNLIKE = [("für", "fur"), ("2.5", "2.05"), ("1.20", "120"), ("4 11", "411"), ("in 1999 300", "in 1999300"),
          ("four", "for"), ("prise", "prize")]  # fmt: skip
WORDS = st.sampled_from(["ship", "città", "порт", "بندر", "港", "ท่า", "नौका"])


@given(st.sampled_from(SPELLINGS), st.lists(WORDS, max_size=8), st.lists(WORDS, max_size=8))
def test_a_text_in_every_spelling_has_one_fingerprint(
    spellings: tuple[str, ...], ahead: list[str], after: list[str]
) -> None:
    texts = [" ".join([*ahead, spelling, *after]) for spelling in spellings]
    assert len({fingerprint.shingles for fingerprint in fingerprint_many(texts)}) == 1
    assert len({frozenset(numbers(text)) for text in texts}) == 1


@given(st.integers(0, 10**9), st.sampled_from(",. '’\u00a0\u202f"), st.integers(0, len(DECIMAL_DIGITS) // 10 - 1))
def test_a_number_in_groups_and_in_any_digits_is_one_word(number: int, mark: str, script: int) -> None:
    first = unicodedata.decimal(DECIMAL_DIGITS[0])
    digits = DECIMAL_DIGITS[10 * script - first :][:10]
    grouped = f"{number:,}".replace(",", mark).translate(
        {ord(str(unicodedata.decimal(digit))): digit for digit in digits}
    )
    assert tokens(grouped) == [str(number)]
    assert numbers(grouped) == [str(number)]


@pytest.mark.parametrize(("first", "second"), UNLIKE)
def test_other_words_stay_other_words(first: str, second: str) -> None:
    assert tokens(first) != tokens(second)


@given(st.text())
@example("Æ")
@example("ŉ")
def test_nothing_is_left_to_fold(text: str) -> None:
    assert not {letter for letter in fold(text) if LETTERS.get(ord(letter), letter) not in (letter, ord(letter))}


def test_what_needs_no_table_is_in_none() -> None:
    folded = [letter for letter in map(chr, LETTERS) if LETTERS[ord(letter)] not in (letter, ord(letter))]
    assert not [letter for letter in folded if ORDINARY.fullmatch(letter)]


def test_each_traditional_character_has_its_simplified_one() -> None:
    assert fold("萬與專業") == "万与专业"
