"""The recipes of docs/downstream.md, run as they stand."""

from __future__ import annotations

import re
import sqlite3
import uuid
from pathlib import Path
from random import Random

import pytest
from sqlalchemy import text
from sqlalchemy.exc import ProgrammingError

from pipeline import read
from pipeline.store import Store
from tests.read.test_reader import place_stories
from tests.store.desk import Desk

PAGE = (Path(__file__).parents[2] / "docs" / "downstream.md").read_text(encoding="utf-8")


def recipe(heading: str, language: str = "python") -> str:
    section = PAGE.split(f"\n## {heading}\n")[1].split("\n## ")[0]
    (block,) = re.findall(rf"```{language}\n(.*?)```", section, re.S)
    return str(block)


def test_a_role_reads_the_views_and_nothing_else(store: Store) -> None:
    if store.engine.dialect.name == "sqlite":
        pytest.skip("SQLite has no roles")
    place_stories(store, 1)
    role = f"copydesk_{uuid.uuid4().hex[:12]}"
    with store.engine.begin() as db:
        db.execute(text(recipe("SQL views", "sql").replace("copydesk_reader", role)))
        db.execute(text(f"GRANT {role} TO CURRENT_USER"))
    try:
        with store.engine.begin() as db:
            db.execute(text(f"SET LOCAL ROLE {role}"))
            assert db.execute(text("SELECT title FROM copydesk_v1.story")).scalar() == "Title 1"
            assert db.execute(text("SELECT text FROM copydesk_v1.paragraph LIMIT 1")).scalar() == "One."
        for statement in ("SELECT * FROM article", "SELECT * FROM story", "DELETE FROM story"):
            with store.engine.begin() as db:
                db.execute(text(f"SET LOCAL ROLE {role}"))
                with pytest.raises(ProgrammingError, match="permission denied"):
                    db.execute(text(statement))
    finally:
        with store.engine.begin() as db:
            db.execute(text(f"DROP OWNED BY {role}"))
            db.execute(text(f"DROP ROLE {role}"))


def test_the_client_reads(store: Store, store_url: str, capsys: pytest.CaptureFixture[str]) -> None:
    place_stories(store, 60)
    exec(recipe("From Python"), {"STORE": store_url})
    assert capsys.readouterr().out.splitlines()[1] == "60 ['Outlet']"


@pytest.mark.parametrize("seed", range(2))
def test_an_index_kept_by_the_recipe_has_what_the_store_has(
    store: Store, store_url: str, tmp_path: Path, seed: int
) -> None:
    desk, file = Desk(store, Random(seed)), tmp_path / "index.db"
    with store.lease.acquire():
        desk.place()
        for _ in range(12):
            for _ in range(4):
                desk.act()
            exec(recipe("Following the log"), {"STORE": store_url, "FILE": file})
    with read.open(store_url) as reader:
        heads = reader.stories(limit=1000).stories
        texts = {head.story: reader.story(head.story).versions[-1] for head in heads}
    indexed = sqlite3.connect(file).execute("SELECT rowid, title, body FROM text ORDER BY rowid").fetchall()
    usable = sorted((number, version) for number, version in texts.items() if version.body)
    assert indexed == [(number, version.title, "\n".join(version.body or ())) for number, version in usable]
    assert indexed
