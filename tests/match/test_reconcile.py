"""The wire's text out of several outlets' copies."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipeline.match.reconcile import ParagraphCache, reconcile
from pipeline.model import Fingerprint, Member, Relation, VersionKind
from pipeline.text.alike import additions

WIRE = (
    "The harbour authority closed the northern quay on Tuesday after inspectors found cracks in two of its pillars.",
    "Ships were sent to the southern basin, where crews worked through the night to make room for them.",
    "Officials expect the repairs to take at least six weeks and to cost about four million crowns.",
    "The quay was built in 1931 and was last inspected twelve years ago, according to the authority's register.",
)
ADDED = "Readers of this paper have written to us about the state of the quay more than once this year."


def copy(number: int, body: tuple[str, ...], outlet: str = "") -> Member:
    at = datetime(2026, 1, 1, number % 24, tzinfo=UTC)
    return Member(number, 1, outlet or f"outlet {number}", False, at, "Quay closed", body, "", Relation.VERBATIM, 1,
                  VersionKind.ORIGINAL, Fingerprint(1, b"", (), 0))  # fmt: skip


def test_a_paragraph_that_two_others_do_not_have_is_the_outlets_own() -> None:
    base = copy(1, (*WIRE[:2], ADDED, *WIRE[2:]))
    result = reconcile(base, [base, copy(2, WIRE), copy(3, WIRE)])
    assert result.body == WIRE
    assert (result.support, result.restored, result.left_out) == ((3, 3, 3, 3), 0, 1)
    assert additions(base.body, result.body) == (ADDED,)


def test_what_the_chosen_copy_lacks_is_put_back_in_its_place() -> None:
    base = copy(1, (WIRE[0], *WIRE[2:]))
    result = reconcile(base, [base, copy(2, WIRE), copy(3, WIRE[:3])])
    assert (result.body, result.support, result.restored) == (WIRE, (3, 2, 3, 2), 1)


def test_copies_that_were_cut_off_say_nothing_of_the_end() -> None:
    base = copy(1, WIRE)
    assert reconcile(base, [base, copy(2, WIRE[:2]), copy(3, WIRE[:3])]).body == WIRE


def test_two_outlets_do_not_say_who_is_right() -> None:
    base = copy(1, (*WIRE, ADDED))
    assert reconcile(base, [base, copy(2, WIRE), copy(3, WIRE, outlet="outlet 2")]).body == base.body


def test_the_wording_of_most_outlets_counts() -> None:
    respelt = (WIRE[0].replace("harbour", "harbor"), *WIRE[1:])
    base = copy(1, respelt)
    assert reconcile(base, [base, copy(2, WIRE), copy(3, WIRE)]).body == WIRE


def test_paragraphs_of_one_copy_that_are_merely_alike_are_two() -> None:
    bulletin = tuple(
        f"Shares of {name} closed {rise} per cent higher at the exchange in the capital on Monday after thin trade."
        for name, rise in (("Arden", 2), ("Belmar", 3), ("Corve", 4))
    )
    base = copy(1, bulletin)
    result = reconcile(base, [base, copy(2, bulletin), copy(3, bulletin)])
    assert (result.body, result.support) == (bulletin, (3, 3, 3))


def test_a_paragraph_said_twice_has_its_support_twice() -> None:
    base = copy(1, (*WIRE, WIRE[0]))
    result = reconcile(base, [base, copy(2, WIRE)])
    assert (result.body, result.support) == (base.body, (2, 2, 2, 2, 2))


def test_another_edition_has_no_say() -> None:
    base = copy(1, WIRE)
    older = [replace(copy(n, (ADDED, *WIRE[1:])), edition=2) for n in (2, 3, 4)]
    assert reconcile(base, [base, *older]).body == WIRE


paragraphs = st.lists(st.sampled_from((*WIRE, ADDED, "Crews go home.", "पानी बढ़ रहा है।")), unique=True, max_size=6)
groups = st.lists(paragraphs, min_size=1, max_size=6)


@given(groups, st.randoms())
def test_any_copies_in_any_order(bodies: list[list[str]], chance: object) -> None:
    members = [copy(number, tuple(body)) for number, body in enumerate(bodies, 1)]
    result = reconcile(members[0], members)
    shuffled = members[:]
    chance.shuffle(shuffled)  # type: ignore[attr-defined]
    assert reconcile(members[0], shuffled) == result
    assert len(result.body) == len(result.support)
    assert set(result.body) <= {text for body in bodies for text in body}
    assert all(text in result.body for text in bodies[0] if sum(text in body for body in bodies) >= 2)


@given(paragraphs, st.integers(3, 6))
def test_verbatim_copies_are_the_text(body: list[str], number: int) -> None:
    members = [copy(n, tuple(body)) for n in range(1, number + 1)]
    result = reconcile(members[0], members)
    assert (result.body, set(result.support)) == (tuple(body), {number} if body else set())


@given(groups, st.data())
def test_what_was_read_before_changes_nothing(bodies: list[list[str]], data: st.DataObject) -> None:
    members, cache = [copy(number, tuple(body)) for number, body in enumerate(bodies, 1)], ParagraphCache()
    for _ in range(3):
        copies = data.draw(st.lists(st.sampled_from(members), min_size=1, unique=True))
        assert reconcile(copies[0], copies, cache) == reconcile(copies[0], copies)


def test_a_copy_whose_text_has_changed_is_read_again() -> None:
    base, cache = copy(1, (WIRE[0], *WIRE[2:])), ParagraphCache()
    other_copies = [copy(2, WIRE), copy(3, WIRE[:3])]
    assert reconcile(base, [base, *other_copies], cache).restored == 1
    edited = [replace(other_copy, body=(WIRE[0], *other_copy.body[2:])) for other_copy in other_copies]
    assert reconcile(base, [base, *edited], cache).restored == 0


def test_of_many_stories_those_asked_for_last_are_kept(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("pipeline.match.reconcile.CACHED_STORIES", 2)
    cache, pairs = ParagraphCache(), [[copy(n, WIRE), copy(n + 1, WIRE)] for n in (1, 3, 5)]
    first, _, last = (cache.table(pair) for pair in pairs)
    assert cache.table(pairs[2]) is last
    assert cache.table(pairs[0]) is not first
