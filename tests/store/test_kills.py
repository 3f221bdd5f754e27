"""A person's kills: they reach every copy, hold whatever comes, and leave the text nowhere."""

from __future__ import annotations

import json
from dataclasses import dataclass, replace
from datetime import timedelta
from pathlib import Path

import pytest
from sqlalchemy import text

from pipeline.archive.warc import Archive
from pipeline.config import Config
from pipeline.errors import NotStored
from pipeline.match.plan import choose_version
from pipeline.model import Actor, ChangeKind, FeedEntry, Plan, PlannedMerge, StoryStatus
from pipeline.steps.kills import find_traces, remove_story, restore_story, withdraw_story
from pipeline.store import Store
from pipeline.store.reads import views
from pipeline.store.reads.changes import changes
from pipeline.store.schema.columns import metadata
from tests.store.samples import (
    NOW,
    SPEC,
    article,
    chosen,
    entry,
    fingerprint,
    one_story,
    page,
    planned,
    poll,
    stored_articles,
)
from tests.store.test_change_log import logged, with_stories

K = ChangeKind
PLANTED = 'The "harbour pilot" of Lindö confessed to नदी on a wet Tuesday night.'
BODY = (PLANTED, "Nobody else was on the pier when the ferry came in at last.")


def status(store: Store, story_id: int) -> tuple[StoryStatus, bool]:
    head = views.story_of(store, story_id)
    return head.status, head.withdrawn


def test_what_a_person_withdrew_stays_so_until_a_person_restores_it(store: Store) -> None:
    first, second, third = [*with_stories(store, 1), *stored_articles(store, 2, start=9)]
    with store.lease.acquire():
        store.kills.withdraw(1, NOW, "legal advice")
        line = logged(store)[-1]
        assert (line.kind, line.actor, line.reason) == (K.STORY_WITHDRAWN, Actor.PERSON, "legal advice")
        assert (line.status, line.digest) == (StoryStatus.WITHDRAWN, None)
        store.stories.apply(Plan((planned(second, 1, 9),), (chosen(first, 1, ("Another text.",)),)), NOW)
        assert status(store, 1) == (StoryStatus.WITHDRAWN, True)
        new_story = store.rulings.split(1, [second], NOW, choose_version)
        assert status(store, new_story) == (StoryStatus.WITHDRAWN, True)
        store.stories.apply(one_story(third, 33), NOW)
        assert (1, new_story + 1) in store.index.separated_stories([1, new_story + 1])
        with pytest.raises(NotStored, match="restore it first"):
            store.rulings.merge(new_story + 1, 1, NOW)
        store.stories.apply(Plan(merges=(PlannedMerge(new_story + 1, 1, "one text"),)), NOW)
        assert status(store, 1) == (StoryStatus.WITHDRAWN, True)
        store.kills.restore(1, NOW, "an error")
        assert (logged(store)[-1].kind, status(store, 1)) == (K.STORY_RESTORED, (StoryStatus.LIVE, False))
        with pytest.raises(NotStored, match="the story is live"):
            store.kills.restore(1, NOW, "again")


@dataclass(frozen=True)
class Planted:
    """A store and an archive with a story of two copies that has the planted sentence, and one that has not."""

    store: Store
    config: Config
    other_page: bytes


@pytest.fixture
def desk(store: Store, store_url: str, tmp_path: Path) -> Planted:
    config = Config(home=tmp_path, store=store_url, archive=str(tmp_path / "archive"))
    store.feeds.sync([SPEC], NOW)
    entries = [
        replace(entry(n, PLANTED), summary=PLANTED, content=f"<p>{PLANTED}</p>", authors=(PLANTED,)) for n in (1, 2)
    ]
    ids = store.feeds.record_poll(poll(1, *entries, entry(3))).new
    other_page = b"<p>Some other page, which stays.</p>"
    with Archive(config.archive) as archive:
        for number in ids:
            html = (
                f"<h1>{PLANTED}</h1><p>{PLANTED.replace('wet', '<b>wet</b>')}</p>" * 9
                if number < 3
                else other_page.decode()
            )
            place = archive.write(f"https://outlet.example/{number}", NOW, 200, [], html.encode())
            text_of_page = article(number, BODY if number < 3 else ("It is something else.",))
            text_of_page = replace(
                text_of_page, title=PLANTED if number < 3 else "Other", deck=PLANTED if number < 3 else ""
            )
            store.articles.record(number, replace(page(number), archive=place), text_of_page, NOW)
    with store.lease.acquire():
        plan = Plan(
            (planned(1, -1, 1), planned(2, -1, 2), planned(3, -2, 3)), (chosen(1, -1, BODY, PLANTED), chosen(3, -2))
        )
        store.stories.apply(plan, NOW)
        store.stories.apply(Plan(versions=(chosen(2, 1, (*BODY, "More."), PLANTED),)), NOW)
    return Planted(store, config, other_page)


