"""What outlets and persons write runs nowhere in a real browser: no script, no dialog, no request to elsewhere."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page

from pipeline.config import load
from pipeline.store import open_store
from pipeline.web.site import Person
from tests.web.acting import app_for
from tests.web.api_server import running
from tests.web.payloads import MARK, PAYLOADS
from tests.web.test_payloads import poison

pytestmark = pytest.mark.browser
# Those on which all that is stored stands.
PAGES = ("/", "/stories", "/story/1", "/story/1/split", "/copy/1", "/compare?first=1&second=2", "/review", "/feeds",
         "/feed/1", "/entries", "/views", "/outlets")  # fmt: skip
# A person's hand passes over what could be an element of a payload: events that wait for it.
PASS_OVER = "document.querySelectorAll('*').forEach((node) => node.dispatchEvent(new Event('mouseover')))"


@contextmanager
def served_payload(folder: Path, payload: str) -> Iterator[str]:
    """The address of pages whose store has the payload in every text."""
    config = load(None, {"COPYDESK_HOME": str(folder)})
    with open_store(config.store) as store:
        poison(store, payload)
        person = Person(payload, may_act=True, may_remove=True)
        with running(app_for(store, config, person)) as address:
            yield address


def faults(page: Page, address: str, path: str) -> list[str]:
    """Open the page. Return what ran, asked or was refused there."""
    problems: list[str] = []
    page.on("dialog", lambda dialog: (problems.append(f"dialog {dialog.message}"), dialog.dismiss()))
    page.on("request", lambda request: problems.append(request.url) if not request.url.startswith(address) else None)
    page.on("console", lambda message: problems.append(message.text) if message.type == "error" else None)
    page.on("pageerror", lambda error: problems.append(str(error)))
    page.goto(f"{address}{path}", wait_until="load")
    page.evaluate(PASS_OVER)
    if page.evaluate(f"window.{MARK}") is not None:
        problems.append("it ran")
    return [f"{path}: {problem}" for problem in problems]


@pytest.mark.parametrize("payload", PAYLOADS, ids=range(len(PAYLOADS)))
def test_a_stored_payload_runs_nowhere(browser: Browser, tmp_path: Path, payload: str) -> None:
    problems = list[str]()
    with served_payload(tmp_path, payload) as address:
        context = browser.new_context()
        for path in PAGES:
            page = context.new_page()
            problems += faults(page, address, path)
            page.close()
        context.close()
    assert problems == []


def test_a_payload_that_ran_would_be_seen(browser: Browser) -> None:
    page = browser.new_page()
    page.set_content(f"<script>window.{MARK}=1</script>")
    assert page.evaluate(f"window.{MARK}") == 1
    page.close()
