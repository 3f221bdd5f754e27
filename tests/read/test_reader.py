"""The reader on both databases: what it gives, what it refuses, and a mirror that misses and doubles nothing."""

from __future__ import annotations

import json
import pickle
import sqlite3
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from random import Random

import pytest
from sqlalchemy import text, update

from pipeline import read
from pipeline.errors import UsageError
from pipeline.match.plan import choose_version
from pipeline.model import ChangeKind, Plan, StoryStatus
from pipeline.store import Store
from pipeline.store.schema.tables import story as story_table
from tests.store.desk import Desk
from tests.store.samples import NOW, chosen, planned, stored_articles

SECRET = "The harbour master's ledger names nineteen ships."


def place_stories(store: Store, count: int, *body: str, start: int = 0) -> None:
    """So many stories of a copy each, an hour apart."""
    numbers = stored_articles(store, count, start)
    with store.lease.acquire():
        for number in numbers:
            version = chosen(number, -1, body or ("One.", f"Text {number}."), f"Title {number}")
            store.stories.apply(Plan((planned(number, -1, number),), (version,)), NOW)
    with store.engine.begin() as db:
        for number in numbers:
            at = NOW + timedelta(hours=number)
            db.execute(update(story_table).where(story_table.c.id == number).values(first_seen=at))


def merge(store: Store, target: int, source: int) -> None:
    with store.lease.acquire():
        store.rulings.merge(target, source, NOW, choose_version)


def test_a_story_is_read_with_its_parts(store: Store, reader: read.Reader) -> None:
    place_stories(store, 2)
    state = reader.story(1)
    assert (state.head.title, state.head.status, state.head.byline) == ("Title 1", StoryStatus.LIVE, ("IANS",))
    assert state.head.uri == f"urn:uuid:{reader.info().store}#1"
    assert [version.body for version in state.versions] == [("One.", "Text 1.")]
    assert [copy.url for copy in state.copies] == ["https://outlet.example/story/1"]
    assert state.provenance is not None
    assert reader.text(1) == reader.text(1, 1) == state.versions[0]
    assert (reader.copies(1), reader.versions(1)) == (state.copies, state.versions)


def test_pages_of_stories_are_whole_whatever_is_written_between(store: Store, reader: read.Reader) -> None:
    place_stories(store, 7)
    first = reader.stories(limit=3)
    place_stories(store, 1, start=7)
    second = reader.stories(after=first.after, limit=3)
    third = reader.stories(after=second.after, limit=3)
    assert [head.story for page in (first, second, third) for head in page.stories] == [7, 6, 5, 4, 3, 2, 1]
    assert third.after is None


@pytest.mark.parametrize(
    ("filters", "ids"),
    [
        (read.StoryFilter(since=NOW + timedelta(hours=2)), [3, 2]),
        (read.StoryFilter(until=NOW + timedelta(hours=2)), [1]),
        (read.StoryFilter(agency="IANS", lang="en", outlet="Outlet", section=""), [3, 2, 1]),
        (read.StoryFilter(agency="none"), []),
        (read.StoryFilter(outlet="none"), []),
        (read.StoryFilter(status=StoryStatus.MERGED), []),
        (read.StoryFilter(status=None), [3, 2, 1]),
        (read.StoryFilter(words="text one"), [3, 2, 1]),
        (read.StoryFilter(words='"text 2"'), [2]),
        (read.StoryFilter(words="text 2", status=None), [2]),
        (read.StoryFilter(words='"2 text"'), []),
        (read.StoryFilter(words="text", status=StoryStatus.WITHDRAWN), []),
    ],
)
def test_stories_are_chosen(store: Store, reader: read.Reader, filters: read.StoryFilter, ids: list[int]) -> None:
    place_stories(store, 3)
    assert [head.story for head in reader.stories(filters).stories] == ids


def test_a_search_shows_the_snippet_that_has_its_words(store: Store, reader: read.Reader) -> None:
    place_stories(store, 3)
    page = reader.stories(read.StoryFilter(words="text 2"), limit=1)
    assert [story for story, parts in page.snippets.items() if any(part.is_match for part in parts)] == [2]
    assert next(part.text for part in page.snippets[2] if part.is_match).lower() == "text 2"
    assert reader.stories().snippets == {}


