"""What ties an article to stories that it is no copy of, through the plan and by the pure function."""

from __future__ import annotations

from datetime import datetime, timedelta

import numpy as np
from hypothesis import example, given, settings
from hypothesis import strategies as st

from pipeline.match.fingerprint import fingerprint_many
from pipeline.match.links import PASSAGE, Places, Rival, _passages, links
from pipeline.model import Claim, Evidence, LinkKind, Links, Member, PageKind, Plan, Relation, VersionKind
from pipeline.text.shingles import WIDTH, Hashes
from tests.match.test_match import NOW, planned, record, stories_of, story

INPUTS = Claim("PTI", Evidence.INPUTS)


def told(plan: Plan) -> set[tuple[int, int, LinkKind]]:
    """(article, story, kind) of each link."""
    return {(link.article_id, link.tie.story, link.tie.kind) for link in plan.links}


def member(number: int, body: tuple[str, ...], hours: float = 0, relation: Relation = Relation.ORIGIN) -> Member:
    (made,) = fingerprint_many(["\n".join(body)])
    seen = NOW + timedelta(hours=hours)
    return Member(number, number, f"Outlet {number}", False, seen, "T", body, "", relation, 1,
                  VersionKind.ORIGINAL, made)  # fmt: skip


def rival(one: Member, *others: Member, home: bool = False) -> Rival:
    every = (one, *others)
    return Rival(one.story_id, every, one, min(each.seen_at for each in every), len({m.outlet for m in every}), home)


def always(hashes: Hashes, _at: datetime) -> Places:
    return np.ones(len(hashes), dtype=bool)


def tied(body: tuple[str, ...], *rivals: Rival, **fields: object) -> Links:
    return links(body, rivals, always, **fields)  # type: ignore[arg-type]


def test_a_follow_up_is_linked_to_its_parent_and_no_copy_of_it() -> None:
    whole = story(1)
    later = (*story(2, 6), *whole[-2:])
    plan = planned(record(1, whole), record(2, whole, 1), record(3, later, 5), record(4, later, 6))
    assert stories_of(plan) == [-1, -1, -3, -3]
    assert told(plan) == {(3, -1, LinkKind.FOLLOW_UP), (4, -1, LinkKind.FOLLOW_UP)}
    assert plan.links[0].tie.reason.endswith("none of them its lead")
    assert 0.2 < plan.links[0].tie.score < 0.3


def test_a_related_text_that_one_outlet_appends_ties_nothing() -> None:
    related = story(9, 2)
    plan = planned(
        record(1, (*story(1), *related)), record(2, story(1), 1), record(3, (*story(2), *related), 2),
        record(4, story(2), 3),
    )  # fmt: skip
    assert told(plan) == set()
    assert stories_of(plan) == [-1, -1, -3, -3]


def test_background_is_the_first_storys_and_of_no_other_that_took_it_over() -> None:
    formula = story(7, 2)
    old = record(1, (*story(5), *formula), -90)
    parent, later = (*story(1), *formula), (*story(2), *formula)
    plan = planned(old, record(2, parent), record(3, parent, 1), record(4, later, 3), record(5, later, 4))
    assert {link.tie.story for link in plan.links} == {-1}


def test_a_digest_quotes_and_joins_nothing_and_copies_of_it_are_one_story() -> None:
    digest = tuple(story(n)[0] for n in range(1, 5))
    records = [record(n, story(n), n / 10) for n in range(1, 5)]
    plan = planned(*records, record(5, digest, 2), record(6, digest, 3))
    assert stories_of(plan) == [-1, -2, -3, -4, -5, -5]
    assert [copy.relation for copy in plan.copies[4:]] == [Relation.DERIVED, Relation.VERBATIM]
    assert told(plan) >= {(5, -n, LinkKind.DIGEST) for n in range(1, 5)}
    assert not any(link.tie.story == -5 for link in plan.links)


def test_a_text_made_from_two_stories_is_a_copy_of_neither() -> None:
    one, other = story(1), story(2)
    plan = planned(record(1, one), record(2, other), record(3, (*one, *other), 2))
    assert stories_of(plan) == [-1, -2, -3]
    assert (plan.copies[2].relation, plan.copies[2].edition) == (Relation.DERIVED, 1)
    assert told(plan) == {(3, -1, LinkKind.DERIVED), (3, -2, LinkKind.DERIVED)}
    assert plan.merges == ()


