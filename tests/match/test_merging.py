"""When a late copy makes one story of two: on strong evidence, never by a digest, never against a person."""

from __future__ import annotations

from datetime import timedelta

from pipeline.config import MatchConfig
from pipeline.match.fingerprint import fingerprint_many, shingles_of
from pipeline.match.first_seen import FirstSeenIndex
from pipeline.match.merging import find_merge
from pipeline.match.workspace import NewArticle, Workspace
from pipeline.model import Member, PlannedMerge, Relation, VersionKind
from tests.match.test_match import NOW, planned, quake, record, stories_of, story

TEXT = story(1, 10)
# What two outlets made of it: each left other paragraphs out, and three fifths are common to both.
FIRST, SECOND = TEXT[:8], TEXT[2:]


def workspace_of(*bodies: tuple[str, ...], marks: tuple[VersionKind, ...] = ()) -> Workspace:
    """A workspace with a story of one copy for each body, numbered from 1, an hour separated."""
    workspace = Workspace(MatchConfig(), FirstSeenIndex(36))
    for number, body in enumerate(bodies, 1):
        (fingerprint,) = fingerprint_many(["\n".join(body)])
        at = NOW + timedelta(hours=number)
        mark = marks[number - 1] if marks else VersionKind.ORIGINAL
        workspace.first_seen.add(shingles_of(fingerprint), at)
        workspace.members[number].append(
            Member(number, number, f"o{number}", False, at, "T", body, "", Relation.ORIGIN, 1, mark, fingerprint)
        )
    return workspace


def merge(
    body: tuple[str, ...], workspace: Workspace, home: int = 2, separated: dict[int, set[int]] | None = None
) -> PlannedMerge | None:
    (fingerprint,) = fingerprint_many(["\n".join(body)])
    at = NOW + timedelta(hours=9)
    workspace.first_seen.add(shingles_of(fingerprint), at)
    late = NewArticle(99, "late", at, "T", body, VersionKind.ORIGINAL, fingerprint)
    return find_merge(late, home, list(workspace.members), {}, separated or {}, workspace)


def test_a_copy_that_holds_both_makes_them_one_and_the_older_stays() -> None:
    planned_merge = merge(TEXT, workspace_of(FIRST, SECOND))
    assert planned_merge is not None
    assert (planned_merge.target, planned_merge.source) == (1, 2)
    assert planned_merge.reason.startswith("article 99 holds 100% and 100% of the two texts, which share 7")
    assert merge(TEXT, workspace_of(FIRST, SECOND), home=1) == planned_merge


def test_two_texts_that_have_little_in_common_stay_two() -> None:
    assert merge((*story(1), *story(2)), workspace_of(story(1), story(2))) is None
    assert merge(TEXT, workspace_of(TEXT[:6], TEXT[4:])) is None


def test_a_copy_that_lacks_a_fifth_of_one_proves_nothing() -> None:
    assert merge(TEXT[:8], workspace_of(FIRST, SECOND)) is None


def test_a_persons_word_stands() -> None:
    assert merge(TEXT, workspace_of(FIRST, SECOND), separated={1: {2}, 2: {1}}) is None
    assert merge(TEXT, workspace_of(FIRST, SECOND), separated={1: {3}, 3: {1}}) is not None


def test_a_copy_of_a_text_made_from_two_holds_both_and_proves_nothing() -> None:
    joined = (*story(1), *story(2))
    plan = planned(record(1, story(1)), record(2, story(2)), record(3, joined, 2), record(4, joined, 3))
    assert (stories_of(plan), plan.merges) == ([-1, -2, -3, -3], ())


def test_what_was_withdrawn_is_left_alone() -> None:
    marks = (VersionKind.WITHDRAWAL, VersionKind.ORIGINAL)
    assert merge(TEXT, workspace_of(FIRST, SECOND, marks=marks)) is None


def test_bulletins_of_a_template_stay_two() -> None:
    tail = tuple(
        f"Quakes are frequent in the region, where plate {n} pushes beneath the other and strain is set free, "
        "the centre says in its standing notes on the tectonics of the whole archipelago." for n in ("a", "b", "c", "d")
    )  # fmt: skip
    first = quake(m="5.1", d=40, p="Arvany", w="Monday", k=10, h="08:15", n="Ivo Maren") + tail
    second = quake(m="4.7", d=12, p="Teluk Sari", w="Tuesday", k=33, h="21:40", n="Lia Kossen") + tail
    assert merge((*first, *second), workspace_of(first, second)) is None
