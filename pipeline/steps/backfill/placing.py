"""The articles of an archive placed slice by slice, each in a process of its own."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

from pipeline.config import CanonicalConfig, MatchConfig
from pipeline.match.corpus import DocumentIndex
from pipeline.match.first_seen import FirstSeenIndex
from pipeline.match.reading import ReadDocument, whole_hours
from pipeline.match.slices import SlicedPlace, SlicedTie, TimeSlice, place_slice
from pipeline.model import Relation
from pipeline.steps.backfill.article_files import ArticleFiles, write_whole

TIE = pa.struct([("opener", pa.int64()), ("kind", pa.string()), ("score", pa.float64()), ("reason", pa.string())])
PLACES = pa.schema([
    ("document", pa.int64()), ("opener", pa.int64()), ("relation", pa.string()), ("edition", pa.int32()),
    ("score", pa.float64()), ("reason", pa.string()), ("doubt", pa.string()), ("ties", pa.list_(TIE)),
    ("merged", pa.list_(pa.int64())),
])  # fmt: skip


@dataclass(frozen=True, slots=True)
class WorkFolder:
    """The files of one backfill: articles, what the corpus had seen before each slice, and the slices' places."""

    path: Path

    @property
    def articles(self) -> ArticleFiles:
        """The articles, a folder a day."""
        return ArticleFiles(self.path / "article")

    def seen_file(self, time_slice: TimeSlice) -> Path:
        """Return the file of the first sightings up to the slice's warm-up."""
        return self.path / "first_seen" / f"{time_slice.start:%Y-%m-%d}.bin"

    def places_file(self, time_slice: TimeSlice) -> Path:
        """Return the file of the slice's places."""
        return self.path / "place" / f"slice={time_slice.start:%Y-%m-%d}.parquet"


def first_numbers(counts: Mapping[date, int]) -> dict[date, int]:
    """Return day -> the number of its first article."""
    numbers: dict[date, int] = {}
    total = 1
    for day in sorted(counts):
        numbers[day] = total
        total += counts[day]
    return numbers


def save_first_seen(
    folder: WorkFolder, slices: Sequence[TimeSlice], counts: Mapping[date, int], match: MatchConfig
) -> None:
    """Save what the corpus had seen when each slice's warm-up begins, in one pass over all shingles."""
    if all(folder.seen_file(time_slice).exists() for time_slice in slices):
        return
    index = FirstSeenIndex(match.fresh_hours, match.memory)
    days = iter(sorted(counts))
    day = next(days, None)
    for time_slice in slices:
        while day is not None and day < time_slice.warm_from.date():
            index.add_stream(_shingles(folder, day))
            day = next(days, None)
        file = folder.seen_file(time_slice)
        file.parent.mkdir(parents=True, exist_ok=True)
        part = file.with_suffix(".part")
        part.write_bytes(index.dump())
        part.replace(file)


def _shingles(folder: WorkFolder, day: date) -> Iterator[tuple[np.ndarray[tuple[int], np.dtype[np.uint64]], datetime]]:
    for batch in folder.articles.table(day, ("at", "length", "id", "shingles")).to_batches(max_chunksize=500):
        for at, shingles in zip(batch["at"].to_pylist(), batch["shingles"].to_pylist(), strict=True):
            yield np.frombuffer(shingles, dtype="<u8").astype(np.uint64, copy=False), at


def place_time_slice(
    folder: WorkFolder, time_slice: TimeSlice, numbers: Mapping[date, int], match: MatchConfig, policy: CanonicalConfig
) -> int:
    """Place a slice and write its places; return how many."""
    first_seen = FirstSeenIndex.load(folder.seen_file(time_slice).read_bytes(), match.fresh_hours)
    index = DocumentIndex(match, policy, first_seen=first_seen)
    places = list(place_slice(_batches(folder, time_slice, numbers), time_slice, index))
    rows = [{**place._asdict(), "relation": place.relation.value, "ties": [tie._asdict() for tie in place.ties]}
            for place in places]  # fmt: skip
    write_whole(folder.places_file(time_slice), pa.Table.from_pylist(rows, schema=PLACES))
    return len(places)


def _batches(folder: WorkFolder, time_slice: TimeSlice, numbers: Mapping[date, int]) -> Iterator[list[ReadDocument]]:
    days = (day for day in sorted(numbers) if time_slice.warm_from.date() <= day < time_slice.end.date())
    documents = (document for day in days for document in folder.articles.documents(day, numbers[day]))
    return whole_hours(documents, lambda document: f"{document.at:%Y-%m-%dT%H}")


def read_places(folder: WorkFolder, time_slice: TimeSlice) -> list[SlicedPlace]:
    """Return the places of a slice, by document."""
    rows = pq.ParquetFile(folder.places_file(time_slice)).read().to_pylist()
    places = [
        SlicedPlace(
            **row | {"relation": Relation(row["relation"]), "merged": tuple(row["merged"]),
                     "ties": tuple(SlicedTie(**tie) for tie in row["ties"])}
        )
        for row in rows
    ]  # fmt: skip
    return sorted(places)
