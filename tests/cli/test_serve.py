"""``copydesk serve`` in a process of its own, with tokens: who is let in, who may act, and how it fails."""

from __future__ import annotations

import base64
import re
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
import urllib3
from hypothesis import given
from hypothesis import strategies as st
from typer.testing import CliRunner

from pipeline.cli.main import app
from pipeline.errors import ConfigError, UsageError
from pipeline.store import open_store
from pipeline.web.tokens import Role, TokenFile
from tests.read.test_reader import place_stories


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("COPYDESK_HOME", str(tmp_path))
    monkeypatch.chdir(tmp_path)
    with open_store(f"sqlite:///{tmp_path / 'copydesk.db'}") as store:
        place_stories(store, 2)
    return tmp_path


def run(*words: str) -> str:
    result = CliRunner().invoke(app, list(words))
    assert result.exit_code == 0, result.output
    return result.output.strip()


@contextmanager
def served(*words: str) -> Iterator[str]:
    """The address of a server, which ends with the block as it should."""
    command = [sys.executable, "-m", "pipeline.cli.main", "serve", "--port", "0", *words]
    with subprocess.Popen(command, stderr=subprocess.PIPE, text=True) as process:
        assert process.stderr is not None
        try:
            match = re.search(r"http://[\d.]+:\d+", process.stderr.readline())
            assert match is not None
            yield match[0]
        finally:
            process.send_signal(signal.SIGTERM)
            code = process.wait(60)
        assert code == 143


def get(url: str, **headers: str) -> urllib3.BaseHTTPResponse:
    return urllib3.request("GET", url, headers=headers, redirect=False, retries=False)


def login(name: str, secret: str) -> str:
    return "Basic " + base64.b64encode(f"{name}:{secret}".encode()).decode()


def test_a_token_lets_in_and_its_role_says_what_it_may(home: Path) -> None:
    reader, operator = run("tokens", "add", "ines"), run("tokens", "add", "omar", "--role", "operator")
    assert run("tokens", "list").split() == ["reader", "ines", "operator", "omar"]
    with served() as address:
        pages, api = f"{address}/copydesk", f"{address}/copydesk/api/v1"
        refused = get(f"{api}/stories")
        assert (refused.status, refused.headers["content-type"]) == (401, "application/problem+json")
        assert "Basic" in refused.headers["www-authenticate"]
        for wrong in ("Bearer none", "Basic none", login("omar", reader), login("ines", ""), f"Digest {reader}"):
            assert get(f"{api}/stories", authorization=wrong).status == 401
        assert len(get(f"{api}/stories", authorization=f"Bearer {reader}").json()["stories"]) == 2
        page = get(f"{pages}/stories", authorization=login("ines", reader), **{"accept-encoding": "gzip"})
        assert (page.status, page.headers["content-encoding"]) == (200, "gzip")
        assert get(f"{address}/").headers["location"] == "/copydesk/"
        form = {"reason": "a reason"}
        for secret, status in ((reader, 403), (operator, 303)):
            headers = {"authorization": f"Bearer {secret}"}
            answer = urllib3.request("POST", f"{pages}/story/1/withdraw", fields=form, headers=headers, redirect=False)
            assert answer.status == status
        run("tokens", "remove", "ines")
        assert get(f"{api}/stories", authorization=f"Bearer {reader}").status == 401
    assert reader not in (home / "tokens").read_text()
    assert (home / "tokens").stat().st_mode & 0o077 == 0


def test_without_tokens_nothing_is_served(home: Path) -> None:
    result = CliRunner().invoke(app, ["serve"])
    assert isinstance(result.exception, UsageError)
    assert "copydesk tokens add NAME" in str(result.exception)


def test_without_the_parts_that_serve_it_says_how_to_get_them(home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "uvicorn", None)
    monkeypatch.delitem(sys.modules, "pipeline.web.served", raising=False)
    monkeypatch.delattr("pipeline.web.served", raising=False)
    result = CliRunner().invoke(app, ["serve"])
    assert isinstance(result.exception, UsageError)
    assert "pip install 'copydesk[serve]'" in str(result.exception)


def test_a_port_that_is_taken_is_said(home: Path) -> None:
    run("tokens", "add", "ines")
    with served() as address:
        result = CliRunner().invoke(app, ["serve", "--port", address.rpartition(":")[2]])
    assert isinstance(result.exception, ConfigError)
    assert "--port" in str(result.exception)


@pytest.mark.parametrize("words", [("add", "a b"), ("add", ""), ("remove", "none")])
def test_a_name_that_cannot_be_is_refused(home: Path, words: tuple[str, ...]) -> None:
    assert isinstance(CliRunner().invoke(app, ["tokens", *words]).exception, UsageError)
    run("tokens", "add", "ines")
    assert isinstance(CliRunner().invoke(app, ["tokens", "add", "ines"]).exception, UsageError)


def test_a_file_that_holds_no_tokens_is_refused(home: Path) -> None:
    (home / "tokens").write_text("reader nothing ines\n")
    result = CliRunner().invoke(app, ["tokens", "list"])
    assert isinstance(result.exception, ConfigError)
    assert "line 1" in str(result.exception)


@given(st.text())
def test_what_is_no_token_finds_none(tmp_path_factory: pytest.TempPathFactory, secret: str) -> None:
    tokens = TokenFile(tmp_path_factory.mktemp("tokens") / "tokens")
    added_secret = tokens.add("ines", Role.READER)
    assert tokens.find(secret) is None
    assert tokens.find(added_secret) == tokens.tokens()[0]
