"""Redirects that lead away from an article."""

from __future__ import annotations

from collections.abc import Sequence

import pytest

from pipeline.errors import NotAnArticle
from pipeline.extract.job import ExtractJob
from pipeline.extract.read_page import read_page
from pipeline.extract.redirects import redirect_reason, shared_page_reason, strange_reason
from pipeline.model import Article, PageHints, RedirectedEntry, SharedPage
from pipeline.text.grammar import load_grammar
from tests.extract.test_article import SENTENCES, page

STORY = "https://o.example/2026/quay-closed"


@pytest.mark.parametrize(
    "final_url",
    [
        "https://o.example/",
        "https://o.example",
        "https://www.o.example/index.html",
        "https://o.example/en/",
        "https://o.example/pt-br/home",
        "https://o.example/?utm_source=feed",
        "https://o.example/?ref=gone",
        "https://o.example/consent?continue=/2026/quay-closed",
        "https://consent.o.example/v2/collect?next=x",
        "https://o.example/konto/login",
        "https://o.example/404.html",
        "https://o.example/page-not-found/",
    ],
)
def test_a_redirect_away_from_the_article(final_url: str) -> None:
    assert final_url[:200] in redirect_reason(STORY, final_url)


@pytest.mark.parametrize(
    ("url", "final_url"),
    [
        (STORY, STORY),
        (STORY, ""),
        (STORY, "https://www.o.example/2026/quay-closed/"),
        (STORY, "https://o.example/news/harbour/quay-closed-after-cracks"),
        (STORY, "https://o.example/?p=1234"),
        (STORY, "https://o.example/#!/2026/quay-closed"),
        (STORY, "https://o.example/2026/how-to-log-in"),
        (STORY, "http://[broken"),
        ("https://o.example/", "https://www.o.example/"),
        ("https://o.example/?ref=feed", "https://o.example/"),
        ("https://short.example/x1", STORY),
        ("https://o.example/news/login", "https://www.o.example/news/login"),
    ],
)
def test_a_redirect_to_the_article(url: str, final_url: str) -> None:
    assert redirect_reason(url, final_url) == ""


def test_a_page_that_the_address_does_not_lead_to_is_refused_with_its_reason() -> None:
    job = ExtractJob(page(*SENTENCES), STORY, PageHints())
    assert read_page(job, load_grammar()).body
    away = ExtractJob(page(*SENTENCES), STORY, PageHints(), final_url="https://o.example/")
    with pytest.raises(NotAnArticle, match="front page"):
        read_page(away, load_grammar())


@pytest.mark.parametrize(
    ("url", "final_url", "title", "strange"),
    [
        (STORY, "https://o.example/offers", "Minister resigns after budget vote fails", True),
        (STORY, "https://o.example/offers", "Northern quay closed after inspectors find cracks", False),
        (STORY, "https://o.example/offers", "Quay shut", False),
        (STORY, "https://www.o.example/news/quay-closed.html", "Minister resigns after budget vote fails", False),
        (STORY, STORY, "Minister resigns after budget vote fails", False),
        (STORY, "", "Minister resigns after budget vote fails", False),
        ("https://count.example/x1?u=1", STORY, "The harbour authority closes its northern quay", False),
    ],
)
def test_a_page_that_says_nothing_of_the_entry_is_another(url: str, final_url: str, title: str, strange: bool) -> None:
    article = Article(url, "Quay closed", tuple(SENTENCES))
    assert (strange_reason(url, final_url, title, article) != "") is strange


def test_an_entry_that_is_led_to_another_text_is_refused() -> None:
    hints = PageHints(title="Minister resigns after budget vote fails")
    with pytest.raises(NotAnArticle, match="nothing of its title"):
        read_page(ExtractJob(page(*SENTENCES), STORY, hints, final_url="https://o.example/offers"), load_grammar())


def shared(url: str, *entries: tuple[str, str]) -> SharedPage:
    """A page that these ended at: addresses and titles."""
    return SharedPage("O", url, tuple(RedirectedEntry(n, *entry, n) for n, entry in enumerate(entries)))


OFFERS = "https://o.example/offers"
LOST = (
    ("https://o.example/2026/bakery-opens", "Bakery opens"),
    ("https://o.example/2026/rain-expected", "Rain expected"),
    ("https://o.example/2026/mayor-resigns", "Mayor resigns"),
)
IN_CHINESE = [(f"https://o.example/新聞/{n}", title) for n, title in enumerate(("港口關閉", "明天下雨", "市長辭職"))]


def addresses(form: str) -> list[tuple[str, str]]:
    """The titles of the lost entries at addresses of a form."""
    return [(f"https://o.example/{form.format(n=n)}", title) for n, (_, title) in enumerate(LOST)]


@pytest.mark.parametrize(
    ("url", "entries"),
    [
        (OFFERS, LOST),
        (OFFERS, [(url, "") for url, _ in LOST]),
        (OFFERS, addresses("view.php?id={n}")),
        ("https://o.example/view.php", addresses("view.php?id={n}")),
        (OFFERS, IN_CHINESE),
        ("https://o.example/20261129/list", addresses("20261129/{n}")),
    ],
)
def test_a_page_that_entries_with_nothing_in_common_end_at(url: str, entries: Sequence[tuple[str, str]]) -> None:
    reason = shared_page_reason(shared(url, *entries))
    assert url in reason
    assert "3 entries" in reason


@pytest.mark.parametrize(
    ("url", "entries"),
    [
        (OFFERS, ()),
        (OFFERS, LOST[:2]),
        (OFFERS, [(url, "Rain expected") for url, _ in LOST]),
        (OFFERS, [(f"https://o.example/story?x={n}", "Rain expected") for n in range(9)]),
        (OFFERS, addresses("{n}/rain-expected")),
        ("https://o.example/news/quay-shut", addresses("{n}/quay-shut.html")),
        ("https://o.example/44178-new", addresses("44178-{n}")),
        ("https://o.example/?p=44178", addresses("{n}-44178")),
        ("http://[broken", [("http://[broken", title) for _, title in LOST]),
    ],
)
def test_a_page_that_may_be_its_entries_own(url: str, entries: Sequence[tuple[str, str]]) -> None:
    assert shared_page_reason(shared(url, *entries)) == ""
