"""What a person does with one story's text: notes, another copy's text chosen, the text removed for good."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

import pytest
from fastapi.testclient import TestClient
from sqlalchemy import update

from pipeline.config import Config
from pipeline.model import CanonicalChoice, Plan, PlannedVersion, StoryStatus, VersionKind
from pipeline.store import Store, open_store
from pipeline.store.reads.views import one_story
from pipeline.store.schema.tables import article, copy
from tests.web.acting import OPERATOR, OWN_FORM, app_for, post
from tests.web.test_pages import NOW, filled

ADMIN = replace(OPERATOR, may_remove=True)


@pytest.fixture
def store(config: Config) -> Iterator[Store]:
    with open_store(config.store) as opened:
        filled(opened)
        with opened.transaction() as db:
            db.execute(update(article).where(article.c.id == 2).values(title="Dam open", body=("A dam is open.",)))
        yield opened


def plan_text(store: Store, article_id: int, title: str, kind: VersionKind = VersionKind.ORIGINAL) -> None:
    """What the rules would choose next."""
    choice = CanonicalChoice(article_id, kind, title, ("A dam was opened twice.",), "the fullest")
    with store.lease.acquire():
        store.stories.apply(Plan(versions=(PlannedVersion(1, choice, "Northwire", "en"),)), NOW)


def body(store: Store) -> tuple[str, ...]:
    return one_story(store, 1)[1][-1].body


def test_a_text_that_a_person_chose_stays_whatever_the_rules_choose(client: TestClient, store: Store) -> None:
    assert "Which copy has the story's text?" in client.get("/story/1/text").text
    assert "Is this the story's text?" in client.get("/story/1/text?article=2").text
    page = client.get(post(client, "/story/1/text", article=2, reason="the other was cut")).text
    for words in ("The story has the chosen text", "the other was cut (Ines)", "A dam is open."):
        assert words in page
    plan_text(store, 1, "Dam opened twice")
    assert body(store) == ("A dam is open.",)
    post(client, "/story/1/text", article=0, reason="never mind")
    plan_text(store, 1, "Dam opened twice")
    assert body(store) == ("A dam was opened twice.",)


def test_a_newer_edition_and_a_withdrawal_come_before_a_persons_choice(client: TestClient, store: Store) -> None:
    post(client, "/story/1/text", article=2, reason="so")
    with store.transaction() as db:
        db.execute(update(copy).where(copy.c.article_id == 1).values(edition=2))
    plan_text(store, 1, "Dam opened twice")
    assert body(store) == ("A dam was opened twice.",)
    plan_text(store, 1, "Withdrawn", VersionKind.WITHDRAWAL)
    assert one_story(store, 1)[0].withdrawn


def test_only_a_copy_of_the_story_can_be_its_text(client: TestClient) -> None:
    assert client.post("/story/1/text", data={"article": 77, "reason": "so"}).status_code == 404
    assert client.post("/story/1/text", data={"article": 2}).status_code == 400


def test_notes_are_signed_shown_and_removed(client: TestClient) -> None:
    page = client.get(post(client, "/story/1/note", text="Ask the <b>agency</b>")).text
    assert "Ask the &lt;b&gt;agency&lt;/b&gt;" in page
    assert "Ines" in page
    assert "Ask the" not in client.get(post(client, "/story/1/note/remove", note=1)).text
    assert client.post("/story/9/note", data={"text": "x"}).status_code == 404


def test_only_an_administrator_removes_a_text(client: TestClient, store: Store, config: Config) -> None:
    post(client, "/story/1/note", text="It says that a dam was opened")
    assert "Only administrators remove a text" in client.get("/story/1/remove").text
    assert client.post("/story/1/remove", data={"reason": "court order"}).status_code == 403
    admin = TestClient(app_for(store, config, ADMIN), headers=OWN_FORM)
    assert "There is no undo" in admin.get("/story/1/remove").text
    page = admin.get(post(admin, "/story/1/remove", reason="court order")).text
    assert "court order (Ines)" in page
    assert one_story(store, 1)[0].status is StoryStatus.REMOVED
    assert "dam was opened" not in page


def test_splits_and_merges_say_why_in_the_history(client: TestClient) -> None:
    post(client, "/story/1/split", article=2, reason="another dam")
    assert "another dam (Ines)" in client.get("/story/1").text


def test_a_story_of_many_copies_shows_the_first(client: TestClient, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("pipeline.web.pages.story.COPIES", 1)
    page = client.get("/story/1").text
    assert "Show 2 of 2" in page
    assert page.count("Choose the copy of") == 1
    assert client.get("/story/1?all_copies=true").text.count("Choose the copy of") == 2
