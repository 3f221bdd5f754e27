"""What an outlet's pages repeat."""

from __future__ import annotations

import gzip
import json
from dataclasses import replace
from pathlib import Path

from hypothesis import given
from hypothesis import strategies as st
from typer.testing import CliRunner

from pipeline.cli.main import app
from pipeline.extract.template import (
    LEFT_OUT,
    Learned,
    Template,
    line_key,
    page_keys,
    with_repeats,
    without_repeats,
)
from pipeline.model import Article, Span, SpanKind
from pipeline.text.boilerplate import Cleaned, rebuild

PLACES = ("harbour", "airport", "museum", "river", "market")
MOTTO = "The Daily Lantern is printed on paper from the hills"


def story(place: str, *more: str) -> Article:
    body = (
        f"The council voted on Tuesday to rebuild the {place}, ending years of argument over who should pay for it.",
        *more,
        f"Work on the {place} begins in spring and is expected to last for two years, the mayor said in a statement.",
    )
    return Article(f"https://lantern.example/{place}", f"Council rebuilds {place}", body, line_keys=page_keys(body))


def learned(*articles: Article) -> Template:
    template = Template()
    for article in articles:
        template.learn(article)
    return template


def test_a_line_on_pages_of_three_stories_goes_and_says_why() -> None:
    pages = [story(place, MOTTO) for place in PLACES[:3]]
    cleaned = without_repeats(pages[0], learned(*pages))
    assert MOTTO not in cleaned.body
    [span] = cleaned.spans
    assert (span.kind, span.text) == (SpanKind.BOILERPLATE, MOTTO)
    assert span.rule == "recurs in 2 other stories of the outlet"


def test_a_line_of_two_stories_stays() -> None:
    pages = [story(place, MOTTO) for place in PLACES[:2]]
    assert without_repeats(pages[0], learned(*pages)) == pages[0]


def test_one_story_on_many_pages_does_not_delete_itself() -> None:
    pages = [replace(story("harbour", MOTTO), url=f"https://lantern.example/{n}") for n in range(5)]
    assert without_repeats(pages[0], learned(*pages)) == pages[0]


def test_a_text_that_would_lose_much_loses_nothing() -> None:
    lines = tuple(f"{word} of the week, as every week" for word in ("Picture", "Letter", "Recipe", "Walk"))
    pages = [replace(page, body=(page.body[0], *lines), line_keys=page_keys(lines)) for page in map(story, PLACES[:4])]
    assert without_repeats(pages[0], learned(*pages)).body == pages[0].body


@given(st.permutations(PLACES))
def test_the_order_of_pages_does_not_show(order: list[str]) -> None:
    pages = {place: story(place, MOTTO) for place in PLACES}
    template = learned(*(pages[place] for place in order))
    assert all(MOTTO not in without_repeats(page, template).body for page in pages.values())


def test_body_and_spans_still_rebuild_the_text() -> None:
    byline = Span(SpanKind.BYLINE, "By A. Writer", "byline", 0)
    pages = [replace(story(place, MOTTO), spans=(byline,)) for place in PLACES[:3]]
    cleaned = without_repeats(pages[0], learned(*pages))
    assert rebuild(Cleaned(cleaned.body, cleaned.spans)) == ("By A. Writer", *pages[0].body)


def test_extract_many_learns_from_all_pages_and_keeps_their_order(tmp_path: Path) -> None:
    rows = []
    for place in (*PLACES[:3], "missing"):
        page = story(place, MOTTO)
        text = "".join(f"<p>{paragraph}</p>" for paragraph in page.body)
        html = f"<html><body><article><h1>{page.title}</h1>{text}</article></body></html>"
        if place != "missing":
            (tmp_path / f"{place}.html.gz").write_bytes(gzip.compress(html.encode()))
        rows.append({"id": place, "url": page.url, "outlet": "Lantern", "html_path": f"{place}.html.gz"})
    (tmp_path / "pages.jsonl").write_text("\n".join(map(json.dumps, rows)), encoding="utf-8")
    result = CliRunner().invoke(
        app, ["extract-many", str(tmp_path / "pages.jsonl"), "--out", str(tmp_path / "out.jsonl")]
    )
    assert result.exit_code == 0, result.output
    records = [json.loads(row) for row in (tmp_path / "out.jsonl").read_text(encoding="utf-8").splitlines()]
    assert [record["id"] for record in records] == [*PLACES[:3], "missing"]
    assert all(MOTTO not in record["body"] and len(record["body"]) == 2 for record in records[:3])
    assert records[3]["body"] == []
    assert "No such file" in records[3]["error"]


