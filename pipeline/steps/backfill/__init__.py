"""Archives into the store: sources to articles, articles to stories slice by slice, stories into the store.

Each part writes files that are whole or not there, or transactions: a backfill that was cut short goes on where it was.
"""

from __future__ import annotations

import shutil
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from hashlib import sha256
from itertools import chain
from pathlib import Path

from pipeline.config import Config
from pipeline.config.settings import EngineName
from pipeline.log import get_logger
from pipeline.match.slices import JoinedSlices, SlicedPlace, TimeSlice, time_slices
from pipeline.model import StepReport
from pipeline.steps.backfill.article_files import ArchivedArticle
from pipeline.steps.backfill.engine import Engine
from pipeline.steps.backfill.loading import PART, StoryLoader
from pipeline.steps.backfill.local_engine import LocalEngine
from pipeline.steps.backfill.placing import (
    WorkFolder,
    first_numbers,
    read_places,
    save_first_seen,
)
from pipeline.steps.backfill.sources import Source, open_source
from pipeline.steps.context import Progress, open_for, silent

log = get_logger(__name__)


@dataclass(frozen=True, slots=True)
class BackfillOptions:
    """``workers``: processes of this machine that read and place; ``days`` and ``documents``: bounds of a slice."""

    workers: int = 2
    days: int = 28
    documents: int = 250_000
    engine: EngineName = EngineName.LOCAL


def work_folder(config: Config, sources: Sequence[Source], options: BackfillOptions) -> WorkFolder:
    """Return the folder of a backfill of these sources: the same for the same files, unchanged."""
    names = " ".join(sorted(source.name for source in sources))
    key = sha256(f"{names} {options.days} {options.documents}".encode()).hexdigest()[:12]
    return WorkFolder(config.home / "backfill" / key)


def open_sources(paths: Sequence[Path]) -> list[Source]:
    """Return the sources at these paths, each once. Raises UsageError."""
    return [open_source(path) for path in sorted(set(paths))]


def run_backfill(
    config: Config, sources: Sequence[Source], options: BackfillOptions, now: datetime, progress: Progress = silent
) -> StepReport:
    """Extract, place and load these sources. Raises CopydeskError; a second call goes on where the first one ended."""
    folder = work_folder(config, sources, options)
    engine = open_engine(config, folder, options, progress)
    problems = read_sources(folder, sources, engine)
    counts = folder.articles.counts()
    slices = time_slices(counts, options.days, options.documents)
    place_slices(config, folder, slices, counts, engine, progress)
    loaded = load_slices(config, folder, slices, counts, now, progress)
    shutil.rmtree(folder.path)
    articles = sum(counts.values())
    log.info("backfill_ended", articles=articles, slices=len(slices), loaded=loaded)
    totals = {"articles": articles, "slices": len(slices), "loaded": loaded, "stored before": articles - loaded}
    return StepReport("backfill", articles, len(problems), totals, tuple(problems))


def open_engine(config: Config, folder: WorkFolder, options: BackfillOptions, progress: Progress) -> Engine:
    """Return what does the work. Raises UsageError where it is not installed."""
    if options.engine is EngineName.LOCAL:
        return LocalEngine(config, folder, options.workers, progress)
    from pipeline.steps.backfill.spark_engine import SparkEngine

    return SparkEngine(config, folder, progress)


def read_sources(folder: WorkFolder, sources: Sequence[Source], engine: Engine) -> list[str]:
    """Write the articles of the sources that were not read yet. Return a line for each page without one."""
    unread = [source for source in sources if not _mark(folder, source).exists()]
    problems: list[str] = []
    if unread:
        for read in engine.read(unread):
            problems += read.problems
            _set_mark(folder, read.source)
    return problems


def _mark(folder: WorkFolder, source: Source) -> Path:
    return folder.path / "read" / source.name


def _set_mark(folder: WorkFolder, source: Source) -> None:
    mark = _mark(folder, source)
    mark.parent.mkdir(parents=True, exist_ok=True)
    mark.touch()


def place_slices(
    config: Config,
    folder: WorkFolder,
    slices: Sequence[TimeSlice],
    counts: Mapping[date, int],
    engine: Engine,
    progress: Progress,
) -> None:
    """Place the slices that were not placed yet."""
    waiting = [time_slice for time_slice in slices if not folder.places_file(time_slice).exists()]
    if not waiting:
        return
    save_first_seen(folder, slices, counts, config.match)
    for number, _ in enumerate(engine.place(waiting, first_numbers(counts)), 1):
        progress("place", number, len(waiting))


def load_slices(
    config: Config,
    folder: WorkFolder,
    slices: Sequence[TimeSlice],
    counts: Mapping[date, int],
    now: datetime,
    progress: Progress,
) -> int:
    """Load the placed articles into the store; return how many were new to it."""
    total, loaded = sum(counts.values()), 0
    stories = JoinedSlices(total)
    for time_slice in slices:
        stories.add(read_places(folder, time_slice))
    with open_for(config) as store:
        loader = StoryLoader(store, stories, total, config.canonical)
        placed = chain.from_iterable(_placed_articles(folder, time_slice, counts) for time_slice in slices)
        for number, new in enumerate(loader.load(placed, now), 1):
            loaded += new
            progress("load", min(number * PART, total), total)
    return loaded


def _placed_articles(
    folder: WorkFolder, time_slice: TimeSlice, counts: Mapping[date, int]
) -> Iterator[tuple[ArchivedArticle, SlicedPlace]]:
    places = iter(read_places(folder, time_slice))
    days = (day for day in counts if time_slice.start.date() <= day < time_slice.end.date())
    yield from zip(chain.from_iterable(folder.articles.articles(day) for day in days), places, strict=True)