def test_words_find_nothing_that_was_taken_back_and_nothing_of_the_past(store: Store, reader: read.Reader) -> None:
    place_stories(store, 2)
    with store.lease.acquire():
        store.kills.withdraw(1, NOW, "an error")
    assert [head.story for head in reader.stories(read.StoryFilter(words="text", status=None)).stories] == [2]
    past = reader.at(reader.info().cursor)
    with pytest.raises(UsageError, match="in the present alone"):
        past.stories(read.StoryFilter(words="text"))


@pytest.mark.parametrize("after", ["nonsense", "2025-01-01~1", "~", "2025-01-01T00:00:00+00:00~x", "\x00"])
def test_what_is_no_edge_of_a_page_is_refused(reader: read.Reader, after: str) -> None:
    with pytest.raises(UsageError, match="not the end of a page"):
        reader.stories(after=after)


def test_what_cannot_be_read_says_why(store: Store, reader: read.Reader) -> None:
    place_stories(store, 4)
    merge(store, 2, 1)
    merge(store, 3, 2)
    with pytest.raises(read.Moved) as moved:
        reader.story(1)
    assert (moved.value.to, pickle.loads(pickle.dumps(moved.value)).to) == (3, 3)
    for number, version in ((99, None), (3, 99)):
        with pytest.raises(read.NotFound):
            reader.text(number, version)
    with store.engine.begin() as db:
        db.execute(text("UPDATE story SET removed_at = updated_at WHERE id = 4"))
        db.execute(text("UPDATE story SET withdrawn = true WHERE id = 3"))
    for number in (3, 4):
        with pytest.raises(read.Removed):
            reader.text(number)
    with pytest.raises(read.Removed):
        reader.story(4)
    withdrawn = reader.story(3)
    assert (withdrawn.head.status, withdrawn.versions[0].body, withdrawn.versions[0].title) == ("withdrawn", None, None)


def test_a_withdrawn_text_comes_by_no_way(store: Store, reader: read.Reader) -> None:
    place_stories(store, 1, "A paragraph.", SECRET)
    assert SECRET in str(reader.changes(state="full"))
    with store.engine.begin() as db:
        db.execute(text("UPDATE story SET withdrawn = true"))
    page, everything = reader.changes(state="full"), read.StoryFilter(status=None)
    places = reader.find(["https://outlet.example/story/1"])
    assert SECRET not in str((page, reader.stories(everything), reader.story(1), places))


def test_pages_are_found_by_every_address(store: Store, reader: read.Reader) -> None:
    place_stories(store, 3)
    merge(store, 1, 2)
    with store.engine.begin() as db:
        db.execute(text("INSERT INTO address (outlet, url_key, entry_id) VALUES ('Outlet', '//moved.example/a', 1)"))
    direct, tracked, moved, unknown, final = reader.find(
        [
            "https://outlet.example/story/0",
            "https://www.outlet.example/story/0?utm_source=x#top",
            "https://moved.example/a",
            "https://outlet.example/none",
            "https://outlet.example/story/3",
        ]
    )
    assert [place.head and place.head.story for place in (direct, tracked, moved, final)] == [1, 1, 1, 3]
    assert len(direct.copies) == 2
    assert (unknown.outlet, unknown.head, unknown.copies) == (None, None, ())


def test_foreign_cursors_are_told_apart(store: Store, reader: read.Reader) -> None:
    place_stories(store, 2)
    page = reader.changes(limit=1)
    epoch, seq, tag = page.cursor.split(".")
    with pytest.raises(read.CursorForeign):
        reader.changes(f"deadbeef.{seq}.{tag}")
    with pytest.raises(read.CursorAhead):
        reader.changes(f"{epoch}.99999.{tag}")
    assert reader.changes(reader.info().cursor) == read.ChangePage((), reader.info().cursor)


def test_lines_of_other_kinds_are_passed(store: Store, reader: read.Reader) -> None:
    place_stories(store, 3)
    page = reader.changes(kinds=[ChangeKind.STORY_CREATED], state="head")
    assert [line.kind for line in page.lines] == [ChangeKind.STORY_CREATED] * 3
    assert (page.cursor, sorted(page.states)) == (reader.info().cursor, [1, 2, 3])
    assert reader.changes(kinds=[ChangeKind.STORY_MERGED]) == read.ChangePage((), page.cursor)


