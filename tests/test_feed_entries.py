"""What entries say, however their feed writes it: titles, authors, links, times."""

# ruff: noqa: E501 - feeds have long lines

from __future__ import annotations

from datetime import UTC, datetime
from html import escape

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipeline.feeds import parse_feed
from pipeline.feeds.markup import TitleForm, plain_text, title_text
from pipeline.feeds.repair import repair_xml
from pipeline.model import FeedEntry, ParsedFeed

NOW = datetime(2025, 8, 25, tzinfo=UTC)
NAMESPACES = (
    'xmlns:dc="http://purl.org/dc/elements/1.1/" xmlns:dcterms="http://purl.org/dc/terms/" xmlns:atom="http://www.w3.org/2005/Atom"'
    ' xmlns:prism="http://prismstandard.org/namespaces/basic/2.0/" xmlns:feedburner="http://rssnamespace.org/feedburner/ext/1.0"'
    ' xmlns:p="http://prismstandard.org/namespaces/basic/3.0/"'
)


def parse(body: str, url: str = "https://o.example/feeds/all.xml") -> ParsedFeed:
    return parse_feed(body.encode("utf-8", "surrogatepass"), url=url, media_type="application/xml", now=NOW)


def rss(item: str, channel: str = "", url: str = "https://o.example/feeds/all.xml") -> FeedEntry:
    link = "" if "<link>" in item else "<link>https://o.example/1</link>"
    body = (
        f'<rss version="2.0" {NAMESPACES}><channel><title>O</title>{channel}<item>{link}{item}</item></channel></rss>'
    )
    (entry,) = parse(body, url).entries
    return entry


def atom(title: str) -> str:
    body = f'<feed xmlns="http://www.w3.org/2005/Atom"><entry><id>1</id><link href="https://o.example/1"/>{title}</entry></feed>'
    return parse(body).entries[0].title


# ---------------------------------------------------------------- titles


@pytest.mark.parametrize(
    ("title", "read"),
    [
        ("Zinsen < 2 %, Löhne > 4 %", "Zinsen < 2 %, Löhne > 4 %"),
        ("a<b und c>d", "a<b und c>d"),
        ("Wir <3 Kelmouth", "Wir <3 Kelmouth"),
        ("<<Der Held>> siegt", "<<Der Held>> siegt"),
        ("vector<int> is no list", "vector<int> is no list"),
        ("When <table> gave way to <div>", "When <table> gave way to <div>"),
        ("The <b>harbour</b>, reopened", "The harbour, reopened"),
        ("H<sub>2</sub>O am Kai", "H2O am Kai"),
        ("Two lines<br/>of one", "Two lines of one"),
        ('<a href="https://o.example/1">Quay</a> shut', "Quay shut"),
        ('<span class="kicker">Live:</span> Quay shut', "Live: Quay shut"),
        ("<p>Quay shut</p>", "Quay shut"),
        ("Quay <!-- kicker --> shut", "Quay shut"),
        ("Lee &amp; Söhne &#8211; Kai", "Lee & Söhne – Kai"),
        ("1 < 2 <em>und</em> 3 > 2", "1 < 2 und 3 > 2"),
    ],
)
def test_a_title_of_rss_is_text_unless_it_is_clearly_markup(title: str, read: str) -> None:
    assert rss(f"<title>{escape(title)}</title>").title == read
    assert rss(f"<title><![CDATA[{title}]]></title>").title == read


@pytest.mark.parametrize(
    ("title", "read"),
    [
        ('<title type="text">Why &lt;b&gt; became &lt;strong&gt;</title>', "Why <b> became <strong>"),
        ("<title>Use &lt;b&gt;x&lt;/b&gt; for weight</title>", "Use <b>x</b> for weight"),
        ('<title type="html">Why &lt;b&gt;tugs&lt;/b&gt; wait</title>', "Why tugs wait"),
        ('<title type="html">Zinsen &lt; 2 %, Löhne &gt; 4 %</title>', "Zinsen < 2 %, Löhne > 4 %"),
        ('<title type="html">&amp;lt;nav&amp;gt; explained</title>', "<nav> explained"),
        (
            '<title type="xhtml"><div xmlns="http://www.w3.org/1999/xhtml">Tugs <i>wait</i> &lt; 2 h</div></title>',
            "Tugs wait < 2 h",
        ),
    ],
)
def test_a_title_of_atom_is_what_its_type_says(title: str, read: str) -> None:
    assert atom(title) == read


