"""Phrases that are looked for in lines."""

from __future__ import annotations

import re

from hypothesis import given
from hypothesis import strategies as st

from pipeline.text.phrases import LabelledForms, LineForms, Openings, Phrases, required_letters

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


def test_a_phrase_that_holds_another_one_is_not_looked_for() -> None:
    phrases = Phrases(["wires", "news wires", "agencies"])
    assert phrases.all == ("wires", "agencies")
    assert phrases.any_in("from news wires")


def test_a_form_that_opens_a_line_is_no_form_within_it() -> None:
    forms = LineForms([r"^ends?$|^fin$", r"\bcontributed to this"])
    assert forms.fit("Ends")
    assert forms.fit("FIN")
    assert forms.fit("Ann Roe contributed to this report")
    assert not forms.fit("it ends")


@given(st.text(), st.sampled_from(PHRASES), st.text())
def test_what_a_line_begins_with_is_seen_from_any_place_on(before: str, phrase: str, after: str) -> None:
    line = before + phrase + after
    assert Openings(PHRASES).open(line, len(before))
    assert Openings(PHRASES).open(line) == line.startswith(PHRASES)


def test_the_letters_that_a_form_cannot_do_without() -> None:
    assert required_letters(r"\bcontributed (more )?to this (report|story)\W*$") == "contributed "
    assert required_letters(r"(author|editor)\s?:.{3,40}\beditor( online)?\s?:") == "editor"
    assert [required_letters(pattern) for pattern in ("ab?c", "one|other", "(a(b)c)d")] == ["a", "", ""]


LABELLED = [
    ("age", "are you over 18"),
    ("consent", "(?:accept|reject) (?:all )?cookies"),
    ("login", "accept"),
    ("age", "18 cookies"),
]


@given(st.lists(st.sampled_from(["Accept", "all", "cookies", "are", "you", "OVER", "18", "reject", "ſ"])).map(" ".join))
def test_the_labels_are_those_that_one_pattern_of_all_forms_finds(text: str) -> None:
    one_pattern = re.compile("|".join(f"({form})" for _, form in LABELLED), re.IGNORECASE)
    expected = [LABELLED[(match.lastindex or 1) - 1][0] for match in one_pattern.finditer(text)]
    assert LabelledForms(LABELLED).labels(text) == expected
