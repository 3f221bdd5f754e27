"""A backfill by this machine's processes."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from datetime import date

from pipeline.config import Config
from pipeline.errors import CopydeskError, StoreError
from pipeline.match.slices import TimeSlice
from pipeline.process_pool import Children, TimeLimits, cause_of_death
from pipeline.steps.backfill.engine import ReadSource
from pipeline.steps.backfill.extraction import read_document_source, read_page_source
from pipeline.steps.backfill.placing import WorkFolder, place_time_slice
from pipeline.steps.backfill.sources import Source, SourceKind
from pipeline.steps.context import Progress

PRELOAD = ("pipeline.steps.backfill", "pipeline.match.corpus")
# A slice or a corpus is one piece of work: a week of processor time for it is a fault, not work.
LIMITS = TimeLimits(cpu=7 * 86_400.0, wall=30 * 86_400.0)


class LocalEngine:
    """Reads and places in at most ``workers`` child processes, each bounded as those that extract pages."""

    def __init__(self, config: Config, folder: WorkFolder, workers: int, progress: Progress) -> None:
        self._config, self._folder, self._workers, self._progress = config, folder, workers, progress

    def read(self, sources: Sequence[Source]) -> Iterator[ReadSource]:
        """Read web archives one after another, each page in a child; then corpora side by side, each in a child."""
        for source in sources:
            if source.kind is SourceKind.PAGES:
                problems: list[str] = []
                read_page_source(self._config, source, self._folder.articles.path, problems, self._progress)
                yield ReadSource(source, problems)
        corpora = [source for source in sources if source.kind is not SourceKind.PAGES]
        if corpora:
            yield from self._read_corpora(corpora)

    def _read_corpora(self, corpora: Sequence[Source]) -> Iterator[ReadSource]:
        with self._children(len(corpora)) as children:
            folder = self._folder.articles.path
            running = [(source, children.run(read_document_source, LIMITS, _failure, source, folder))
                       for source in corpora]  # fmt: skip
            for number, (source, future) in enumerate(running, 1):
                future.result()
                yield ReadSource(source)
                self._progress("read", number, len(running))

    def place(self, slices: Sequence[TimeSlice], numbers: Mapping[date, int]) -> Iterator[TimeSlice]:
        """Place slices side by side, each in a child."""
        config, folder = self._config, self._folder
        with self._children(len(slices)) as children:
            running = [
                (time_slice, children.run(place_time_slice, LIMITS, _failure, folder, time_slice, numbers, config.match,
                                          config.canonical))
                for time_slice in slices
            ]  # fmt: skip
            for time_slice, future in running:
                future.result()
                yield time_slice

    def _children(self, pieces: int) -> Children:
        return Children(min(self._workers, pieces), self._config.extract.memory, PRELOAD)


def _failure(error: BaseException | None) -> CopydeskError:
    """Return the error of a child's work."""
    if isinstance(error, CopydeskError):
        return error
    cause = cause_of_death(error) or f"failed: {type(error).__name__}: {error}"
    todo = "give it more memory ([extract] memory) or smaller slices (--days), and run the command again"
    return StoreError(f"a part of the work {cause}", concerns="backfill", todo=todo)
