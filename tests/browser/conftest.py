"""One real standalone Airflow over a store that the newsstand filled, and pages of a real Chromium logged in to it."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest
from playwright.sync_api import Browser, BrowserContext, Page, StorageState, sync_playwright

from newsstand.demo import prepare
from newsstand.server import RunningNewsstand, running_newsstand
from pipeline.config import Config, load
from pipeline.local_airflow import Standalone
from pipeline.local_airflow.up import airflow_folder
from pipeline.store import Store, open_store

BROWSERS = (Path("/usr/bin/chromium"), Path("/usr/bin/chromium-browser"), Path("/usr/bin/google-chrome"))
QUIET = ["--no-sandbox", "--disable-gpu", "--disable-background-networking", "--disable-component-update"]
WIDE, PHONE = 1280, 390
UNLISTED = "Gulf Ledger"
# A browser that waits for what never comes gives up after so many milliseconds.
PATIENCE = 30_000


@dataclass(frozen=True, slots=True)
class Desk:
    """A running Airflow, the config that it runs on, and a browser with the sessions of who logged in."""

    airflow: Standalone
    config: Config
    stand: RunningNewsstand
    browser: Browser
    sessions: dict[str, StorageState]
    # Of an outlet whose feed nobody polls yet.
    front_page: str

    def session(self, name: str, width: int = WIDE, scheme: str = "light") -> BrowserContext:
        """Return a browser session of ``viewer``, ``op`` or ``admin``; '' is nobody."""
        context = self.browser.new_context(
            base_url=f"{self.airflow.url}/copydesk/",
            viewport={"width": width, "height": 860},
            storage_state=self.sessions[name] if name else None,
            color_scheme="dark" if scheme == "dark" else "light",
            accept_downloads=True,
        )
        context.set_default_timeout(PATIENCE)
        return context

    def open_store(self) -> Store:
        """Return the store that the pages show."""
        return open_store(self.config.store)


@pytest.fixture(scope="package")
def browser() -> Iterator[Browser]:
    path = next((path for path in BROWSERS if path.exists()), None)
    if path is None:
        pytest.skip("no Chromium: install the package chromium")
    with sync_playwright() as play:
        chromium = play.chromium.launch(executable_path=str(path), args=QUIET)
        yield chromium
        chromium.close()


@pytest.fixture(scope="package")
def desk(browser: Browser, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Desk]:
    with running_newsstand(hour=48, speed=0, slow=0) as stand:
        feeds = prepare(tmp_path_factory.mktemp("browser") / "home", stand)
        front = _unlist(feeds, UNLISTED)
        config = load(feeds, {})
        with _airflow_of(config) as airflow:
            _fill(config)
            airflow.wait_ready()
            sessions = {name: _log_in(browser, airflow, name) for name in ("viewer", "op", "admin")}
            yield Desk(airflow, config, stand, browser, sessions, front)


def _unlist(feeds: Path, outlet: str) -> str:
    """Take an outlet's feed out of the config. Return the address of the outlet's front page."""
    tables = feeds.read_text(encoding="utf-8").split("\n[[feed]]\n")
    [table] = [table for table in tables if f'outlet = "{outlet}"' in table]
    tables.remove(table)
    rest = table.partition("\n\n")[2]
    feeds.write_text("\n[[feed]]\n".join(tables) + f"\n{rest}", encoding="utf-8")
    return table.split('"')[1].rpartition("/")[0] + "/"


def _airflow_of(config: Config) -> Standalone:
    # No run begins by itself, which would change what the tests look at.
    env = {
        "AIRFLOW__CORE__DAGS_ARE_PAUSED_AT_CREATION": "True",
        "COPYDESK_FEEDS": str(config.home / "feeds.toml"),
        "COPYDESK_HOME": str(config.home),
        "COPYDESK_STORE": config.store,
    }
    return Standalone(config.home / "airflow", airflow_folder("dags"), airflow_folder("plugins"), env=env)


def _fill(config: Config) -> None:
    # Processes of their own: in this one the browser has its event loop.
    for words in (["run", "--once"], ["replay"]):
        command = [sys.executable, "-m", "pipeline.cli.main", *words, "--feeds", str(config.home / "feeds.toml")]
        subprocess.run(command, check=True, capture_output=True, timeout=300)


def _log_in(browser: Browser, airflow: Standalone, name: str) -> StorageState:
    """Log in by Airflow's own form, as a person does; return the session."""
    passwords = json.loads((airflow.home / "simple_auth_manager_passwords.json.generated").read_text(encoding="utf-8"))
    context = browser.new_context(base_url=airflow.url)
    context.set_default_timeout(PATIENCE)
    page = context.new_page()
    page.goto("/auth/login")
    page.locator("input[name=username]").fill(name)
    page.locator("input[name=password]").fill(passwords[name])
    page.locator("button[type=submit]").click()
    page.wait_for_url(lambda url: "/auth/login" not in url)
    state = context.storage_state()
    context.close()
    return state


@pytest.fixture(params=[WIDE, PHONE], ids=["wide", "phone"])
def operator(request: pytest.FixtureRequest, desk: Desk) -> Iterator[Page]:
    """A page of an operator, on a wide screen and on a phone."""
    context = desk.session("op", request.param)
    yield context.new_page()
    context.close()


@pytest.fixture
def viewer(desk: Desk) -> Iterator[Page]:
    """A page of who may only look."""
    context = desk.session("viewer")
    yield context.new_page()
    context.close()
