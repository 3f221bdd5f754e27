"""Pages to articles, and hostile pages to typed failures."""

from __future__ import annotations

import contextlib
import gzip
import json
from pathlib import Path

import pytest

from bench.extraction import bare, four_gram_f1, ours, read_set
from pipeline.config import ExtractConfig
from pipeline.errors import ExtractError, ExtractionKilled, NotAnArticle
from pipeline.extract.article import extract_article
from pipeline.extract.sandbox import ExtractJob, Sandbox
from pipeline.model import Article, Basis, Moment, PageHints, Precision, VersionKind
from pipeline.records import article_record
from pipeline.text.dates import read_moment
from pipeline.text.grammar import load_grammar
from tests.corpus import corpus

GRAMMAR = load_grammar()
SENTENCES = [
    "The harbour authority closed the northern quay on Tuesday after inspectors found cracks in two of its pillars.",
    "Ships were sent to the southern basin, where crews worked through the night to make room for them.",
    "Officials expect the repairs to take at least six weeks and to cost about four million crowns.",
]
PAGE = """<html lang="en-GB"><head><title>Quay closed after cracks are found | The Example</title>
<meta property="og:site_name" content="The Example">
<meta property="og:title" content="Quay closed after cracks are found">
<meta name="description" content="Ships are sent elsewhere while repairs go on.">
<link rel="canonical" href="https://o.example/quay"></head><body><nav><a href="/">Home</a></nav>
<article><h1>Quay closed after cracks are found</h1>
<p class="standfirst">Ships are sent elsewhere while repairs go on.</p>
<div class="byline">By Reuters | Updated: August 24, 2025 08:40 IST</div><div class="body">%s
<figure><img src="x.jpg"><figcaption>The quay on Monday. Photo: A. Person</figcaption></figure>
<p>Also read: <a href="/other">Harvest festival opens in the valley with record crowds</a></p></div></article>
</body></html>"""


def page(*paragraphs: str) -> bytes:
    return (PAGE % "".join(f"<p>{text}</p>" for text in paragraphs)).encode()


def extract(html: bytes, hints: PageHints | None = None) -> Article:
    return extract_article(html, "https://o.example/quay", hints or PageHints(country="IN"), GRAMMAR)


def test_a_whole_page() -> None:
    article = extract(
        page(f"OSLO, Aug 24 (Reuters) - {SENTENCES[0]}", *SENTENCES[1:], "(Reporting by A; Editing by B)")
    )
    assert article.body == tuple(SENTENCES)
    assert (article.title, article.deck) == (
        "Quay closed after cracks are found",
        "Ships are sent elsewhere while repairs go on.",
    )
    assert (article.agency, article.syndicated, article.lang) == ("Reuters", True, "en")
    assert article.published == read_moment("2025-08-24 08:40", Basis.PAGE, "IN")
    assert article.dateline is not None
    assert (article.dateline.place, article.dateline.date) == ("OSLO", read_moment("2025-08-24", Basis.DATELINE))
    assert article.canonical_url == "https://o.example/quay"


def test_the_feed_gives_the_time_of_day_that_a_page_leaves_out() -> None:
    listed = Moment(read_moment("2025-08-24T03:10:00Z", Basis.FEED).value, Precision.SECOND, Basis.FEED)  # type: ignore[union-attr]
    html = page(*SENTENCES).replace(b"</head>", b'<meta property="article:published_time" content="2025-08-24"></head>')
    assert extract(html, PageHints(published=listed)).published == listed


def test_a_corrected_story_says_so() -> None:
    html = page(*SENTENCES).replace(b"Quay closed", b"CORRECTED: Quay closed")
    assert extract(html).mark is VersionKind.CORRECTION


@pytest.mark.parametrize(
    "html", [b"", b"   ", b"<html></html>", b"<html><body><p>Short.</p></body></html>", b"\x00\xff\xfe" * 100]
)
def test_what_is_no_article_is_said(html: bytes) -> None:
    with pytest.raises(NotAnArticle):
        extract(html)


