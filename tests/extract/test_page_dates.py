"""Which day a page was published: what it declares, what it shows, and what is no day of its own."""

from __future__ import annotations

import json

import pytest
from lxml import html

from pipeline.extract.lines import page_lines
from pipeline.extract.metadata import Metadata, read_metadata
from pipeline.extract.page_dates import byline_moment
from pipeline.model import PageHints

TEXT = f"<p>{'The quay is shut until the cracks are filled. ' * 5}</p>"
TITLE = "Quay closed after cracks are found"


def read(head: str = "", body: str = "") -> Metadata:
    markup = f"<html lang='en'><head><title>{TITLE}</title>{head}</head><body>{body}</body></html>"
    tree = html.document_fromstring(markup)
    return read_metadata(tree, "https://o.example/quay", page_lines(tree), PageHints())


def day(metadata: Metadata) -> str:
    return metadata.published.value.date().isoformat() if metadata.published else ""


@pytest.mark.parametrize(
    "body",
    [
        f"<main><h1>{TITLE}</h1>{TEXT * 15}<div class='sidebar'><p>August 24, 2025</p></div></main>",
        f"<h1>{TITLE}</h1>{TEXT * 15}<footer class='widget'>24 August 2025</footer>",
        f"<article>{TEXT}<footer><a href='/2025/08'>24 August 2025</a></footer></article>",
        f"<h1>{TITLE}</h1>{TEXT * 15}<p>Posted on 24 August 2025 by Ann Lee</p>",
        f"<h1>{TITLE}</h1><p><a href='/a/x'>The name of Ann Lee</a> 24 August 2025 <a href='#c'>7 comments</a></p>"
        f"{TEXT}",
        f"<h1>{TITLE}</h1><p>Posted on <a href='/quay' rel='bookmark'><time datetime='2025-08-24'>24 August 2025</time>"
        f"<time class='updated' datetime='2025-11-12'>12 November 2025</time></a></p>{TEXT}",
        f"<h1>{TITLE}</h1>{TEXT * 15}<p>24.08.2025</p><ul><li class='n'>1.9.2025</li><li class='n'>2.9.2025</li></ul>",
    ],
)
def test_the_only_day_that_a_page_shows_is_its_own(body: str) -> None:
    assert day(read("", body)) == "2025-08-24"


@pytest.mark.parametrize(
    "body",
    [
        f"<h1>{TITLE}</h1>{TEXT * 15}<p class='n'>24 August 2025</p><p class='m'>1 September 2025</p>",
        f"<h1>{TITLE}</h1>{TEXT * 15}<div class='comments'><p>24 August 2025</p></div>",
        f"<h1>{TITLE}</h1>{TEXT * 15}<div class='related-posts'><p>24 August 2025</p></div>",
        f"<h1>{TITLE}</h1>{TEXT * 15}<nav><p>24 August 2025</p></nav>",
        f"<h1>{TITLE}</h1>{TEXT * 15}<p>Broadcast: Harbour Radio, 24 August 2025</p>",
        f"<h1>{TITLE}</h1>{TEXT * 15}<p><a href='/x'>A guide to the wines of the hills 24 August 2025</a></p>",
        f"<h1>{TITLE}</h1><p>Last updated: 24 August 2025</p>{TEXT}",
        f"<h1>{TITLE}</h1><p>Aktualisiert am 24.08.2025</p>{TEXT}",
        f"<h1>{TITLE}</h1>{TEXT}<p>© 2025 The Example</p>",
        f"<h1>{TITLE}</h1>{TEXT}<p>Next review due: 24 August 2025</p>",
    ],
)
def test_a_day_that_may_be_anything_else_s_is_none(body: str) -> None:
    assert day(read("", body)) == ""


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("published", "2025-08-24"),
        ("published_on", "2025-08-24"),
        ("w-published-date", "2025-08-24"),
        ("article:first_published_at", "2025-08-24"),
        ("publisher", ""),
        ("published-by", ""),
        ("unpublished", ""),
    ],
)
def test_a_meta_element_for_publishing_by_any_name(name: str, expected: str) -> None:
    assert day(read(f"<meta name='{name}' content='2025-08-24'>", TEXT)) == expected


@pytest.mark.parametrize(
    ("script", "expected"),
    [
        ('{"publishedAt": "2025-08-24T08:00:00Z", "updatedAt": "2025-09-01"}', "2025-08-24"),
        ('push("{\\"datePublished\\":\\"2025-08-24\\"}")', "2025-08-24"),
        ('[{"publishedAt": "2025-08-24"}, {"publishedAt": "2025-08-25"}]', ""),
        ('{"updatedAt": "2025-08-24"}', ""),
    ],
)
def test_the_one_day_of_publishing_in_the_page_s_data(script: str, expected: str) -> None:
    assert day(read("", f"{TEXT}<script>{script}</script>")) == expected


@pytest.mark.parametrize(
    ("declared", "updated", "expected"),
    [
        ("2025-11-29T12:28:31Z", "2025-11-29T12:28:31Z", "2025-08-24"),
        ("2025-11-29", "2025-11-28", "2025-08-24"),
        ("2025-08-26T01:00:00Z", "2025-08-26T01:00:00Z", "2025-08-26"),
        ("2025-11-20T08:00:00Z", "2025-11-29T08:00:00Z", "2025-11-20"),
    ],
)
def test_the_time_a_page_was_built_gives_way_to_the_day_it_shows(declared: str, updated: str, expected: str) -> None:
    article = {"@type": "Article", "headline": TITLE, "datePublished": declared, "dateModified": updated}
    script = f"<script type='application/ld+json'>{json.dumps(article)}</script>"
    assert day(read(script, f"<h1>{TITLE}</h1><p>August 24, 2025</p>{TEXT}")) == expected


def test_json_ld_is_the_article_s_by_its_name_as_well_as_by_its_headline() -> None:
    article = {"@type": "Article", "headline": "A harbour town", "name": TITLE, "datePublished": "2025-08-24"}
    script = f"<script type='application/ld+json'>{json.dumps(article)}</script>"
    assert day(read(script, f"<h1>{TITLE}</h1>{TEXT}")) == "2025-08-24"


@pytest.mark.parametrize(
    ("line", "expected"),
    [
        ("By Ann Lee | Updated: August 24, 2025 08:40 IST", "2025-08-24"),
        ("Updated: August 24, 2025 08:40 IST", ""),
        ("Last updated on August 2, 2025 by Shannon", ""),
    ],
)
def test_a_byline_s_stamp_is_the_day_of_publishing_but_an_update_s_alone_is_not(line: str, expected: str) -> None:
    moment = byline_moment(line, PageHints())
    assert (f"{moment.value:%Y-%m-%d}" if moment else "") == expected
