"""What alignment leaves out to be fast shows in no answer: each is what the plain definition says."""

from __future__ import annotations

from hypothesis import given

from pipeline.match import alignment
from pipeline.match.alignment import Alignment, Partner, align
from pipeline.match.sentences import Sentence, Sentences, sentences
from tests.match.test_copies import TEXTS


def most_like(one: Sentence, other: Sentences) -> Partner:
    """The first of those most like by words; where none is alike, of those alike by frames."""
    likeness = [len(one.words & each.words) / len(one.words | each.words) for each in other.all]
    if max(likeness, default=0.0) >= alignment.ALIGNED:
        return likeness.index(max(likeness)), max(likeness)
    framed = [n for n, each in enumerate(other.all) if alike_by_frames(one, each)]
    best = max((likeness[n] for n in framed), default=0.0)
    return next(((n, best) for n in framed if likeness[n] == best), alignment.NO_PARTNER)


def alike_by_frames(one: Sentence, other: Sentence) -> bool:
    shared, union = len(one.frame & other.frame), len(one.frame | other.frame)
    return union > 2 and shared / union >= alignment.ALIGNED and len(one.words & other.words) >= alignment.FRAME


@given(TEXTS, TEXTS)
def test_a_partner_by_bounds_is_the_partner(one: list[str], other: list[str]) -> None:
    first, second = sentences(one), sentences(other)
    for sentence in first.all:
        assert alignment._most_like_of_all(sentence, second) == most_like(sentence, second)


@given(TEXTS, TEXTS)
def test_a_template_is_told_by_the_facts_that_differ(one: list[str], other: list[str]) -> None:
    found = align(sentences(one), sentences(other))
    share = max(found.differ / found.facts, found.disagreement) if found.facts else 0.0
    assert found.other_bulletin == (found.facts >= alignment.FACTS_LEAST and share >= alignment.FACTS_DIFFER)


@given(TEXTS, TEXTS)
def test_numbers_changed_in_the_lead_or_in_two_sentences(one: list[str], other: list[str]) -> None:
    found = align(sentences(one), sentences(other))
    changed = positions_with_other_numbers(found)
    assert found.changed_numbers == (0 in changed or len(changed) > 1)


def test_numbers_that_stand_where_the_text_goes_on_are_not_changed() -> None:
    one = ["He came at 5 in the morning.", "Of all of them 7 died there.", "Nobody knew why 3 left."]
    other = [one[0], "Some 7 are dead.", one[2], "Of all of them 9 died there."]
    found = align(sentences(one), sentences(other))
    assert found._shorter.partner(1) is found._shorter.other.all[3]
    assert positions_with_other_numbers(found) == []
    assert not found.changed_numbers


def positions_with_other_numbers(found: Alignment) -> list[int]:
    half, changed = found._shorter, []
    for n, sentence in enumerate(half.text.all):
        partner = None if half.same[n] < 0 and half.keeps_numbers(n) else half.partner(n)
        if partner and not (sentence.numbers <= partner.numbers or partner.numbers <= sentence.numbers):
            changed.append(n)
    return changed


@given(TEXTS, TEXTS)
def test_the_lighter_text_is_covered_by_what_the_other_has(one: list[str], other: list[str]) -> None:
    found = align(sentences(one), sentences(other))
    lighter = min(found.sides, key=lambda side: (side.weight, -side.found))
    assert found.covered == (min(lighter.found / lighter.weight, 1.0) if lighter.weight else 0.0)


def test_where_edits_stand_side_by_side_the_text_goes_on_as_from_the_last_sentence_in_both() -> None:
    whole = [f"Sentence {n} of the report says what {name} saw there." for n, name in enumerate("abcdefgh")]
    edited = [*whole[:2], *(line.replace("report", "paper") for line in whole[2:6])]
    half = align(sentences(whole[1:]), sentences(edited))._halves[1]
    assert [half._next(n) for n in range(2, 6)] == [1, 2, 3, 4]
    assert [half.nearest(n)[0] for n in range(2, 6)] == [1, 2, 3, 4]
