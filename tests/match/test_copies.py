"""Copies that are hard to tell: late, edited, cut up by their outlet, or made of several stories."""

from __future__ import annotations

import random
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from pipeline import steps
from pipeline.config import MatchConfig, load
from pipeline.match import alignment
from pipeline.match.alignment import align
from pipeline.match.corpus import cluster_documents
from pipeline.match.sentences import split_sentences
from pipeline.model import Article, ArticleRecord, FeedEntry, FeedSpec, Outcome, PageRecord, PollRecord
from pipeline.store.reads import views
from pipeline.text.recurrence import Recurring
from tests.match.test_match import NOW, doc, planned, quake, record, stories_of, story

DAY = 24
WORDS = [
    "river",
    "council",
    "bridge",
    "minister",
    "harvest",
    "signal",
    "winter",
    "doctor",
    "market",
    "engine",
    "valley",
    "teacher",
]


def prose(seed: int, count: int = 8) -> tuple[str, ...]:
    """Paragraphs of two sentences with words of their own."""
    chance = random.Random(seed)

    def sentence() -> str:
        return " ".join(f"{chance.choice(WORDS)}{chance.randrange(60)}x" for _ in range(14)).capitalize() + "."

    return tuple(f"{sentence()} {sentence()}" for _ in range(count))


def grouped(docs: list[dict[str, Any]]) -> set[frozenset[str]]:
    """The ids of each story's documents."""
    stories: dict[str, set[str]] = {}
    for row in cluster_documents(docs, MatchConfig()):
        stories.setdefault(row["story"], set()).add(row["id"])
    return {frozenset(ids) for ids in stories.values()}


def at(hours: float) -> str:
    return (NOW + timedelta(hours=hours)).isoformat()


def text(paragraphs: tuple[str, ...]) -> str:
    return "\n\n".join(paragraphs)


# ---------------------------------------------------------------- late reprints


def test_a_late_reprint_finds_its_story_and_nothing_else_does() -> None:
    lines = story(1)
    plan = planned(
        record(1, lines),
        record(2, story(2)),
        record(3, (*story(3, 3), *lines[:6]), 3 * DAY),
        record(4, lines[:6], 5 * DAY),
        record(5, lines[-2:] + story(2)[-2:], 6 * DAY),
        record(6, lines, 20 * DAY),
    )
    assert stories_of(plan) == [-1, -2, -3, -1, -5, -6]


def test_a_text_of_other_facts_is_no_late_reprint() -> None:
    first = quake(m="5.1", d=40, p="Arvany", w="Monday", k=10, h="08:15", n="Ivo Maren")
    second = quake(m="4.7", d=12, p="Teluk Sari", w="Tuesday", k=33, h="21:40", n="Lia Kossen")
    mixed = (first[0], second[1], first[2])
    plan = planned(record(1, first), record(2, second, 1), record(3, mixed, 100))
    assert stories_of(plan) == [-1, -2, -3]


def test_cluster_finds_the_late_reprint_too() -> None:
    docs = [doc(n, text(story(n)), published=at(n)) for n in range(3)]
    docs += [doc(9, text(story(1)), published=at(7 * DAY)), doc(10, text(story(2)), published=at(30 * DAY))]
    assert grouped(docs) == {frozenset({"d0"}), frozenset({"d1", "d9"}), frozenset({"d2"}), frozenset({"d10"})}


def test_the_store_finds_the_late_reprint_too(tmp_path: Path) -> None:
    config = load(None, {"COPYDESK_HOME": str(tmp_path)})
    url = "https://lantern.example/rss"
    with steps.open_for(config) as store:
        store.feeds.sync([FeedSpec(url, "Lantern")], NOW)
    for n, (body, hours) in enumerate([(story(1), 0), (story(2), 0), (story(1), 7 * DAY)]):
        now = NOW + timedelta(hours=hours)
        with steps.open_for(config) as store:
            link = f"https://lantern.example/{n}"
            poll = PollRecord(
                store.feeds.load([1])[0].id, now, Outcome.OK, now, 900.0, entries=(FeedEntry(link, link, "T"),)
            )
            page = PageRecord(link, link, now, 200, "text/html", "utf-8", f"{n:064}", 9)
            (new,) = store.feeds.record_poll(poll).new
            store.articles.record(new, page, Article(link, f"Title {n}", body), now)
        steps.place_articles(config, now)
    with steps.open_for(config) as store:
        assert sorted(head.copies for head in views.stories(store, 10)) == [1, 2]


# ---------------------------------------------------------------- sentences side by side


def test_words_changed_in_every_sentence_do_not_hide_a_copy() -> None:
    lines = quake(m="5.1", d=40, p="Arvany", w="Monday", k=10, h="08:15", n="Ivo Maren")
    edits = {"struck": "hit", "said": "stated", "according to": "as per", "immediate": "early", "hit at": "came at"}
    edited = lines
    for word, new_word in edits.items():
        edited = tuple(line.replace(word, new_word) for line in edited)
    assert stories_of(planned(record(1, lines), record(2, edited, 1))) == [-1, -1]


def test_an_outlet_that_joins_sentences_carries_the_same_text() -> None:
    lines = prose(1)
    joined = (" ".join(lines).replace(". ", ", "),)
    assert not align(split_sentences(lines), split_sentences(joined)).other_lead
    assert stories_of(planned(record(1, lines), record(2, joined, 1))) == [-1, -1]


def titled(text: ArticleRecord, title: str) -> ArticleRecord:
    return replace(text, article=replace(text.article, title=title))


