"""The views that others read by SQL: their columns, and that no text that is not to be used comes through them."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest
from alembic import command
from alembic.config import Config as AlembicConfig
from alembic.script import ScriptDirectory
from sqlalchemy import Connection, inspect, select, text
from sqlalchemy.exc import DBAPIError

from pipeline.model import Plan
from pipeline.store import Store, open_store
from pipeline.store.schema.engine import MIGRATIONS, revisions, tables_may_move
from pipeline.store.schema.sql_views import create_views, drop_views, view_name, view_tables
from tests.store.samples import NOW, chosen, planned, stored_articles

# Within v1 columns are only added, at the end of their view. Names and types are a promise: a line that changes here
# breaks somebody's job.
GOLDEN = {
    "info": "store text, epoch text, head integer, head_tag text, floor integer, floor_tag text, head_at time",
    "story": "story integer, uri text, status text, successor integer, revision integer, title text, agency text, "
    "lang text, first_seen time, updated time, version integer, kind text, digest text, article integer, outlet text, "
    "url text, byline text, deck text, place text, section text, published text, published_utc time, "
    "published_precision text, copies integer, outlets integer",
    "version": "story integer, version integer, kind text, article integer, title text, text text, digest text, "
    "reason text, created time, in_force boolean, removed time",
    "paragraph": "story integer, version integer, paragraph integer, text text, support integer",
    "copy": "article integer, story integer, outlet text, url text, url_key text, title text, lang text, byline text, "
    "agency text, relation text, edition integer, score real, reason text, first_seen time, published text, "
    "published_utc time, published_precision text, licence text, signals text, withheld text, canonical boolean",
    "link": "story integer, other integer, article integer, kind text, score real, reason text, at time",
    "change": "seq integer, tx integer, at time, kind text, story integer, other integer, articles text, "
    "version integer, revision integer, status text, digest text, changed text, by text, reason text, tag text, "
    "cursor text",
    "kill": "seq integer, at time, story integer, uri text, version integer, level text, by text, reason text, "
    "successor integer",
}
POSTGRESQL_TYPES = {
    "bigint": "integer", "integer": "integer", "character varying": "text", "text": "text", "boolean": "boolean",
    "double precision": "real", "timestamp with time zone": "time",
}  # fmt: skip
# What SQLite stores for each type; a time is text, as UTC.
SQLITE_TYPES = {"integer": "integer", "text": "text", "boolean": "integer", "real": "real", "time": "text"}
SECRET = "The harbour master's ledger names nineteen ships."


def columns_of(db: Connection, name: str) -> list[tuple[str, str]]:
    if db.dialect.name == "postgresql":
        query = (
            "SELECT column_name, data_type FROM information_schema.columns "
            "WHERE table_schema = 'copydesk_v1' AND table_name = :name ORDER BY ordinal_position"
        )
        return [(row[0], POSTGRESQL_TYPES[row[1]]) for row in db.execute(text(query), {"name": name})]
    return [(column["name"], "") for column in inspect(db).get_columns(view_name("sqlite", name))]


@pytest.mark.parametrize("name", GOLDEN)
def test_names_and_types_of_the_columns_are_as_promised(store: Store, name: str) -> None:
    promised = [tuple(column.rsplit(" ", 1)) for column in GOLDEN[name].split(", ")]
    with store.reading() as db:
        columns = columns_of(db, name)
    assert [column for column, _ in columns] == [column for column, _ in promised]
    if store.engine.dialect.name == "postgresql":
        assert columns == promised


def test_the_docs_have_every_column() -> None:
    page = (Path(__file__).parents[2] / "docs" / "downstream.md").read_text(encoding="utf-8")
    for name, columns in GOLDEN.items():
        assert f"| `{name}` | {columns} |" in page


def place_story(store: Store, *body: str) -> None:
    (article_id,) = stored_articles(store, 1)
    version = chosen(article_id, -1)
    version = replace(version, choice=replace(version.choice, body=body, support=(1,) * len(body)))
    with store.lease.acquire():
        store.stories.apply(Plan((planned(article_id, -1),), (version,)), NOW)


def test_values_are_of_the_promised_types_in_sqlite(store: Store) -> None:
    if store.engine.dialect.name == "postgresql":
        pytest.skip("PostgreSQL declares the types of a view's columns")
    place_story(store, "Ein Absatz über Łódź.", "北京 二")
    with store.reading() as db:
        for name, columns in GOLDEN.items():
            for column, kind in (words.rsplit(" ", 1) for words in columns.split(", ")):
                query = f'SELECT DISTINCT typeof("{column}") FROM {view_name("sqlite", name)}'
                assert set(db.scalars(text(query))) <= {SQLITE_TYPES[kind], "null"}, (name, column)


def rows(store: Store, name: str) -> list[dict[str, object]]:
    with store.reading() as db:
        return [dict(row) for row in db.execute(select(view_tables(db.dialect.name)[name])).mappings()]


def test_texts_of_any_script_are_read_by_paragraph_and_whole(store: Store) -> None:
    body = ("Ein Absatz über Łódź.", 'In "quotes" \\ and\nlines', "北京 二")
    place_story(store, *body)
    assert [row["text"] for row in rows(store, "paragraph")] == list(body)
    (version,) = rows(store, "version")
    assert version["text"] == "\n\n".join(body)
    (head,) = rows(store, "story")
    (info,) = rows(store, "info")
    assert (head["copies"], head["outlets"], head["status"]) == (1, 1, "live")
    assert head["uri"] == f"urn:uuid:{info['store']}#{head['story']}"
    assert head["digest"] == version["digest"]
    assert [row["cursor"] for row in rows(store, "change")][-1] == f"{info['epoch']}.{info['head']}.{info['head_tag']}"


@pytest.mark.parametrize(
    ("setting", "status"),
    [("withdrawn = true", "withdrawn"), ("merged_into = 99", "merged"), ("removed_at = updated_at", "removed")],
)
def test_a_text_that_is_not_to_be_used_is_in_no_view(store: Store, setting: str, status: str) -> None:
    place_story(store, "A first paragraph.", SECRET)
    assert SECRET in str([rows(store, name) for name in GOLDEN])
    with store.engine.begin() as db:
        db.execute(text(f"UPDATE story SET {setting}"))
    assert SECRET not in str([rows(store, name) for name in GOLDEN])
    (head,) = rows(store, "story")
    (version,) = rows(store, "version")
    assert (head["title"], head["deck"], rows(store, "copy")[0]["title"]) == ("", None, "")
    assert (head["status"], head["digest"], version["title"], version["text"]) == (status, None, None, None)


def test_migrations_follow_one_another_in_the_order_of_their_names() -> None:
    """A new store is stamped with the last name, without the migrations."""
    script = AlembicConfig()
    script.set_main_option("script_location", str(MIGRATIONS))
    walked = [migration.revision for migration in ScriptDirectory.from_config(script).walk_revisions()]
    assert walked[::-1] == revisions()


def test_the_views_outlast_migrations_and_are_there_again(store: Store, store_url: str) -> None:
    place_story(store, "One.")
    script = AlembicConfig()
    script.set_main_option("script_location", str(MIGRATIONS))
    with store.engine.connect() as db, tables_may_move(db), db.begin():
        script.attributes["connection"] = db
        command.downgrade(script, "0023")
        assert "url_key" not in {column["name"] for column in inspect(db).get_columns("article")}
        with pytest.raises(DBAPIError), db.begin_nested():
            db.execute(text(f"SELECT * FROM {view_name(db.dialect.name, 'story')}"))
    with open_store(store_url) as migrated:
        assert [len(rows(migrated, name)) for name in ("story", "paragraph", "kill")] == [1, 1, 0]
        with migrated.reading() as db:
            assert db.scalar(text("SELECT url_key FROM article")) == "//outlet.example/story/1"
        with migrated.engine.begin() as db:
            drop_views(db)
            drop_views(db)
            create_views(db)


def test_a_page_of_stories_is_read_by_the_index(store: Store) -> None:
    place_story(store, "One.")
    with store.reading() as db:
        view = view_tables(db.dialect.name)["story"]
        query = select(view).order_by(view.c.first_seen.desc(), view.c.story.desc()).limit(20)
        if db.dialect.name == "sqlite":
            compiled = str(query.compile(db, compile_kwargs={"literal_binds": True}))
            plan = " ".join(str(row[-1]) for row in db.execute(text(f"EXPLAIN QUERY PLAN {compiled}")))
            assert "USING INDEX ix_story_first_seen" in plan
            assert "USE TEMP B-TREE FOR ORDER BY" not in plan
