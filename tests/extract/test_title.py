"""Which of a page's names is its title."""

from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipeline.extract.article import extract_article
from pipeline.extract.title import Names, best_title, main_heading, plain
from pipeline.model import PageHints
from pipeline.text.grammar import load_grammar
from pipeline.text.normalize import fold

HEADING = "Quay closed after cracks are found in two pillars"
CRACKS = "Cracks close the northern quay"
EXPLAINER = "Quay closed - what is known so far"
CUT = "Quay closed after ..."


def names(**fields: str) -> Names:
    heading = fields.pop("heading", HEADING)
    given_names = {
        "og_title": "",
        "twitter_title": "",
        "json_ld_headline": "",
        "title_element": "",
        "feed_title": "",
        "site": "The Example",
        **fields,
    }
    return Names(headings=(heading,) if heading else (), **given_names)


def test_a_logo_behind_the_title_is_no_heading() -> None:
    page_names = names(heading="Kelmouth Courier", title_element=f"{HEADING} | Kelmouth Courier", site="")
    assert best_title(replace(page_names, unlinked_headings=(HEADING,))) == HEADING
    assert best_title(replace(page_names, unlinked_headings=(CRACKS,))) == "Kelmouth Courier"


@pytest.mark.parametrize(
    ("fields", "title"),
    [
        ({"title_element": f"{HEADING} | The Example"}, HEADING),
        ({"heading": "The Example", "og_title": f"{HEADING} - The Example"}, HEADING),
        ({"heading": "", "title_element": f"{HEADING} | News"}, HEADING),
        ({"heading": "", "feed_title": HEADING}, HEADING),
        ({"title_element": HEADING, "json_ld_headline": HEADING, "og_title": CRACKS, "twitter_title": CRACKS}, HEADING),
        ({"heading": EXPLAINER, "title_element": EXPLAINER}, EXPLAINER),
        ({"heading": "", "json_ld_headline": EXPLAINER, "title_element": EXPLAINER}, EXPLAINER),
        ({"heading": "Cracks at the quay: what now", "title_element": CRACKS}, "Cracks at the quay: what now"),
        ({"heading": "Information and resources", "title_element": "Cracks and piers"}, "Cracks and piers"),
        ({"heading": f"Harbour{HEADING}", "og_title": f"Harbour / {HEADING}"}, f"Harbour / {HEADING}"),
    ],
)  # fmt: skip
def test_the_vote_on_any_page(fields: dict[str, str], title: str) -> None:
    assert best_title(names(**fields)) == title


@pytest.mark.parametrize(
    ("fields", "title"),
    [
        ({"title_element": HEADING, "json_ld_headline": HEADING, "og_title": CRACKS, "twitter_title": CRACKS}, CRACKS),
        ({"title_element": HEADING, "json_ld_headline": HEADING, "og_title": CRACKS, "twitter_title": HEADING}, HEADING),
        ({"title_element": HEADING, "json_ld_headline": HEADING, "og_title": CRACKS}, HEADING),
        ({"title_element": "A quay closes", "json_ld_headline": HEADING, "og_title": CRACKS, "twitter_title": CRACKS}, HEADING),
        ({"title_element": HEADING, "json_ld_headline": CRACKS, "og_title": CRACKS}, CRACKS),
        ({"title_element": HEADING, "json_ld_headline": CRACKS, "og_title": HEADING}, HEADING),
        ({"title_element": HEADING, "json_ld_headline": HEADING, "og_title": CUT, "twitter_title": CUT}, HEADING),
        ({"title_element": HEADING, "json_ld_headline": HEADING, "og_title": "Read our letter", "twitter_title": "Read our letter"}, HEADING),
        ({"heading": "Six ships sent on +++ Divers at work", "json_ld_headline": HEADING, "og_title": CRACKS}, HEADING),
    ],
)  # fmt: skip
def test_the_vote_on_news_pages(fields: dict[str, str], title: str) -> None:
    assert best_title(replace(names(**fields), news=True)) == title


