"""Files that an agency delivers into a folder: those that are new or have changed since the folder was read last."""

from __future__ import annotations

import hashlib
import os
import stat
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from urllib.parse import unquote, urlsplit

from pipeline.model import Outcome, Validators

SCHEME = "file://"
MOST_FILES = 500
# What uploads are called while they run.
UNFINISHED = (".part", ".partial", ".tmp", ".temp", ".filepart", ".crdownload")


@dataclass(frozen=True, slots=True)
class Dropped:
    """A file of the folder: its name and its bytes."""

    name: str
    body: bytes


@dataclass(frozen=True, slots=True)
class FolderRead:
    """The new files of a folder. ``validators`` say how far it is read; pass them to the next :func:`read_folder`."""

    outcome: Outcome
    files: tuple[Dropped, ...] = ()
    problems: tuple[str, ...] = ()
    validators: Validators = field(default_factory=Validators)


def is_folder(url: str) -> bool:
    """Return whether a feed's address names a folder of this machine."""
    return url.startswith(SCHEME)


def read_folder(url: str, read: Validators, max_bytes: int, most: int = MOST_FILES) -> FolderRead:
    """Read the files that changed after the time in ``read``, the oldest first, at most ``most``.

    A file's time is when the file system last changed it or its name (ctime), which no sender can set. Hidden and
    unfinished files, folders in the folder, and links are not read.
    """
    folder = Path(unquote(urlsplit(url).path))
    try:
        changes = _changed(folder, read)[:most]
    except OSError as error:
        return FolderRead(Outcome.NOT_FOUND, problems=(f"{folder}: {error.strerror}",))
    if not changes:
        return FolderRead(Outcome.NOT_MODIFIED, validators=read)
    files, problems = [], []
    for path, _at in changes:
        try:
            files.append(_file(path, max_bytes))
        except OSError as error:
            problems.append(f"{path.name}: {error.strerror or error}")
    return FolderRead(Outcome.OK, tuple(files), tuple(problems), _mark(changes))


def _changed(folder: Path, read: Validators) -> list[tuple[Path, int]]:
    since = int(read.last_modified or 0)
    times = sorted((at, path) for path in folder.iterdir() if (at := _time(path)) is not None)
    fresh = [(path, at) for at, path in times if at > since]
    level = [(path, at) for at, path in times if at == since]
    # Two files may change at one tick of the clock, the second after the folder was read.
    return (level if level and _mark(level).etag != read.etag else []) + fresh


def _time(path: Path) -> int | None:
    """Return when the file changed, in ns; None for a file that is not read, or has been removed meanwhile.

    Links are not followed: who may write into the folder must not choose what else of this machine is read.
    """
    if path.name.startswith((".", "~")) or path.name.lower().endswith(UNFINISHED):
        return None
    try:
        status = path.lstat()
    except FileNotFoundError:
        return None
    return status.st_ctime_ns if stat.S_ISREG(status.st_mode) else None


def _file(path: Path, max_bytes: int) -> Dropped:
    """Read a file. Raises OSError, also where a link has replaced the file."""
    with os.fdopen(os.open(path, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK), "rb") as file:
        body = file.read(max_bytes + 1)
    if len(body) > max_bytes:
        raise OSError(f"more than {max_bytes} bytes")
    return Dropped(path.name, body)


def _mark(changes: Sequence[tuple[Path, int]]) -> Validators:
    last = changes[-1][1]
    names = "\n".join(sorted(path.name for path, at in changes if at == last))
    return Validators(hashlib.sha256(names.encode("utf-8", "surrogateescape")).hexdigest(), str(last))
