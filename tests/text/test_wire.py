"""The grammar of agency lines."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipeline.errors import ConfigError, UnknownAgency
from pipeline.model import VersionKind
from pipeline.text.grammar import load_grammar
from pipeline.text.notices import update_mark
from pipeline.text.wire import agencies_signed, dateline_day, dateline_parts, dateline_span, line_spans, tail_span
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
        ("新华社上海8月12日电 记者获悉", "上海", "8月12日", "Xinhua"),
        ("【大阪共同】市は", "大阪", "", "Kyodo"),
        ("पटना, 14 अक्टूबर (आईएएनएस)। सरकार", "पटना", "14 अक्टूबर", "IANS"),
        ("Oslo, Aug 24 The minister urged", "Oslo", "Aug 24", ""),
        ("KUALA LUMPUR, Nov 22 — The state", "KUALA LUMPUR", "Nov 22", ""),
        ("LUCKNOW: The government", "LUCKNOW", "", ""),
        ("Jena (Saale) (dpa/th) - Die Stadt", "Jena", "", "dpa"),
        ("MÁLAGA, 7 (EUROPA PRESS) - La feria", "MÁLAGA", "7", "Europa Press"),
        ("TORINO (askanews) – La fiera", "TORINO", "", "Askanews"),
        ("САМАРА, 7 мая - РИА Новости. Суд", "САМАРА", "7 мая", "RIA Novosti"),
        ("Львів. 7 травня. УКРІНФОРМ. Рада", "Львів", "7 травня", "Ukrinform"),
        ("Szeged, 2026. május 7., csütörtök (MTI) - A város", "Szeged", "2026. május 7., csütörtök", "MTI"),
        ("Kaunas, gegužės 7 d. (BNS). Meras", "Kaunas", "gegužės 7 d", "BNS"),
        ("BURSA (İHA) - Belediye", "BURSA", "", "İHA"),
        ("شیراز - ایرنا - شهردار", "شیراز", "", "IRNA"),
        ("الدوحة في 7 مايو /قنا/ استقبل", "الدوحة", "7 مايو", "QNA"),
        ("খুলনা, ৭ মে, ২০২৬ (বাসস) : মেয়র", "খুলনা", "৭ মে, ২০২৬", "BSS"),
        ("மதுரை, மே 7 (பிடிஐ) மாநில", "மதுரை", "மே 7", "PTI"),
        ("[대구=뉴시스]김철수 기자 = 시는", "대구", "", "Newsis"),
        ("［大阪　７日　ロイター］ - 市は", "大阪", "７日", "Reuters"),
        ("（中央社記者王小明高雄7日電）市府", "高雄", "7日", "CNA (Taiwan)"),
        ("OGDEN, Utah--(BUSINESS WIRE)--Acme", "OGDEN, Utah", "", "Business Wire"),
        ("OGDEN, May 7, 2026 /PRNewswire/ -- Acme", "OGDEN", "May 7, 2026", "PR Newswire"),
        # No list has these two: place, day and a dash say what they are.
        ("Apia, May 7 (Palolo) - The port", "Apia", "May 7", "Palolo"),
        ("Nadi, jeudi 7 mai 2026 (Lagon Infos) – Le port", "Nadi", "7 mai 2026", "Lagon Infos"),
        ("VIGO.- El alcalde", "VIGO", "", ""),
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
        "LEILA HOLM, HOST: The ferry is sailing again",
        "JAN NOVÁK, MODERÁTOR: Loď zase pluje",
        "REPORTER BO EK: The gates opened at six",
        "A lawyer (AA) said",
        "Rates rose 2.5 per cent, Aug 24 data showed",
        "Smith, 42, told the BBC",
        "Paris, April 3 was a cold day",
        "London, 5 May 2020 may be remembered",
        "Paris, 3 avril 2024 restera dans les mémoires",
        "पेरिस, 3 अप्रैल को बारिश हुई",
        "Sunday, Nov 23: The final",
        "Lundi, 3 avril : Le match",
        "Exhibition Hall, October 2, 2025 – February 15, 2026",
        "Jane Roe (PTI) was sentenced on Friday",
        "Ramallah (PA) is the seat of the government",
        "New Delhi (AAP) and Punjab (AAP) results were declared",
        "Freiburg (Breisgau) - Die Stadt",
        "Max Muster (SPD) - Der Minister",
        "JANE ROE: I think it went well",
        "CPU: Eight cores",
        "AP – the class that every pupil wants",
        "据新华社报道，会议将于明天举行",
        "[저녁매체=김철수의 영화 이야기] 이 영화는",
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
        ("By Jane Roe and John Doe, Associated Press", "byline", ("AP",)),
        ("By Jane Roe, PA Political Correspondent", "byline", ("PA",)),
        ("Jane Roe, The Canadian Press", "byline", ("CP",)),
        ("Par Jeanne DUPONT, avec Jean MARTIN à Lyon (AFP)", "byline", ("AFP",)),
        ("Por Maria Silva - Repórter da Agência Brasil", "byline", ("Agência Brasil",)),
        ("Av TT", "byline", ("TT",)),
        ("PTI | Pune | Updated: May 7, 2026 10:00 IST", "byline", ("PTI",)),
        ("新华社记者 张三", "byline", ("Xinhua",)),
        ("Reuters contributed to this report.", "credit", ("Reuters",)),
        ("AA-ANKARA", "byline", ("Anadolu",)),
        ("EFE. Madrid", "byline", ("EFE",)),
        ("(Avec AFP et Reuters)", "credit", ("AFP", "Reuters")),
        ("Con información de EFE y AFP", "credit", ("EFE", "AFP")),
        ("Quelle: ntv.de, jog/dpa", "credit", ("dpa",)),
        ("Kaynak: AA", "credit", ("Anadolu",)),
        ("Πηγή: ΑΠΕ-ΜΠΕ", "credit", ("ANA-MPE",)),
        ("المصدر: أ ف ب", "credit", ("AFP",)),
        ("(एएनआई इनपुट के साथ)", "credit", ("ANI",)),
        ("ที่มา: เอเอฟพี", "credit", ("AFP",)),
        ("(reuters)", "credit", ()),
        ("©APS", "endmark", ("APS",)),
        ("--IANS int/khz", "endmark", ("IANS",)),
        ("© dpa-infocom, dpa:260507-930-414771/1", "endmark", ("dpa",)),
        ("भाषा राजकुमार दिलीप", "endmark", ("PTI",)),
        ("(Reporte de Juan Pérez. Editado por Ana López)", "endmark", ()),
        ("（完）", "endmark", ()),
        ("Tous droits réservés", "disclaimer", ()),
        ("Hinweis: Diese Meldung wurde automatisch übernommen und nicht geprüft.", "disclaimer", ()),
        ("Bu haber ajans tarafından otomatik olarak yayımlanmıştır, düzenlenmemiştir.", "disclaimer", ()),
        ("Rättelse: I en tidigare version", "update", ()),
        ("MANDATORY KILL", "update", ()),
        ("SPERRFRIST 7. Mai, 10.00 Uhr", "update", ()),
    ],
)
def test_whole_lines(line: str, kind: str, agencies: tuple[str, ...]) -> None:
    (span,) = line_spans(line, "last", GRAMMAR)
    assert (span.kind.value, span.agencies, span.is_whole_block, span.text) == (kind, agencies, True, line)


@pytest.mark.parametrize(
    ("line", "kind", "agencies"),
    [
        ("With files from The Canadian Press", "credit", ("CP",)),
        ("-With a file from Ann Holm and The Canadian Press", "credit", ("CP",)),
        ("With files from CBC News and The Associated Press", "credit", ("AP",)),
        ("Con información de EFE y El Correo", "credit", ("EFE",)),
        ("Com informações da Reuters e do Correio", "credit", ("Reuters",)),
        ("Le Courrier avec AFP et Reuters", "credit", ("AFP", "Reuters")),
        ("Courant met ANP", "credit", ("ANP",)),
        ("za PAP", "credit", ("PAP",)),
        ("PAP/inf. własna", "credit", ("PAP",)),
        ("red, APA", "credit", ("APA",)),
        ("(APA/Red)", "credit", ("APA",)),
        ("ANSA.it", "credit", ("ANSA",)),
        ("Courier staff and agencies", "credit", ()),
        ("From staff and wire reports", "credit", ()),
        ("Agencias / Redacción", "credit", ()),
        ("وكالات", "credit", ()),
        ("به نقل از ایرنا", "credit", ("IRNA",)),
        ("За матеріалами Укрінформу", "credit", ("Ukrinform",)),
        ("（综合新华社、央视新闻）", "credit", ("Xinhua",)),
        ("据新华社电", "credit", ("Xinhua",)),
        ("Bo Ek/AP", "byline", ("AP",)),
        ("Kurir/TT", "byline", ("TT",)),
        ("AA / İSTANBUL", "byline", ("Anadolu",)),
        ("BO EK AP Sports Writer", "byline", ("AP",)),
        ("Jane Roe, with files from Reuters", "credit", ("Reuters",)),
        ("Mit Material von dpa, Reuters und AFP", "credit", ("dpa", "Reuters", "AFP")),
        ("Jane Roe and agencies", "byline", ()),
        ("Bo Ek and Ann Holm/AP", "byline", ("AP",)),
        ("Reuters in London", "credit", ("Reuters",)),
        ("Text: TASR, red", "credit", ("TASR",)),
        ("据新华社北京电", "credit", ("Xinhua",)),
        ("UNI ABC 1020", "endmark", ("UNI",)),
        ("القاهرة - د ب أ", "dateline", ("dpa",)),
        ("دمشق - سانا", "dateline", ("SANA",)),
    ],
)
def test_agencies_beside_others_at_the_head_of_a_text(line: str, kind: str, agencies: tuple[str, ...]) -> None:
    (span,) = line_spans(line, "first", GRAMMAR)
    assert (span.kind.value, span.agencies, span.text) == (kind, agencies, line)


def test_a_dash_alone_sets_off_an_arabic_place() -> None:
    span = dateline_span("دمشق-سانا أبحرت العبارة مجددا", GRAMMAR)
    assert span is not None
    assert span.agencies == ("SANA",)


def test_a_name_and_an_agency_behind_a_text_sign_a_picture_as_often() -> None:
    assert line_spans("Jane Roe/Reuters", "last", GRAMMAR) == ()


@pytest.mark.parametrize(
    "line",
    [
        "(AP Photo/Jane Roe, File)",
        "AFP PHOTO",
        "REUTERS/Jane Roe",
        "Foto: Max Muster/dpa",
        "写真：AFP",
        "사진=연합뉴스",
        "AP Dhillon announced a tour of Europe on Monday.",
        "The Reuters Institute published its report.",
        "PTI workers marched to the court.",
        "NAN bread was on the menu.",
        "With AFP on the march, the army fell back.",
        "By Reuters' count, the party has 44 seats.",
        "By Monday the water had fallen.",
        "भाषा एक माध्यम है।",
        "This story is about a girl and her agency.",
        "The report is generated every month by the agency.",
        "Withdrawn from the race, she went home.",
        "TROOPS WITHDRAWN FROM THE BORDER",
        "he/she",
        "(फ़ोटो: पीटीआई)",
        "AP / Honors English",
        "Home / News / AP",
        "London / Paris",
        "Interview with the mayor",
        "Red Cross, APA",
        "Editor and Agencies Manager",
        "Rules and agencies",
        "从新华社辞职的记者",
        "The minister met with Reuters and spoke of the plan.",
    ],
)
def test_lines_that_are_no_agencys(line: str) -> None:
    assert not any(line_spans(line, position, GRAMMAR) for position in ("first", "middle", "last"))


def test_a_weak_name_is_an_author_only_where_it_stands_alone() -> None:
    assert agencies_signed("PA Reporter", GRAMMAR) == ("PA",)
    assert agencies_signed("Petra Smith", GRAMMAR) == ()
    assert agencies_signed("Jane Roe, Reuters", GRAMMAR) == ("Reuters",)


@pytest.mark.parametrize(
    ("day", "date"),
    [
        ("Sept 3", (None, 9, 3)),
        ("2026. május 7., csütörtök", (2026, 5, 7)),
        ("৭ মে, ২০২৬", (2026, 5, 7)),
        ("14 अक्टूबर", (None, 10, 14)),
        ("8月12日", (None, 8, 12)),
        ("7", None),
        ("7" * 5_000, None),
        ("May " + "7" * 5_000, None),
    ],
)
def test_days_in_many_scripts(day: str, date: tuple[int | None, int, int] | None) -> None:
    assert dateline_day(day, GRAMMAR) == date


@pytest.mark.parametrize(
    ("line", "text"),
    [
        ("The talks go on. (AFP)", "The talks go on."),
        ("The talks go on. --IANS", "The talks go on."),
        ("Die Gespräche gehen weiter. /ritzau/", "Die Gespräche gehen weiter."),
        ("The talks go on. PTI ABC DEF", "The talks go on."),
        ("The talks go on. (With inputs from PTI)", "The talks go on."),
        ("The talks go on. (Reporting by Jane Roe; Editing by John Doe)", "The talks go on."),
    ],
)
def test_signs_at_the_end(line: str, text: str) -> None:
    span = tail_span(line, GRAMMAR)
    assert span is not None
    assert line[: span.start] == text
    assert line == text + span.text


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
        if not span.is_whole_block:
            assert line[span.start :].startswith(span.text)


NAMES = ["AFP", "dpa", "PA", "ТАСС", "भाषा", "연합뉴스", "共同", "Oslo", "OSLO", "Москва", "पटना", "서울", "東京"]
MARKS = [", ", " ", ". ", " - ", "--", "(", ")", "[", "]", "/", "=", "【", "】", "©"]
PARTS = st.sampled_from([*NAMES, *MARKS, "May 7", "7 мая", "7日", "he said", "By ", "With inputs from "])


@given(st.lists(PARTS, max_size=14).map("".join), st.sampled_from(["first", "middle", "last"]))
def test_what_looks_like_agency_lines_can_be_rebuilt(line: str, position: str) -> None:
    spans = line_spans(line, position, GRAMMAR)  # type: ignore[arg-type]
    assert len(spans) <= 1
    for span in spans:
        assert (span.text == line.strip()) if span.is_whole_block else line[span.start :].startswith(span.text)


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
    line_results = [
        (row["kind"], line_spans(row["line"], "first" if row["kind"] in firsts else "last", GRAMMAR)) for row in rows
    ]
    right = sum(kind in {span.kind.value for span in spans} for kind, spans in line_results)
    assert right / len(rows) >= 0.98
    paragraphs = [
        line
        for row in (corpus("extraction/fundus/truth.jsonl")).read_text(encoding="utf-8").splitlines()
        for line in json.loads(row)["body"].split("\n")[1:]
        if len(line) > 60
    ]
    false = sum(len(line_spans(line, "middle", GRAMMAR)) for line in paragraphs)
    assert false / len(paragraphs) <= 0.001
