"""An export folder read as the store is: the same answers to the same questions."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest

from pipeline import read
from pipeline.errors import CopydeskError, UsageError
from pipeline.export.jsonl import export_jsonl
from pipeline.export.ninjs import export_ninjs
from pipeline.export.parquet import export_parquet
from pipeline.model import StoryStatus
from pipeline.store import Store
from tests.export.formats import files_of
from tests.export.test_files import fill
from tests.read.test_reader import merge, place_stories
from tests.store.samples import NOW

EXPORTS = {"jsonl": export_jsonl, "parquet": export_parquet}


Readers = tuple[read.Reader, read.Reader, read.Reader]


@pytest.fixture
def readers(store: Store, store_url: str, tmp_path: Path) -> Iterator[Readers]:
    """A reader of a store as a busy desk left it, one of its export to JSON lines, and one of that to Parquet."""
    fill(store, 31, acts=60)
    with read.open(store_url) as reader:
        for form, export in EXPORTS.items():
            export(reader, str(tmp_path / form))
        with read.open(str(tmp_path / "jsonl")) as lines, read.open(str(tmp_path / "parquet")) as tables:
            yield reader, lines, tables


def answer(reader: read.StoryReader, story_id: int) -> read.StoryState | object:
    try:
        return reader.story(story_id)
    except CopydeskError as error:
        return type(error), error.message, getattr(error, "to", None)


def without_provenance(answered: object) -> object:
    """What a reader said of a story, as Parquet has it."""
    return replace(answered, provenance=None) if isinstance(answered, read.StoryState) else answered


def test_each_story_is_told_alike(readers: Readers) -> None:
    reader, lines, tables = readers
    numbers = [head.story for head in reader.stories(read.StoryFilter(status=None), limit=1000).stories]
    for number in [*numbers, 10**6]:
        answered = answer(reader, number)
        assert answer(lines, number) == answered
        assert answer(tables, number) == without_provenance(answered)
    info = reader.info()
    for folder in (lines, tables):
        exported_info = folder.info()
        assert (exported_info.store, exported_info.cursor, exported_info.schema) == (
            info.store,
            info.cursor,
            info.schema,
        )
        with reader.snapshot() as view, folder.snapshot() as exported:
            assert [state.head for state in exported.states] == [state.head for state in view.states]
            assert list(exported.kills) == list(view.kills)


@pytest.mark.parametrize("order", ["first_seen", "updated"])
@pytest.mark.parametrize(
    "filters",
    [
        read.StoryFilter(), read.StoryFilter(status=None), read.StoryFilter(agency="IANS", lang="en", outlet="Outlet"),
        read.StoryFilter(agency="none"), read.StoryFilter(outlet="none"), read.StoryFilter(section=""),
        read.StoryFilter(since=NOW + timedelta(hours=9), until=NOW + timedelta(hours=50)),
        read.StoryFilter(status=StoryStatus.MERGED), read.StoryFilter(words="paragraph 3"),
        read.StoryFilter(words='"paragraph 2" title', status=None), read.StoryFilter(words="?!"),
        read.StoryFilter(words='"2 paragraph"'), read.StoryFilter(words="paragraph", status=StoryStatus.WITHDRAWN),
    ],
)  # fmt: skip
def test_pages_are_alike(readers: Readers, filters: read.StoryFilter, order: str) -> None:
    reader, *folders = readers
    after, pages = "", 0
    while True:
        page = reader.stories(filters, order=order, after=after, limit=3)  # type: ignore[arg-type]
        for folder in folders:
            assert folder.stories(filters, order=order, after=after, limit=3) == page  # type: ignore[arg-type]
        pages += 1
        if not page.after:
            break
        after = page.after
    assert pages < 30


def test_pages_are_found(readers: Readers) -> None:
    reader, *folders = readers
    states = reader.changes(limit=100_000, state="full").states.values()
    urls = [copy.url for state in states for copy in state.copies]
    assert urls
    urls.append("https://outlet.example/none")
    for folder in folders:
        assert folder.find(urls) == reader.find(urls)


def test_an_export_of_the_folder_is_the_export(readers: Readers, tmp_path: Path) -> None:
    _, folder, _ = readers
    export_jsonl(folder, str(tmp_path / "again"))
    assert files_of(tmp_path / "again") == files_of(tmp_path / "jsonl")
    export_ninjs(folder, str(tmp_path / "ninjs"))
    with pytest.raises(UsageError, match="no SQL views"):
        export_parquet(folder, str(tmp_path / "again"))


def test_nothing_follows_and_other_cursors_are_gone(readers: Readers) -> None:
    reader, *folders = readers
    cursor = reader.info().cursor
    first = reader.changes(limit=1).cursor
    for folder in folders:
        assert folder.changes(cursor, wait=3600) == read.ChangePage((), cursor)
        assert folder.at(cursor) is folder
        for cursor_before, error in (
            (first, read.CursorGone),
            ("", read.CursorGone),
            ("deadbeef.1.00", read.CursorForeign),
        ):
            with pytest.raises(error):
                folder.changes(cursor_before)
        with pytest.raises(read.CursorGone):
            folder.at(NOW)


def test_what_is_no_whole_export_is_refused(store: Store, store_url: str, tmp_path: Path) -> None:
    place_stories(store, 3)
    merge(store, 2, 1)
    with read.open(store_url) as reader:
        export_ninjs(reader, str(tmp_path / "ninjs"))
        export_jsonl(reader, str(tmp_path / "out"))
    with pytest.raises(read.SchemaUnknown, match="an export of ninjs"):
        read.open(str(tmp_path / "ninjs"))
    (tmp_path / "out" / "manifest.json").unlink()
    for source in (str(tmp_path / "out"), str(tmp_path / "none"), "memory://nowhere"):
        with pytest.raises(read.StoreMissing):
            read.open(source)
    with pytest.raises(read.StoreError):
        read.open("mysql://root:hunter2@host/db")