def test_the_name_that_the_page_shows_is_its_headline() -> None:
    assert (
        best_title(replace(names(title_element=HEADING, og_title=CRACKS), unlinked_headings=(HEADING, CRACKS)))
        == CRACKS
    )
    assert (
        best_title(
            replace(
                names(title_element=HEADING, og_title=f"{CRACKS} ..."), unlinked_headings=(HEADING, f"{CRACKS} ...")
            )
        )
        == HEADING
    )


def test_a_heading_in_the_breadcrumbs_is_the_search_engines() -> None:
    page_names = replace(
        names(title_element=HEADING, json_ld_headline=CRACKS, og_title=HEADING),
        navigation_headings=(HEADING,),
        news=True,
    )
    assert best_title(page_names) == CRACKS
    assert best_title(replace(page_names, json_ld_headline=HEADING, og_title=CRACKS)) == CRACKS
    assert best_title(replace(page_names, json_ld_headline=HEADING)) == HEADING
    assert main_heading(page_names) == HEADING


PAGE = """<html><head><title>{heading} | The Example</title><meta property="og:title" content="{heading}">
<script type="application/ld+json">//<![CDATA[
{{"@type": "NewsArticle", "headline": "{other}", "datePublished": "2025-08-24T08:00:00Z",}}
//]]></script></head><body><nav><ul><li><a href="/">Home</a></li><li><h1>{heading}</h1></li></ul></nav>
<article><h2>{other}</h2>{text}</article></body></html>"""


def test_a_page_with_its_heading_in_the_breadcrumbs() -> None:
    text = "<p>The harbour authority closed the northern quay on Tuesday after inspectors found cracks.</p>" * 3
    page = PAGE.format(heading=HEADING, other=CRACKS, text=text).encode()
    article = extract_article(page, "https://o.example/quay", PageHints(), load_grammar())
    assert article.title == CRACKS
    assert article.published is not None
    assert article.published.value.isoformat() == "2025-08-24T08:00:00+00:00"


@pytest.mark.parametrize(
    ("fields", "title"),
    [
        ({"title_element": f"The Example | {HEADING}"}, HEADING),
        ({"title_element": f"{HEADING}_News_Southern Net"}, HEADING),
        ({"title_element": f"{HEADING} ｜Flash｜Daily"}, HEADING),
        ({"title_element": f"{HEADING} / News / Daily"}, HEADING),
        ({"title_element": f"{HEADING} -- Daily"}, HEADING),
        ({"title_element": f"PORT.EXAMPLE :: {HEADING}", "site": ""}, HEADING),
        ({"title_element": f"Radio Pier / {HEADING}", "site": ""}, HEADING),
        ({"title_element": f"Pier » {HEADING}", "site": ""}, HEADING),
        ({"og_title": f"harbourpost.example - {HEADING}", "site": ""}, HEADING),
        ({"title_element": "The snake_case of the quay's own software", "site": ""}, "The snake_case of the quay's own software"),
    ],
)  # fmt: skip
def test_the_site_is_cut_off_at_either_end(fields: dict[str, str], title: str) -> None:
    without_heading = names(**{"heading": "", **fields})
    assert best_title(replace(without_heading, host="www.harbourpost.example")) == title


@pytest.mark.parametrize(
    ("headings", "fields", "title"),
    [
        (("HarbourPost", HEADING), {"title_element": f"{HEADING} - HarbourPost"}, HEADING),
        (("National News", HEADING), {"title_element": f"{HEADING} - National News - Post"}, HEADING),
        (("Harbour Post Culture", HEADING), {"title_element": f"{HEADING} - Culture in the Harbour Post"}, HEADING),
        (("Pier thoughts",), {"title_element": f"Pier thoughts: {HEADING}", "og_title": HEADING}, HEADING),
        ((HEADING,), {"title_element": "HarbourPost"}, HEADING),
        (("HarbourPost",), {"title_element": f"{HEADING} - HarbourPost"}, HEADING),
    ],
)
def test_a_logo_or_a_section_is_no_title(headings: tuple[str, ...], fields: dict[str, str], title: str) -> None:
    page_names = replace(names(**{"site": "", **fields}), headings=headings, host="www.harbourpost.example")
    assert best_title(page_names) == title


