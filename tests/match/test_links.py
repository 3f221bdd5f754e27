"""What ties an article to stories that it is no copy of, through the plan and by the pure function."""

from __future__ import annotations

from datetime import datetime, timedelta

import numpy as np
from hypothesis import example, given, settings
from hypothesis import strategies as st

from pipeline.match.fingerprint import fingerprint_many
from pipeline.match.first_seen import Flags
from pipeline.match.links import PASSAGE_WORDS, LinkableStory, _passages, find_links
from pipeline.model import Claim, Evidence, LinkKind, Links, Member, PageKind, Plan, Relation, VersionKind
from pipeline.text.shingles import WIDTH, Hashes
from tests.match.test_match import NOW, planned, record, stories_of, story

INPUTS = Claim("PTI", Evidence.INPUTS)


def links_of(plan: Plan) -> set[tuple[int, int, LinkKind]]:
    """(article, story, kind) of each link."""
    return {(link.article_id, link.tie.story, link.tie.kind) for link in plan.links}


def member(number: int, body: tuple[str, ...], hours: float = 0, relation: Relation = Relation.ORIGIN) -> Member:
    (fingerprint,) = fingerprint_many(["\n".join(body)])
    seen_at = NOW + timedelta(hours=hours)
    return Member(number, number, f"Outlet {number}", False, seen_at, "T", body, "", relation, 1,
                  VersionKind.ORIGINAL, fingerprint)  # fmt: skip


def linkable(nearest: Member, *further: Member, home: bool = False) -> LinkableStory:
    members = (nearest, *further)
    since = min(member.seen_at for member in members)
    outlets = len({member.outlet for member in members})
    return LinkableStory(nearest.story_id, members, nearest, since, outlets, home)


def always(hashes: Hashes, _at: datetime) -> Flags:
    return np.ones(len(hashes), dtype=bool)


def tied(body: tuple[str, ...], *stories: LinkableStory, **fields: object) -> Links:
    return find_links(body, stories, always, **fields)  # type: ignore[arg-type]


def test_a_follow_up_is_linked_to_its_parent_and_no_copy_of_it() -> None:
    body = story(1)
    later = (*story(2, 6), *body[-2:])
    plan = planned(record(1, body), record(2, body, 1), record(3, later, 5), record(4, later, 6))
    assert stories_of(plan) == [-1, -1, -3, -3]
    assert links_of(plan) == {(3, -1, LinkKind.FOLLOW_UP), (4, -1, LinkKind.FOLLOW_UP)}
    assert plan.links[0].tie.reason.endswith("none of them its lead")
    assert 0.2 < plan.links[0].tie.score < 0.3


def test_a_related_text_that_one_outlet_appends_ties_nothing() -> None:
    related = story(9, 2)
    plan = planned(
        record(1, (*story(1), *related)), record(2, story(1), 1), record(3, (*story(2), *related), 2),
        record(4, story(2), 3),
    )  # fmt: skip
    assert links_of(plan) == set()
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
    assert links_of(plan) >= {(5, -n, LinkKind.DIGEST) for n in range(1, 5)}
    assert not any(link.tie.story == -5 for link in plan.links)


def test_a_text_made_from_two_stories_is_a_copy_of_neither() -> None:
    first, second = story(1), story(2)
    plan = planned(record(1, first), record(2, second), record(3, (*first, *second), 2))
    assert stories_of(plan) == [-1, -2, -3]
    assert (plan.copies[2].relation, plan.copies[2].edition) == (Relation.DERIVED, 1)
    assert links_of(plan) == {(3, -1, LinkKind.DERIVED), (3, -2, LinkKind.DERIVED)}
    assert plan.merges == ()


def test_a_copy_that_goes_on_with_another_storys_end_stays_a_copy() -> None:
    plan = planned(record(1, story(1)), record(2, story(2)), record(3, (*story(1), *story(2)[-3:]), 2))
    assert stories_of(plan) == [-1, -2, -1]
    assert plan.copies[2].relation is Relation.EXTENDED