def test_a_follow_up_of_more_background_than_news_stays_apart() -> None:
    follow_up = titled(record(2, prose(2, 3) + prose(1)[-5:], 5), "Harbour board meets again")
    assert stories_of(planned(titled(record(1, prose(1)), "Piers are cracked"), follow_up)) == [-1, -2]


def test_a_copy_under_an_own_lead_joins() -> None:
    assert stories_of(planned(record(1, prose(1)), record(2, prose(2, 1) + prose(1)[1:], 5))) == [-1, -1]


def test_a_digest_joins_none_of_its_stories() -> None:
    briefs = [record(n, prose(n, 1), n / 10) for n in range(1, 6)]
    digest = record(9, tuple(prose(n, 1)[0] for n in range(1, 6)), 1)
    assert stories_of(planned(*briefs, digest))[-1] == -6


def test_a_bulletin_a_day_and_a_half_later_is_another() -> None:
    lines = (*(f"Standing words of the service, part {n} of many, that never change." for n in "abcdefgh"),)
    first = (*quake(m="5.1", d=40, p="Arvany", w="Monday", k=10, h="08:15", n="Ivo Maren"), *lines)
    second = (*quake(m="4.7", d=12, p="Teluk", w="Tuesday", k=33, h="21:40", n="Lia Kossen"), *lines)
    assert stories_of(planned(record(1, first), record(2, first, 1), record(3, second, 40))) == [-1, -1, -3]


TEXTS = st.lists(
    st.lists(
        st.sampled_from(
            ["the", "Mayor", "of", "Arvany", "said", "that", "12", "or", "40", "boats", "left", "harbour", "early"]
        ),
        max_size=12,
    ),
    max_size=6,
).map(lambda rows: [" ".join(row) + "." for row in rows])


@given(TEXTS, TEXTS)
def test_alignment_is_symmetric_but_for_names_and_in_bounds(first_body: list[str], second_body: list[str]) -> None:
    first, second = split_sentences(first_body), split_sentences(second_body)
    forward, backward = align(first, second), align(second, first)
    assert forward.other_lead == backward.other_lead
    for share in (0.11, 0.51, 0.91):
        assert forward.covers(share) == backward.covers(share)
    assert forward.differing_facts <= forward.stating_facts <= min(len(first), len(second))


@given(TEXTS, TEXTS, st.integers(0, 5))
def test_a_partner_is_the_expected_one_where_it_is_like_else_the_most_like(
    first_body: list[str], second_body: list[str], expected: int
) -> None:
    first, second = split_sentences(first_body), split_sentences(second_body)
    for sentence in first.all:
        by_all = alignment._most_like(sentence, second, len(second))
        place, likeness = alignment._most_like(sentence, second, expected)
        assert (place, likeness) == by_all or (place == expected and alignment.SURE <= likeness <= by_all[1])


@given(TEXTS)
def test_a_text_beside_itself_agrees_in_all(body: list[str]) -> None:
    text = split_sentences(body)
    result = align(text, text)
    assert result.differing_facts == result.disagreement == 0
    assert not result.numbers_changed
    assert not result.other_lead
    assert result.covers(1 - 1e-9) == bool(len(text))


# ---------------------------------------------------------------- what is no part of a text


def test_headlines_of_other_articles_are_no_text() -> None:
    memory = Recurring()
    memory.without("O", ["A text."], "Minister opens the long bridge")
    kept_lines = memory.without(
        "P", ["A text of its own that is long enough to stay.", "Minister opens the long bridge"]
    )
    assert kept_lines == ["A text of its own that is long enough to stay."]


def test_a_sentence_with_other_numbers_is_no_repeated_line() -> None:
    memory = Recurring()
    for n in range(5):
        figures = [
            f"The index closed at {n}12 points.",
            f"Updated {n}:40 | Workspace",
            "Words that are no other day's " * 3,
        ]
        kept_lines = memory.without(
            "O", [*figures, f"Day {'abcde'[n] * 30} had news of its own, and more than one line."]
        )
    assert kept_lines[0] == "The index closed at 412 points."
    assert "Updated 4:40 | Workspace" not in kept_lines


def test_agency_lines_do_not_tell_copies_apart() -> None:
    body = quake(m="5.1", d=40, p="Arvany", w="Monday", k=10, h="08:15", n="Ivo Maren")[:1]
    docs = [
        doc(1, f"TOKYO, Aug 24 (Reuters) - {body[0]}"),
        doc(2, f"Tokyo, August 25 (AFP): {body[0]}\n(With AFP inputs)", published=at(1)),
    ]
    assert grouped(docs) == {frozenset({"d1", "d2"})}


# ---------------------------------------------------------------- order


@given(st.permutations(range(8)))
def test_the_order_inside_an_hour_does_not_show(order: list[int]) -> None:
    bodies = [prose(1), prose(1, 2), prose(2), (*prose(2, 3), *prose(3, 3)), prose(3), prose(1)[:5], prose(2)[:1], ()]
    docs = [doc(n, text(body), published=at(n / 10)) for n, body in enumerate(bodies)]
    assert grouped([docs[n] for n in order]) == grouped(docs)


def test_answers_come_in_the_order_of_the_questions() -> None:
    docs = [doc(n, text(prose(n)), published=at(-n / 100)) for n in range(5)]
    assert [row["id"] for row in cluster_documents(docs, MatchConfig())] == ["d0", "d1", "d2", "d3", "d4"]


def test_the_window_is_the_configs() -> None:
    docs = [doc(1, text(prose(1))), doc(2, text(prose(1)), published=at(20))]
    narrow = replace(MatchConfig(), window_hours=12.0, reprint_hours=12.0)
    assert len({row["story"] for row in cluster_documents(docs, narrow)}) == 2
    assert len(grouped(docs)) == 1
