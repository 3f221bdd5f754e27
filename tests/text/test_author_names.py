"""Names of authors in texts of many languages."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipeline.text.author_names import (
    byline_names,
    collective_name,
    is_caseless,
    is_handle,
    is_lead,
    is_name,
    is_person,
    split_names,
)


@pytest.mark.parametrize(
    ("text", "names"),
    [
        ("By Ann Lee and Bo Ek", ["Ann Lee", "Bo Ek"]),
        ("Ann Lee, Bo Ek, and Cy Dunn", ["Ann Lee", "Bo Ek", "Cy Dunn"]),
        ("Ann Lee & Bo Ek", ["Ann Lee", "Bo Ek"]),
        ("Lee and Partners", ["Lee and Partners"]),
        ("Dana Fields, MS, RD", ["Dana Fields, MS, RD"]),
        ("Dana Fields, Ph.D., Bo Ek", ["Dana Fields, Ph.D.", "Bo Ek"]),
        ("Lee, Ann", ["Lee, Ann"]),
        ("Ana Gil y Eva Sanz", ["Ana Gil", "Eva Sanz"]),
        ("Von Anna Berg und Karl Ohm", ["Anna Berg", "Karl Ohm"]),
        ("Luc Roy et Léa Petit", ["Luc Roy", "Léa Petit"]),
        ("Lars Dahl og Mette Holm", ["Lars Dahl", "Mette Holm"]),
        ("Иван Петров и Анна Белова", ["Иван Петров", "Анна Белова"]),
        ("राम कुमार और सीता देवी", ["राम कुमार", "सीता देवी"]),
        ("佐藤花子、鈴木一郎", ["佐藤花子", "鈴木一郎"]),
        ("김철수·이영희 기자", ["김철수", "이영희"]),
        ("Ann Lee, Senior Writer", ["Ann Lee"]),
        ("Karl Ohm, dpa", ["Karl Ohm", "dpa"]),
        ("Karl Ohm (kohm), Eva Sanz (esz.)", ["Karl Ohm", "Eva Sanz"]),
        ("Karl Ohm (AFP)", ["Karl Ohm (AFP)"]),
        ("Ona Rima, professor of harbour law, Sea University", ["Ona Rima"]),
    ],
)
def test_a_list_of_names_is_split(text: str, names: list[str]) -> None:
    assert split_names(text) == names


@pytest.mark.parametrize(
    ("line", "names"),
    [
        ("Ann Lee, 3 hours ago", ["Ann Lee"]),
        ("By Ann Lee, DVM. Reviewed by Bo Ek, DVM", ["Ann Lee, DVM"]),
        ("By Ann Lee, medically reviewed by Bo Ek", ["Ann Lee"]),
        ("ByAnn Lee", ["Ann Lee"]),
        ("Byron Lee", ["Byron Lee"]),
        ("This post was written by Ann Lee, head of tides and Sea Lanes", ["Ann Lee"]),
        ("Posted by Ann Lee on May 3, 2024", ["Ann Lee"]),
        ("By Ann Lee | News | 4 min read", ["Ann Lee"]),
        ("Ann Lee May 3, 2024", ["Ann Lee"]),
        ("By Ann Lee ann@post.example", ["Ann Lee"]),
        ("文／王小明", ["王小明"]),
        ("文・山田太郎", ["山田太郎"]),
        ("文＝山田太郎", ["山田太郎"]),
        ("取材・文／山田太郎　写真／佐藤花子", ["山田太郎"]),
        ("文・写真：山田太郎", ["山田太郎"]),
        ("文在寅", ["文在寅"]),
        ("【記者王小明／台北報導】", ["王小明"]),
        ("記者王小明／台北報導", ["王小明"]),
        ("本报记者 李雷", ["李雷"]),
        ("김철수 기자 kim@post.example", ["김철수"]),
        ("Автор: Иван Петров", ["Иван Петров"]),
        ("Oleh Budi Santoso", ["Budi Santoso"]),
        ("مؤلف: علي حسن", ["علي حسن"]),
        ("Por João da Silva, em Lisboa", ["João da Silva"]),
        ("By Staff Writer", []),
        ("By Newsroom", []),
        ("Marketing and Event Coordinator", []),
        ("Read 12 more of these", []),
        ("the quay was closed again", []),
    ],
)
def test_the_persons_of_a_byline(line: str, names: list[str]) -> None:
    assert byline_names(line) == names


@pytest.mark.parametrize("text", ["admin", "Staff", "ann@post.example", "https://post.example/ann", "105092", "", "{{author}}", "—"])  # fmt: skip
def test_what_is_nobodys_name(text: str) -> None:
    assert not is_name(text)
    assert not is_person(text)


FIRST = st.sampled_from(["Ann", "Bo", "Émile", "Zoë", "Иван", "Ξένια"])
LAST = st.sampled_from(["Lee", "Ek", "O'Neil", "van der Berg", "Петров", "Παππάς"])
PERSON = st.builds("{} {}".format, FIRST, LAST)


@given(st.lists(PERSON, min_size=1, max_size=4, unique=True), st.sampled_from([" and ", " und ", " & ", " og ", " и "]))
def test_names_are_read_back_from_a_list(people: list[str], conjunction: str) -> None:
    listed = conjunction.join(filter(None, (", ".join(people[:-1]), people[-1])))
    assert split_names(f"By {listed}") == people
    assert byline_names(f"By {listed}") == people


@given(st.text(max_size=200))
def test_any_text_has_names_or_none(text: str) -> None:
    assert all(map(is_person, byline_names(text)))


@pytest.mark.parametrize(
    ("text", "name"),
    [
        ("By the Harbour Team 3 minutes", "the Harbour Team"),
        ("Harbour Desk", "Harbour Desk"),
        ("by bo_ek | 3 May 2024", "bo_ek"),
        ("From Saturday", "Saturday"),
        ("May 3, 2024", ""),
        ("By", ""),
        ("本报记者", ""),
        ("By all who came to the harbour that day", ""),
        ("The quay was closed.", ""),
    ],
)
def test_the_name_of_no_person(text: str, name: str) -> None:
    assert collective_name(text) == name


@pytest.mark.parametrize("name", ["bo.ek", "bo_ek7", "annlee", "AnnL", "boEk"])
def test_a_handle_is_an_account_s_name(name: str) -> None:
    assert is_handle(name)
    assert not any(map(is_handle, ("Ann Lee", "Reuters", "dpa", "McKay Coppins", "王小明", "ann lee", "AFP")))


def test_words_for_by_alone_and_scripts_without_case() -> None:
    assert all(map(is_lead, ("By", "Written by:", "Von", "作者：")))
    assert not any(map(is_lead, ("Bygone", "By Ann", "Lee")))
    assert is_caseless("王小明")
    assert not is_caseless("Ann")


@pytest.mark.parametrize("text", ["從南寧獻血辦了解到", "このニュースをシェア", "TNW中文站"])
def test_a_sentence_in_a_script_without_case_is_no_person(text: str) -> None:
    assert not is_person(text)
    assert is_person("マルク・ルッテ")
