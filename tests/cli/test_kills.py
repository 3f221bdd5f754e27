"""``copydesk withdraw`` and ``remove``: what they would reach, what they do, and the proof that a text is gone."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest

from pipeline.cli.proof import Proof
from pipeline.export.forms import FORMS
from pipeline.model import StoryStatus
from pipeline.store.reads import views
from pipeline.store.reads.changes import log_end
from pipeline.store.schema.sql_views import view_tables
from tests.cli.process import copydesk
from tests.store.conftest import store, store_url
from tests.store.samples import NOW
from tests.store.test_kills import BODY, PLANTED, Planted, desk

__all__ = ["desk", "store", "store_url"]
REASON = ("--reason", "court order 7/25")
sqlite_alone = pytest.mark.parametrize("store_url", ["sqlite"], indirect=True)


def run(planted: Planted, home: Path, *words: str) -> tuple[int, str]:
    settings = {"store": planted.config.store, "archive": planted.config.archive}
    lines = [f"{name} = {json.dumps(value)}" for name, value in settings.items()]
    (home / "feeds.toml").write_text("\n".join(lines), encoding="utf-8")
    result = copydesk(*words, home=home)
    return result.returncode, result.stdout + result.stderr


@pytest.mark.parametrize("act", ["withdraw", "remove"])
def test_a_dry_run_shows_what_it_would_reach_and_does_nothing(desk: Planted, tmp_path: Path, act: str) -> None:
    before = log_end(desk.store)
    code, output = run(desk, tmp_path, act, "1", *REASON, "--dry-run", "--json")
    assert (code, json.loads(output)) == (0, {
        "story": 1, "title": PLANTED, "status": "live", "outlets": ["Outlet"], "copies": 2, "versions": 2, "pages": 2,
        "merged": [], "quoting": [],
    })  # fmt: skip
    code, output = run(desk, tmp_path, act, "1", *REASON, "--dry-run")
    lines = ["  2 copies of 1 outlet: Outlet", "  2 versions, 2 archived pages", "nothing was done"]
    assert (code, output.splitlines()[1:]) == (0, lines)
    assert run(desk, tmp_path, act, "99", *REASON, "--dry-run")[0] == 1
    assert (log_end(desk.store), views.story_of(desk.store, 1).title) == (before, PLANTED)


def test_the_reach_of_a_kill_is_what_it_changes(desk: Planted) -> None:
    with desk.store.lease.acquire():
        desk.store.rulings.merge(1, 2, NOW)
    reach = desk.store.kills.reach(1, "remove")
    assert (reach.copies, reach.versions, reach.pages, reach.merged, reach.quoting) == (3, 3, 3, (2,), ())
    with desk.store.lease.acquire():
        desk.store.rulings.unmerge(2, NOW)
    assert desk.store.kills.reach(1, "remove").copies == 2


@sqlite_alone
def test_a_story_is_withdrawn_and_restored(desk: Planted, tmp_path: Path) -> None:
    code, output = run(desk, tmp_path, "withdraw", "1", *REASON)
    assert (code, output.strip()) == (0, "story 1 is withdrawn; undo with: copydesk withdraw --undo 1 --reason ...")
    assert views.story_of(desk.store, 1).status is StoryStatus.WITHDRAWN
    assert "restore would reach story 1" in run(desk, tmp_path, "withdraw", "1", "--undo", *REASON, "--dry-run")[1]
    assert run(desk, tmp_path, "withdraw", "1", "--undo", *REASON) == (0, "story 1 is restored\n")
    assert views.story_of(desk.store, 1).status is StoryStatus.LIVE
    code, output = run(desk, tmp_path, "withdraw", "1", "--undo", *REASON)
    assert (code, output.strip()) == (1, "copydesk: story 1: the story is live")
    assert run(desk, tmp_path, "withdraw", "1")[0] == 2


@sqlite_alone
def test_a_removal_is_proved_path_by_path(desk: Planted, tmp_path: Path) -> None:
    code, output = run(desk, tmp_path, "remove", "1", *REASON, "--prove", "--json")
    traces = [json.loads(line) for line in output.splitlines()]
    assert code == 0
    assert [trace for trace in traces if trace["places"] or not trace["texts"]] == []
    paths = [trace["path"] for trace in traces]
    assert len(paths) == len(set(paths)) > 70
    assert paths[:3] == ["rows", "database files", "archive"]
    for path in ("client story", "client's past text", "client find", "copydesk story", "copydesk pickup"):
        assert any(name.startswith(path) for name in paths)
    assert {f"view {name}" for name in view_tables("sqlite")} <= set(paths)
    assert {f"export {form}" for form in (*FORMS, "feeds", "warc")} <= set(paths)
    addresses = (
        "/",
        "/story/1",
        "/stories?q=",
        "/copy/1",
        "/compare?first=1",
        "/api/v1/stories/1",
        "/api/v1/changes?state",
    )
    for address in addresses:
        assert any(name.startswith(f"GET {address}") for name in paths)


@sqlite_alone
def test_a_proof_fails_where_the_text_is_still_there(desk: Planted, tmp_path: Path) -> None:
    text = desk.other_page.decode().removeprefix("<p>").removesuffix("</p>")
    code, output = run(desk, tmp_path, "remove", "1", *REASON, "--prove", "--text", text)
    assert code == 1
    [places] = re.findall(r"^archive: \d+ texts sought, (.+)$", output, re.M)
    assert places != "none is there"
    assert output.splitlines()[-1].startswith("copydesk: story 1: the text is still there")


@sqlite_alone
def test_a_proof_sees_the_text_wherever_it_is_given(desk: Planted) -> None:
    """Of a story that was not removed nearly every path gives it: what the proof finds is not nothing."""
    texts = [PLANTED, *BODY]
    proof = Proof(desk.config, None, 1, "", texts)
    giving = {trace.path for trace in proof.traces() if trace.places}
    views_giving = {f"view {name}" for name in ("story", "version", "paragraph", "copy")}
    client = {f"client {name}" for name in ("story", "text", "versions", "copies", "stories", "changes", "snapshot")}
    exports = {f"export {form}" for form in (*FORMS, "feeds", "warc")}
    pages = {f"GET /{path}" for path in ("story/1", "copy/1", "stories", "story/1/text", "api/v1/stories/1")}
    assert views_giving | client | exports | pages <= giving
