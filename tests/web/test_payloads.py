"""What feeds, pages and persons write stays text on every page, whatever it is made to look like."""

from __future__ import annotations

import re
from collections.abc import Iterator

import pytest
from fastapi import FastAPI
from fastapi.routing import APIRoute
from fastapi.testclient import TestClient
from lxml import html
from sqlalchemy import update

from pipeline.config import Config
from pipeline.model import LineRuling, RuledLine
from pipeline.store import Store
from pipeline.store.schema import tables
from pipeline.web.site import Person
from tests.web.acting import OWN_FORM, app_for
from tests.web.payloads import PAYLOADS
from tests.web.test_pages import NOW, filled

# Elements and attributes that the pages themselves have.
OWN_SCRIPTS = {"/static/theme.js", "/static/frame.js"}
FORBIDDEN = ("iframe", "object", "embed", "base", "style", "math", "details[@ontoggle]", "body[@onload]")
LINKS = ("http://", "https://", "/", "#")


def poison(store: Store, payload: str) -> None:
    """Store the payload in every text that comes from outside, or from a person."""
    filled(store, title=payload, url=f"https://herald.example/{len(payload)}")
    columns = {
        tables.feed: {"outlet": payload, "last_detail": payload, "title": payload, "licence": payload},
        tables.entry: {"title": payload, "url": payload, "detail": payload, "outcome": payload[:24]},
        tables.article: {
            "title": payload, "url": payload, "agency": payload, "outlet": payload, "body": (payload, payload),
            "byline": [payload], "licence": payload, "signals": [payload], "doubt": payload, "lang": payload[:16],
        },
        tables.story: {"title": payload, "agency": payload, "reason": payload, "lang": payload[:16]},
        tables.version: {"title": payload, "body": (payload,), "reason": payload},
        tables.copy: {"reason": payload, "score": 0.6},
        tables.span: {"text": payload, "rule": f"recurs {payload}"},
        tables.change: {"reason": payload},
    }  # fmt: skip
    with store.transaction() as db:
        for table, values in columns.items():
            db.execute(update(table).values(values))
        db.execute(update(tables.copy).where(tables.copy.c.article_id == 2).values(relation="trimmed"))
    store.notes.add(1, payload, payload, NOW)
    store.templates.rule_line(payload, 1, RuledLine(payload, LineRuling.OFF, payload, NOW))


def pages(client: TestClient, app: FastAPI, payload: str) -> Iterator[tuple[str, str]]:
    """Return each page's path and text; every parameter that a page may have is the payload."""
    query = {"name": payload, "line": payload, "ruling": "text", "q": payload, "agency": payload, "outlet": payload}
    query |= {"first": 1, "second": 2, "back": payload, "ruled": payload}
    for route in (route for route in app.routes if isinstance(route, APIRoute) and "GET" in route.methods):
        path = re.sub(r"\{\w+\}", "1", route.path)
        parameters = {name.alias: query[name.alias] for name in route.dependant.query_params if name.alias in query}
        answer = client.get(path, params=parameters)
        if answer.headers.get("content-type", "").startswith("text/html"):
            yield path, answer.text


@pytest.mark.parametrize("payload", PAYLOADS, ids=range(len(PAYLOADS)))
def test_it_is_text_on_every_page(store: Store, config: Config, payload: str) -> None:
    poison(store, payload)
    person = Person(payload, may_act=True, may_remove=True)
    app = app_for(store, config, person)
    texts = list(pages(TestClient(app, headers=OWN_FORM), app, payload))
    assert len(texts) > 15
    for path, text in texts:
        assert problems(text) == [], path


def problems(text: str) -> list[str]:
    """What a page has that it does not have of itself."""
    document = html.document_fromstring(text)
    scripts = [node.get("src", "inline") for node in document.iter("script")]
    handlers = [f"{node.tag} {name}" for node in document.iter() for name in node.attrib if name.startswith("on")]
    styles = [f"{node.tag} style" for node in document.iter() if node.get("style")]
    elements = [name for name in FORBIDDEN if document.xpath(f"//{name}")]
    links = [node.get(name) for node in document.iter() for name in ("href", "src", "action") if node.get(name)]
    foreign = [link for link in links if not link.startswith(LINKS)]
    refreshing = ["refresh" for node in document.iter("meta") if node.get("http-equiv")]
    return [*(set(scripts) - OWN_SCRIPTS), *handlers, *styles, *elements, *foreign, *refreshing]
