"""Which of a page's names is its title."""

from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipeline.extract.article import extract_article
from pipeline.extract.title import Names, best_title, main_heading, plain
from pipeline.model import PageHints
from pipeline.text.normalize import fold
from pipeline.text.wire import load_grammar

HEADING = "Quay closed after cracks are found in two pillars"
OTHER = "Cracks close the northern quay"
KNOWN = "Quay closed - what is known so far"
CUT = "Quay closed after ..."


def names(**told: str) -> Names:
    heading = told.pop("heading", HEADING)
    given_names = {
        "shared": "",
        "tweeted": "",
        "linked": "",
        "element": "",
        "listed": "",
        "site": "The Example",
        **told,
    }
    return Names(headings=(heading,) if heading else (), **given_names)


@pytest.mark.parametrize(
    ("told", "title"),
    [
        ({"element": f"{HEADING} | The Example"}, HEADING),
        ({"heading": "The Example", "shared": f"{HEADING} - The Example"}, HEADING),
        ({"heading": "", "element": f"{HEADING} | News"}, HEADING),
        ({"heading": "", "listed": HEADING}, HEADING),
        ({"element": HEADING, "linked": HEADING, "shared": OTHER, "tweeted": OTHER}, HEADING),
        ({"heading": KNOWN, "element": KNOWN}, KNOWN),
        ({"heading": "", "linked": KNOWN, "element": KNOWN}, KNOWN),
        ({"heading": "Cracks at the quay: what now", "element": OTHER}, "Cracks at the quay: what now"),
        ({"heading": "Information and resources", "element": "Cracks and piers"}, "Cracks and piers"),
        ({"heading": f"Harbour{HEADING}", "shared": f"Harbour / {HEADING}"}, f"Harbour / {HEADING}"),
    ],
)  # fmt: skip
def test_the_vote_on_any_page(told: dict[str, str], title: str) -> None:
    assert best_title(names(**told)) == title


@pytest.mark.parametrize(
    ("told", "title"),
    [
        ({"element": HEADING, "linked": HEADING, "shared": OTHER, "tweeted": OTHER}, OTHER),
        ({"element": HEADING, "linked": HEADING, "shared": OTHER, "tweeted": HEADING}, HEADING),
        ({"element": HEADING, "linked": HEADING, "shared": OTHER}, HEADING),
        ({"element": "A quay closes", "linked": HEADING, "shared": OTHER, "tweeted": OTHER}, HEADING),
        ({"element": HEADING, "linked": OTHER, "shared": OTHER}, OTHER),
        ({"element": HEADING, "linked": OTHER, "shared": HEADING}, HEADING),
        ({"element": HEADING, "linked": HEADING, "shared": CUT, "tweeted": CUT}, HEADING),
        ({"element": HEADING, "linked": HEADING, "shared": "Read our letter", "tweeted": "Read our letter"}, HEADING),
        ({"heading": "Six ships sent on +++ Divers at work", "linked": HEADING, "shared": OTHER}, HEADING),
    ],
)  # fmt: skip
def test_the_vote_on_news_pages(told: dict[str, str], title: str) -> None:
    assert best_title(replace(names(**told), news=True)) == title


def test_the_name_that_the_page_shows_is_its_headline() -> None:
    assert best_title(replace(names(element=HEADING, shared=OTHER), shown=(HEADING, OTHER))) == OTHER
    assert (
        best_title(replace(names(element=HEADING, shared=f"{OTHER} ..."), shown=(HEADING, f"{OTHER} ..."))) == HEADING
    )


def test_a_heading_in_the_breadcrumbs_is_the_search_engines() -> None:
    there = replace(names(element=HEADING, linked=OTHER, shared=HEADING), passing=(HEADING,), news=True)
    assert best_title(there) == OTHER
    assert best_title(replace(there, linked=HEADING, shared=OTHER)) == OTHER
    assert best_title(replace(there, linked=HEADING)) == HEADING
    assert main_heading(there) == HEADING


PAGE = """<html><head><title>{heading} | The Example</title><meta property="og:title" content="{heading}">
<script type="application/ld+json">//<![CDATA[
{{"@type": "NewsArticle", "headline": "{other}", "datePublished": "2025-08-24T08:00:00Z",}}
//]]></script></head><body><nav><ul><li><a href="/">Home</a></li><li><h1>{heading}</h1></li></ul></nav>
<article><h2>{other}</h2>{text}</article></body></html>"""


def test_a_page_with_its_heading_in_the_breadcrumbs() -> None:
    text = "<p>The harbour authority closed the northern quay on Tuesday after inspectors found cracks.</p>" * 3
    page = PAGE.format(heading=HEADING, other=OTHER, text=text).encode()
    article = extract_article(page, "https://o.example/quay", PageHints(), load_grammar())
    assert article.title == OTHER
    assert article.published is not None
    assert article.published.value.isoformat() == "2025-08-24T08:00:00+00:00"


def test_references_escaped_twice() -> None:
    assert plain("Prices &amp;#8230; up") == "Prices … up"


WORDS = st.sampled_from(
    ["quay", "cracks", "News", "Example", "harbour", "closes", "港", "–", "|", "«", ":", "…", "..."]
)
NAME = st.lists(WORDS, max_size=8).map(" ".join)
SOME = st.lists(NAME, max_size=3).map(tuple)
NAMES = st.builds(
    Names, SOME, NAME, NAME, NAME, NAME, NAME, site=NAME, passing=SOME, shown=SOME, news=st.booleans()
)  # fmt: skip


@given(NAMES)
def test_a_title_is_one_of_the_names_or_the_front_of_one(told: Names) -> None:
    title = best_title(told)
    assert any(name.startswith(title) for name in (*told.all_of_them(), told.listed, ""))


@given(NAMES)
def test_a_page_with_any_name_has_a_title(told: Names) -> None:
    assert fold(best_title(told)) or not any(map(fold, (*told.headings, told.shared, told.linked, told.element)))


@given(NAME)
def test_a_name_that_all_agree_on_is_the_title(name: str) -> None:
    assert best_title(Names((name,), name, name, name, name, name, "")) in (name, "")
