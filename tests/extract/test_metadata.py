"""What a page says about itself: JSON-LD as pages write it, dates, authors."""

from __future__ import annotations

import json
from typing import Any

import pytest
from lxml import html

from pipeline.extract.lines import page_lines
from pipeline.extract.metadata import Metadata, read_metadata
from pipeline.model import Basis, PageHints

DAY = "2025-08-24T08:00:00+00:00"
LATER = "2025-09-01T08:00:00+00:00"
PAGE = {"@type": "WebPage"}
ARTICLE = {"@type": "NewsArticle", "headline": "Quay closed"}


def read(head: str = "", body: str = "<p>Text.</p>") -> Metadata:
    tree = html.document_fromstring(f"<html><head>{head}</head><body>{body}</body></html>")
    return read_metadata(tree, "https://o.example/quay", [], PageHints())


def linked(*objects: dict[str, Any]) -> str:
    return f'<script type="application/ld+json">{json.dumps(objects)}</script>'


@pytest.mark.parametrize(
    "form",
    ["{}", "{};", "<![CDATA[{}]]>", "//<![CDATA[\n{}\n//]]>", "/*<![CDATA[*/{}/*]]>*/", "{}{{}}", '[{}, {{"a": 1,}},]'],
)  # fmt: skip
def test_json_ld_as_pages_write_it(form: str) -> None:
    text = form.format(json.dumps({**ARTICLE, "datePublished": DAY}))
    metadata = read(f'<script type="application/ld+json">{text}</script>')
    assert (metadata.title, metadata.published and metadata.published.value.isoformat()) == ("Quay closed", DAY)


def test_json_ld_that_is_broken_says_nothing() -> None:
    assert read('<script type="application/ld+json">{"headline": </script>').title == ""


@pytest.mark.parametrize(
    ("head", "body", "basis"),
    [
        (linked({**PAGE, "datePublished": LATER}, {**ARTICLE, "datePublished": DAY}), "", Basis.JSON_LD),
        (linked({**PAGE, "datePublished": DAY}, ARTICLE), f"<time datetime='{LATER}'></time>", Basis.JSON_LD),
        (f'{linked({**PAGE, "datePublished": LATER})}<meta name="pubdate" content="{DAY}">', "", Basis.META),
        ("", f"<time class='modified' datetime='{LATER}'></time><time datetime='{DAY}'></time>", Basis.PAGE),
        ("", "<time>August 24, 2025</time>", Basis.PAGE),
        ("", "<time datetime='24-08-2025'>24-08-2025</time><time datetime='2025-08-24'>24/8</time>", Basis.PAGE),
    ],
)  # fmt: skip
def test_the_day_it_was_published(head: str, body: str, basis: Basis) -> None:
    moment = read(head, body or "<p>Text.</p>").published
    assert moment is not None
    assert (moment.value.date().isoformat(), moment.basis) == (DAY[:10], basis)


@pytest.mark.parametrize(
    ("author", "meta", "names"),
    [
        ([{"name": "Ann Lee"}, {"name": "Bo Ek"}, {"name": "Ann Lee"}], {}, ("Ann Lee", "Bo Ek")),
        ("By Ann Lee and Bo Ek", {}, ("Ann Lee", "Bo Ek")),
        ({"name": "Lee and Partners"}, {}, ("Lee and Partners",)),
        ({"name": "Reuters"}, {}, ("Reuters",)),
        ({"@id": "#ann"}, {}, ("Ann Lee",)),
        ({"name": "a.lee@o.example"}, {"author": "Ann Lee"}, ("Ann Lee",)),
        ("https://o.example/people/7", {"article:author": "https://o.example/7", "x.author": "Ann Lee"}, ("Ann Lee",)),
        ("#", {}, ()),
        ({"@id": ["#ann"]}, {"author": "Ann Lee", "z.author": "The Example"}, ("Ann Lee",)),
        ({"givenName": "Ann", "familyName": "Lee"}, {}, ("Ann Lee",)),
        ({"name": "A. Lee", "givenName": "Ann", "familyName": "Lee"}, {}, ("A. Lee",)),
        ({"givenName": "太郎", "familyName": "山田"}, {}, ("山田太郎",)),
        ([{"familyName": "Lee"}, {"givenName": ["Ann"]}], {}, ("Lee",)),
    ],
)
def test_authors(author: Any, meta: dict[str, str], names: tuple[str, ...]) -> None:
    elements = "".join(f'<meta name="{name}" content="{text}">' for name, text in meta.items())
    person = {"@type": "Person", "@id": "#ann", "name": "Ann Lee"}
    assert read(elements + linked({**ARTICLE, "author": author}, person)).authors == names


