"""The grammar of agency lines."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipeline.errors import ConfigError, UnknownAgency
from pipeline.model import VersionKind
from pipeline.text.wire import dateline_parts, dateline_span, line_spans, load_grammar, tail_span, update_mark
from tests.corpus import corpus

GRAMMAR = load_grammar()


@pytest.mark.parametrize(
    ("line", "place", "day", "agency"),
    [
        ("Oslo, Sept 3 (AFP) - The minister said", "Oslo", "Sept 3", "AFP"),
        ("NEW YORK (AP) — Shares rose", "NEW YORK", "", "AP"),
        ("GENEVA/PARIS, March 7 (Reuters) - Talks began", "GENEVA/PARIS", "March 7", "Reuters"),
        ("Pune, Dec 9 (PTI) A court on Monday", "Pune", "Dec 9", "PTI"),
        ("Lima, 4 ene (EFE).- Un incendio", "Lima", "4 ene", "EFE"),
        ("(ANSA) - MILANO, 16 APR - Il sindaco", "MILANO", "16 APR", "ANSA"),
        ("КАЗАНЬ, 3 марта. /ТАСС/. Власти", "КАЗАНЬ", "3 марта", "TASS"),
        ("(부산=연합뉴스) 김철수 기자 = 시는", "부산", "", "Yonhap"),
        ("新华社上海8月12日电 记者获悉", "上海", "", "Xinhua"),
        ("【大阪共同】市は", "大阪", "", "Kyodo"),
        ("पटना, 14 अक्टूबर (आईएएनएस)। सरकार", "पटना", "14 अक्टूबर", "IANS"),
        ("Oslo, Aug 24 The minister urged", "Oslo", "Aug 24", ""),
        ("KUALA LUMPUR, Nov 22 — The state", "KUALA LUMPUR", "Nov 22", ""),
        ("LUCKNOW: The government", "LUCKNOW", "", ""),
    ],
)
def test_datelines(line: str, place: str, day: str, agency: str) -> None:
    span = dateline_span(line, GRAMMAR)
    assert span is not None
    assert line.startswith(span.text)
    assert dateline_parts(span, GRAMMAR) == (place, day)
    assert (span.agencies[:1] or ("",))[0] == agency


@pytest.mark.parametrize(
    "line",
    [
        "On Monday, Aug 24 the minister said",
        "In Paris, July 14 is a holiday",
        "Paris was calm on Aug 24 after the talks",
        "The AP said shares rose",
        "He told Reuters - in an interview - that",
        "BREAKING: The minister resigns",
        "A lawyer (AA) said",
        "Rates rose 2.5 per cent, Aug 24 data showed",
        "Smith, 42, told the BBC",
    ],
)
def test_sentences_that_only_look_like_datelines(line: str) -> None:
    assert dateline_span(line, GRAMMAR) is None


@pytest.mark.parametrize(
    ("line", "kind", "agencies"),
    [
        ("By IANS | Updated: August 24, 2025 08:40 IST", "byline", ("IANS",)),
        ("By Jane Roe, Press Association", "byline", ("PA",)),
        ("(With inputs from PTI, ANI)", "credit", ("PTI", "ANI")),
        ("With input from agencies", "credit", ()),
        ("(Reuters)", "credit", ("Reuters",)),
        ("--IANS", "endmark", ("IANS",)),
        ("ab/cd", "endmark", ()),
        ("dpa abc def", "endmark", ("dpa",)),
        ("(Reporting by Jane Roe; Editing by John Doe)", "endmark", ()),
        (
            "(This story has not been edited by our staff and is auto-generated from a syndicated feed.)",
            "disclaimer",
            (),
        ),
        ("UPDATE 2-Gold rises", "update", ()),
        ("(Corrects spelling of name in paragraph 3)", "update", ()),
    ],
)
def test_whole_lines(line: str, kind: str, agencies: tuple[str, ...]) -> None:
    (span,) = line_spans(line, "last", GRAMMAR)
    assert (span.kind.value, span.agencies, span.whole, span.text) == (kind, agencies, True, line)


@pytest.mark.parametrize(
    ("line", "left"),
    [
        ("The talks go on. (AFP)", "The talks go on."),
        ("The talks go on. --IANS", "The talks go on."),
        ("Die Gespräche gehen weiter. /ritzau/", "Die Gespräche gehen weiter."),
    ],
)
def test_signs_at_the_end(line: str, left: str) -> None:
    span = tail_span(line, GRAMMAR)
    assert span is not None
    assert line[: span.start] == left
    assert line == left + span.text


@pytest.mark.parametrize(
    ("title", "kind"),
    [
        ("UPDATE 1-Gold rises", VersionKind.UPDATE),
        ("CORRECTED: Gold rises", VersionKind.CORRECTION),
        ("STORY WITHDRAWN: Gold rises", VersionKind.WITHDRAWAL),
        ("Corrections officer freed", None),
        ("Gold rises", None),
    ],
)
def test_marks_in_titles(title: str, kind: VersionKind | None) -> None:
    assert update_mark(title, GRAMMAR) is kind


@given(st.text(max_size=200), st.sampled_from(["first", "middle", "last"]))
def test_any_line_can_be_read_and_rebuilt(line: str, position: str) -> None:
    for span in line_spans(line, position, GRAMMAR):  # type: ignore[arg-type]
        assert span.text in line
        if not span.whole:
            assert line[span.start :].startswith(span.text)


def test_a_file_of_ones_own_adds_agencies(tmp_path: Path) -> None:
    mine = tmp_path / "mine.toml"
    mine.write_text('[[agency]]\nid = "XYZ"\nnames = ["XYZ News"]\n', encoding="utf-8")
    span = dateline_span("Oslo (XYZ News) - It", load_grammar([str(mine)]))
    assert span is not None
    assert span.agencies == ("XYZ",)


@pytest.mark.parametrize(
    ("text", "error"),
    [
        ('[[agency]]\nid = "X"\nnames = ["Reuters"]\n', UnknownAgency),
        ('[[agency]]\nid = "X"\n', UnknownAgency),
        ("[[agency\n", ConfigError),
    ],
)
def test_a_wrong_agencies_file_is_said(tmp_path: Path, text: str, error: type[ConfigError]) -> None:
    mine = tmp_path / "mine.toml"
    mine.write_text(text, encoding="utf-8")
    with pytest.raises(error, match=r"mine\.toml|X"):
        load_grammar([str(mine)])
    with pytest.raises(ConfigError, match="none"):
        load_grammar([str(tmp_path / "none.toml")])


def test_real_lines_and_real_paragraphs() -> None:
    rows = [json.loads(row) for row in (corpus("wire/agency_lines.jsonl")).read_text(encoding="utf-8").splitlines()]
    firsts = ("dateline", "byline", "update")
    seen = [
        (row["kind"], line_spans(row["line"], "first" if row["kind"] in firsts else "last", GRAMMAR)) for row in rows
    ]
    right = sum(kind in {span.kind.value for span in spans} for kind, spans in seen)
    assert right / len(rows) >= 0.95
    paragraphs = [
        line
        for row in (corpus("extraction/fundus/truth.jsonl")).read_text(encoding="utf-8").splitlines()
        for line in json.loads(row)["body"].split("\n")[1:]
        if len(line) > 60
    ]
    false = sum(len(line_spans(line, "middle", GRAMMAR)) for line in paragraphs)
    assert false / len(paragraphs) <= 0.001