def test_a_line_is_waited_for(store: Store, reader: read.Reader) -> None:
    place_stories(store, 1)
    end = reader.info().cursor
    assert reader.changes(end, wait=0.01) == read.ChangePage((), end)
    with ThreadPoolExecutor() as pool:
        answer = pool.submit(reader.changes, end, kinds=[ChangeKind.STORY_MERGED], wait=3600.0)
        place_stories(store, 1, start=1)
        merge(store, 1, 2)
        page = answer.result()
    assert [line.kind for line in page.lines] == [ChangeKind.STORY_MERGED]


def test_a_reader_writes_nothing_and_needs_no_migration(store: Store, store_url: str, tmp_path: Path) -> None:
    with store.engine.begin() as db:
        db.execute(text("UPDATE alembic_version SET version_num = '0022'"))
    with pytest.raises(read.SchemaUnknown):
        read.open(store_url)
    with store.engine.begin() as db:
        assert db.execute(text("SELECT version_num FROM alembic_version")).scalar() == "0022"
    with pytest.raises(read.StoreMissing):
        read.open(f"sqlite:///{tmp_path / 'none.db'}")
    assert not (tmp_path / "none.db").exists()


class Interrupted(Exception):
    """The sink's process dies."""


class Mirror:
    """A sink in a SQLite file that dies at random, before and after its commit. It counts each line that it has."""

    def __init__(self, file: Path, random: Random) -> None:
        self._db, self._random = sqlite3.connect(file, isolation_level=None), random
        self._db.execute("CREATE TABLE IF NOT EXISTS story (id INTEGER PRIMARY KEY, state TEXT)")
        self._db.execute("CREATE TABLE IF NOT EXISTS line (seq INTEGER PRIMARY KEY)")
        self._db.execute("CREATE TABLE IF NOT EXISTS place (cursor TEXT)")

    def cursor(self) -> str:
        row = self._db.execute("SELECT cursor FROM place").fetchone()
        return row[0] if row else ""

    def write(self, page: read.ChangePage) -> None:
        self._db.execute("BEGIN")
        self._db.executemany("INSERT INTO line VALUES (?)", [(line.seq,) for line in page.lines])
        self._db.executemany(
            "INSERT OR REPLACE INTO story VALUES (?, ?)",
            [(number, comparable(state)) for number, state in page.states.items()],
        )
        self._db.execute("DELETE FROM place")
        self._db.execute("INSERT INTO place VALUES (?)", (page.cursor,))
        if self._random.random() < 0.3:
            self._db.execute("ROLLBACK")
            raise Interrupted
        self._db.execute("COMMIT")
        if self._random.random() < 0.3:
            raise Interrupted

    def rows(self, query: str) -> list[tuple[object, ...]]:
        return self._db.execute(query).fetchall()


def comparable(state: read.StoryState) -> str:
    """A story's state but for what is another story's: titles behind links, agencies of origins."""
    about = state.provenance
    ties = about and (
        about.attribution,
        sorted(origin.story_id for origin in about.origins),
        sorted(str(replace(link, title="") if link.story_id else link) for link in about.links),
    )
    return json.dumps([str(state.head), str(state.versions), str(state.copies), str(ties)])


@pytest.mark.parametrize("seed", range(3))
def test_a_mirror_that_dies_at_random_has_each_line_once_and_what_the_store_has(
    store: Store, store_url: str, reader: read.Reader, tmp_path: Path, seed: int
) -> None:
    random = Random(seed)
    desk, mirror = Desk(store, random), Mirror(tmp_path / "mirror.db", random)
    with store.lease.acquire():
        desk.place()
        for _ in range(60):
            desk.act()
            with suppress(Interrupted):
                read.follow(reader, mirror, limit=random.randint(1, 9))
    while True:
        with suppress(Interrupted):
            read.follow(reader, mirror, limit=7)
            break
    head = reader.info().cursor
    assert mirror.cursor() == head
    assert mirror.rows("SELECT count(*), max(seq) FROM line") == [(int(head.split(".")[1]),) * 2]
    everything = reader.stories(read.StoryFilter(status=None), limit=1000).stories
    with read.open(store_url) as direct:
        lines = direct.changes(limit=100_000, state="full")
    assert {number for (number,) in mirror.rows("SELECT id FROM story")} == {head.story for head in everything}
    for number, stored in mirror.rows("SELECT id, state FROM story"):
        assert stored == comparable(lines.states[int(str(number))])
