"""A store as it was: at any moment what a reader had then, less what was withdrawn or removed since."""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import replace
from datetime import datetime, timedelta
from random import Random
from typing import NamedTuple

import pytest
from sqlalchemy import delete, select, text, update

from pipeline import read
from pipeline.match.plan import choose_version
from pipeline.model import Plan, StoryStatus
from pipeline.store import Store
from pipeline.store.reads.changes import last_line_at
from pipeline.store.schema.tables import article, change, copy, cursor, story, version
from tests.read.test_reader import SECRET, merge, place_stories
from tests.store.desk import Desk
from tests.store.samples import NOW, planned, stored_articles

MOMENTS = int(os.environ.get("COPYDESK_TEST_MOMENTS", "24"))
ACTS = 40 + MOMENTS
# Stories whose whole state is compared at a moment, by chance; the heads of all are.
STORIES = 30
States = Mapping[int, read.StoryState]


class Commit(NamedTuple):
    """What a reader had after a commit."""

    at: datetime
    cursor: str
    states: States


def history(store: Store, reader: read.Reader, random: Random, acts: int) -> list[Commit]:
    """Act on a store at random. Return what a reader had after each commit."""
    desk, states, commits = Desk(store, random), dict[int, read.StoryState](), list[Commit]()
    with store.lease.acquire():
        desk.place()
        for _ in range(acts):
            desk.act()
            place = commits[-1].cursor if commits else ""
            while (page := reader.changes(place, limit=1, state="full")).lines:
                place = page.cursor
                states |= page.states
            # Some acts commit twice: what was between them is not known here.
            if page.cursor != (commits[-1].cursor if commits else ""):
                at = reader.changes(commits[-1].cursor if commits else "", limit=1000).lines[-1].at
                commits.append(Commit(at, place, dict(states)))
    return commits


class Losses(NamedTuple):
    """What is gone by now: the statuses of stories, those that were withdrawn (before they were merged, too), the
    stories of articles, articles, and versions with what is left of them."""

    statuses: Mapping[int, StoryStatus]
    withdrawn: frozenset[int]
    homes: Mapping[int, int]
    articles: frozenset[int]
    versions: Mapping[tuple[int, int], tuple[str, str, datetime]]


def losses_of(store: Store, states: States) -> Losses:
    removed = select(version).where(version.c.removed_at.is_not(None))
    with store.reading() as db:
        homes = dict(map(tuple, db.execute(select(copy.c.article_id, copy.c.story_id))))
        withdrawn = frozenset(db.scalars(select(story.c.id).where(story.c.withdrawn)))
        articles = frozenset(db.scalars(select(article.c.id).where(article.c.withheld == "removed")))
        versions = {(row.story_id, row.number): (row.title, row.reason, row.removed_at) for row in db.execute(removed)}
    statuses = {number: state.head.status for number, state in states.items()}
    return Losses(statuses, withdrawn, homes, articles, versions)


def less(state: read.StoryState, losses: Losses) -> read.StoryState:
    """The state without what is gone by now."""
    versions = tuple(less_version(text, losses) for text in state.versions)
    head = state.head
    force = next((text for text in versions if text.in_force), None)
    emptied = losses.versions.get((head.story, head.version))
    # A tombstone has neither headline nor basis in any view.
    if emptied and head.title:
        head = replace(head, title=emptied[0])
    if head.article in losses.articles and head.outlet is not None:
        head = replace(head, byline=(), place=None, section="", deck=head.deck and "")
    if force and not is_usable(force.article, head.story, losses):
        head = replace(head, title="")
    if state.versions and (force is None or force.digest is None):
        head = replace(head, digest=None, deck=None)
    copies = tuple(less_copy(place, losses) for place in state.copies)
    return read.StoryState(head, versions, copies)


def less_copy(place: read.CopyPlace, losses: Losses) -> read.CopyPlace:
    if place.article in losses.articles:
        place = replace(place, title="", byline=(), reason="removed")
    return place if is_usable(place.article, place.story, losses) else replace(place, title="")


def is_usable(article_id: int, story_id: int, losses: Losses) -> bool:
    is_home_usable = losses.statuses[losses.homes[article_id]] is StoryStatus.LIVE
    is_kept = losses.statuses[story_id] in (StoryStatus.LIVE, StoryStatus.MERGED) and story_id not in losses.withdrawn
    return is_home_usable and is_kept


def less_version(text: read.VersionText, losses: Losses) -> read.VersionText:
    emptied = losses.versions.get((text.story, text.version))
    if emptied:
        text = replace(text, reason=emptied[1], removed=emptied[2])
    usable = is_usable(text.article, text.story, losses)
    return text if usable and not emptied else replace(text, title=None, body=None, digest=None)


def past_story(past: read.StoryReader, number: int) -> object:
    """A story as the past has it: its state, or where it led, or that it was removed."""
    try:
        return past.story(number)
    except read.Moved as moved:
        return moved.to
    except read.Removed:
        return StoryStatus.REMOVED


def expected(states: States, number: int, losses: Losses) -> object:
    state = states[number]
    if state.head.status is StoryStatus.MERGED:
        end = state
        while end.head.successor:
            end = states[end.head.successor]
        return end.head.story
    return StoryStatus.REMOVED if state.head.status is StoryStatus.REMOVED else less(state, losses)


