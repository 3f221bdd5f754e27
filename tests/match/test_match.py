"""Recognising copies: the properties that hold for any text, and the cases that matter."""

from __future__ import annotations

import json
import random
import subprocess
import sys
from datetime import UTC, datetime, timedelta
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipeline.config import MatchConfig
from pipeline.match.alignment import align
from pipeline.match.canonical import choose
from pipeline.match.compare import WeightedText, compare
from pipeline.match.corpus import cluster_documents
from pipeline.match.evaluate import adjusted_rand, b_cubed, merged_share, pair_score
from pipeline.match.fingerprint import fingerprint_many, shingles_of
from pipeline.match.first_seen import STALE, FirstSeenIndex
from pipeline.match.plan import plan_batch
from pipeline.match.sentences import split_sentences
from pipeline.match.workspace import Workspace
from pipeline.model import Article, ArticleRecord, Fingerprint, Member, Plan, Relation, VersionKind
from pipeline.text.recurrence import Recurring
from pipeline.text.shingles import tokens
from pipeline.text.signatures import PERMUTATIONS
from tests.corpus import corpus, shingle_hashes

NOW = datetime(2025, 8, 24, 12, 0, tzinfo=UTC)
WORDS = [f"word{n}" for n in range(400)]
TEXTS = st.lists(st.sampled_from(WORDS[:40]), max_size=60).map(" ".join)


def story(seed: int, paragraphs: int = 8) -> tuple[str, ...]:
    chance = random.Random(seed)
    return tuple(" ".join(chance.choice(WORDS) for _ in range(40)).capitalize() + "." for _ in range(paragraphs))


def record(n: int, body: tuple[str, ...], hours: float = 0, **fields: object) -> ArticleRecord:
    article = Article(f"https://o{n}.example/", "A title", body, agency="AFP", lang="en", **fields)  # type: ignore[arg-type]
    return ArticleRecord(n, n, f"Outlet {n}", False, NOW + timedelta(hours=hours), article)


def planned(*records: ArticleRecord) -> Plan:
    prints = fingerprint_many(["\n".join(article.article.body) for article in records])
    return plan_batch(records, prints, {}, {}, Workspace(MatchConfig(), FirstSeenIndex(36)))


def stories_of(plan: Plan) -> list[int]:
    return [copy.story for copy in plan.copies]


# ---------------------------------------------------------------- tokens and fingerprints


@pytest.mark.parametrize(
    ("text", "wanted"),
    [
        ("The U.S. won 3-1", ["the", "u", "s", "won", "3", "1"]),
        ("हिन्दी में समाचार", ["हिंदी", "में", "समाचार"]),
        ("東京で会議", ["东", "京", "で", "会", "议"]),
        ("１２日 ＡＢＣ", ["12", "日", "abc"]),
        ("Привет, мир", ["privet", "mir"]),
        ("", []),
    ],
)
def test_tokens_of_every_script(text: str, wanted: list[str]) -> None:
    assert tokens(text) == wanted


@given(st.text())
def test_any_text_has_sorted_distinct_shingles(text: str) -> None:
    hashes = shingle_hashes(text)
    assert np.array_equal(hashes, np.unique(hashes))
    assert bool(len(hashes)) == bool(tokens(text))