@given(
    st.text(st.characters(exclude_characters="&<>\ufdd0", exclude_categories=("Cs", "Cc", "Cn")), max_size=40),
    st.sampled_from(["<", "> ", " < ", " > ", " <3 ", "<<", ">>"]),
)
def test_signs_of_less_and_more_alone_are_no_markup(text: str, sign: str) -> None:
    title = f"a{text}{sign}{text}z"
    want = " ".join(title.split())
    assert {title_text(title, form) for form in TitleForm} == {want}
    assert plain_text(f"<p>{escape(title)}</p>") == want


def test_a_summary_ends_no_word_where_a_tag_stands_in_it() -> None:
    assert plain_text("<p>The <b>quay</b>, shut.</p><p>Tugs wait</p>") == "The quay, shut. Tugs wait"
    assert plain_text("a < b <!-- <p>x</p> --> c") == "a < b c"


# ---------------------------------------------------------------- characters


@pytest.mark.parametrize(
    "sign",
    ["\x08", "\x0b", "\x1c", "\x1f", "\ufffe", "&#8;", "&#x1C;", "&#0;", "&#x0;", "&#xD83D;", "&#65534;"],
)
def test_what_is_no_character_of_xml_is_left_out_and_told(sign: str) -> None:
    feed = parse(
        f"<rss version='2.0'><channel><item><link>https://o.example/1</link><title>Quay{sign} shut</title></item></channel></rss>"
    )
    assert [entry.title for entry in feed.entries] == ["Quay shut"]
    assert feed.problems == ("1 characters that XML does not have are left out",)


@pytest.mark.parametrize(
    "sign",
    ["&#x110000;", "&#99999999999;", "&#x110000", "&#" + "9" * 5000 + ";", "&#0", "&#xD83D", "&#&#0;x110000;"],
)
def test_a_reference_to_no_character_costs_no_feed_that_is_not_well_formed(sign: str) -> None:
    feed = parse(
        f"<rss version='2.0'><channel><item><link>https://o.example/1</link><title>Quay shut</title>"
        f"<description>Tugs{sign} wait<br></description></item></channel></rss>"
    )
    assert [(entry.title, entry.summary.replace("\ufffd", "")) for entry in feed.entries] == [
        ("Quay shut", "Tugs wait")
    ]


@pytest.mark.parametrize(
    "binding", ["", " xmlns:gml='http://www.opengis.net/gml' xmlns:dc='http://purl.org/dc/elements/1.1/'"]
)
def test_an_element_that_the_parser_fails_on_costs_no_entry(binding: str) -> None:
    feed = parse(
        f"<rss version='2.0'{binding}><channel><title>Kelmouth</title><item><gml:posList>1 2 3</gml:posList>"
        "<link>https://o.example/1</link><title>Quay shut</title><dc:creator>Ida Marren</dc:creator></item>"
        "</channel></rss>"
    )
    assert [(entry.title, entry.authors) for entry in feed.entries] == [("Quay shut", ("Ida Marren",))]
    assert "elements that are no news" in feed.problems[-1]


def test_the_feeds_own_namespace_is_news_whichever_it_is() -> None:
    feed = parse(
        "<r:RDF xmlns:r='http://www.w3.org/1999/02/22-rdf-syntax-ns#' xmlns='http://channel.example/ns' "
        "xmlns:gml='http://www.opengis.net/gml'><channel><title>Kelmouth</title></channel>"
        "<item><title>Quay shut</title><link>https://o.example/1</link><gml:posList>1 2 3</gml:posList></item></r:RDF>"
    )
    assert [(entry.title, entry.url) for entry in feed.entries] == [("Quay shut", "https://o.example/1")]


