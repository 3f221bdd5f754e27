"""What a page is, and what it says of its rights."""

from __future__ import annotations

import json

import pytest

from pipeline.extract.kind import Declared, kind_of
from pipeline.model import PageKind, Picture
from tests.extract.test_article import SENTENCES, extract, page

URL = "https://o.example/news/quay"
LONG = tuple(SENTENCES) * 4


@pytest.mark.parametrize(
    ("types", "free", "title", "body", "kind"),
    [
        ({"NewsArticle"}, True, "Quay closed", LONG, PageKind.ARTICLE),
        ({"NewsArticle", "LiveBlogPosting"}, True, "Quay: live", LONG, PageKind.LIVE_BLOG),
        ({"NewsArticle"}, False, "Quay closed", LONG, PageKind.ARTICLE),
        ({"NewsArticle"}, False, "Quay closed", SENTENCES[:1], PageKind.PAYWALL),
        ({"NewsArticle"}, True, "Quay closed", SENTENCES[:1], PageKind.ARTICLE),
        (set(), True, "Just a moment...", ("Checking your browser before you go on.",), PageKind.PLACEHOLDER),
        (set(), True, "Example", ("Bitte alle Cookies akzeptieren, um fortzufahren.",), PageKind.PLACEHOLDER),
        ({"ImageGallery"}, True, "The week in pictures", SENTENCES[:1], PageKind.GALLERY),
        ({"CollectionPage"}, True, "Latest news", SENTENCES[:1], PageKind.INDEX),
    ],
)
def test_kinds(types: set[str], free: bool, title: str, body: tuple[str, ...], kind: PageKind) -> None:
    assert kind_of(URL, Declared(frozenset(types), free), title, tuple(body)) is kind


def test_a_front_page_is_an_index() -> None:
    assert kind_of("https://o.example/", Declared(frozenset()), "Example", tuple(SENTENCES[:1])) is PageKind.INDEX


def test_what_a_page_says_of_its_rights() -> None:
    told = {
        "@type": "NewsArticle", "headline": "Quay closed", "articleSection": ["Harbour", "City"], "license": "https://l.example/by",
        "image": {"url": "/quay.jpg", "creditText": "A. Person"}, "isBasedOn": {"url": "https://agency.example/1"},
    }  # fmt: skip
    head = f"""<script type="application/ld+json">{json.dumps(told)}</script>
    <meta name="robots" content="index, noarchive,noai"><meta name="tdm-reservation" content="1"></head>"""
    article = extract(page(*SENTENCES).replace(b"</head>", head.encode()))
    assert (article.section, article.licence) == ("Harbour", "https://l.example/by")
    assert article.picture == Picture("https://o.example/quay.jpg", "A. Person")
    assert article.signals == ("noarchive", "noai", "tdm-reservation")
    assert article.sources == ("https://agency.example/1",)
