"""A planted sentence, killed or removed, is given by no path that readers have: looked for here path by path.

What a person withdrew operators may see yet, on the pages and by ``copydesk story``; what was removed nobody.
"""

from __future__ import annotations

import gzip
import json
from collections.abc import Callable, Iterator
from contextlib import suppress
from datetime import timedelta
from pathlib import Path
from typing import Any

import pyarrow.parquet as pq
import pytest
from fastapi.routing import APIRoute
from fastapi.testclient import TestClient
from sqlalchemy import select

from pipeline import read
from pipeline.errors import CopydeskError
from pipeline.export.feeds import export_feeds
from pipeline.export.jsonl import export_jsonl
from pipeline.export.ninjs import export_ninjs
from pipeline.export.parquet import export_parquet
from pipeline.export.warc import export_warc
from pipeline.model import StoryFilter
from pipeline.steps.kills import remove_story, withdraw_story
from pipeline.store.reads.story_list import list_stories
from pipeline.store.schema.sql_views import view_tables
from pipeline.web.app import create_app
from pipeline.web.pages.stories import FEEDS, Form
from tests.cli.process import copydesk
from tests.store.samples import NOW
from tests.store.test_kills import BODY, Planted, desk, stored_bytes

__all__ = ["desk"]
# What of the sentence stands in any form of it: as it is, escaped for JSON, escaped for HTML.
MARKS = ("harbour pilot", "नदी", json.dumps("नदी")[1:-1], "on a wet Tuesday", "on a <b>wet", BODY[1][:40])
KILLS = {"withdraw": withdraw_story, "remove": remove_story}
Outputs = dict[str, str]


def planted_in(outputs: Outputs) -> list[str]:
    """The paths that give a part of the sentence."""
    return [name for name, output in outputs.items() if any(mark in output for mark in MARKS)]


def view_outputs(planted: Planted) -> Outputs:
    with planted.store.reading() as db:
        tables = view_tables(db.dialect.name)
        return {f"view {name}": str(db.execute(select(view)).all()) for name, view in tables.items()}


def client_outputs(planted: Planted, before: str) -> Outputs:
    with read.open(planted.config.store) as reader:
        then = reader.at(before)
        calls: dict[str, Callable[[], Any]] = {
            "stories": lambda: reader.stories(read.StoryFilter(status=None)),
            "stories of the past": lambda: then.stories(read.StoryFilter(status=None)),
            "changes": lambda: reader.changes(state="full"),
            "find": lambda: reader.find([f"https://outlet.example/story/{number}" for number in (1, 2, 3)]),
        }
        for name in ("story", "text", "versions", "copies"):
            calls[name] = lambda name=name: getattr(reader, name)(1)
            calls[f"{name} of the past"] = lambda name=name: getattr(then, name)(1)
        outputs = {f"client {name}": call_output(call) for name, call in calls.items()}
        with reader.snapshot() as snapshot:
            return outputs | {"client snapshot": str([*snapshot.states, *snapshot.kills])}


def call_output(call: Callable[[], Any]) -> str:
    try:
        return str(call())
    except CopydeskError as error:
        return str(error)


def export_outputs(planted: Planted, folder: Path) -> Outputs:
    with read.open(planted.config.store) as reader:
        for name, export in (("jsonl", export_jsonl), ("ninjs", export_ninjs), ("parquet", export_parquet)):
            export(reader, str(folder / name))
        export_feeds(reader, str(folder / "feeds"), words=("pier",))
        with suppress(CopydeskError):
            export_warc(reader, planted.config.archive, str(folder / "warc"), [1])
    return {f"export {file.relative_to(folder)}": file_text(file) for file in folder.rglob("*") if file.is_file()}


def file_text(file: Path) -> str:
    if file.suffix == ".parquet":
        return str(pq.read_table(file).to_pylist())
    content = file.read_bytes()
    return (gzip.decompress(content) if content[:2] == b"\x1f\x8b" else content).decode("utf-8", "replace")