BROKEN = """<html><head><title>{title}</title></head><body><article><h1>Quay closed after{br}cracks are found</h1>
<p>{text}</p><p>{text}</p></article></body></html>"""


@pytest.mark.parametrize("br", ["<br>", "<br/>", " <br /> "])
@pytest.mark.parametrize("title", ["Quay closed after cracks are found - The Example", ""])
def test_a_heading_with_a_line_break_is_read_whole(br: str, title: str) -> None:
    text = "The harbour authority closed the northern quay on Tuesday after inspectors found cracks."
    page = BROKEN.format(br=br, title=title, text=text).encode()
    article = extract_article(page, "https://o.example/quay", PageHints(), load_grammar())
    assert article.title == "Quay closed after cracks are found"


SECTION = """<html><head><title>{title}</title><meta property="og:title" content="{title}"></head><body><article>
<h1>{heading}</h1><p>{text}</p><p>{text}</p></article></body></html>"""


@pytest.mark.parametrize(
    "section", ["<span>Harbour</span> ", "<small>Harbour</small>", "<span><a>Harbour</a></span> - "]
)
def test_a_section_in_the_heading_is_no_part_of_the_title(section: str) -> None:
    text = "The harbour authority closed the northern quay on Tuesday after inspectors found cracks."
    page = SECTION.format(heading=f"{section}{HEADING}", title=HEADING, text=text).encode()
    assert extract_article(page, "https://o.example/quay", PageHints(), load_grammar()).title == HEADING
    repeated = SECTION.format(heading=f"{section}{HEADING}", title=f"Harbour {HEADING}", text=text).encode()
    assert fold(extract_article(repeated, "https://o.example/quay", PageHints(), load_grammar()).title) == fold(
        f"Harbour {HEADING}"
    )


def test_an_element_at_the_head_of_a_heading_that_its_names_have_is_its_own() -> None:
    heading = f"<em>Breaking:</em> {HEADING}"
    page = SECTION.format(heading=heading, title=f"Breaking: {HEADING} - The Example", text="Cracks. " * 30).encode()
    assert extract_article(page, "https://o.example/quay", PageHints(), load_grammar()).title == f"Breaking: {HEADING}"


def test_references_escaped_twice() -> None:
    assert plain("Prices &amp;#8230; up") == "Prices … up"


WORDS = st.sampled_from(
    ["quay", "cracks", "News", "Example", "harbour", "closes", "港", "–", "|", "«", ":", "…", "..."]
)
NAME = st.lists(WORDS, max_size=8).map(" ".join)
NAME_LISTS = st.lists(NAME, max_size=3).map(tuple)
NAMES = st.builds(
    Names, NAME_LISTS, NAME, NAME, NAME, NAME, NAME, site=NAME,
    navigation_headings=NAME_LISTS, unlinked_headings=NAME_LISTS, news=st.booleans(),
)  # fmt: skip


@given(NAMES)
def test_a_title_is_one_of_the_names_or_a_part_of_one(page_names: Names) -> None:
    title = best_title(page_names)
    assert any(title in name for name in (*page_names.distinct(), page_names.feed_title, ""))


@given(NAMES)
def test_a_page_with_any_name_has_a_title(page_names: Names) -> None:
    assert fold(best_title(page_names)) or not any(
        map(fold, (*page_names.headings, page_names.og_title, page_names.json_ld_headline, page_names.title_element))
    )


@given(NAME)
def test_a_name_that_all_agree_on_is_the_title(name: str) -> None:
    assert best_title(Names((name,), name, name, name, name, name, "")) in (name, "")