def test_inputs_from_an_agency_make_no_copy_unless_the_text_is_one() -> None:
    wire = linkable(member(1, story(1)))
    mixed_text = (*story(3, 4), *story(1)[:3])
    assert tied(mixed_text, wire, claims=(INPUTS,)).derived
    assert not tied(story(1), wire, claims=(INPUTS,)).derived
    assert not tied(story(4), wire, claims=(INPUTS,)).ties


def test_inputs_are_no_background_and_no_related_text_below_a_copy() -> None:
    wire, related = linkable(member(1, story(1))), linkable(member(2, story(2)))
    assert not tied((*story(3, 9), *story(1)[:1]), wire, claims=(INPUTS,)).derived
    copied = linkable(member(1, story(1)), home=True)
    assert not tied((*story(1)[:4], *story(2)[2:7]), copied, related, claims=(INPUTS,)).derived


def test_a_live_blog_is_tied_to_each_story_it_quotes_and_has_no_place() -> None:
    blog = record(3, (*story(1)[3:5], *story(2)[:2], *story(3, 3)), 2, kind=PageKind.LIVE_BLOG)
    plan = planned(record(1, story(1)), record(2, story(2)), blog)
    assert (stories_of(plan), plan.passed) == ([-1, -2], (3,))
    assert links_of(plan) == {(3, -1, LinkKind.LIVE_BLOG), (3, -2, LinkKind.LIVE_BLOG)}


def test_a_passage_is_credited_to_the_story_that_had_it_first() -> None:
    parent, sibling = member(1, story(1)), member(2, (*story(2), *story(1)[-2:]), 3)
    later = (*story(3), *story(1)[-2:])
    links = tied(later, linkable(sibling, member(12, sibling.body, 3)), linkable(parent, member(11, parent.body, 1)))
    assert [tie.story for tie in links.ties] == [1]


def test_what_is_made_from_others_is_credited_last() -> None:
    quoting = member(9, tuple(story(n)[0] for n in range(1, 5)), -1, Relation.DERIVED)
    sources = [linkable(member(n, story(n), n)) for n in range(1, 5)]
    links = tied((*quoting.body[::-1], *story(8, 1)), linkable(quoting), *sources)
    assert {tie.story for tie in links.ties} == {1, 2, 3, 4}
    assert links.derived


LINKABLE = [linkable(member(n, story(n), n % 3), member(n + 10, story(n), 4)) for n in range(1, 6)]
pieces = st.lists(st.tuples(st.integers(1, 5), st.integers(0, 7)), min_size=1, max_size=8)


@settings(deadline=None, max_examples=60)
@given(pieces, st.permutations(range(1, 6)))
@example([(3, 7), (2, 3), (1, 0), (1, 0), (1, 0), (2, 0)], [1, 2, 3, 4, 5])
def test_the_order_of_the_stories_does_not_show_and_scores_are_shares(
    parts: list[tuple[int, int]], order: list[int]
) -> None:
    body = tuple(story(n)[place] for n, place in parts)
    links = tied(body, *LINKABLE)
    assert tied(body, *(LINKABLE[n - 1] for n in order)) == links
    assert len({tie.story for tie in links.ties}) == len(links.ties)
    assert sum(tie.score for tie in links.ties) <= 1.0001
    assert links.ties or not links.derived


@given(st.lists(st.text(), max_size=5))
def test_any_text_has_links_or_none(body: list[str]) -> None:
    assert tied(tuple(body), linkable(member(1, story(1)))).ties == ()
    assert tied(tuple(body)) == Links()


@given(st.lists(st.tuples(st.booleans(), st.integers(1, 14)), max_size=8))
def test_a_passage_is_a_run_of_enough_words(runs: list[tuple[bool, int]]) -> None:
    places = [is_shared for is_shared, length in runs for _ in range(length)]
    expected = [is_shared and run_at(places, n) + WIDTH - 1 >= PASSAGE_WORDS for n, is_shared in enumerate(places)]
    assert _passages(np.array(places, dtype=bool)).tolist() == expected


def run_at(places: list[bool], place: int) -> int:
    """How long the run is that holds this place."""
    before = next((n for n in range(place, -1, -1) if not places[n]), -1)
    return next((n for n in range(place, len(places)) if not places[n]), len(places)) - before - 1