def served_outputs(planted: Planted) -> Outputs:
    app = create_app(lambda: planted.store, lambda: None, lambda: NOW, open_config=lambda: planted.config)
    client = TestClient(app)
    addresses = sorted(set(served_addresses(app.routes)))
    assert len(addresses) > 20
    outputs = {f"GET {address}": client.get(address).text for address in addresses}
    urls = {"urls": ["https://outlet.example/story/1"]}
    return outputs | {"GET /api/v1/find": client.post("/api/v1/find", json=urls).text}


def served_addresses(routes: list[Any], prefix: str = "") -> Iterator[str]:
    """Every address that is read, with 1 and 2 for each number, and a search in each of its forms."""
    for route in routes:
        if isinstance(route, APIRoute) and "GET" in (route.methods or ()) and "{path" not in route.path:
            for number in ("1", "2"):
                parts = [number if part.startswith("{") else part for part in route.path.split("/")]
                yield prefix + "/".join(parts)
        elif not isinstance(route, APIRoute):
            yield from served_addresses(getattr(route, "routes", None) or [], prefix + route.path)
    if not prefix:
        yield from (f"/stories?q=pier&form={form.value}" for form in Form)


def command_outputs(folder: Path, env: dict[str, str]) -> Outputs:
    commands = (
        ("stories", "--json"), ("stories", "--csv"), ("stories",), ("story", "1", "--json"), ("story", "1"),
        ("changes", "--json"), ("changes", "--csv"), ("pickup", "--agency", "IANS", "--since", "2020-01-01", "--json"),
        ("pickup", "--agency", "IANS", "--since", "2020-01-01", "--csv"), ("doubts", "--json"),
        ("find", "https://outlet.example/story/1", "--json"),
    )  # fmt: skip
    return {" ".join(words): run_command(words, folder, env) for words in commands}


def run_command(words: tuple[str, ...], folder: Path, env: dict[str, str]) -> str:
    result = copydesk(*words, home=folder, **env)
    return result.stdout + result.stderr


def is_for_readers(path: str) -> bool:
    """The pages are for operators, the API and the feeds for readers."""
    is_feed = path.endswith(tuple(f"form={form.value}" for form in FEEDS))
    return not path.startswith("GET ") or path.startswith("GET /api") or is_feed


@pytest.mark.parametrize("kill", KILLS)
def test_a_killed_sentence_is_given_to_no_reader(desk: Planted, tmp_path: Path, kill: str) -> None:
    with read.open(desk.config.store) as reader:
        before = reader.info().cursor
    folders = [tmp_path / "exports" / name for name in ("before", "after")]
    plain = view_outputs(desk) | client_outputs(desk, before) | export_outputs(desk, folders[0]) | served_outputs(desk)
    assert len(planted_in(plain)) > 30
    KILLS[kill](desk.config, 1, "court order 7/25", NOW + timedelta(hours=1))
    killed = view_outputs(desk) | client_outputs(desk, before) | export_outputs(desk, folders[1]) | served_outputs(desk)
    if kill == "withdraw":
        killed = {path: output for path, output in killed.items() if is_for_readers(path)}
    assert planted_in(killed) == []
    assert list_stories(desk.store, StoryFilter(words="harbour pilot"), 9) == [] or kill == "withdraw"


def test_a_removed_sentence_is_printed_by_no_command_and_is_in_no_byte(desk: Planted, tmp_path: Path) -> None:
    is_file = desk.store.engine.dialect.name == "sqlite"
    env = {"COPYDESK_STORE": desk.config.store, "COPYDESK_ARCHIVE": desk.config.archive}
    outputs = {"story": run_command(("story", "1", "--json"), tmp_path, env)}
    assert planted_in(outputs) == ["story"]
    remove_story(desk.config, 1, "court order 7/25", NOW + timedelta(hours=1))
    # What a command prints does not depend on the database, and each is a process.
    assert planted_in(command_outputs(tmp_path, env) if is_file else {}) == []
    files = {str(file): file.read_bytes().decode("utf-8", "replace") for file in tmp_path.rglob("*") if file.is_file()}
    assert planted_in(files | {"all columns of all tables": stored_bytes(desk.store)}) == []