@pytest.mark.parametrize("smile", ["\U0001f600", "&#128512;", "&#x1F600;", "&#xD83D;&#xDE00;", "&#55357;&#56832;"])
def test_a_character_beyond_the_first_plane_is_whole(smile: str) -> None:
    assert rss(f"<title>Quay {smile}</title>").title == "Quay \U0001f600"


def test_entities_of_html_are_read_with_and_without_a_dtd() -> None:
    dtd = '<!DOCTYPE rss PUBLIC "-//Netscape Communications//DTD RSS 0.91//EN" "http://my.netscape.com/publish/formats/rss-0.91.dtd">'
    item = "<item><title>Caf&eacute; &laquo;Möwe&raquo; &mdash; R&amp;D &lt; 3&nbsp;km</title><link>https://o.example/1</link></item>"
    for start in ("", dtd):
        feed = parse(f'<?xml version="1.0"?>{start}<rss version="0.91"><channel>{item}</channel></rss>')
        assert [entry.title for entry in feed.entries] == ["Café «Möwe» — R&D < 3 km"]
        assert feed.problems == ()


def test_an_entity_of_the_feed_is_its_own() -> None:
    text = '<!DOCTYPE rss [<!ENTITY copy "Kelmouth">]><rss><title>&copy; &reg; &LT; &unheard;</title></rss>'
    assert "&copy; ® &lt; &unheard;" in repair_xml(text).text


# ---------------------------------------------------------------- authors


@pytest.mark.parametrize("element", ["author", "dc:creator", "atom:author"])
@pytest.mark.parametrize(
    ("text", "authors"),
    [
        ("mara@harbour.international (Mara Quist)", ("Mara Quist",)),
        ("<![CDATA[Mara Quist <mara@harbour.press>]]>", ("Mara Quist",)),
        ("Mara Quist &lt;mara@harbour.press&gt;", ("Mara Quist",)),
        ("desk@harbour.press", ()),
        ("Mara Quist", ("Mara Quist",)),
    ],
)
def test_an_author_is_a_name_whatever_the_mails_ending(element: str, text: str, authors: tuple[str, ...]) -> None:
    text = f"<atom:name>{text}</atom:name>" if element == "atom:author" else text
    assert rss(f"<{element}>{text}</{element}>").authors == authors


# ---------------------------------------------------------------- links


@pytest.mark.parametrize(
    ("href", "link"),
    [
        ("www.o.example/2025/quay", "https://www.o.example/2025/quay"),
        ("o.example/2025/quay?a=1", "https://o.example/2025/quay?a=1"),
        ("WWW.Küste.example/quay", "https://WWW.Küste.example/quay"),
        ("//cdn.example/quay", "https://cdn.example/quay"),
        ("/2025/quay", "https://o.example/2025/quay"),
        ("2025/quay.html", "https://o.example/feeds/2025/quay.html"),
        ("?p=7", "https://o.example/feeds/all.xml?p=7"),
        ("www.html", "https://o.example/feeds/www.html"),
        (" https://o.example/a b ", "https://o.example/a%20b"),
    ],
)
def test_a_link_is_an_address(href: str, link: str) -> None:
    home = "<link>https://o.example/</link>"
    self_link = '<atom:link rel="self" href="https://o.example/feeds/all.xml"/>'
    assert rss(f"<link>{escape(href)}</link>", home).url == link
    # A file has no address: what the feed calls its own stands for it.
    assert rss(f"<link>{escape(href)}</link>", home + self_link, url="").url == link


def test_a_file_without_an_address_of_its_own_is_read_from_its_home() -> None:
    assert (
        rss("<link>2025/quay</link>", "<link>https://o.example/news/</link>", url="").url
        == "https://o.example/news/2025/quay"
    )


@pytest.mark.parametrize(
    "item",
    [
        "<link>https://search.example/url?url=https%3A%2F%2Fo.example%2F7</link>",
        "<link>http://feeds.o.example/~r/all/~3/x/</link><guid>https://o.example/7</guid>",
        "<link>http://feeds.o.example/~r/all/~3/x/</link><feedburner:origLink>https://o.example/7</feedburner:origLink>",
        "<link>https://o.example/7</link><guid>https://other.example/7</guid>",
    ],
)
def test_the_outlets_own_address_is_taken(item: str) -> None:
    assert rss(item).url == "https://o.example/7"