def page_read(head: str = "", above: str = "", below: str = "", rest: str = "") -> Metadata:
    body = f"{above}<main><article><h1>Quay closed after cracks are found</h1>{below}<p>{'The quay is shut. ' * 9}</p></article></main>{rest}"
    title = (
        "<title>Quay closed after cracks are found - The Post</title><meta property='og:site_name' content='The Post'>"
    )
    tree = html.document_fromstring(f"<html><head>{title}{head}</head><body>{body}</body></html>")
    return read_metadata(tree, "https://www.thepost.example/2025/quay", page_lines(tree), PageHints())


@pytest.mark.parametrize(
    ("head", "below", "names"),
    [
        ("<meta name='author' content='Ann Lee'><meta name='author' content='Bo Ek'>", "", ("Ann Lee", "Bo Ek")),
        ("<meta name='dc.creator' content='Ann Lee, Bo Ek, Cy Dunn'>", "", ("Ann Lee", "Bo Ek", "Cy Dunn")),
        ("<meta name='citation_author' content='Ann Lee'><meta name='citation_author' content='Bo Ek'>", "", ("Ann Lee", "Bo Ek")),
        ("<meta name='twitter:label1' content='Written by'><meta name='twitter:data1' content='Ann Lee'>", "", ("Ann Lee",)),
        ("<meta name='twitter:label1' content='Reading time'><meta name='twitter:data1' content='Nine Minutes'>", "", ()),
        ("<meta name='author' content='The Post'>", "<div class='byline'>By <a href='/a/ann'>Ann Lee</a></div>", ("Ann Lee",)),
        ("<meta name='author' content='thepost.example'>", "<p>Von Ann Lee und Bo Ek</p>", ("Ann Lee", "Bo Ek")),
        ("<meta name='author' content='The Post'>", "", ("The Post",)),
        ("<meta name='author' content='admin'>", "<p class='post-author'>Written by Ann Lee</p>", ("Ann Lee",)),
        ("", "<span itemprop='author' itemscope><span itemprop='name'>Ann Lee</span></span>", ("Ann Lee",)),
        ("", "<span itemprop='author' itemscope><meta itemprop='name' content='Ann Lee'></span>", ("Ann Lee",)),
        ("", "<a rel='author' href='/x'>Ann Lee</a> <a rel='author' href='/y'>Bo Ek</a>", ("Ann Lee", "Bo Ek")),
        ("", "<div class='ArticleByline'>Ann Lee, Senior Reporter</div>", ("Ann Lee",)),
        ("", "<p>Written by</p><p>Ann Lee</p>", ("Ann Lee",)),
        ("", "<div>WRITTEN BY</div><div>Harbour Team</div>", ("Harbour Team",)),
        ("", "<p>By</p><p>" + "The ferry sails again. " * 9 + "</p><p>Water Sports</p>", ()),
        ("", "<p>The ferry sails again.</p>" * 20 + "<h2>Article by</h2><div>Ann Lee</div>", ("Ann Lee",)),
        ("", "<p>記者 王小明</p>", ("王小明",)),
        ("", "<p>김철수 기자</p>", ("김철수",)),
        ("", "<p>Ann Lee</p><p>3 May 2024</p>", ("Ann Lee",)),
        ("", "<div>Ann Lee | 03.05.2024 - Update: 04.05.2024</div>", ("Ann Lee",)),
        ("", "<div>3 May 2024 · 3 min read · By Ann Lee</div>", ("Ann Lee",)),
        ("", "<div>Posted on 3 May 2024 Posted by Ann Lee 59 comments</div>", ("Ann Lee",)),
        ("", "<p>By<a href='/x'>Ann Lee</a></p>", ("Ann Lee",)),
        ("", "<div class='author'><b>Ann Lee</b><i>Head Winemaker</i></div>", ("Ann Lee",)),
        ("", "<div class='author'><a href='/author/a'>Ann Lee</a><a href='/author/a'>Ann Lee</a></div>", ("Ann Lee",)),
        ("", "<p class='authorName'>Harbour Team</p>", ("Harbour Team",)),
        ("", "<p>by <a href='/users/7'>boek</a></p>", ("boek",)),
        ("", "<h3>Water Sports</h3><p>3 May 2024</p>", ()),
        ("", "<p><a href='/t'>Water Sports</a></p><p>3 May 2024</p>", ()),
        ("", "<p>財政部</p><p>3 May 2024</p>", ()),
        ("<meta name='author' content='ann.lee'>", "<p class='byline'>By Ann Lee</p>", ("Ann Lee",)),
        ("<meta name='author' content='ann.lee'>", "<p>Water Sports</p><p>3 May 2024</p>", ("ann.lee",)),
        ("<meta name='author' content='Ann &amp;amp; Bo'>", "", ("Ann & Bo",)),
        ("", "<div class='comment-author'>Ann Lee</div>", ()),
        ("", "<div class='date'><a href='/authors/7'>Ann Lee</a>, 3 May 2024</div>", ("Ann Lee",)),
        ("", "<div>Ann Lee</div><img alt='Ann Lee'>", ("Ann Lee",)),
        ("", "<div>Ann Lee</div><p>Ferry.</p><div class='author-card'>Ann Lee</div>", ("Ann Lee",)),
        ("", "<div>Water Sports</div><p>Ferry.</p><div>Water Sports</div>", ()),
        ("", "<figcaption>Ann Lee</figcaption><img alt='Ann Lee'>", ()),
        ("<meta name='author' content='Harbour Press'>", "<p>By Ann Lee</p>", ("Harbour Press",)),
        ("", "<ul class='related'><li class='author'>Ann Lee</li></ul>", ()),
        ("", "<p>The ferry sails again.</p>" * 20 + "<p>Written by Ann Lee</p>", ("Ann Lee",)),
        ("", "<p>The ferry sails again.</p>" * 20 + "<footer><p>Posted by Ann Lee on 3 May 2024</p></footer>", ("Ann Lee",)),
        ("", "<div class='entry-title'><aside class='post-author'>Ann Lee</aside></div>", ("Ann Lee",)),
        ("", "<div class='card-title'><span class='author'>Ann Lee</span></div>", ()),
        ("", "<p>The ferry sails again.</p>" * 20 + "<p>By Ann Lee</p><p>By Bo Ek</p>", ()),
        ("", "<p>The ferry sails again.</p>" * 20 + "<ul class='related'><li>By Ann Lee</li></ul>", ()),
    ],
)  # fmt: skip
def test_authors_of_meta_elements_and_markup(head: str, below: str, names: tuple[str, ...]) -> None:
    assert page_read(head, below=below).authors == names


