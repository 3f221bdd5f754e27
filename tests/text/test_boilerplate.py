"""Nothing but the story, and nothing lost."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipeline.model import SpanKind
from pipeline.text.boilerplate import Block, clean, rebuild
from pipeline.text.grammar import load_grammar

GRAMMAR = load_grammar()
LEAD = "Oslo, Aug 24 (AFP) - The minister said on Monday that the talks would go on for another week in the capital."
NEXT = "The opposition walked out of the hall after two hours, saying that nothing had been agreed so far."
LAST = "A vote is expected before the end of the month, when the present budget runs out."
PIECES = st.sampled_from(
    [LEAD, NEXT, "Also read: more of this", "Related stories",
     "(With inputs from PTI)", "--IANS", "The talks go on. (AFP)",
     "By AFP", "Subscribe now", "(AFP)", "Oslo, Aug 24 (AFP) -"]
)  # fmt: skip
BLOCKS = st.lists(
    st.builds(
        Block, st.one_of(PIECES, st.text(min_size=1, max_size=80)), st.booleans(), st.sampled_from([0.0, 0.7, 1.0])
    ),
    max_size=12,
)


@given(BLOCKS, st.text(max_size=30))
def test_body_and_spans_rebuild_every_block(blocks: list[Block], title: str) -> None:
    assert rebuild(clean(blocks, title, GRAMMAR)) == tuple(block.text for block in blocks)


def cleaned(*texts: str | Block, title: str = "Talks go on") -> tuple[tuple[str, ...], list[SpanKind]]:
    blocks = [text if isinstance(text, Block) else Block(text) for text in texts]
    result = clean(blocks, title, GRAMMAR)
    return result.body, [span.kind for span in result.spans]


def test_rights_reserved_at_the_end_are_an_agencys_sign_and_elsewhere_furniture() -> None:
    assert cleaned(NEXT, LAST, "©APS") == ((NEXT, LAST), [SpanKind.ENDMARK])
    assert cleaned("©APS", *[NEXT] * 9)[1][0] is SpanKind.PROMO


def test_agency_lines_go() -> None:
    body, kinds = cleaned("By AFP", LEAD, NEXT + " --AFP")
    assert body == (LEAD.partition(" - ")[2], NEXT)
    assert kinds == [SpanKind.BYLINE, SpanKind.DATELINE, SpanKind.ENDMARK]


def test_a_teaser_and_the_title_go() -> None:
    body, kinds = cleaned("Talks go on", LEAD[:70] + " ...", LEAD, NEXT)
    assert len(body) == 2
    assert kinds == [SpanKind.TITLE, SpanKind.TEASER, SpanKind.DATELINE]


def test_invitations_go_with_the_links_below_them() -> None:
    links = [Block("Harvest festival opens", linked=1.0), Block("Rain is due", linked=1.0)]
    body, kinds = cleaned(NEXT, "Also read: Harvest festival opens", LAST, "Read also:", *links, "That is all.")
    assert body == (NEXT, LAST, "That is all.")
    assert kinds[:4] == [SpanKind.PROMO] * 4


def test_a_section_of_headlines_goes_but_the_story_after_it_stays() -> None:
    body, _ = cleaned(NEXT, Block("Related stories", heading=True), "Harvest festival opens", "Rain is due", LAST)
    assert body == (NEXT, LAST)


def test_a_heading_right_above_the_text_ends_a_section() -> None:
    body, _ = cleaned(
        NEXT, Block("Related stories", heading=True), "Rain is due", Block("What comes now", heading=True), LAST
    )
    assert body == (NEXT, "What comes now", LAST)


def test_what_a_caption_repeats_is_no_teaser() -> None:
    body, _ = cleaned(NEXT[:-1], Block(NEXT, markup_kind=SpanKind.CAPTION), LAST)
    assert body == (NEXT[:-1], LAST)


def test_a_subheading_stays() -> None:
    body, kinds = cleaned(NEXT, Block("What comes now", heading=True), LAST)
    assert len(body) == 3
    assert kinds == []


UNKNOWN = [
    Block("Talks go on"),
    Block(NEXT),
    Block("Also read: Harvest festival opens"),
    Block(LAST),
    Block("Related stories", heading=True),
    Block("Rain is due"),
]


def test_on_a_page_not_known_to_be_news_what_is_text_as_often_as_not_stays() -> None:
    assert clean(UNKNOWN, "Talks go on", GRAMMAR, news=False).body == tuple(block.text for block in UNKNOWN)
    assert clean(UNKNOWN, "Talks go on", GRAMMAR).body == (NEXT, LAST)


@pytest.mark.parametrize(
    "block",
    [
        Block("Advertisement"),
        Block("Share this article"),
        Block("5 min read"),
        Block("Published on 18 July 2025"),
        Block("Veröffentlicht am 13. Mai 2026 um 15:44"),
        Block("© 2025 The Example"),
        Block("Talks go on", headline=True),
        Block("The hall on Monday", markup_kind=SpanKind.CAPTION),
    ],
    ids=lambda block: block.text,
)
def test_what_is_no_text_on_any_page_goes(block: Block) -> None:
    assert clean([Block(NEXT), block, Block(LAST)], "Talks go on", GRAMMAR, news=False).body == (NEXT, LAST)


@pytest.mark.parametrize(
    "text",
    ["Advertisement for a new age", "Share what you know", "Stand 3 m from the wall", "Sign in with your account",
     "Loading zones", "Print"],
)  # fmt: skip
def test_a_guide_may_begin_a_line_like_page_furniture(text: str) -> None:
    assert clean([Block(NEXT), Block(text), Block(LAST)], "", GRAMMAR, news=False).body == (NEXT, text, LAST)


def test_with_a_colon_a_line_opens_a_list_of_the_texts_own() -> None:
    body, _ = cleaned(NEXT, "See also:", "The report of the society", "Rain and wind", LAST)
    assert body == (NEXT, "See also:", "The report of the society", "Rain and wind", LAST)


@pytest.mark.parametrize(
    "text",
    [
        "Popular cities",
        "Read more about the winches that held.",
        "Click here to see the list of winches",
        "This article originally appeared in The Example.",
        "Paid leave",
        "Video: 4K at 30 frames a second",
        "Learn more about the two programmes in our guide.",
        "Loading time of your pages",
        "Skip to the third part without the second, and you will be lost.",
        "Follow the rules for spacing on the back of the packet.",
    ],
)
def test_text_that_only_begins_like_an_invitation_is_kept(text: str) -> None:
    assert (
        clean([Block("A paragraph of the story."), Block(text), Block("Another one.")], "", load_grammar()).body[1]
        == text
    )


def test_a_link_is_text() -> None:
    link = Block("Harvest festival opens", linked=1.0)
    assert cleaned(NEXT, link, LAST)[0] == (NEXT, link.text, LAST)


def test_names_in_capitals_that_lines_begin_with_are_speakers() -> None:
    first, second = "HOLM: The ferry is sailing again after nine days.", "EK: The gates opened at six in the morning."
    assert cleaned(first, second, LAST)[0] == (first, second, LAST)
    assert cleaned(first, LAST)[0] == (first.removeprefix("HOLM: "), LAST)