# ---------------------------------------------------------------- entries that have no page

TEXT = "<p>" + "The northern quay stays closed until the divers have seen the piles, the board said. " * 4 + "</p>"


@pytest.mark.parametrize("element", ["content:encoded", "description"])
def test_a_text_with_an_id_and_no_link_is_an_item_of_its_own(element: str) -> None:
    items = "".join(
        f"<item><guid isPermaLink='false'>{guid}</guid><title>Quay shut</title><{element}>{escape(TEXT)}</{element}></item>"
        for guid in ("n-1", "n-2")
    )
    feed = parse(
        f'<rss version="2.0" xmlns:content="http://purl.org/rss/1.0/modules/content/"><channel>{items}</channel></rss>'
    )
    assert [entry.key for entry in feed.entries] == ["n-1", "n-2"]
    assert [entry.url for entry in feed.entries] == [f"urn:item:https://o.example/feeds/all.xml#n-{n}" for n in (1, 2)]
    assert {(entry.content, entry.delivered and entry.delivered.withdrawn) for entry in feed.entries} == {(TEXT, False)}


@pytest.mark.parametrize(
    "item",
    [
        "<guid isPermaLink='false'>n-1</guid><description>Short.</description>",
        f"<description>{escape(TEXT)}</description>",
        "<guid isPermaLink='false'>n-1</guid><title>Quay shut</title>",
    ],
)
def test_without_a_link_a_teaser_or_a_text_without_an_id_is_no_entry(item: str) -> None:
    feed = parse(f"<rss version='2.0'><channel><item>{item}</item></channel></rss>")
    assert feed.entries == ()
    assert feed.problems == ("1 entries have no usable link",)


# ---------------------------------------------------------------- times


@pytest.mark.parametrize(
    "times",
    [
        "<pubDate>Sun, 24 Aug 2025 08:40:00 GMT</pubDate><pubDate></pubDate>",
        "<pubDate/><pubDate>Sun, 24 Aug 2025 08:40:00 GMT</pubDate><pubDate><![CDATA[ ]]></pubDate>",
        "<pubDate>soon</pubDate><dc:date>2025-08-24T08:40:00Z</dc:date>",
        "<dcterms:created>2025-08-24T08:40:00Z</dcterms:created>",
        "<dcterms:issued>2025-08-24T08:40:00Z</dcterms:issued>",
        "<dcterms:created>2025-08-24T08:40:00Z</dcterms:created><dcterms:modified>2025-08-24T11:00:00Z</dcterms:modified>",
        "<prism:publicationDate>2025-08-24T08:40:00Z</prism:publicationDate>",
        "<p:coverDate>2025-08-24T08:40:00Z</p:coverDate>",
        "<atom:updated>2025-08-24T08:40:00Z</atom:updated>",
        "<publishedDate>2025-08-24T08:40:00Z</publishedDate>",
    ],
)  # fmt: skip
def test_the_time_of_publication_by_its_many_names(times: str) -> None:
    published = rss(times).published
    assert published is not None
    assert published.value == datetime(2025, 8, 24, 8, 40, tzinfo=UTC)


def test_a_prism_time_of_change_is_that_of_the_update() -> None:
    entry = rss(
        "<prism:publicationDate>2025-08-23</prism:publicationDate><prism:modificationDate>2025-08-24</prism:modificationDate>"
    )
    assert [at and at.value.day for at in (entry.published, entry.updated)] == [23, 24]


@pytest.mark.parametrize(
    ("language", "lang", "month"), [("hr", "", 10), ("pl", "hr", 11), ("", "hr", 10), ("", "", None)]
)
def test_a_months_name_is_read_in_the_feeds_language_else_in_the_outlets(
    language: str, lang: str, month: int | None
) -> None:
    body = f"<rss version='2.0'><channel><language>{language}</language><item><link>https://o.example/1</link><pubDate>3 listopada 2024</pubDate></item></channel></rss>"
    (entry,) = parse_feed(body.encode(), url="https://o.example/f", lang=lang, now=NOW).entries
    assert (entry.published and entry.published.value.month) == month
