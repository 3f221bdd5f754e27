"""The whole way on loopback: a feed names a hub, which verifies intent, delivers signed content, and fails."""

from __future__ import annotations

import hashlib
import hmac
import json
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Thread
from urllib.parse import parse_qsl, urlsplit

import pytest
from fastapi import FastAPI, Header, HTTPException
from fastapi.testclient import TestClient
from typer.testing import CliRunner

from pipeline import steps
from pipeline.cli.main import app
from pipeline.config import Config, WebsubConfig, load
from pipeline.model import Outcome, StepReport, Subscription, SubscriptionState
from pipeline.store import Store, open_store
from pipeline.store.reads import views
from pipeline.web.app import create_app
from pipeline.web.websub import create_websub

NOW = datetime(2026, 3, 14, 9, 30, tzinfo=UTC)
CALLBACK = "https://news.example/copydesk/websub"


@dataclass
class Hub:
    """A feed with its hub; ``asked`` holds the forms that came. It verifies before it answers, through ``client``."""

    port: int = 0
    client: TestClient | None = None
    requests: list[dict[str, str]] = field(default_factory=list)
    echoes: list[tuple[int, str]] = field(default_factory=list)
    status: int = 202
    lease: str = "864000"
    items: int = 1
    links_hub: bool = True
    elsewhere: int = 0

    @property
    def topic(self) -> str:
        return f"http://127.0.0.1:{self.port}/feed"

    def feed(self, *numbers: int) -> bytes:
        items = "".join(
            f"<item><title>T{n}</title><link>https://o.example/{n}</link><guid>{n}</guid></item>" for n in numbers
        )
        hub = (
            f"<atom:link rel='hub' href='http://127.0.0.1:{self.elsewhere or self.port}/hub'/>"
            if self.links_hub
            else ""
        )
        head = f"<title>F</title>{hub}<atom:link rel='self' href='{self.topic}'/>"
        xmlns = "xmlns:atom='http://www.w3.org/2005/Atom'"
        return f"<rss version='2.0' {xmlns}><channel>{head}{items}</channel></rss>".encode()

    def verify(self, form: dict[str, str], **changed: str) -> tuple[int, str]:
        assert self.client
        query = {f"hub.{name}": form[f"hub.{name}"] for name in ("mode", "topic")}
        query |= {"hub.challenge": "c4f", "hub.lease_seconds": self.lease}
        query |= {f"hub.{name}": value for name, value in changed.items()}
        answer = self.client.get(urlsplit(form["hub.callback"]).path, params=query)
        return answer.status_code, answer.text

    def deliver(self, body: bytes, method: str = "sha256", secret: str = "", path: str = "") -> int:
        assert self.client
        form = self.requests[0]
        digest = hmac.new((secret or form["hub.secret"]).encode(), body, getattr(hashlib, method)).hexdigest()
        headers = {"X-Hub-Signature": f"{method}={digest}", "Content-Type": "application/rss+xml; charset=utf-8"}
        answer = self.client.post(path or urlsplit(form["hub.callback"]).path, content=body, headers=headers)
        assert answer.content == b""
        return answer.status_code