def test_a_standfirst_goes_where_it_is_others_standfirst_not_where_it_is_their_teaser() -> None:
    standfirst = "The city has waited for this for longer than anybody can remember"
    deck = Span(SpanKind.DECK, standfirst, "marked as deck by the page", 0)
    first, *rest = (replace(page, spans=(deck,), deck=standfirst) for page in map(story, PLACES[:3]))
    assert without_repeats(first, learned(first, *rest)).deck == ""
    teased = [replace(page, line_keys=page_keys([*page.body, standfirst])) for page in map(story, PLACES[1:4])]
    assert without_repeats(first, learned(first, *teased)) == first


TEXT = ">div.story>p."


def lost(place: str) -> Article:
    """A story whose reading took the first of three paragraphs."""
    first, last = story(place).body
    more = f"Traders around the {place} had asked for covered stalls, and will get them in the second year."
    asides = (Span(SpanKind.ASIDE, more, LEFT_OUT, 1), Span(SpanKind.ASIDE, last, LEFT_OUT, 2))
    return replace(story(place), body=(first,), spans=asides, places=(TEXT, ">div.rest>p.", TEXT))


@given(st.permutations(PLACES))
def test_what_stands_where_two_stories_keep_their_text_is_text(order: list[str]) -> None:
    pages = {place: lost(place) for place in order}
    template = learned(*pages.values())
    cleaned = without_repeats(pages["river"], template)
    assert cleaned.body == story("river").body
    rules = [(span.kind, span.rule) for span in cleaned.spans if span.block == 2]
    assert rules == [(SpanKind.RESTORED, f"stands where 5 stories of the outlet keep their text: {TEXT}; {LEFT_OUT}")]
    assert rebuild(Cleaned(cleaned.body, cleaned.spans)) == rebuild(Cleaned(pages["river"].body, pages["river"].spans))
    assert with_repeats(cleaned) == pages["river"]


def test_one_story_alone_brings_nothing_back() -> None:
    second_page = replace(lost("river"), url="https://lantern.example/again")
    assert without_repeats(lost("river"), learned(lost("river"), second_page)) == lost("river")


def test_what_was_learned_before_counts_with_the_page_itself() -> None:
    assert without_repeats(lost("river"), Learned({}, {TEXT: 1})).body == story("river").body
    assert without_repeats(lost("river"), Learned()) == lost("river")


def test_a_place_that_an_operator_refuses_brings_nothing_back() -> None:
    template = Template(kept_keys=[line_key(TEXT)])
    for place in PLACES:
        template.learn(lost(place))
    assert without_repeats(lost("river"), template) == lost("river")
    assert template.places() == {}


def test_a_long_line_that_recurs_is_not_brought_back() -> None:
    blurb = "Readers who want to know more about how this newspaper works " * 4
    pages = []
    for place in PLACES:
        page = lost(place)
        pages.append(replace(page, spans=(page.spans[0], replace(page.spans[1], text=blurb))))
    assert without_repeats(pages[0], learned(*pages)) == pages[0]


@given(st.permutations(PLACES), st.integers(0, 2))
def test_taking_repeats_off_can_be_undone(places: list[str], at: int) -> None:
    pages = [story(place, MOTTO) for place in places]
    spans = (Span(SpanKind.BYLINE, "By A. Person", "byline", 0),)
    page = replace(pages[at], spans=spans, deck="")
    template = learned(*pages)
    cleaned = without_repeats(page, template)
    assert MOTTO not in cleaned.body
    assert with_repeats(cleaned) == page
    assert without_repeats(with_repeats(cleaned), template) == cleaned
