"""A reader of an export to Parquet: texts and copies are read from the files of the story's day."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import date
from functools import lru_cache
from typing import Any, TypeVar

import pyarrow as pa
from pyarrow import compute
from pyarrow import parquet as pq

from pipeline.model import StoryStatus
from pipeline.read.folder_reader import ExportFolder, FolderReader
from pipeline.read.records import FIELD_NAMES, CopyPlace, StoryHead, StoryState, VersionText, typed_row

T = TypeVar("T")
Row = Mapping[str, Any]
# Days whose tables stay in memory: stories are asked for by their days mostly.
DAYS = 4
# By what a copy's page and outlet are found.
PAGE_COLUMNS = ["story", "article", "outlet", "url_key"]


class ParquetReader(FolderReader):
    """An export to Parquet. It has no provenance."""

    def __init__(self, folder: ExportFolder) -> None:
        super().__init__(folder)
        self._day_tables = lru_cache(DAYS)(self._read_day)
        outlets: dict[int, set[str]] = {}
        heads = [_record(StoryHead, row) for row in self._rows("stories")]
        live = {head.story for head in heads if _has_parts(head)}
        for row in self._rows("copies", PAGE_COLUMNS):
            if row["story"] in live:
                outlets.setdefault(row["story"], set()).add(row["outlet"])
                self._add_page(row["url_key"], row["story"], row["article"])
        for head in heads:
            self._add(head, outlets.get(head.story, ()))

    def _state(self, story_id: int) -> StoryState:
        head = self._head(story_id)
        if not _has_parts(head):
            return StoryState(head)
        versions, copies = (
            table.filter(compute.field("story") == story_id).to_pylist()
            for table in self._day_tables(head.first_seen.date())
        )
        return StoryState(
            head,
            tuple(_record(VersionText, row) for row in versions),
            tuple(_record(CopyPlace, row) for row in copies),
        )

    def _read_day(self, day: date) -> tuple[pa.Table, pa.Table]:
        return self._table(f"versions/{day}.parquet"), self._table(f"copies/{day}.parquet")

    def _rows(self, name: str, columns: list[str] | None = None) -> Iterator[Row]:
        """Yield the rows of all days, the oldest first."""
        files = [str(file["name"]) for file in self._folder.manifest["files"]]
        for file in sorted(file for file in files if file.startswith(f"{name}/")):
            yield from self._table(file, columns).to_pylist()

    def _table(self, name: str, columns: list[str] | None = None) -> pa.Table:
        with self._folder.files.open(self._folder.place(name), "rb") as file:
            return pq.read_table(file, columns=columns)


def _has_parts(head: StoryHead) -> bool:
    """Return whether a reader gives more of a story than its head, whatever the files have."""
    return head.status not in (StoryStatus.MERGED, StoryStatus.REMOVED)


def _record(kind: type[T], row: Row) -> T:
    """Return a row as a record whose fields are its columns."""
    lists: dict[str, Any] = {name: tuple(row[name]) for name in FIELD_NAMES[kind] if isinstance(row[name], list)}
    return typed_row(kind, row, **lists)