def test_fingerprints_do_not_depend_on_their_batch() -> None:
    texts = [" ".join(story(n)) for n in range(4)] + ["", "one two", "東京"]
    together = fingerprint_many(texts)
    assert together == [fingerprint_many([text])[0] for text in texts]
    assert [len(print_.bands) // 8 for print_ in together] == [*4 * [PERMUTATIONS], 0, PERMUTATIONS, PERMUTATIONS]


def test_importing_the_matcher_is_light() -> None:
    code = "import sys, pipeline.match.plan; sys.exit('datasketch' in sys.modules or 'scipy' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0


# ---------------------------------------------------------------- comparison and first_seen


def document(text: str) -> WeightedText:
    hashes = shingle_hashes(text)
    return WeightedText(hashes, np.ones(len(hashes)), float(len(hashes)))


@given(TEXTS, TEXTS)
def test_comparison_is_symmetric_and_in_bounds(first: str, second: str) -> None:
    forward, backward = compare(document(first), document(second)), compare(document(second), document(first))
    assert (forward.jaccard, forward.containment, forward.fresh) == (
        backward.jaccard,
        backward.containment,
        backward.fresh,
    )
    assert (forward.of_first, forward.of_second) == (backward.of_second, backward.of_first)
    assert 0 <= forward.jaccard <= forward.containment <= 1
    assert 0 <= forward.fresh <= 1


@given(TEXTS.filter(bool))
def test_a_text_contains_itself(text: str) -> None:
    assert compare(document(text), document(text)).jaccard == 1


def test_what_the_corpus_has_known_for_days_weighs_little() -> None:
    hashes = shingle_hashes(" ".join(story(1)))
    later = FirstSeenIndex(36)
    later.add(hashes[:50], NOW - timedelta(days=5))
    later.add(hashes, NOW)
    weights = later.weights(hashes, NOW)
    assert set(weights[:50]) == {STALE}
    assert set(weights[50:]) == {1.0}


@given(st.permutations(list(range(6))))
def test_the_order_of_arrival_does_not_matter_to_novelty(order: list[int]) -> None:
    hashes = [shingle_hashes(" ".join(story(n % 3, 1))) for n in range(6)]
    memory = FirstSeenIndex(36)
    for n in order:
        memory.add(hashes[n], NOW + timedelta(hours=10 * n))
    assert list(memory.weights(hashes[0], NOW + timedelta(hours=37))) == [STALE] * len(hashes[0])
    assert list(memory.weights(hashes[2], NOW + timedelta(hours=50))) == [1.0] * len(hashes[2])


# ---------------------------------------------------------------- assignment


def test_copies_join_and_strangers_do_not() -> None:
    body = story(1)
    plan = planned(
        record(1, body),
        record(2, story(2)),
        record(3, body, 1),
        record(4, body[:5], 2),
        record(5, (*body, *story(9, 2)), 3),
        record(6, body[:2], 4),
    )
    assert stories_of(plan) == [-1, -2, -1, -1, -1, -1]
    assert [copy.relation for copy in plan.copies] == [
        Relation.ORIGIN, Relation.ORIGIN, Relation.VERBATIM, Relation.TRIMMED, Relation.EXTENDED, Relation.TRIMMED,
    ]  # fmt: skip
    assert "outlets" in plan.copies[3].reason


def test_a_follow_up_that_repeats_background_stays_apart() -> None:
    assert stories_of(planned(record(1, story(1)), record(2, story(2, 6) + story(1)[-2:], 5))) == [-1, -2]


QUAKE = (
    "A magnitude {m} earthquake struck {d} kilometres south of {p} on {w}, the seismological centre said.",
    "The quake hit at a depth of {k} kilometres at {h} local time, according to the centre in {p}.",
    "There were no immediate reports of casualties or damage, said {n}, a spokesman for the rescue service.",
)


def quake(**facts: object) -> tuple[str, ...]:
    return tuple(line.format(**facts) for line in QUAKE)


def test_bulletins_of_one_template_stay_apart_from_the_first_day() -> None:
    first = quake(m="5.1", d=40, p="Arvany", w="Monday", k=10, h="08:15", n="Ivo Maren")
    second = quake(m="4.7", d=12, p="Teluk Sari", w="Tuesday", k=33, h="21:40", n="Lia Kossen")
    assert stories_of(planned(record(1, first), record(2, second, 3), record(3, first, 4))) == [-1, -2, -1]


def test_changed_numbers_open_an_edition_of_the_same_story() -> None:
    facts = [f"Rescuers found {n} people in the ruins of house {n + 3} on the river." for n in range(2, 7)]
    body = (*facts, *story(1))
    later = (body[0].replace("2", "12"), body[1].replace("3", "13"), *body[2:])
    plan = planned(record(1, body), record(2, body, 1), record(3, later, 5), record(4, body, 6), record(5, later, 7))
    assert [copy.edition for copy in plan.copies] == [1, 1, 2, 1, 2]
    assert plan.copies[2].relation is Relation.UPDATE
    texts = [(version.choice.kind, version.choice.body) for version in plan.versions]
    assert texts == [(VersionKind.ORIGINAL, body), (VersionKind.UPDATE, later)]


def test_a_correction_says_so() -> None:
    plan = planned(record(1, story(1)), record(2, story(1), 2, mark=VersionKind.CORRECTION))
    assert plan.copies[1].edition == 2
    assert [version.choice.kind for version in plan.versions] == [VersionKind.ORIGINAL, VersionKind.CORRECTION]


@given(st.permutations([0, 1, 2, 3, 4, 5]))
def test_the_order_inside_a_batch_makes_the_same_stories(order: list[int]) -> None:
    bodies = [story(1), story(2), story(1)[:6], story(2), story(3), (*story(3), *story(8, 2))]
    plan = planned(*(record(n + 1, bodies[n]) for n in order))
    groups = {frozenset(c.article_id for c in plan.copies if c.story == s) for s in stories_of(plan)}
    assert groups == {frozenset({1, 3}), frozenset({2, 4}), frozenset({5, 6})}


def test_sentences_align_over_names_and_numbers() -> None:
    first = split_sentences(quake(m="5.1", d=40, p="Arvany", w="Monday", k=10, h="08:15", n="Ivo Maren"))
    second = split_sentences(quake(m="4.7", d=12, p="Teluk Sari", w="Tuesday", k=33, h="21:40", n="Lia Kossen"))
    assert align(first, second).other_bulletin
    assert not align(first, first).other_bulletin
    assert (align(first, first).stating_facts, align(first, first).differing_facts) == (3, 0)


# ---------------------------------------------------------------- canonical choice


def member(n: int, body: tuple[str, ...], edition: int = 1, preferred: bool = False) -> Member:
    return Member(
        n, 1, f"Outlet {n}", preferred, NOW + timedelta(hours=n), "T", body, "AFP", Relation.VERBATIM, edition,
        VersionKind.ORIGINAL, Fingerprint(1, b"", (), 0),
    )  # fmt: skip


def test_the_text_that_others_share_is_canonical() -> None:
    body = story(1)
    members = [
        member(1, body[:4]),
        member(2, (*body, "Own words of one outlet.")),
        member(3, body),
        member(4, body),
    ]
    choice = choose(members)
    assert (choice.article_id, choice.body) == (3, body)
    assert "8 paragraphs that other outlets carry too" in choice.reason


def test_the_choice_does_not_flip_between_equals() -> None:
    members = [member(1, story(1)), member(2, story(1)), member(3, story(1))]
    assert choose(members).article_id == 1
    assert choose(members, current=2).article_id == 2
    assert choose([*members, member(4, story(1), preferred=True)], current=2).article_id == 2
    assert choose([member(1, story(1)), member(2, story(1), preferred=True)]).article_id == 2


def test_the_newest_edition_counts() -> None:
    assert choose([member(1, story(1)), member(2, story(1)), member(3, story(2), edition=2)]).article_id == 3


@given(st.permutations(range(5)))
def test_the_choice_does_not_depend_on_order(order: list[int]) -> None:
    bodies = [story(1), story(1)[:5], (*story(1), "More."), story(1)[1:], story(1)]
    assert choose([member(n + 1, bodies[n]) for n in order]).article_id == 1


# ---------------------------------------------------------------- corpora and scores


def doc(n: int, text: str, **fields: str) -> dict[str, str]:
    return {"id": f"d{n}", "outlet": "O", "published": NOW.isoformat(), "title": "T", "text": text, **fields}


def test_no_document_is_an_error() -> None:
    odd = [
        "",
        "30 words " * 15,
        "東京で会議が開かれた。" * 20,
        "x" * 1_000_000,
        "word " * 200_000,
        "\x00\ud7ff",
        "ما هذا",
    ]
    docs = [doc(n, text) for n, text in enumerate(odd)] + [doc(99, "text", published="no date")]
    records = list(cluster_documents(docs, MatchConfig()))
    assert [row["id"] for row in records] == [row["id"] for row in docs]


def test_lines_that_an_outlet_repeats_are_learned() -> None:
    memory = Recurring()
    texts = [
        [f"{chr(97 + n) * 5} is a story that has words of its own.", f"Follow {n} channels of ours"] for n in range(5)
    ]
    assert [len(memory.without("O", lines)) for lines in texts] == [2, 2, 2, 1, 1]
    assert len(memory.without("P", texts[0])) == 2


def test_scores_of_known_groupings() -> None:
    truth = {"a": 1, "b": 1, "c": 2, "d": 2}
    assert b_cubed(truth, truth).f1 == adjusted_rand(truth, truth) == pair_score(truth, truth).f1 == 1
    single = dict.fromkeys(truth, 0)
    assert (b_cubed(truth, single).precision, b_cubed(truth, single).recall) == (0.5, 1)
    assert merged_share(truth, single, {"a": True}) == 1
    assert merged_share(truth, truth, {"a": True}) == 0


def test_hard_copies_of_a_generated_corpus(tmp_path: Path) -> None:
    out = tmp_path / "wire.jsonl"
    wire = corpus("wire")
    command = [sys.executable, str(wire / "wiregen.py"), "--seed", "31", "--stories", "150"]
    subprocess.run(
        [*command, "--corpus", str(wire / "base_texts.json"), "--out", str(out)], check=True, capture_output=True
    )
    docs = [json.loads(line) for line in out.read_text(encoding="utf-8").splitlines()]
    stories = {row["id"]: row["story"] for row in cluster_documents(docs, MatchConfig())}
    assert b_cubed({row["id"]: row["cluster"] for row in docs}, stories).f1 > 0.9


def test_shingles_are_kept_as_raw_bytes() -> None:
    (fingerprint,) = fingerprint_many(["one two three four five"])
    assert len(fingerprint.shingles) == 16
    assert len(shingles_of(fingerprint)) == 2


def test_a_withdrawal_finds_its_story_by_the_headline() -> None:
    title = "Support for ruling party at nine-year low"
    first = record(1, story(1))
    withdrawn = ArticleRecord(1, 1, "O", False, NOW, Article("https://o/", title, story(1), agency="AFP"))
    notice = Article(
        "https://o/2", f"STORY WITHDRAWN: {title}", ("The agency takes it backward.",), mark=VersionKind.WITHDRAWAL
    )
    kill = ArticleRecord(2, 2, "O", False, NOW + timedelta(hours=3), notice)
    plan = planned(withdrawn, kill)
    assert stories_of(plan) == [-1, -1]
    texts = [(version.choice.kind, version.choice.body) for version in plan.versions]
    assert texts == [(VersionKind.ORIGINAL, withdrawn.article.body), (VersionKind.WITHDRAWAL, notice.body)]
    assert stories_of(planned(first, kill)) == [-1, -2]
