"""An export folder read as the store is: the same answers to the same questions."""

from __future__ import annotations

from collections.abc import Iterator
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


@pytest.fixture
def readers(store: Store, store_url: str, tmp_path: Path) -> Iterator[tuple[read.Reader, read.Reader]]:
    """A reader of a store as a busy desk left it, and one of its export."""
    fill(store, 31, acts=60)
    with read.open(store_url) as reader:
        export_jsonl(reader, str(tmp_path / "out"))
        with read.open(str(tmp_path / "out")) as folder:
            yield reader, folder


def answer(reader: read.StoryReader, story_id: int) -> object:
    try:
        return reader.story(story_id)
    except CopydeskError as error:
        return type(error), error.message, getattr(error, "to", None)


def test_each_story_is_told_alike(readers: tuple[read.Reader, read.Reader]) -> None:
    reader, folder = readers
    numbers = [head.story for head in reader.stories(read.StoryFilter(status=None), limit=1000).stories]
    assert [answer(folder, number) for number in [*numbers, 10**6]] == [
        answer(reader, number) for number in [*numbers, 10**6]
    ]
    info = reader.info()
    assert (folder.info().store, folder.info().cursor, folder.info().schema) == (info.store, info.cursor, info.schema)


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
def test_pages_are_alike(readers: tuple[read.Reader, read.Reader], filters: read.StoryFilter, order: str) -> None:
    reader, folder = readers
    after, pages = "", 0
    while True:
        page = reader.stories(filters, order=order, after=after, limit=3)  # type: ignore[arg-type]
        assert folder.stories(filters, order=order, after=after, limit=3) == page  # type: ignore[arg-type]
        pages += 1
        if not page.after:
            break
        after = page.after
    assert pages < 30


def test_pages_are_found(readers: tuple[read.Reader, read.Reader]) -> None:
    reader, folder = readers
    states = reader.changes(limit=100_000, state="full").states.values()
    urls = [copy.url for state in states for copy in state.copies]
    assert urls
    assert folder.find([*urls, "https://outlet.example/none"]) == reader.find([*urls, "https://outlet.example/none"])


def test_an_export_of_the_folder_is_the_export(readers: tuple[read.Reader, read.Reader], tmp_path: Path) -> None:
    _, folder = readers
    export_jsonl(folder, str(tmp_path / "again"))
    assert files_of(tmp_path / "again") == files_of(tmp_path / "out")
    export_ninjs(folder, str(tmp_path / "ninjs"))
    with pytest.raises(UsageError, match="no SQL views"):
        export_parquet(folder, str(tmp_path / "parquet"))


def test_nothing_follows_and_other_cursors_are_gone(readers: tuple[read.Reader, read.Reader]) -> None:
    reader, folder = readers
    cursor = reader.info().cursor
    assert folder.changes(cursor) == read.ChangePage((), cursor)
    assert folder.at(cursor) is folder
    first = reader.changes(limit=1).cursor
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
