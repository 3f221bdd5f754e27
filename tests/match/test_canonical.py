"""The policy of the canonical choice: each rule, a total order, no flip-flop; and which edition is in force."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta

from hypothesis import given, settings
from hypothesis import strategies as st

from pipeline.config import CANONICAL_RULES, CanonicalConfig
from pipeline.match.canonical import RULES, choose
from pipeline.match.reconcile import ParagraphCache
from pipeline.model import Basis, Claim, Evidence, Member, Moment, Precision, VersionKind
from pipeline.store.articles import seen_at
from pipeline.text.normalize import fold
from tests.match.test_match import NOW, member, planned, record, story

BODY = story(1)
TEXTS = (BODY, BODY[:5], BODY[2:], (*BODY, "More."), (*BODY[:4], "Other.", *BODY[4:]), story(2))


def test_every_rule_of_the_config_is_there() -> None:
    assert set(RULES) == set(CANONICAL_RULES)


def test_the_agencys_own_page_comes_first_by_feed_or_by_name() -> None:
    copies = [member(1, BODY), member(2, BODY), member(3, BODY[:6])]
    flagged = [*copies[:2], replace(copies[2], feed_agency="AFP")]
    by_name = [*copies[:2], replace(copies[2], outlet="AFP")]
    for members in (flagged, by_name):
        choice = choose(members)
        assert choice.article_id == 3
        assert "the agency's own page" in choice.reason
    assert choose([*copies[:2], replace(copies[2], feed_agency="PTI")]).article_id == 1
    assert choose(flagged, policy=CanonicalConfig(("complete",))).article_id == 1


def test_the_order_of_the_rules_is_the_operators() -> None:
    members = [member(1, BODY), member(2, BODY), member(3, BODY, preferred=True)]
    assert choose(members).article_id == 3
    assert choose(members).reason.endswith("a preferred outlet")
    first = choose(members, policy=CanonicalConfig(("complete", "earliest", "preferred")))
    assert first.article_id == 1
    assert first.reason.endswith("the earliest")
    short = [*members[:2], member(4, BODY[:2], preferred=True)]
    assert choose(short, policy=CanonicalConfig(("preferred", "complete"))).article_id == 4
    assert choose(short, 1, CanonicalConfig(("preferred", "complete"))).article_id == 4


def test_a_bare_day_does_not_beat_a_time_of_that_day() -> None:
    day = Moment(datetime(2025, 8, 24, tzinfo=UTC), Precision.DAY, Basis.META)
    minute = Moment(datetime(2025, 8, 24, 15, 30, tzinfo=UTC), Precision.MINUTE, Basis.FEED)
    next_day = minute.value + timedelta(hours=20)
    by_day = replace(member(1, BODY), seen_at=seen_at(day, None, next_day))
    by_minute = replace(member(2, BODY), seen_at=seen_at(minute, None, next_day))
    assert choose([by_day, by_minute]).article_id == 2
    later = replace(by_minute, seen_at=seen_at(replace(minute, value=next_day), None, next_day))
    assert choose([by_day, later]).article_id == 1


def test_the_copy_in_force_is_told_to_stay() -> None:
    members = [member(1, BODY), member(2, BODY)]
    assert choose(members, 2).reason.endswith("it was in force, and equals are no reason to change")


copies = st.lists(
    st.tuples(st.sampled_from(TEXTS), st.booleans(), st.integers(0, 5), st.sampled_from(("", "AFP", "PTI"))),
    min_size=1, max_size=7,
)  # fmt: skip
policies = st.lists(st.sampled_from(CANONICAL_RULES), unique=True, max_size=4).map(lambda o: CanonicalConfig(tuple(o)))


def sample_members(rows: list[tuple[tuple[str, ...], bool, int, str]]) -> list[Member]:
    return [
        replace(member(n, body, preferred=preferred), seen_at=NOW + timedelta(hours=hours), feed_agency=agency)
        for n, (body, preferred, hours, agency) in enumerate(rows, 1)
    ]


@settings(deadline=None)
@given(copies, policies, st.randoms())
def test_the_order_of_the_members_does_not_show(rows: list, policy: CanonicalConfig, chance: object) -> None:  # type: ignore[type-arg]
    members = sample_members(rows)
    choice = choose(members, policy=policy)
    chance.shuffle(members)  # type: ignore[attr-defined]
    assert choose(members, policy=policy) == choice


@given(copies, st.lists(st.sampled_from("AB"), min_size=7, max_size=7))
def test_what_two_outlets_carry_is_counted_by_outlets(rows: list, outlets: list[str]) -> None:  # type: ignore[type-arg]
    members = [replace(copy, outlet=outlet) for copy, outlet in zip(sample_members(rows), outlets, strict=False)]
    texts = {
        fold(text): {copy.outlet for copy in members if text in copy.body} for holder in members for text in holder.body
    }
    cache = ParagraphCache()
    cache.shared_paragraphs(members[:3] or members)
    assert cache.shared_paragraphs(members) == {text for text, carriers in texts.items() if len(carriers) > 1}


@settings(deadline=None)
@given(copies, policies)
def test_chosen_again_the_copy_stays(rows: list, policy: CanonicalConfig) -> None:  # type: ignore[type-arg]
    """Copies come one after another; after each, choosing again changes nothing."""
    current = None
    members = sample_members(rows)
    for count in range(1, len(members) + 1):
        current = choose(members[:count], current, policy).article_id
        next_choice = choose(members[:count], current, policy)
        assert next_choice.article_id == current
        assert choose(members[:count], current, policy) == next_choice


@settings(deadline=None)
@given(copies, policies, st.integers(2, 5))
def test_the_same_copies_again_change_nothing(rows: list, policy: CanonicalConfig, rounds: int) -> None:  # type: ignore[type-arg]
    """Once each text stands in two outlets, more outlets with the same texts, which say nothing new of whose it is,
    move the choice no more."""
    twice = sample_members([*rows, *rows])
    current = choose(twice, choose(sample_members(rows), policy=policy).article_id, policy).article_id
    more = sample_members([(body, False, 9, "") for body, _, _, _ in rows * rounds])
    late = [
        replace(copy, article_id=copy.article_id + 100, outlet=f"late {copy.article_id}", agency="") for copy in more
    ]
    for count in range(len(late) + 1):
        assert choose([*twice, *late[:count]], current, policy).article_id == current


# ---------------------------------------------------------------- editions


def test_a_late_copy_of_an_old_edition_does_not_bring_its_text_back() -> None:
    facts = [f"Rescuers found {n} people in the ruins of house {n + 3} on the river." for n in range(2, 7)]
    first = (*facts, *BODY)
    second = (first[0].replace("2", "12"), first[1].replace("3", "13"), *first[2:])
    third = (first[0].replace("2", "22"), first[1].replace("3", "23"), *first[2:])
    late = [record(n, first, 20 + n) for n in range(6, 12)]
    plan = planned(record(1, first), record(2, first, 1), record(3, second, 4), record(4, third, 8),
                   record(5, second, 9), *late)  # fmt: skip
    assert [copy.edition for copy in plan.copies] == [1, 1, 2, 3, 2, *[1] * 6]
    texts = [(version.choice.body, version.choice.kind) for version in plan.versions]
    assert texts == [(first, VersionKind.ORIGINAL), (second, VersionKind.UPDATE), (third, VersionKind.UPDATE)]


def test_editions_come_in_the_order_of_the_agencys_marks() -> None:
    added = (*BODY, *story(5, 2))
    plan = planned(
        record(1, BODY), record(2, added, 2, mark=VersionKind.UPDATE), record(3, BODY, 3), record(4, added, 4),
        record(5, BODY, 5, mark=VersionKind.CORRECTION), record(6, added, 6),
    )  # fmt: skip
    assert [copy.edition for copy in plan.copies[:5]] == [1, 2, 1, 2, 3]
    assert plan.copies[5].edition < 3
    kinds = [version.choice.kind for version in plan.versions]
    assert kinds == [VersionKind.ORIGINAL, VersionKind.UPDATE, VersionKind.CORRECTION]
    assert plan.versions[-1].choice.article_id == 5


def test_what_was_withdrawn_comes_back_by_the_agencys_mark_alone() -> None:
    kill = replace(member(2, ("The agency withdraws it.",), edition=2), mark=VersionKind.WITHDRAWAL)
    loose = member(3, BODY, edition=3)
    assert choose([member(1, BODY), kill, loose]).kind is VersionKind.WITHDRAWAL
    assert choose([member(1, BODY), kill, loose], 1).article_id == 2
    corrected = replace(loose, mark=VersionKind.CORRECTION)
    assert (choose([member(1, BODY), kill, corrected]).article_id, choose([kill, corrected]).kind) == (
        3, VersionKind.CORRECTION,
    )  # fmt: skip


def test_an_agency_is_read_from_the_evidence_of_all() -> None:
    dateline_copy = replace(member(1, BODY), agency="", claims=(Claim("PTI", Evidence.DATELINE),))
    plain = [replace(member(n, BODY), agency="") for n in (2, 3)]
    agency_copy = replace(member(4, BODY), agency="", outlet="PTI")
    assert choose([dateline_copy, *plain, agency_copy]).article_id == 4
