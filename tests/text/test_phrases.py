"""Phrases that are looked for in lines."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from pipeline.text.phrases import Phrases

PHRASES = ("all rights", "tous droits réservés", "版权所有", "wires")


@given(st.text(), st.sampled_from(PHRASES), st.text())
def test_a_phrase_is_seen_anywhere_in_a_line(before: str, phrase: str, after: str) -> None:
    assert Phrases(PHRASES).any_in(before + phrase + after)


@given(st.text())
def test_a_line_without_a_phrase_has_none(line: str) -> None:
    assert Phrases(PHRASES).any_in(line) == any(phrase in line for phrase in PHRASES)
