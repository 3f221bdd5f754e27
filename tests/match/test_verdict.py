"""The odds that two texts are one, and what an outlet's own texts say."""

from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipeline.match.evidence import (
    ALIGNED_SIGNS,
    NO_TITLE,
    Evidence,
    in_words,
    load_weights,
    log_odds_of,
    probability,
    title_likeness,
)
from pipeline.match.sentences import split_sentences
from pipeline.match.word_sequence import SharedWords, WordSequence
from pipeline.model import ArticleRecord
from tests.match.test_copies import prose
from tests.match.test_match import planned, record, stories_of

LIKE = Evidence(0.9, 0.95, 1.0, 0.8, 0.0, 1.0)
WORDS = st.lists(
    st.sampled_from(["north", "south", "12", "14", "Ann", "Bo", "harbour", "ferry", "pier", "tide"]), max_size=60
)


def published_by(outlet: str, text: ArticleRecord, title: str = "Ferry lines close for the winter") -> ArticleRecord:
    return replace(text, outlet=outlet, article=replace(text.article, title=title))


def sequence(text: str) -> WordSequence:
    return WordSequence(split_sentences([text]))


@pytest.mark.parametrize(
    ("sign", "less_alike"),
    [("of_longer", 0.1), ("of_shorter", 0.1), ("lead", 0.0), ("title", 0.0), ("differing_facts", 4.0), ("hours", 40.0)],
)
def test_each_sign_counts(sign: str, less_alike: float) -> None:
    assert LIKE.log_odds() > 0
    assert LIKE._replace(**{sign: less_alike}).log_odds() < LIKE.log_odds()


def test_signs_in_words() -> None:
    assert in_words(LIKE) == "shares 90% of the longer text, the same lead, the same title, 1 h apart"
    assert in_words(LIKE._replace(hours=0.2)).endswith("the same title, within the hour")
    unlike = LIKE._replace(lead=0.1, title=0.1, differing_facts=2.0)
    assert in_words(unlike).endswith("another lead, another title, other facts in places, 1 h apart")


@given(st.floats(0.01, 0.99))
def test_log_odds_and_probabilities_are_inverse(chance: float) -> None:
    assert probability(log_odds_of(chance)) == pytest.approx(chance)


def test_titles() -> None:
    assert title_likeness("Ferry lines close", "Ferry lines close") == 1
    assert title_likeness("", "Ferry lines close") == title_likeness("Ferry", "") > 0
    assert title_likeness("Ferry lines close", "Ferry lines are closed") == pytest.approx(2 / 5)


def test_what_was_put_in_place_of_a_fact_is_told() -> None:
    first = "The harbour board said on Monday that 12 ferries would stay in port until the piers are mended again."
    new_figure = first.replace("12 ferries", "14 ferries")
    plain = first.replace("said on Monday", "stated on Monday")
    differing = [SharedWords(sequence(first), sequence(text)).differing_facts() for text in (first, new_figure, plain)]
    assert differing[0] == differing[2] == 0 < differing[1]


@given(WORDS, WORDS)
def test_any_two_texts_are_compared_alike_from_both_sides(first: list[str], second: list[str]) -> None:
    texts = sequence(" ".join(first)), sequence(" ".join(second))
    forth, back = SharedWords(*texts), SharedWords(*reversed(texts))
    assert forth.shares() == back.shares()[::-1]
    assert forth.least_share(0, 25) == back.least_share(0, 25)
    assert 0 <= min(forth.shares()) <= max(forth.shares()) <= 1


def test_an_outlets_next_report_is_a_story_of_its_own() -> None:
    """Another outlet's text with as much of the first is a copy of it."""
    first, next_report = prose(1), (*prose(2, 2), *prose(1)[2:])
    same_outlet = [
        published_by("Courier", record(1, first)),
        published_by("Courier", record(2, next_report, 9), "Ferry lines open again"),
    ]
    two_outlets = [same_outlet[0], published_by("Herald", record(2, next_report, 9), "Ferry lines close for winter")]
    assert stories_of(planned(*same_outlet)) == [-1, -2]
    assert stories_of(planned(*two_outlets)) == [-1, -1]


