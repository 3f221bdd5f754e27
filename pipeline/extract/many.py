"""Many pages of many outlets: each outlet's template is learned from all of them before any is cleaned by it.

So the order in which pages come does not show in what is taken off.
"""

from __future__ import annotations

import os
import stat
import zlib
from collections import defaultdict, deque
from collections.abc import Callable, Iterable, Iterator, Sequence
from concurrent.futures import Future
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Generic, TypeVar
from urllib.parse import urlsplit

from pipeline.config import ExtractConfig
from pipeline.errors import ExtractError
from pipeline.extract.sandbox import ExtractJob, Sandbox
from pipeline.extract.template import Template, without_repeats
from pipeline.model import Article, PageHints

# Pages that wait for each child, so that none is idle while the caller reads the next.
AHEAD = 8
GZIP = b"\x1f\x8b"
# Files of these are devices and the kernel's own, also where they look like any other.
SYSTEM = ("/dev", "/proc", "/sys")
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

    def job(self, max_bytes: int) -> ExtractJob:
        """Return what a child needs to read the page. Raises ExtractError."""
        return ExtractJob(read_page_file(self.file, max_bytes), self.url, PageHints(outlet=self.outlet))


@dataclass(frozen=True, slots=True)
class CapturedPage:
    """A page of a web archive, its bytes at hand until it is read."""

    id: str
    url: str
    outlet: str
    fetched_at: datetime
    charset: str
    body: bytes

    @property
    def source(self) -> str:
        """Whose template the page shares."""
        return self.outlet

    def job(self, max_bytes: int) -> ExtractJob:
        """Return what a child needs to read the page. Raises ExtractError."""
        if len(self.body) > max_bytes:
            raise ExtractError("larger than [fetch] max_bytes", concerns=self.url)
        return ExtractJob(self.body, self.url, PageHints(outlet=self.outlet, charset=self.charset))


PageT = TypeVar("PageT", bound=PageFile | CapturedPage)


@dataclass(frozen=True, slots=True)
class PageResult(Generic[PageT]):
    """A page's article; an empty one, and the reason, where there is none."""

    page: PageT
    article: Article
    error: str = ""


def page_path(name: str, folder: Path) -> Path:
    """Return the file that a list of pages names: absolute, or below the list's own folder. Raises ExtractError."""
    path = Path(name)
    if "\0" in name:
        raise ExtractError("no file has such a name", concerns=repr(name))
    if path.is_absolute():
        return path
    if not (folder / path).resolve().is_relative_to(folder.resolve()):
        raise ExtractError("leads out of the folder of the list", concerns=name, todo="give its absolute path")
    return folder / path


def read_page_file(path: Path, max_bytes: int) -> bytes:
    """Return a page's bytes, unpacked where they are gzip. Raises ExtractError for what is no file of at most
    ``max_bytes``, before and after unpacking."""
    if path.resolve().as_posix().startswith(tuple(f"{folder}/" for folder in SYSTEM)):
        raise ExtractError("a file of the system", concerns=str(path))
    try:
        raw = _read_regular_file(path, max_bytes)
        return _unpacked(raw, max_bytes) if raw.startswith(GZIP) else raw
    except OSError as error:
        raise ExtractError(error.strerror or "cannot be read", concerns=str(path)) from error
    except (zlib.error, ValueError) as error:
        raise ExtractError(str(error), concerns=str(path)) from error


def extract_many(
    pages: Iterable[PageT | PageResult[PageT]],
    config: ExtractConfig,
    max_bytes: int,
    progress: Progress,
    total: int = 0,
) -> Iterator[PageResult[PageT]]:
    """Yield a result for each page, in order; a :class:`PageResult` among them is passed on as it is.

    A page that cannot be read fails alone. ``max_bytes`` bounds each file, and what it unpacks to. ``total`` is how many
    pages the progress is told of.
    """
    yield from without_outlet_repeats(list(read_pages(pages, config, max_bytes, progress, total)))


def without_outlet_repeats(results: Sequence[PageResult[PageT]]) -> Iterator[PageResult[PageT]]:
    """Learn each outlet's template from all of these pages, and yield them without what their outlet repeats."""
    templates: dict[str, Template] = defaultdict(Template)
    for result in results:
        if not result.error:
            templates[result.page.source].learn(result.article)
    for result in results:
        if result.error:
            yield result
        else:
            yield PageResult(result.page, without_repeats(result.article, templates[result.page.source]))


def failed_page(page: PageT, error: ExtractError) -> PageResult[PageT]:
    """Return the result of a page that gave no article."""
    return PageResult(page, Article(page.url, "", ()), str(error))


def read_pages(
    pages: Iterable[PageT | PageResult[PageT]],
    config: ExtractConfig,
    max_bytes: int,
    progress: Progress,
    total: int = 0,
) -> Iterator[PageResult[PageT]]:
    """Yield what each page says by itself, in order; only a few pages are in memory at a time. See :func:`extract_many`."""
    running: deque[tuple[PageT, Future[Article]] | PageResult[PageT]] = deque()
    number = 0
    with Sandbox(config) as sandbox:
        for number, page in enumerate(pages, 1):
            running.append(page if isinstance(page, PageResult) else _submit(sandbox, page, max_bytes))
            if len(running) > AHEAD * config.workers:
                yield _finish(running.popleft())
                progress("extract", number - len(running), total)
        while running:
            yield _finish(running.popleft())
            progress("extract", number - len(running), total)


def _submit(sandbox: Sandbox, page: PageT, max_bytes: int) -> tuple[PageT, Future[Article]] | PageResult[PageT]:
    try:
        job = page.job(max_bytes)
    except ExtractError as error:
        return failed_page(page, error)
    return page, sandbox.submit(job)


def _finish(running: tuple[PageT, Future[Article]] | PageResult[PageT]) -> PageResult[PageT]:
    if isinstance(running, PageResult):
        return running
    page, article = running
    try:
        return PageResult(page, article.result())
    except ExtractError as error:
        return failed_page(page, error)


def _read_regular_file(path: Path, max_bytes: int) -> bytes:
    # A FIFO would be waited for before it could be told from a file.
    with os.fdopen(os.open(path, os.O_RDONLY | os.O_NONBLOCK | os.O_CLOEXEC), "rb") as file:
        if not stat.S_ISREG(os.fstat(file.fileno()).st_mode):
            raise ValueError("not a regular file")
        raw = file.read(max_bytes + 1)
    return _within(raw, max_bytes)


def _unpacked(raw: bytes, max_bytes: int) -> bytes:
    """All members of a gzip file (RFC 1952, 2.2); zeros behind them are padding."""
    parts, size = [], 0
    while raw:
        member = zlib.decompressobj(zlib.MAX_WBITS | 16)
        parts.append(_within(member.decompress(raw, max_bytes + 1 - size), max_bytes - size))
        size += len(parts[-1])
        if not member.eof:
            raise ValueError("the gzip file ends before its end")
        raw = member.unused_data.lstrip(b"\0")
    return b"".join(parts)


def _within(raw: bytes, max_bytes: int) -> bytes:
    if len(raw) > max_bytes:
        raise ValueError("larger than [fetch] max_bytes")
    return raw