@contextmanager
def running(hub: Hub) -> Iterator[Hub]:
    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            self.answer(200 if self.path == "/feed" else 404, hub.feed(*range(hub.items)))

        def do_POST(self) -> None:
            form = dict(parse_qsl(self.rfile.read(int(self.headers["Content-Length"])).decode()))
            hub.requests.append(form)
            if hub.status == 202:
                hub.echoes.append(hub.verify(form))
            self.answer(hub.status, b"")

        def answer(self, status: int, body: bytes) -> None:
            self.send_response(status)
            self.send_header("Content-Length", str(len(body)))
            self.send_header("Location", "/feed")
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_words: object) -> None:
            """Nothing."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    hub.port = server.server_address[1]
    Thread(target=server.serve_forever, daemon=True).start()
    try:
        yield hub
    finally:
        server.shutdown()
        server.server_close()


@dataclass
class Desk:
    """A desk with one feed, its clock, and the application that hubs call, mounted as the plugin mounts it."""

    config: Config
    store: Store
    hub: Hub
    now: datetime = NOW

    def poll(self, after: timedelta = timedelta(0)) -> StepReport:
        self.now += after
        ids = [feed for batch in steps.due_feeds(self.config, self.now) for feed in batch]
        return steps.poll_feeds(self.config, ids, self.now)

    @property
    def subscription(self) -> Subscription:
        return self.store.hubs.subscriptions([1])[0]

    @property
    def titles(self) -> set[str]:
        return {row.title for row in views.entry_rows(self.store, limit=100)}


@pytest.fixture
def desk(tmp_path: Path) -> Iterator[Desk]:
    with running(Hub()) as hub:
        yield from opened(tmp_path, hub, CALLBACK)


def opened(folder: Path, hub: Hub, callback: str) -> Iterator[Desk]:
    file = folder / "feeds.toml"
    file.write_text(
        f'home = "{folder}"\n[fetch]\nhost_gap = 0\nmax_bytes = 5000\nallow = ["127.0.0.1:{hub.port}"]\n'
        f'[websub]\ncallback = "{callback}"\n[[feed]]\noutlet = "O"\nurl = "{hub.topic}"\n'
    )
    config = load(file, {})
    with open_store(config.store) as store:
        desk = Desk(config, store, hub)
        outer = FastAPI()
        outer.mount("/copydesk/websub", create_websub(lambda: store, lambda: config, lambda: desk.now))
        outer.mount("/copydesk", create_app(lambda: store, guard))
        hub.client = TestClient(outer)
        yield desk


def guard(x_word: str = Header("")) -> None:
    if x_word != "open":
        raise HTTPException(401, "Not authenticated")


def test_a_feed_is_subscribed_to_verified_and_delivered(desk: Desk) -> None:
    desk.poll()
    assert desk.hub.echoes == [(200, "c4f")]
    assert desk.hub.requests[0]["hub.callback"].startswith(f"{CALLBACK}/")
    assert desk.subscription.state is SubscriptionState.ACTIVE
    assert desk.subscription.lease_until == NOW + timedelta(days=10)
    before = desk.store.feeds.load([1])[0]
    assert desk.hub.deliver(desk.hub.feed(7, 8)) == 202
    assert desk.titles == {"T0"}
    report = desk.poll(timedelta(minutes=1))
    assert report.counts == {"new": 2, "ok": 1}
    assert desk.titles == {"T0", "T7", "T8"}
    after = desk.store.feeds.load([1])[0]
    assert (after.next_poll, after.interval, after.pace) == (before.next_poll, before.interval, before.pace)
    assert desk.poll().succeeded == 0


def test_while_it_delivers_polls_are_spaced_out_and_go_on(desk: Desk) -> None:
    desk.poll()
    desk.hub.deliver(desk.hub.feed(7))
    desk.poll(timedelta(hours=1))
    assert desk.store.feeds.load([1])[0].next_poll >= desk.now + timedelta(hours=6)
    desk.hub.items = 3
    assert desk.poll(timedelta(hours=7)).counts["new"] == 2
    assert desk.store.feeds.load([1])[0].next_poll < desk.now + timedelta(hours=1)


@pytest.mark.parametrize(("method", "secret"), [("sha256", "wrong"), ("sha1", "")])
def test_what_is_not_signed_well_is_accepted_and_ignored(desk: Desk, method: str, secret: str) -> None:
    desk.poll()
    assert desk.hub.deliver(desk.hub.feed(7), method, secret) == 202
    assert desk.store.hubs.deliveries(1) == []


def test_a_body_over_the_cap_is_refused(desk: Desk) -> None:
    desk.poll()
    assert desk.hub.deliver(b"x" * 5000) == 202
    assert desk.hub.deliver(b"x" * 5001) == 413
    assert desk.hub.client
    path = urlsplit(desk.hub.requests[0]["hub.callback"]).path
    assert desk.hub.client.post(path, content=(b"x" * 1000 for _ in range(6))).status_code == 413
    assert len(desk.store.hubs.deliveries(1)) == 1


def test_a_delivery_that_is_no_feed_is_told(desk: Desk) -> None:
    desk.poll()
    desk.hub.deliver(b"<html>no feed</html>")
    report = desk.poll(timedelta(minutes=1))
    assert report.counts[Outcome.NOT_A_FEED.value] == 1
    assert "delivered by its hub" in report.problems[0]
    assert desk.store.feeds.load([1])[0].failures == 0


def test_only_what_was_asked_is_verified_and_once(desk: Desk) -> None:
    desk.poll()
    form = desk.hub.requests[0]
    assert desk.hub.verify(form) == (404, "")
    assert desk.hub.verify(form, mode="unsubscribe") == (404, "")
    assert desk.hub.verify(form, topic="https://other.example/") == (404, "")
    assert desk.hub.verify({**form, "hub.callback": f"{CALLBACK}/{'x' * 43}"}) == (404, "")
    assert desk.subscription.lease_until == NOW + timedelta(days=10)


def test_a_lease_is_renewed_under_the_same_token(desk: Desk) -> None:
    desk.poll()
    desk.poll(timedelta(days=7))
    assert len(desk.hub.requests) == 1
    desk.poll(timedelta(days=2))
    assert desk.hub.requests[1] == desk.hub.requests[0]
    assert desk.subscription.lease_until == NOW + timedelta(days=19)
    assert len(desk.store.hubs.subscriptions([1])) == 1


def test_a_denial_is_noted(desk: Desk) -> None:
    desk.poll()
    assert desk.hub.verify(desk.hub.requests[0], mode="denied", reason="closed")[0] == 200
    assert (desk.subscription.state, desk.subscription.detail) == (SubscriptionState.DENIED, "denied: closed")
    desk.hub.deliver(desk.hub.feed(7))
    assert desk.store.hubs.deliveries(1) == []


@pytest.mark.parametrize(("status", "state"), [(500, "ended"), (400, "denied"), (307, "denied")])
def test_a_hub_that_fails_leaves_the_feed_as_it_was(desk: Desk, status: int, state: str) -> None:
    desk.hub.status = status
    report = desk.poll()
    assert (report.succeeded, report.failed, report.counts["new"]) == (1, 0, 1)
    assert desk.subscription.state.value == state
    assert str(status) in report.problems[0]
    assert desk.subscription.secret not in report.problems[0]
    assert len(desk.hub.requests) == 1


def test_a_private_hub_is_not_asked(desk: Desk) -> None:
    with running(Hub()) as private_hub:
        desk.hub.elsewhere = private_hub.port
        assert Outcome.GUARD.value in desk.poll().problems[0]
        assert private_hub.requests == []


@pytest.mark.parametrize("way", ["unlisted", "no hub"])
def test_a_feed_that_is_not_wanted_is_unsubscribed(desk: Desk, way: str) -> None:
    desk.poll()
    if way == "unlisted":
        desk.store.feeds.sync([], NOW)
    desk.hub.links_hub = way != "no hub"
    desk.now += timedelta(days=1)
    steps.poll_feeds(desk.config, [1], desk.now)
    assert [form["hub.mode"] for form in desk.hub.requests] == ["subscribe", "unsubscribe"]
    assert desk.subscription.state is SubscriptionState.ENDED


@pytest.mark.parametrize("callback", ["", "https://new.example/hubs"])
def test_hubs_that_know_a_callback_of_before_are_left(desk: Desk, tmp_path: Path, callback: str) -> None:
    desk.poll()
    config = replace(desk.config, websub=WebsubConfig(callback))
    outer = FastAPI()
    outer.mount("/copydesk/websub", create_websub(lambda: desk.store, lambda: config, lambda: desk.now))
    outer.mount("/hubs", create_websub(lambda: desk.store, lambda: config, lambda: desk.now))
    desk.hub.client = TestClient(outer)
    steps.poll_feeds(config, [1], desk.now + timedelta(hours=7))
    requests = [(form["hub.mode"], form["hub.callback"].rpartition("/")[0]) for form in desk.hub.requests]
    assert set(requests[1:]) == {("unsubscribe", CALLBACK), *([("subscribe", callback)] if callback else [])}
    assert [code for code, _ in desk.hub.echoes] == [200] * len(requests)
    states = {subscription.callback: subscription.state for subscription in desk.store.hubs.all_subscriptions()}
    assert states.pop(CALLBACK) is SubscriptionState.ENDED
    assert list(states.values()) == ([SubscriptionState.ACTIVE] if callback else [])
    steps.poll_feeds(config, [1], desk.now + timedelta(hours=20))
    assert len(desk.hub.requests) == len(requests)


def test_without_a_callback_nothing_else_is_answered(desk: Desk) -> None:
    desk.poll()
    outer = FastAPI()
    outer.mount(
        "/copydesk/websub", create_websub(lambda: desk.store, lambda: replace(desk.config, websub=WebsubConfig()))
    )
    desk.hub.client = TestClient(outer)
    assert desk.hub.verify(desk.hub.requests[0])[0] == 404
    assert desk.hub.verify(desk.hub.requests[0], mode="unsubscribe")[0] == 404
    assert desk.hub.deliver(desk.hub.feed(7)) == 404


def test_subscriptions_are_shown_without_their_secrets(desk: Desk, tmp_path: Path) -> None:
    desk.poll()
    command = ["feeds", "subscriptions", "--feeds", str(tmp_path / "feeds.toml")]
    [row] = map(json.loads, CliRunner().invoke(app, [*command, "--json"]).stdout.splitlines())
    assert (row["state"], row["topic"], row["feed"]) == ("active", desk.hub.topic, 1)
    output = CliRunner().invoke(app, command, env={"COLUMNS": "200"}).stdout
    assert "active" in output
    assert "(subscribed)" in output
    for secret in (desk.subscription.token, desk.subscription.secret):
        assert secret not in output + json.dumps(row)


def test_the_steps_are_not_imported_with_the_application() -> None:
    code = "import sys, pipeline.web.websub, pipeline.web.app; sys.exit('pipeline.steps' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0


def test_without_a_callback_nothing_is_asked_and_nothing_answers(tmp_path: Path) -> None:
    with running(Hub()) as hub:
        for desk in opened(tmp_path, hub, ""):
            assert desk.poll().succeeded == 1
            assert hub.requests == []
            assert desk.store.hubs.subscriptions([1]) == []
            assert hub.client
            assert hub.client.post(f"/copydesk/websub/{'x' * 43}").status_code == 404


@pytest.mark.parametrize("path", ["/", "/story/1", "/static/copydesk.css", "/static/icon.svg"])
def test_all_else_stays_behind_the_guard(desk: Desk, path: str) -> None:
    assert desk.hub.client
    assert desk.hub.client.get(f"/copydesk{path}").status_code == 401


@pytest.mark.parametrize("path", ["/", "/x", f"/{'x' * 43}", f"/{'x' * 43}/y", "/docs", "/openapi.json"])
def test_the_hubs_address_answers_known_tokens_only(desk: Desk, path: str) -> None:
    assert desk.hub.client
    for method in ("GET", "POST", "PUT", "DELETE"):
        answer = desk.hub.client.request(method, f"/copydesk/websub{path}", follow_redirects=True)
        assert (answer.status_code, answer.content) == (404, b""), method
