"""Kept searches on the pages and by the API."""

from __future__ import annotations

import json

from fastapi.testclient import TestClient

from pipeline.config import Config
from pipeline.store import Store
from pipeline.web.site import Person
from tests.web.acting import OWN_FORM, app_for, post
from tests.web.test_pages import NOW, filled

SEARCH = {"q": "dam", "agency": "Northwire", "since": "2026-03-01", "until": "2026-03-31"}


def test_a_search_is_kept_from_its_page_and_leads_back_to_it(client: TestClient, store: Store) -> None:
    filled(store)
    assert 'action="/views/save"' in client.get("/stories", params=SEARCH).text
    assert post(client, "/views/save", name="Dams", is_announced="true", **SEARCH) == "/views"
    text = client.get("/views").text
    assert "q=dam&amp;agency=Northwire&amp;since=2026-03-01&amp;until=2026-03-31" in text
    assert "each story once" in text
    [view] = store.saved_views.all()
    assert (view.person, view.saved_at, view.is_announced) == ("Ines", NOW, True)
    post(client, "/views/remove", name="Dams")
    assert "No view is kept yet" in client.get("/views").text


def test_a_kept_search_is_a_feed_of_each_story_once(client: TestClient, store: Store) -> None:
    filled(store)
    assert client.put("/api/v1/views/Dams", json={"words": "dam"}).json()["filters"] == {"words": "dam"}
    feed = json.loads(client.get("/api/v1/views/Dams/feed", params={"form": "feed"}).text)
    assert (feed["title"], [item["title"] for item in feed["items"]]) == ("Dams", ["Dam opened"])
    assert feed["items"][0]["url"] == "http://testserver/story/1"
    assert "<title>Dam opened</title>" in client.get("/api/v1/views/Dams/feed").text


def test_the_api_lists_and_forgets(client: TestClient) -> None:
    client.put("/api/v1/views/All", json={"agency": "", "announced": True})
    [view] = client.get("/api/v1/views").json()
    assert (view["name"], view["filters"], view["announced"], view["person"]) == ("All", {"agency": ""}, True, "Ines")
    assert client.delete("/api/v1/views/All").status_code == 200
    assert client.delete("/api/v1/views/All").status_code == 404


def test_who_may_only_read_keeps_nothing(store: Store, config: Config) -> None:
    reader = TestClient(app_for(store, config, Person("Ben")), headers=OWN_FORM)
    assert reader.post("/views/save", data={"name": "x"}).status_code == 403
    assert reader.post("/views/remove", data={"name": "x"}).status_code == 403
    assert reader.put("/api/v1/views/x", json={}).status_code == 403
    assert reader.delete("/api/v1/views/x").status_code == 403
    assert "/views/save" not in reader.get("/stories", params=SEARCH).text
