"""The page of review: asked, answered, taken back; and two texts side by side."""

from __future__ import annotations

import json

from fastapi.testclient import TestClient
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import update
from typer.testing import CliRunner

from pipeline.cli.main import app as cli
from pipeline.config import Config
from pipeline.store import Store
from pipeline.store.reads.views import one_story
from pipeline.store.schema.tables import copy
from pipeline.web.side_by_side import Run, shared_words, side_by_side
from tests.web.acting import post
from tests.web.test_pages import filled

PARAGRAPHS = st.lists(st.text("ab 日. \n\u0301", max_size=30), max_size=6)


def test_a_pair_is_answered_and_the_answer_taken_back(client: TestClient, store: Store) -> None:
    story = filled(store)
    page = client.get("/review").text
    for words in ("Is this one story?", "1 left", "a probability of 97% only", "97 % the same", 'data-key="s"'):
        assert words in page
    address = post(client, "/review/answer", article=2, story=story, say="distinct")
    assert [copy.article_id for copy in one_story(store, story)[2]] == [1]
    last_page = client.get(address).text
    for words in ("Nothing waits for a person", "Take the last answer back", "Not the same", "Ines"):
        assert words in last_page
    assert client.post("/review/answer", data={"article": 2, "story": story, "say": "same"}).status_code == 409
    post(client, "/review/back", label=1)
    assert len(one_story(store, story)[2]) == 2
    assert "Is this one story?" in client.get("/review").text


def test_answers_are_handed_out_with_both_texts(client: TestClient, store: Store, config: Config) -> None:
    story = filled(store)
    with store.transaction() as db:
        db.execute(update(copy).where(copy.c.article_id == 2).values(score=0.7))
    post(client, "/review/answer", article=2, story=story, say="unsure")
    result = CliRunner(env={"COPYDESK_HOME": str(config.home)}).invoke(cli, ["labels", "export"])
    record = json.loads(result.stdout)
    assert (record["answer"], record["person"], record["score"]) == ("unsure", "Ines", 0.7)
    assert (record["article"]["id"], record["other"]["id"]) == ("2", "1")
    assert record["other"]["text"] == "A dam was opened.\nNobody was hurt."


def test_two_copies_stand_side_by_side(client: TestClient, store: Store) -> None:
    filled(store)
    page = client.get("/compare?first=1&second=2").text
    for words in ("Two copies side by side", "100 %", '<span class="same">A dam was opened.</span>'):
        assert words in page
    assert "They differ in nothing" in client.get("/compare?first=1&second=2&show=differences").text
    assert client.get("/compare?first=1&second=99").status_code == 404
    assert client.get("/compare?first=1").status_code == 400


def test_like_paragraphs_stand_in_a_row_and_what_differs_is_marked() -> None:
    first = ("A quake of magnitude 4.6 shook the valley at dawn.", "Schools stayed shut.")
    second = ("Trains ran late.", "A quake of magnitude 4.9 shook the valley at dawn.")
    rows = side_by_side(first, second)
    assert [(bool(row.first), bool(row.second)) for row in rows] == [(False, True), (True, True), (True, False)]
    assert rows[1].first == (
        Run("A quake of magnitude ", "same"), Run("4.6 ", "differs"), Run("shook the valley at dawn.", "same"),
    )  # fmt: skip


@given(PARAGRAPHS, PARAGRAPHS)
def test_side_by_side_loses_nothing_of_either_text(first: list[str], second: list[str]) -> None:
    rows = side_by_side(first, second)
    sides = ["".join(run.text for row in rows for run in getattr(row, side)) for side in ("first", "second")]
    assert sides == ["".join(first), "".join(second)]
    assert 0 <= shared_words(first, second) <= 1
    assert all(row.is_shared for row in side_by_side(first, first) if row.first)
