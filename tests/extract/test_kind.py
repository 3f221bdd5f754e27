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
        ({"LiveBlogPosting"}, True, "Quay: live", SENTENCES[:1], PageKind.LIVE_BLOG),
        ({"MediaGallery"}, True, "The week in pictures", SENTENCES[:1], PageKind.GALLERY),
        ({"ImageGallery", "NewsArticle"}, True, "Quay closed", SENTENCES[:1], PageKind.ARTICLE),
        ({"ImageGallery"}, True, "The week in pictures", LONG, PageKind.ARTICLE),
        ({"ItemList"}, True, "Latest news", SENTENCES[:1], PageKind.INDEX),
        ({"SearchResultsPage"}, True, "Harbour", SENTENCES[:1], PageKind.INDEX),
        ({"CollectionPage", "NewsArticle"}, True, "Quay closed", SENTENCES[:1], PageKind.ARTICLE),
        ({"NewsArticle"}, False, "Just a moment...", ("Checking your browser.",), PageKind.PLACEHOLDER),
        (set(), True, "Example", ("Please enable JavaScript to view this page.",), PageKind.PLACEHOLDER),
        (set(), True, "Exemple", ("Activez JavaScript pour lire cette page.",), PageKind.PLACEHOLDER),
        (set(), True, "Пример", ("Включите JavaScript, чтобы читать дальше.",), PageKind.PLACEHOLDER),
        (set(), True, "Quay closed", (*LONG, "We use scripts: please enable JavaScript."), PageKind.ARTICLE),
    ],
)
def test_kinds(types: set[str], free: bool, title: str, body: tuple[str, ...], kind: PageKind) -> None:
    assert kind_of(URL, Declared(frozenset(types), free), title, tuple(body)) is kind


@pytest.mark.parametrize(
    ("declared", "kind"),
    [
        ({"@type": "LiveBlogPosting", "headline": "Quay closed after cracks are found"}, PageKind.LIVE_BLOG),
        ({"@type": "NewsArticle", "isAccessibleForFree": False}, PageKind.PAYWALL),
        ({"@type": "NewsArticle", "isAccessibleForFree": "False"}, PageKind.PAYWALL),
        ({"@graph": [{"@type": "WebSite"}, {"@type": ["CollectionPage"]}]}, PageKind.INDEX),
        ({"@type": "ImageGallery"}, PageKind.GALLERY),
        ({"@type": "NewsArticle"}, PageKind.ARTICLE),
    ],
)
def test_a_page_is_marked_by_what_its_markup_declares(declared: dict[str, object], kind: PageKind) -> None:
    told = f'<script type="application/ld+json">{json.dumps(declared)}</script></head>'
    assert extract(page(*SENTENCES).replace(b"</head>", told.encode())).kind is kind


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
