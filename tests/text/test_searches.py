"""The snippet that a search shows: of the text as it stands, with the words that were asked for, however spelt."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipeline.model import Snippet
from pipeline.text.normalize import reading_length
from pipeline.text.searches import (
    CUT,
    LENGTH_BEFORE,
    LONGEST_SHOWN,
    SNIPPET_LENGTH,
    asked_phrases,
    compared_words,
    snippet_of,
)

BRIDGE = (
    "Residents of the Old Harbour district had waited eleven years for the bridge, which was closed after an inspector "
    "found cracks in two of its piers. “Nobody told us,” said one, whose well-known night shift café lost 1,200 guests "
    "a week; the colour of the water (and of the night shift) had changed."
)
TOKYO = "日本の首都東京で火曜日、新しい大橋が開通した。" * 20


def as_shown(snippet: Snippet) -> str:
    return "".join(f"[{part.text}]" if part.is_match else part.text for part in snippet)


def matches_of(search: str, *paragraphs: str) -> list[str]:
    return [part.text for part in snippet_of(search, paragraphs) if part.is_match]


@pytest.mark.parametrize(
    ("search", "words"),
    [
        ("BRIDGE cracks", ["bridge", "cracks"]),
        ('"night shift"', ["night shift", "night shift"]),
        ("1200 color", ["1,200", "colour"]),
        ("1.200", ["1,200"]),
        ("known", ["well-known"]),
        ("nobody", ["Nobody"]),
        ("café", ["café"]),
        ("ferry", []),
        ("", []),
        ("“”", []),
    ],
)
def test_words_are_found_however_they_are_spelt(search: str, words: list[str]) -> None:
    assert matches_of(search, BRIDGE) == words


@pytest.mark.parametrize(("search", "word"), [("東京", "東京"), ("新しい大橋", "新しい大橋"), ("大橋 東京", "東京")])
def test_words_of_scripts_without_blanks_are_runs_of_characters(search: str, word: str) -> None:
    assert matches_of(search, TOKYO)[0] == word


def test_signs_of_hindi_that_mean_the_same_are_one_word() -> None:
    assert matches_of("हिन्दी", "यह हिंदी में लिखा गया एक समाचार है।") == ["हिंदी"]


def test_the_paragraph_that_has_the_most_is_shown_and_the_first_of_these() -> None:
    paragraphs = ("The bridge opened.", "The bridge had cracks.", "Cracks in the bridge were mended.")
    assert as_shown(snippet_of("cracks bridge", paragraphs)) == "The [bridge] had [cracks]."


def test_the_place_that_has_the_most_of_a_long_paragraph_is_shown() -> None:
    text = f"The bridge opened. {'Nothing else was said. ' * 40}The bridge had cracks. {'It is mended. ' * 40}"
    snippet = as_shown(snippet_of("bridge cracks", [text]))
    assert "[bridge] had [cracks]" in snippet
    assert snippet.startswith(CUT)
    assert snippet.endswith(CUT)


@given(st.lists(st.text(max_size=600), max_size=4), st.text(max_size=40))
def test_a_snippet_is_a_bounded_run_of_a_paragraph_and_says_what_was_asked(paragraphs: list[str], search: str) -> None:
    snippet = snippet_of(search, paragraphs)
    text = "".join(part.text for part in snippet).removeprefix(CUT).removesuffix(CUT)
    assert any(text in paragraph for paragraph in paragraphs) or not snippet
    assert reading_length(text) <= SNIPPET_LENGTH + LENGTH_BEFORE + 3 * LONGEST_SHOWN
    assert all(part.text for part in snippet)
    assert any(part.is_match for part in snippet) == bool(snippet)


WORDS = st.sampled_from(["bridge", "Café", "1,200", "東京", "हिंदी", "naïve", "ΣΊΣΥΦΟΣ", "O’Brien", "(sea)"])


@given(st.lists(WORDS, min_size=1, max_size=300), st.data())
def test_each_word_of_a_text_is_found_in_it(words: list[str], data: st.DataObject) -> None:
    search = data.draw(st.sampled_from(words))
    compared = compared_words(" ".join(matches_of(search, " ".join(words))))
    assert all(word in compared for phrase in asked_phrases(search) for word in phrase)