def test_titles_that_fill_a_form_otherwise_say_nothing() -> None:
    first = "Route 44 shut near Belsk, case 94 of the season"
    second = "Route 44 shut near Teluk Sari, case 6 of the season"
    revised = "Route 44 shut near Belsk, case 95 of the season"
    assert title_likeness(first, second) == NO_TITLE
    assert title_likeness(first, revised) > 0.7


@pytest.mark.parametrize(
    ("depth", "hours", "stories"), [("40", 11, [-1, -1]), ("40", 23, [-1, -2]), ("75", 11, [-1, -2])]
)
def test_a_text_cut_by_its_outlet_is_a_reissue_where_its_facts_are_the_same(
    depth: str, hours: int, stories: list[int]
) -> None:
    lines = (
        "The condition over the western coast is expected to go on, the weather office says.",
        "Showers of {depth} mm will fall at times in the hills of Stennis, and at a few places in Kelmouth.",
    )
    text = (*(line.format(depth="40") for line in lines), *prose(1))
    brief = tuple(line.format(depth=depth) for line in lines)
    plan = planned(
        published_by("Courier", record(1, text), "Rain to go on"),
        published_by("Courier", record(2, brief, hours), "In short: heavy showers"),
    )
    assert stories_of(plan) == stories


def test_most_members_tell_another_bulletin_where_the_likeliest_does_not() -> None:
    form = [
        "The winning numbers in {day}'s draw of the county lottery were {numbers} and the bonus number was {bonus}.",
        "{winners} tickets matched all the numbers and {five} matched five.",
        "The jackpot is estimated at {sum} million.",
        "Tickets can be bought until half an hour before each draw, and prizes must be claimed within 180 days.",
        "Players must be 18 or older. The odds of winning the jackpot are one in 14 million, the operator says.",
    ]
    first = {"day": "Monday", "numbers": "4, 11, 19, 40", "bonus": "7", "winners": "3", "five": "211", "sum": "3"}
    second = {"day": "Tuesday", "numbers": "2, 9, 17, 41", "bonus": "12", "winners": "5", "five": "120", "sum": "8"}
    monday = tuple(line.format(**first) for line in form)
    tuesday = tuple(line.format(**second) for line in form)
    title = "Lottery result: winning numbers of the county"
    copies = [published_by(f"outlet {n}", record(n, monday, n / 10), title) for n in range(1, 6)]
    framed = published_by("Courier", record(6, ("Report an error in this story", *monday), 1), title)
    late = published_by("Herald", record(7, tuesday, 20), title)
    assert stories_of(planned(*copies, framed, late)) == [-1] * 6 + [-7]


def test_a_brief_that_grew_joins_its_outlets_story() -> None:
    brief, text = prose(1)[:3], prose(1)
    assert stories_of(
        planned(published_by("Courier", record(1, brief)), published_by("Courier", record(2, text, 9)))
    ) == [-1, -1]


def test_few_words_under_other_titles_are_a_wall() -> None:
    wall = ("This story is for subscribers of the paper alone. Log in or subscribe to go on with reading it now.",)
    titles = ("Ferry lines close", "Harbour board elects a chair", "Rain is expected on Monday")
    walls = [published_by("Courier", record(n, wall, n / 10), title) for n, title in enumerate(titles, 1)]
    plan = planned(*walls)
    assert stories_of(plan) == [-1, -2, -3]
    assert sorted(doubt.article_id for doubt in plan.doubts) == [1, 2, 3]


@given(st.floats(0, 1), st.floats(0, 100))
def test_what_is_read_later_only_lowers_the_odds(lead: float, differing_facts: float) -> None:
    best = LIKE._replace(lead=1.0, differing_facts=0.0)
    of_lead = best._replace(lead=lead)
    of_facts = of_lead._replace(differing_facts=differing_facts)
    assert of_facts.log_odds() <= of_lead.log_odds() <= best.log_odds()
    assert all(load_weights()[sign] <= 0 for sign in ALIGNED_SIGNS)
