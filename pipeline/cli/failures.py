"""How a command ends that did not do its work: one line a failure, what to do, and the exit code."""

from __future__ import annotations

import errno
from collections.abc import Iterator
from contextvars import ContextVar
from dataclasses import dataclass

from pipeline.errors import CopydeskError, UsageError
from pipeline.log import mask_secrets

DEBUG: ContextVar[bool] = ContextVar("debug", default=False)
FAILED, USAGE, INTERRUPTED, TERMINATED = 1, 2, 130, 143
MOST_LINES = 10
ADVICE = {
    errno.ENOSPC: "make room on the disk; the next run goes on from there",
    errno.EDQUOT: "make room in your quota; the next run goes on from there",
    errno.EACCES: "check its rights, and those of its folder",
    errno.EPERM: "check its rights, and those of its folder",
    errno.EROFS: "write to another place",
    errno.ENOENT: "check the name",
    errno.EISDIR: "name a file, not a folder",
    errno.ENOTDIR: "check the name",
    errno.EEXIST: "name another place",
    errno.EMFILE: "let this user open more files (ulimit -n)",
    errno.ENFILE: "let this machine open more files",
}


@dataclass(frozen=True, slots=True)
class Ending:
    """What a person is told, a line each, and the exit code."""

    lines: tuple[str, ...]
    code: int


def ending(error: BaseException) -> Ending:
    """Return how a command ends that ``error`` stopped; of a group each distinct failure is told, ten at most."""
    leaves = list(_leaves(error))
    if any(isinstance(leaf, KeyboardInterrupt) for leaf in leaves):
        return Ending(("stopped; what is stored stays, and the next run goes on from there",), INTERRUPTED)
    lines = list(dict.fromkeys(line for leaf in leaves for line in failure_text(leaf).splitlines()))
    hidden = len(lines) - MOST_LINES
    shown_lines = lines if hidden <= 0 else [*lines[:MOST_LINES], f"... and {hidden} more"]
    code = USAGE if all(isinstance(leaf, UsageError) for leaf in leaves) else FAILED
    return Ending(tuple(map(mask_secrets, shown_lines)), code)


def failure_text(error: BaseException) -> str:
    """Return one failure in one line, with what to do; a ConfigError may tell several faults, a line each."""
    if isinstance(error, CopydeskError):
        return str(error)
    if isinstance(error, MemoryError):
        return "out of memory - give it more, or a smaller file"
    if isinstance(error, OSError):
        concerns = f"{error.filename}: " if error.filename else ""
        advice = ADVICE.get(error.errno or 0, "see with --debug where it happened")
        return f"{concerns}{error.strerror or str(error) or type(error).__name__} - {advice}"
    return f"{type(error).__name__}: {_first_line(error)} - a fault of copydesk; see with --debug where it happened"


def _leaves(error: BaseException) -> Iterator[BaseException]:
    if isinstance(error, BaseExceptionGroup):
        for member in error.exceptions:
            yield from _leaves(member)
    else:
        yield error


def _first_line(error: BaseException) -> str:
    return next((line for line in str(error).splitlines() if line.strip()), "no reason given")