def test_another_storys_json_ld_does_not_count() -> None:
    elsewhere = {
        **ARTICLE,
        "headline": "Bread prices rise",
        "author": "Bo Ek",
        "datePublished": LATER,
        "articleBody": "Bread.",
    }
    story = {**ARTICLE, "headline": "Quay closed after cracks", "datePublished": DAY}
    metadata = page_read(linked(elsewhere, story))
    assert metadata.authors == ()
    assert metadata.published is not None
    assert metadata.published.value.isoformat() == DAY
    assert page_read(linked(elsewhere)).authors == ()
    assert page_read(linked({**elsewhere, "url": "https://thepost.example/2025/quay?x=1"})).authors == ("Bo Ek",)


@pytest.mark.parametrize(
    "text",
    [
        '{"@type": "NewsArticle", "headline": "Quay "closed" after cracks", "datePublished": "DAY", "author": {"name": "Ann Lee"}}',
        '{"@type": "NewsArticle", "headline": "Quay closed after cracks", "datePublished": "DAY", "author": {"name": "Ann Lee"}, ',
        '{&quot;@type&quot;: &quot;NewsArticle&quot;, &quot;headline&quot;: &quot;Quay closed&quot;, &quot;datePublished&quot;: &quot;DAY&quot;, &quot;author&quot;: &quot;Ann Lee&quot;}',
        '{"@type": ["Article", "NewsArticle"], "headline": "Quay\nclosed after cracks", "datePublished": "DAY", "author": [{"name": {"name": "Ann Lee"}}],}',
        '{"@context": "https://schema.org"}{"@type": "NewsArticle", "headline": "Quay closed", "datePublished": "DAY", "creator": ["Ann Lee"]}',
        '{"@graph": [{"@type": "NewsArticle", "headline": "Quay closed", "datePublished": "DAY", "author": {"@id": "#a"}}, {"@id": "#a", "name": "Ann Lee"}]}',
    ],
)  # fmt: skip
def test_json_ld_is_read_as_far_as_it_goes(text: str) -> None:
    metadata = page_read(f'<script type="application/ld+json">{text.replace("DAY", DAY)}</script>')
    assert metadata.published is not None
    assert (metadata.authors, metadata.published.value.isoformat()) == (("Ann Lee",), DAY)


@pytest.mark.parametrize(
    ("head", "body"),
    [
        (linked({**ARTICLE, "sourceOrganization": {"@type": "NewsMediaOrganization", "name": "Reuters"}}), ""),
        (linked({**ARTICLE, "provider": "Reuters"}), ""),
        ('<meta name="source" content="Source: Reuters">', ""),
        ("", "<h1>Quay closed</h1><div class='byline'><img src='r.png' alt='Reuters logo'></div>"),
    ],
)
def test_who_supplied_the_article(head: str, body: str) -> None:
    assert read(head, body or "<p>Text.</p>").providers == ("Reuters",)


def test_the_outlet_itself_is_no_provider() -> None:
    site = '<meta property="og:site_name" content="Reuters">'
    assert read(site + linked({**ARTICLE, "publisher": {"name": "Reuters"}})).providers == ()
    assert read("", "<footer class='source'><img alt='Reuters'></footer>").providers == ()