def test_a_copy_that_goes_on_with_another_storys_end_stays_a_copy() -> None:
    plan = planned(record(1, story(1)), record(2, story(2)), record(3, (*story(1), *story(2)[-3:]), 2))
    assert stories_of(plan) == [-1, -2, -1]
    assert plan.copies[2].relation is Relation.EXTENDED


def test_inputs_from_an_agency_make_no_copy_unless_the_text_is_one() -> None:
    wire = rival(member(1, story(1)))
    own = (*story(3, 4), *story(1)[:3])
    assert tied(own, wire, claims=(INPUTS,)).derived
    assert not tied(story(1), wire, claims=(INPUTS,)).derived
    assert not tied(story(4), wire, claims=(INPUTS,)).ties


def test_inputs_are_no_background_and_no_related_text_below_a_copy() -> None:
    wire, other = rival(member(1, story(1))), rival(member(2, story(2)))
    assert not tied((*story(3, 9), *story(1)[:1]), wire, claims=(INPUTS,)).derived
    copied = rival(member(1, story(1)), home=True)
    assert not tied((*story(1)[:4], *story(2)[2:7]), copied, other, claims=(INPUTS,)).derived


def test_a_live_blog_is_tied_to_each_story_it_quotes_and_has_no_place() -> None:
    blog = record(3, (*story(1)[3:5], *story(2)[:2], *story(3, 3)), 2, kind=PageKind.LIVE_BLOG)
    plan = planned(record(1, story(1)), record(2, story(2)), blog)
    assert (stories_of(plan), plan.passed) == ([-1, -2], (3,))
    assert told(plan) == {(3, -1, LinkKind.LIVE_BLOG), (3, -2, LinkKind.LIVE_BLOG)}


def test_a_passage_is_credited_to_the_story_that_had_it_first() -> None:
    parent, sibling = member(1, story(1)), member(2, (*story(2), *story(1)[-2:]), 3)
    later = (*story(3), *story(1)[-2:])
    found = tied(later, rival(sibling, member(12, sibling.body, 3)), rival(parent, member(11, parent.body, 1)))
    assert [tie.story for tie in found.ties] == [1]


def test_what_is_made_from_others_is_credited_last() -> None:
    quoting = member(9, tuple(story(n)[0] for n in range(1, 5)), -1, Relation.DERIVED)
    sources = [rival(member(n, story(n), n)) for n in range(1, 5)]
    found = tied((*quoting.body[::-1], *story(8, 1)), rival(quoting), *sources)
    assert {tie.story for tie in found.ties} == {1, 2, 3, 4}
    assert found.derived


RIVALS = [rival(member(n, story(n), n % 3), member(n + 10, story(n), 4)) for n in range(1, 6)]
pieces = st.lists(st.tuples(st.integers(1, 5), st.integers(0, 7)), min_size=1, max_size=8)


@settings(deadline=None, max_examples=60)
@given(pieces, st.permutations(range(1, 6)))
@example([(3, 7), (2, 3), (1, 0), (1, 0), (1, 0), (2, 0)], [1, 2, 3, 4, 5])
def test_the_order_of_the_rivals_does_not_show_and_scores_are_shares(
    parts: list[tuple[int, int]], order: list[int]
) -> None:
    body = tuple(story(n)[place] for n, place in parts)
    found = tied(body, *RIVALS)
    assert tied(body, *(RIVALS[n - 1] for n in order)) == found
    assert len({tie.story for tie in found.ties}) == len(found.ties)
    assert sum(tie.score for tie in found.ties) <= 1.0001
    assert found.ties or not found.derived


@given(st.lists(st.text(), max_size=5))
def test_any_text_has_links_or_none(body: list[str]) -> None:
    one = member(1, story(1))
    assert tied(tuple(body), rival(one)).ties == ()
    assert tied(tuple(body)) == Links()


@given(st.lists(st.tuples(st.booleans(), st.integers(1, 14)), max_size=8))
def test_a_passage_is_a_run_of_enough_words(runs: list[tuple[bool, int]]) -> None:
    places = [there for there, length in runs for _ in range(length)]
    kept = [there and run_at(places, n) + WIDTH - 1 >= PASSAGE for n, there in enumerate(places)]
    assert _passages(np.array(places, dtype=bool)).tolist() == kept


def run_at(places: list[bool], place: int) -> int:
    """How long the run is that holds this place."""
    before = next((n for n in range(place, -1, -1) if not places[n]), -1)
    return next((n for n in range(place, len(places)) if not places[n]), len(places)) - before - 1