def test_an_unknown_script_is_text_like_any_other() -> None:
    text = "ᏣᎳᎩ ᎦᏬᏂᎯᏍᏗ ᎠᎴ ᎤᎾᏓᏅᏖᏗ " * 8
    assert extract(page(text.strip(), text.strip() + " Ꭰ")).body


def hostile() -> dict[str, bytes]:
    many = b"<html><body><p " + b" ".join(b"a%d=1" % n for n in range(100_000)) + b">x</p></body></html>"
    return {
        "attributes": many,
        "deep": b"<div>" * 30_000 + b"text" + b"</div>" * 30_000,
        "comments": b"<html><body>" + b"<!--" * 50_000,
        "binary": bytes(range(256)) * 4_000,
    }


def test_hostile_pages_fail_alone() -> None:
    config = ExtractConfig(workers=2, cpu_seconds=4, memory=500_000_000)
    jobs = [*hostile().values(), page(*SENTENCES), b"<p>" + b"word " * 12_000_000]
    with Sandbox(config) as sandbox:
        futures = [sandbox.submit(ExtractJob(job, f"https://o.example/{n}", PageHints())) for n, job in enumerate(jobs)]
        ended = [future.exception() for future in futures]
        assert futures[4].result().body == tuple(SENTENCES)
        after = sandbox.submit(ExtractJob(page(*SENTENCES), "https://o.example/after", PageHints()))
        assert after.result().title == "Quay closed after cracks are found"
    assert all(error is None or isinstance(error, ExtractError) for error in ended)
    assert isinstance(ended[-1], ExtractionKilled | NotAnArticle)


def test_the_first_page() -> None:
    folder = corpus("seed")
    wanted = json.loads((folder / "expected.json").read_text(encoding="utf-8"))
    url = "https://www.citytimes.example/x"
    record = article_record(extract_article((folder / "page.html").read_bytes(), url, PageHints(), GRAMMAR))
    for name in ("title", "agency", "syndicated", "body"):
        assert record[name] == wanted[name], name
    assert {name: record["dateline"][name] for name in ("place", "date")} == wanted["dateline"]
    assert record["published"]["value"] == wanted["published"]


def test_no_worse_than_bare_trafilatura_on_real_pages() -> None:
    pages = list(read_set(corpus("extraction/fundus")))[::3]
    pairs = [(row["body"], ours(html, row["url"])) for row, html in pages]
    bare_pairs = [(row["body"], bare(html, row["url"])) for row, html in pages]
    assert four_gram_f1(pairs) >= four_gram_f1(bare_pairs)


def test_no_page_of_the_corpus_raises_anything_but_its_reason() -> None:
    files: list[Path] = sorted(corpus("extraction").rglob("*.html.gz"))[::12]
    for file in files:
        with contextlib.suppress(NotAnArticle):
            extract_article(gzip.decompress(file.read_bytes()), "https://o.example/", PageHints(), GRAMMAR)


def test_a_page_inside_a_button_that_never_ends() -> None:
    html = page(*SENTENCES).replace(b"<nav>", b"<header><button>Menu<svg><path></svg><main>")
    assert extract(html).body == tuple(SENTENCES)


def test_a_class_that_all_of_the_text_shares_makes_no_captions() -> None:
    html = page(*SENTENCES).replace(b'class="body"', b'class="body credit-card-news"')
    assert extract(html).body == tuple(SENTENCES)


def test_cells_of_a_row_stand_apart() -> None:
    rows = "".join(f"<tr><td>School {n}</td><td>{n}.5</td><td>rank {n}</td></tr>" for n in range(1, 6))
    html = page(*SENTENCES).replace(b"<figure>", f"<table>{rows}</table><figure>".encode())
    assert "School 1 | 1.5 | rank 1" in extract(html).body


def test_a_subhead_that_stands_over_a_paragraph_is_kept() -> None:
    html = page(*SENTENCES).replace(
        f"<p>{SENTENCES[2]}".encode(), f"<h3>What comes next</h3><p>{SENTENCES[2]}".encode()
    )
    assert extract(html).body == (*SENTENCES[:2], "What comes next", SENTENCES[2])


