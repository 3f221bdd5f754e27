"""Words that the markup takes apart are read whole."""

from __future__ import annotations

import pytest
from lxml import html

from pipeline.extract.letters import join_first_letters, without_readings
from pipeline.extract.lines import page_lines

REST = "hen the lock opened, forty barges were waiting on the canal below the mill."


def texts(body: str) -> list[str]:
    tree = html.document_fromstring(f"<html><body><h1>Barges move on</h1>{body}</body></html>")
    without_readings(tree)
    join_first_letters(list(tree.iter()))
    return [line.text for line in page_lines(tree)][1:]


@pytest.mark.parametrize(
    "body",
    [
        '<p><span class="dropcap">W</span>%s</p>',
        '<p><span class="drop-cap">W</span> %s</p>',
        '<p><span class="first-letter"> <b>W</b> </span>\n%s</p>',
        '<p><span style="float:left; font-size: 60px">W</span> <span>%s</span></p>',
        "<p><span>W</span> %s</p>",
        '<p><div class="dropcap">W</div>%s</p>',
        '<div class="x_dropcap">W</div><p>%s</p>',
        '<div class="lettrine">W</div>\n<p><em>%s</em></p>',
        "<p>W</p><p>%s</p>",
        '<p><span class="dropcap">W</span></p><p>%s</p>',
        '<div><span class="initial-letter">W</span><p>%s</p></div>',
        '<p><span class="dropcap">W</span>W%s</p>',
    ],
)
def test_a_first_letter_joins_its_word(body: str) -> None:
    assert texts(body % REST) == [f"W{REST}"]


@pytest.mark.parametrize(
    ("body", "expected"),
    [
        ('<p><span class="dropcap">A</span> barge sank.</p>', ["A barge sank."]),
        (
            '<p><span class="dropcap">I</span> n May all left.</p><p>Rain in May.</p>',
            ["In May all left.", "Rain in May."],
        ),
        ('<div class="dropcap">A</div><p>barge sank.</p><p>No barge left.</p>', ["A barge sank.", "No barge left."]),
        ('<div class="dropcap">A</div><p>fter noon.</p>', ["After noon."]),
        ('<p><span class="dropcap">“W</span> e wait.”</p>', ["“We wait.”"]),
        ('<p><span class="dropcap">A</span>AP said so.</p>', ["AAP said so."]),
    ],
)  # fmt: skip
def test_a_letter_that_is_a_word_keeps_its_blank(body: str, expected: list[str]) -> None:
    assert texts(body) == expected


@pytest.mark.parametrize(
    "body",
    [
        "<p>A</p><p>Second paragraphs with a capital stand by themselves, however long they are.</p>",
        "<ul><li>W</li><li>%s</li></ul>",
        "<p>Grade <b>W</b> timber is the best of all.</p>",
        '<div class="dropcap">W</div><ul><li>hen</li></ul>',
        "<div>電</div><p>日本語の文章はここに長く長く長く続いていて、文字は大きくも小さくもない。</p>",
    ],
)
def test_other_letters_stay(body: str) -> None:
    tree = html.document_fromstring(f"<html><body>{body}</body></html>")
    before = [line.text for line in page_lines(tree)]
    join_first_letters(list(tree.iter()))
    assert [line.text for line in page_lines(tree)] == before


@pytest.mark.parametrize(
    ("ruby", "expected"),
    [
        ("<ruby>漢<rp>(</rp><rt>かん</rt><rp>)</rp>字<rt>じ</rt></ruby>を読む", "漢字を読む"),
        ("<ruby>漢<rt>かん<rt></ruby>を読む", "漢を読む"),
        ("<ruby><rb>漢<rt>かん<rb>字<rt>じ</ruby>を読む", "漢字を読む"),
        ("<ruby><rb>漢</rb><rtc><rt>かん</rt></rtc></ruby>を読む", "漢を読む"),
        ("<rt>no reading</rt> stays", "no reading stays"),
    ],
)
def test_readings_above_characters_are_no_text(ruby: str, expected: str) -> None:
    assert texts(f"<p>{ruby}</p>") == [expected]
