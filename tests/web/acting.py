"""The pages as a person uses them who may act."""

from __future__ import annotations

from fastapi import FastAPI
from fastapi.testclient import TestClient

from pipeline.config import Config
from pipeline.store import Store
from pipeline.web.app import create_app
from pipeline.web.site import Person
from tests.web.test_pages import NOW

OWN_FORM = {"Sec-Fetch-Site": "same-origin"}
OPERATOR = Person("Ines", may_act=True)


def app_for(store: Store, config: Config, person: Person) -> FastAPI:
    return create_app(lambda: store, lambda: None, lambda: NOW, person=lambda: person, open_config=lambda: config)


def post(client: TestClient, path: str, **form: object) -> str:
    """Where the answer leads."""
    answer = client.post(path, data=form, follow_redirects=False)
    assert answer.status_code == 303, answer.text
    return answer.headers["location"]
