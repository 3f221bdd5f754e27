"""The frame of a publishing system around a text."""

# ruff: noqa: E501 - paragraphs are long lines

from __future__ import annotations

import pytest

from pipeline.extract.article import extract_article
from pipeline.model import PageHints
from pipeline.text.grammar import load_grammar
from tests.extract.test_article import SENTENCES

URL = "https://courier.example/2025/quay"
TITLE = "Northern quay closed after inspectors find cracks"
LINK, HOME = f'<a href="{URL}">{TITLE}</a>', '<a href="https://courier.example">The Courier</a>'


def body(last: str, title: str = TITLE) -> tuple[str, ...]:
    """What is left of an entry's text with that last paragraph."""
    text = "".join(f"<p>{sentence}</p>" for sentence in SENTENCES)
    html = f"<html><head><title>{title}</title></head><body><article><h1>{title}</h1>{text}<p>{last}</p></article></body></html>"
    return extract_article(html.encode(), URL, PageHints(outlet="Courier", title=title), load_grammar()).body


@pytest.mark.parametrize(
    "last",
    [
        f"The post {LINK} appeared first on {HOME}.",
        f"Der Beitrag {LINK} erschien zuerst auf {HOME}.",
        f"L’article {LINK} est apparu en premier sur {HOME}.",
        f"La entrada {LINK} se publicó primero en {HOME}.",
        f"L'articolo {LINK} proviene da {HOME}.",
        f"Запись {LINK} впервые появилась {HOME}.",
        f"{LINK} yazısı ilk önce {HOME} üzerinde ortaya çıktı.",
        f"投稿 {LINK} は {HOME} に最初に表示されました。",
        f"نوشته {LINK} اولین بار در {HOME} پدیدار شد.",
        f"{LINK} was first published in {HOME} on Another System, where people go on with the talk by marking and answering it.",
        f"The post {LINK} appeared first on The Courier.",
        f"The post {TITLE} appeared first on The Courier.",
        f"Příspěvek {TITLE} pochází z Kurýr.",
        'The post <a href="https://elsewhere.example/q">Northern quay closed</a> appeared first on <a href="https://elsewhere.example/">The Courier</a>.',
        f'<a href="{URL}?utm_source=rss">Weiterlesen</a>',
        f'<a href="{URL}#more">Continue reading…</a>',
        f"Article publié sur {HOME}",
    ],
)  # fmt: skip
def test_the_frame_goes_whatever_its_language(last: str) -> None:
    assert body(last) == body("") != ()


def test_a_title_without_blanks_is_known_too() -> None:
    title = "北方碼頭因發現裂縫而關閉"
    assert body(f'<a href="{URL}">{title}</a> 最先出現在 {HOME}。', title) == body("", title)


@pytest.mark.parametrize(
    "last",
    [
        "The harbour board meets on Monday to decide whether the northern quay stays closed.",
        'The board published <a href="https://board.example/report">its report on the quay</a> on Monday morning.',
        'The owner of <a href="https://ferry.example/">the ferry line</a> said that it would wait for the divers.',
        f'<a href="#note-1">1</a> The figures are those of the board, which counted them in the spring of the year {HOME} was founded.',
        "Northern quay closed, the sign said, and nobody in the town had been told of it before the morning.",
    ],
)  # fmt: skip
def test_a_last_paragraph_of_the_story_stays(last: str) -> None:
    assert len(body(last)) == len(body("")) + 1
