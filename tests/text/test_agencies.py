"""The table of agencies and what is read from it."""

from __future__ import annotations

import tomllib
from importlib.resources import files

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipeline.text.agencies import (
    agencies_in,
    load_agencies,
    may_begin_with_name,
    may_name,
    plain_agencies_in,
    signature,
)
from pipeline.text.grammar import load_grammar
from pipeline.text.wire import dateline_span

AGENCIES = load_agencies()
TABLE = tomllib.loads((files("pipeline") / "data" / "agencies.toml").read_text(encoding="utf-8"))["agency"]
FORMS = tomllib.loads((files("pipeline") / "data" / "wire.toml").read_text(encoding="utf-8"))
NAMES = [(row["id"], name) for row in TABLE for name in [*row.get("names", ()), *row.get("weak", ())]]


def test_the_table_covers_the_world() -> None:
    assert len(TABLE) >= 150
    assert len({row["country"] for row in TABLE}) >= 80
    assert all(len(row["country"]) == 2 and row["country"].isupper() for row in TABLE)
    assert all(set(row) <= {"id", "country", "names", "weak", "also"} for row in TABLE)


def test_every_name_is_its_agencys() -> None:
    assert [name for agency, name in NAMES if agencies_in(name, AGENCIES) != (agency,)] == []
    assert [name for _, name in NAMES if not may_name(name, AGENCIES)] == []
    assert [name for _, name in NAMES if not may_begin_with_name(f"{name} - Rain", AGENCIES)] == []


def test_every_name_signs_a_dateline() -> None:
    grammar = load_grammar()
    spans = [(agency, name, dateline_span(f"Oslo, May 7 ({name}) - The port", grammar)) for agency, name in NAMES]
    assert [name for agency, name, span in spans if span is None or span.agencies != (agency,)] == []


def test_a_weak_name_is_not_plain() -> None:
    assert agencies_in("PA and Reuters", AGENCIES) == ("PA", "Reuters")
    assert plain_agencies_in("PA and Reuters", AGENCIES) == ("Reuters",)
    assert agencies_in("PAPER, xPA, PAs", AGENCIES) == ()


def test_names_in_capitals_and_with_words_beside_them() -> None:
    signed = signature("Jane ROE, ADNKRONOS staff", AGENCIES)
    assert (signed.agencies, signed.plain, signed.rest) == (("Adnkronos",), True, ("jane", "roe", "staff"))


@pytest.mark.parametrize("table", ["by", "roles", "sources", "derived", "fillers", "not_places", "weekdays"])
def test_tables_of_words_have_no_doubles(table: str) -> None:
    assert len(FORMS[table]) == len(set(FORMS[table]))


def test_a_month_is_one_month() -> None:
    names = [name for row in FORMS["months"] for name in row]
    assert len(FORMS["months"]) == 12
    assert len(names) == len(set(names))


@given(st.lists(st.sampled_from(["PA", "Reuters", "Agence", "France", "Press", "The", "said", "新华社", "in Oslo"])))
def test_a_text_without_the_letters_of_a_name_names_no_agency(words: list[str]) -> None:
    text = " ".join(words)
    assert may_name(text, AGENCIES) or not AGENCIES.pattern.search(text)
    assert may_begin_with_name(text, AGENCIES) or not AGENCIES.pattern.match(text)
