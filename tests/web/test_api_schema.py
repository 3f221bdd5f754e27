"""Every route of the API against its own description, by schemathesis over a real store: what it answers is as
described, whatever is asked, and nothing is a fault."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import pytest
import schemathesis
from fastapi import FastAPI
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from schemathesis import GenerationMode
from schemathesis.checks import not_a_server_error
from schemathesis.specs.openapi.checks import (
    content_type_conformance,
    response_headers_conformance,
    response_schema_conformance,
    status_code_conformance,
)

from pipeline.config import load
from pipeline.store import Store, open_store
from pipeline.web.api import description
from pipeline.web.app import create_app
from pipeline.web.site import Person
from tests.read.test_reader import merge, place_stories
from tests.store.samples import NOW
from tests.web.api_server import running
from tests.web.test_pages import WORD, guard

# Cases of a route.
EXAMPLES = int(os.environ.get("COPYDESK_TEST_CASES", "25"))
# Seconds that a case may wait for a line, which does not come.
SHORT_WAIT = 0.01
CHECKS = [
    not_a_server_error,
    status_code_conformance,
    content_type_conformance,
    response_headers_conformance,
    response_schema_conformance,
]


@contextmanager
def api_of_a_store() -> Iterator[FastAPI]:
    """The API of a store with stories of every status."""
    with TemporaryDirectory() as folder, open_store(f"sqlite:///{Path(folder) / 'copydesk.db'}") as store:
        place_stories(store, 6)
        merge(store, 1, 2)
        with store.lease.acquire():
            store.kills.withdraw(3, NOW, "a reason")
            store.kills.remove(4, NOW, "a reason")
        config = load(None, {"COPYDESK_HOME": folder})
        yield create_app(lambda: store, guard, person=administrator, open_config=lambda: config)


def administrator() -> Person:
    return Person("ines", may_act=True, may_remove=True)


@pytest.fixture(scope="module")
def address() -> Iterator[str]:
    with api_of_a_store() as app, running(app) as served:
        yield served


def api_of(app: FastAPI) -> FastAPI:
    mounted: Any = next(route for route in app.routes if getattr(route, "path", "") == "/api/v1")
    api: FastAPI = mounted.app
    return api


def operations() -> dict[str, Any]:
    """Every operation that the description names, by method and path."""
    document = description(api_of(create_app(no_store, guard)))
    schema = schemathesis.openapi.from_dict(document)
    described = [result.ok() for result in schema.get_all_operations()]
    return {f"{operation.method.upper()} {operation.path}": operation for operation in described}


def no_store() -> Store:
    raise AssertionError("a description needs no store")


OPERATIONS = operations()
# Where a path is all that is asked, there is nothing else to say wrongly.
CASES = [
    (name, mode)
    for name, operation in OPERATIONS.items()
    for mode in GenerationMode
    if mode is GenerationMode.POSITIVE or list(operation.query) or list(operation.body)
]


@pytest.mark.parametrize(("name", "mode"), CASES)
@settings(max_examples=EXAMPLES, deadline=None, suppress_health_check=list(HealthCheck))
@given(data=st.data())
def test_every_answer_is_as_described(address: str, name: str, mode: GenerationMode, data: st.DataObject) -> None:
    case = data.draw(OPERATIONS[name].as_strategy(generation_mode=mode))
    if "wait" in case.query:
        case.query["wait"] = SHORT_WAIT
    case.headers.update(WORD | {"accept": "application/json"})
    response = case.call(base_url=f"{address}/api/v1", allow_redirects=False)
    case.validate_response(response, checks=CHECKS)