NEWS = b'<script type="application/ld+json">{"@type": "NewsArticle", "headline": "Quay closed"}</script></head>'


def declared(html: bytes) -> bytes:
    return html.replace(b"</head>", NEWS)


def unsigned(html: bytes) -> bytes:
    return html.replace(b"By Reuters", b"By Ann Example")


LINK = '<p><a href="/winch">The winch that held the whole night through</a></p>'


@pytest.mark.parametrize(
    ("between", "link_count"),
    [
        (LINK, 1),
        (LINK * 3, 3),
        (LINK * 4, 4),
        ('<h3><a href="/winch">The winch that held</a></h3>', 1),
    ],
)
def test_links_among_the_text_are_text(between: str, link_count: int) -> None:
    html = page(*SENTENCES).replace(b"</p><p>Ships", f"</p>{between}<p>Ships".encode())
    assert len(extract(html).body) == 3 + link_count
    assert len(extract(declared(html)).body) == 3 + link_count


INVITATION = "Also read: The winch that held the whole night through"


def test_an_invitation_is_text_unless_the_page_is_known_to_be_news() -> None:
    """It is known where the page declares it, or where an agency signs."""
    html = page(SENTENCES[0], INVITATION, *SENTENCES[1:])
    assert extract(unsigned(html)).body == (SENTENCES[0], INVITATION, *SENTENCES[1:])
    assert extract(declared(unsigned(html))).body == tuple(SENTENCES)
    assert extract(html).body == tuple(SENTENCES)
    by_author = b'<meta name="author" content="Reuters"></head>'
    assert extract(unsigned(html).replace(b"</head>", by_author)).body == tuple(SENTENCES)


def test_on_any_page_a_label_ahead_of_a_link_invites() -> None:
    label, _, headline = INVITATION.partition(": ")
    invitation = f'{label}: <a href="/winch">{headline}</a>'
    assert extract(unsigned(page(SENTENCES[0], invitation, *SENTENCES[1:]))).body == tuple(SENTENCES)


def test_what_a_news_organisation_publishes_need_not_be_news() -> None:
    html = unsigned(page(SENTENCES[0], INVITATION, *SENTENCES[1:]))
    publisher = NEWS.replace(b"NewsArticle", b"NewsMediaOrganization")
    assert INVITATION in extract(html.replace(b"</head>", publisher)).body


def test_a_title_above_the_text_is_no_text() -> None:
    heading = b"<h1>Quay closed after cracks are found</h1>"
    html = unsigned(page(*SENTENCES)).replace(heading, b"")
    html_with_heading = html.replace(
        b'<div class="body"><p>', b'<div class="post-header">' + heading + b'</div><div class="b"><p>'
    )
    assert extract(html_with_heading).body == tuple(SENTENCES)


@pytest.mark.parametrize("name", ["wp-caption-text", "article_caption_w_attr"])
def test_a_class_that_holds_the_word_caption_makes_one(name: str) -> None:
    caption = f'<p class="{name}">The northern quay on Monday morning</p>'
    html = unsigned(page(*SENTENCES)).replace(b"</p><p>Ships", f"</p>{caption}<p>Ships".encode())
    assert extract(html).body == tuple(SENTENCES)


def test_a_paragraph_that_a_caption_repeats_is_text() -> None:
    caption = f'<div class="caption"><p>{SENTENCES[0]}</p></div>'
    html = page(*SENTENCES).replace(b"</p><p>Ships", f"</p>{caption}<p>Ships".encode())
    assert set(extract(html).body) == set(SENTENCES)


def test_a_heading_beside_the_one_that_names_the_article_is_text() -> None:
    html = page(*SENTENCES).replace(b"</p><p>Ships", b"</p><h1>What the inspectors saw</h1><p>Ships")
    html = html.replace(b"| The Example</title>", b"| What the inspectors saw</title>")
    assert extract(html).body == (SENTENCES[0], "What the inspectors saw", *SENTENCES[1:])
