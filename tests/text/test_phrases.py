"""Phrases that are looked for in lines."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from pipeline.text.phrases import LineForms, Phrases

PHRASES = ("all rights", "tous droits réservés", "版权所有", "wires")


@given(st.text(), st.sampled_from(PHRASES), st.text())
def test_a_phrase_is_seen_anywhere_in_a_line(before: str, phrase: str, after: str) -> None:
    assert Phrases(PHRASES).any_in(before + phrase + after)


@given(st.text())
def test_a_line_without_a_phrase_has_none(line: str) -> None:
    assert Phrases(PHRASES).any_in(line) == any(phrase in line for phrase in PHRASES)


@given(st.text())
def test_phrases_of_ascii_alone_are_seen_too(line: str) -> None:
    assert Phrases(["wires"]).any_in(line + "wires")
    assert not Phrases([]).any_in(line)


def test_a_form_that_opens_a_line_is_no_form_within_it() -> None:
    forms = LineForms([r"^ends?$|^fin$", r"\bcontributed to this"])
    assert forms.fit("Ends")
    assert forms.fit("FIN")
    assert forms.fit("Ann Roe contributed to this report")
    assert not forms.fit("it ends")