def stored_bytes(store: Store) -> str:
    """All that the database has, by SQL of its own."""
    with store.reading() as db:
        tables = [db.execute(text(f"SELECT * FROM {table.name}")).all() for table in metadata.sorted_tables]
    return json.dumps(repr(tables), ensure_ascii=False)


def test_a_removed_text_is_nowhere(desk: Planted, tmp_path: Path) -> None:
    store, config = desk.store, desk.config
    assert "harbour pilot" in stored_bytes(store)
    texts = remove_story(config, 1, "court order 7/25", NOW + timedelta(hours=1))
    assert PLANTED in texts
    traces = list(find_traces(config, texts))
    assert [(trace.path, trace.places) for trace in traces] == [("rows", ()), ("database files", ()), ("archive", ())]
    assert "harbour" not in stored_bytes(store)
    files = [file.read_bytes() for file in tmp_path.rglob("*") if file.is_file()]
    assert not any(b"harbour pilot" in content or "नदी".encode() in content for content in files)
    with Archive(config.archive) as archive:
        contents = [content for _, content in archive.records()]
    assert contents.count(desk.other_page) == 1
    assert not any(b"harbour" in content for content in contents)


def test_a_removed_story_leaves_its_tombstone(desk: Planted) -> None:
    store = desk.store
    remove_story(desk.config, 1, "court order 7/25", NOW + timedelta(hours=1))
    head, versions, copies = views.one_story(store, 1)
    assert (head.status, head.title, head.digest) == (StoryStatus.REMOVED, "", None)
    assert [(version.body, version.removed_at) for version in versions] == [((), NOW + timedelta(hours=1))] * 2
    assert [(copy.title, copy.url) for copy in copies] == [("", f"https://outlet.example/story/{n}") for n in (1, 2)]
    line = logged(store)[-1]
    assert (line.kind, line.status, line.actor) == (K.TEXT_REMOVED, StoryStatus.REMOVED, Actor.PERSON)
    assert (line.reason, line.articles) == ("court order 7/25", (1, 2))
    assert status(store, 2) == (StoryStatus.LIVE, False)


def test_a_removed_text_does_not_come_back(desk: Planted) -> None:
    store, config = desk.store, desk.config
    remove_story(config, 1, "court order 7/25", NOW)
    edited = replace(entry(1, PLANTED), summary=PLANTED)
    late: FeedEntry = replace(entry(4, "Late"), summary=PLANTED)
    [new] = store.feeds.record_poll(poll(1, edited, late)).new
    [number] = [store.articles.record(new, page(new), article(new, BODY), NOW)]
    with store.lease.acquire():
        store.stories.apply(Plan((planned(number, 1, 4),), (chosen(number, 1, BODY),)), NOW)
    assert "harbour" not in stored_bytes(store)
    assert status(store, 1)[0] is StoryStatus.REMOVED
    with pytest.raises(NotStored, match="the story is removed"):
        withdraw_story(config, 1, "x", NOW)
    remove_story(config, 1, "again", NOW)


def test_a_removal_outlasts_a_page_that_was_read_meanwhile(desk: Planted) -> None:
    """A revisit or a replay that began before the removal ends after it."""
    store = desk.store
    remove_story(desk.config, 1, "court order 7/25", NOW)
    with store.lease.acquire():
        store.articles.revise(1, article(1, BODY), {"reason": "edited"}, fingerprint(1), NOW)
        assert store.articles.replace_bodies({2: article(2, BODY)}, NOW) == set()
    assert "harbour" not in stored_bytes(store)
    assert logged(store)[-1].kind is K.TEXT_REMOVED


def test_traces_of_a_text_are_listed_with_their_places(desk: Planted) -> None:
    places = {trace.path: trace.places for trace in find_traces(desk.config, [PLANTED, "short"])}
    assert {"article.title of 1", "version.body of 1", "entry.content of 2"} <= set(places["rows"])
    assert len(places["archive"]) == 2
    assert bool(places["database files"]) is (desk.store.engine.dialect.name == "sqlite")


def test_a_withdrawal_by_the_step_is_logged_once_each(desk: Planted) -> None:
    withdraw_story(desk.config, 2, "an error", NOW)
    restore_story(desk.config, 2, "it was none", NOW)
    kinds = [(row.kind, row.reason) for row in changes(desk.store, 0, 99) if row.story_id == 2][-2:]
    assert kinds == [(K.STORY_WITHDRAWN, "an error"), (K.STORY_RESTORED, "it was none")]
