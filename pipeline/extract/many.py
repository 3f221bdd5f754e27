"""Many pages of many outlets: each outlet's template is learned from all of them before any is cleaned by it.

So the order in which pages come does not show in what is taken off.
"""

from __future__ import annotations

import gzip
from collections import defaultdict, deque
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import Future
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from pipeline.config import ExtractConfig
from pipeline.errors import ExtractError
from pipeline.extract.record import article_json
from pipeline.extract.sandbox import ExtractJob, Sandbox
from pipeline.extract.template import Template, without_repeats
from pipeline.model import Article, PageHints

AHEAD = 8
GZIP = b"\x1f\x8b"
Progress = Callable[[str, int, int], None]


@dataclass(frozen=True, slots=True)
class PageFile:
    """A page on disk, plain or gzipped. ``outlet`` may be empty: then the host stands for it."""

    id: str
    url: str
    outlet: str
    file: Path

    @property
    def source(self) -> str:
        """Whose template the page shares."""
        return self.outlet or urlsplit(self.url).hostname or self.id

    def read(self) -> bytes:
        """The page's bytes. Raises OSError, EOFError."""
        raw = self.file.read_bytes()
        return gzip.decompress(raw) if raw.startswith(GZIP) else raw


def extract_many(pages: Sequence[PageFile], config: ExtractConfig, progress: Progress) -> Iterator[dict[str, Any]]:
    """A record for each page, in order; one without an article has an empty body and says why in ``error``."""
    found = list(_extracted(pages, config, progress))
    templates: dict[str, Template] = defaultdict(Template)
    for page, article in zip(pages, found, strict=True):
        if isinstance(article, Article):
            templates[page.source].learn(article)
    for page, article in zip(pages, found, strict=True):
        if isinstance(article, Article):
            yield {"id": page.id, **article_json(without_repeats(article, templates[page.source]))}
        else:
            yield {"id": page.id, **article_json(Article(page.url, "", ())), "error": str(article)}


def _extracted(
    pages: Sequence[PageFile], config: ExtractConfig, progress: Progress
) -> Iterator[Article | ExtractError | OSError | EOFError]:
    """As the children finish, in order; only a few pages are in memory at a time."""
    running: deque[Future[Article] | OSError | EOFError] = deque()
    done = 0
    with Sandbox(config) as sandbox:
        for page in pages:
            running.append(_submitted(sandbox, page))
            if len(running) > AHEAD * config.workers:
                yield _result(running.popleft())
                progress("extract", done := done + 1, len(pages))
        while running:
            yield _result(running.popleft())
            progress("extract", done := done + 1, len(pages))


def _submitted(sandbox: Sandbox, page: PageFile) -> Future[Article] | OSError | EOFError:
    try:
        raw = page.read()
    except (OSError, EOFError) as error:
        return error
    return sandbox.submit(ExtractJob(raw, page.url, PageHints(outlet=page.outlet)))


def _result(running: Future[Article] | OSError | EOFError) -> Article | ExtractError | OSError | EOFError:
    if isinstance(running, OSError | EOFError):
        return running
    try:
        return running.result()
    except ExtractError as error:
        return error
