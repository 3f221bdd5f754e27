"""Extraction in bounded child processes: what kills a child fails its own page, and the rest of the batch goes on."""

from __future__ import annotations

from concurrent.futures import Future
from functools import partial
from importlib import import_module

from pipeline.config import ExtractConfig
from pipeline.errors import ExtractError, ExtractionKilled, NotAnArticle
from pipeline.extract.job import ExtractJob
from pipeline.model import Article, LineVerdict
from pipeline.process_pool import Children, TimeLimits, cause_of_death, start_server

__all__ = ["ExtractJob", "Sandbox", "warm_up"]

# One pool serves pages and the feeds that list them, so its fork server knows both.
PRELOAD = ("pipeline.extract.preload", "pipeline.feeds.syndication")


def warm_up() -> None:
    """Start the fork server, which imports the extractor while its caller goes on. Costs the caller nothing."""
    start_server(PRELOAD)


class Sandbox(Children):
    """A pool of bounded children that extract; use as a context manager."""

    def __init__(self, config: ExtractConfig) -> None:
        self._config = config
        super().__init__(config.workers, config.memory, PRELOAD, partial(_prepare, tuple(config.agencies)))

    def submit(self, job: ExtractJob) -> Future[Article]:
        """Return the future article, as it is to be stored; its exception is an ExtractError."""
        limits = TimeLimits(float(self._config.cpu_seconds), self._config.wall_seconds)
        return self.run(_extract, limits, partial(_extract_error, url=job.url), job, tuple(self._config.agencies))

    def explain(self, job: ExtractJob) -> Future[list[LineVerdict]]:
        """Return what the reader will make of each line of the page; its exception is an ExtractError."""
        limits = TimeLimits(float(self._config.cpu_seconds), self._config.wall_seconds)
        return self.run(_explain, limits, partial(_extract_error, url=job.url), job)


def _prepare(agencies: tuple[str, ...]) -> None:
    # Where another pool of this process had started the fork server, the first page would pay for these imports.
    for module in PRELOAD:
        import_module(module)
    from pipeline.text.grammar import load_grammar

    load_grammar(agencies)


def _extract(job: ExtractJob, agencies: tuple[str, ...]) -> Article:
    from pipeline.extract.read_page import read_page
    from pipeline.text.grammar import load_grammar

    try:
        return read_page(job, load_grammar(agencies))
    except MemoryError:
        raise ExtractionKilled("the page needs more memory than a child may have", concerns=job.url) from None


def _explain(job: ExtractJob) -> list[LineVerdict]:
    from pipeline.extract.reader.explain import explain_lines

    return explain_lines(job)


def _extract_error(error: BaseException | None, url: str) -> ExtractError:
    """Return the error of a page whose child raised ``error``, or died."""
    if isinstance(error, ExtractError):
        return error if error.concerns else type(error)(error.message, concerns=url)
    if cause := cause_of_death(error):
        return ExtractionKilled(f"the page {cause}", concerns=url)
    return NotAnArticle(f"the page cannot be read: {type(error).__name__}: {error}"[:300], concerns=url)