@pytest.mark.parametrize("seed", range(2))
def test_the_past_is_what_a_reader_had_then(store: Store, reader: read.Reader, seed: int) -> None:
    random = Random(seed)
    commits = history(store, reader, random, ACTS)
    losses = losses_of(store, commits[-1].states)
    for place in random.choices(range(len(commits)), k=MOMENTS):
        commit = commits[place]
        past = reader.at(commit.cursor)
        numbers = random.sample(sorted(commit.states), min(STORIES, len(commit.states)))
        assert {number: past_story(past, number) for number in numbers} == {
            number: expected(commit.states, number, losses) for number in numbers
        }
        # Of commits of one moment, the last is meant.
        last = next(later for later in commits[::-1] if later.at == commit.at)
        heads = {number: less(state, losses).head for number, state in last.states.items()}
        listed = reader.at(commit.at + timedelta(microseconds=random.choice([0, 1]))).stories(
            read.StoryFilter(status=None), limit=10_000
        )
        assert {head.story: replace(head, digest=None) for head in listed.stories} == {
            number: replace(head, digest=None) for number, head in heads.items()
        }
        times = [(head.first_seen, head.story) for head in listed.stories]
        assert times == sorted(times, reverse=True)


def test_stories_of_the_past_are_chosen_and_paged(store: Store, reader: read.Reader) -> None:
    place_stories(store, 5)
    cursor_then = reader.info().cursor
    merge(store, 1, 2)
    past = reader.at(cursor_then)
    first = past.stories(limit=3)
    rest = past.stories(after=first.after or "", limit=3)
    assert sorted(head.story for head in (*first.stories, *rest.stories)) == [1, 2, 3, 4, 5]
    assert rest.after is None
    assert len(past.stories(read.StoryFilter(outlet="Outlet")).stories) == 5
    assert past.stories(read.StoryFilter(outlet="none")).stories == ()
    assert past.text(2).body == ("One.", "Text 2.")
    assert [place.article for place in past.copies(1)] == [1]
    with pytest.raises(read.NotFound):
        past.story(99)


def test_before_the_first_commit_there_was_nothing(store: Store, reader: read.Reader) -> None:
    place_stories(store, 1)
    past = reader.at(NOW - timedelta(days=1))
    assert past.stories(read.StoryFilter(status=None)).stories == ()
    with pytest.raises(read.NotFound):
        past.story(1)


def test_the_line_of_a_moment_is_the_last_one_until_then(store: Store) -> None:
    place_stories(store, 4)
    with store.engine.begin() as db:
        lines = db.scalars(select(change.c.seq).order_by(change.c.seq)).all()
        for place, seq in enumerate(lines):
            db.execute(update(change).where(change.c.seq == seq).values(at=NOW + timedelta(hours=place // 3)))
        # Lines that were compacted, at the beginning and inside.
        db.execute(delete(change).where(change.c.seq.in_([*lines[:2], lines[5]])))
    with store.reading() as db:
        times = db.execute(select(change.c.seq, change.c.at)).all()
        for minutes in range(-30, 60 * len(lines), 30):
            moment = NOW + timedelta(minutes=minutes)
            last = max((seq for seq, at in times if at <= moment), default=0)
            assert last_line_at(db, moment) == last
            assert last_line_at(db, moment, after=lines[3]) == max(last, lines[3])


@pytest.mark.parametrize("kill", ["withdraw", "remove"])
def test_a_text_taken_back_is_not_given_for_earlier_moments(store: Store, reader: read.Reader, kill: str) -> None:
    place_stories(store, 2, "A paragraph.", SECRET)
    then = reader.info().cursor
    assert SECRET in str(reader.at(then).story(1))
    merge(store, 2, 1)
    assert SECRET in str(reader.at(then).story(1))
    with store.lease.acquire():
        getattr(store.kills, kill)(2, NOW, "a reason")
    for number in (1, 2):
        assert SECRET not in str(reader.at(then).story(number))
        with pytest.raises(read.Removed):
            reader.at(then).text(number)


def test_the_past_is_gone_with_the_log_before_its_floor(store: Store, reader: read.Reader) -> None:
    place_stories(store, 2)
    old, at_first = reader.info().cursor, reader.at(NOW)
    merge(store, 1, 2)
    floor = reader.info().cursor
    [number] = stored_articles(store, 1, start=7)
    later = NOW + timedelta(days=1)
    with store.engine.begin() as db:
        db.execute(cursor.insert().values(name="published", seq=int(floor.split(".")[1])))
        db.execute(update(change).where(change.c.seq > 0).values(at=NOW))
    with store.lease.acquire():
        members, heads = store.index.members([1]), store.stories.heads([1])
        store.stories.apply(Plan((planned(number, 1, 9),), (choose_version(1, members, heads[1]),)), later)
        store.retention.compact_log(later)
    for moment in (old, NOW - timedelta(minutes=1)):
        with pytest.raises(read.CursorGone):
            reader.at(moment)
    with pytest.raises(read.CursorGone):
        at_first.story(1)
    assert [place.article for place in reader.at(floor).copies(1)] == [1, 2]
    assert len(reader.at(later).copies(1)) == 3
    with store.reading() as db:
        assert db.scalar(text("SELECT count(*) FROM story_past WHERE story_id = 1")) == 2


@pytest.mark.parametrize("place", ["nonsense", "00000000.1.0000000000000000"])
def test_a_foreign_cursor_has_no_past_here(store: Store, reader: read.Reader, place: str) -> None:
    with pytest.raises(read.CursorForeign):
        reader.at(place)
