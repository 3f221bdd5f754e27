"""Where an archive's writer puts its records: a file of a local folder, or objects of a store that are put whole."""

from __future__ import annotations

import os
import tempfile
import uuid
from contextlib import suppress
from datetime import UTC, datetime
from pathlib import Path
from typing import IO, Any, Protocol

from pipeline.errors import StoreError

# Bytes of an object at most: one request writes it, and no multipart upload can be left open.
MOST_BYTES = 64 * 1024 * 1024


class Output(Protocol):
    """The end of an archive that is written."""

    @property
    def unsealed_bytes(self) -> int:
        """Return how many bytes a crash would lose now."""

    def append(self, member: bytes) -> tuple[str, int]:
        """Write a record; return the name of its file in the archive and its offset there. Raises OSError."""

    def is_sealed(self, name: str) -> bool:
        """Return whether all records of a file that this writer has named are stored. Raises StoreError if it lost
        them."""

    def seal(self) -> None:
        """Store all that was written. Raises OSError or StoreError."""

    def close(self) -> None:
        """End what is open; what was not sealed is lost."""


def new_name(prefix: str) -> str:
    """Return the name of a new file: no two writers and no two times give one."""
    return f"{prefix}{datetime.now(UTC):%Y%m%d%H%M%S}-{uuid.uuid4().hex[:8]}.warc.gz"


class LocalFile:
    """One file of a local folder: a record is on disk when :meth:`append` returns."""

    unsealed_bytes = 0

    def __init__(self, root: str, prefix: str) -> None:
        self._root, self._prefix, self._name = Path(root), prefix, ""
        self._file: IO[bytes] | None = None

    def append(self, member: bytes) -> tuple[str, int]:
        """Write a record and wait for the disk. Where it fails the next record begins a new file: what of this one was
        written, and what the buffer still holds, is then behind no other."""
        file = self._open()
        offset = file.tell()
        try:
            file.write(member)
            file.flush()
            os.fsync(file.fileno())
        except OSError:
            self.close()
            raise
        return self._name, offset

    def _open(self) -> IO[bytes]:
        if self._file is None:
            self._root.mkdir(parents=True, exist_ok=True)
            self._name = new_name(self._prefix)
            self._file = (self._root / self._name).open("wb")
        return self._file

    def is_sealed(self, _name: str) -> bool:
        """Return True: nothing waits."""
        return True

    def seal(self) -> None:
        """Do nothing: every record is on disk."""

    def close(self) -> None:
        """End the file. No error is left to tell: append has told that of each record."""
        if self._file is not None:
            with suppress(OSError):
                self._file.close()
            self._file = None


class SegmentObjects:
    """Objects that are put whole and never written again, each spooled in a file of this machine until then.

    An object store shows an object only when all of it has come, and cannot add to one. A key is never used twice, in
    a folder for each day, so that no listing is longer than a day's.
    """

    def __init__(self, files: Any, root: str, prefix: str) -> None:
        self._files, self._root, self._prefix = files, root, prefix
        self._spool: IO[bytes] | None = None
        self._name = ""
        self._unsealed: set[str] = set()
        self._lost: set[str] = set()

    @property
    def unsealed_bytes(self) -> int:
        """Return how many bytes wait to be put."""
        return self._spool.tell() if self._spool is not None else 0

    def append(self, member: bytes) -> tuple[str, int]:
        """Spool a record; a segment that would be too long with it is sealed before."""
        if self.unsealed_bytes and self.unsealed_bytes + len(member) > MOST_BYTES:
            self.seal()
        if self._spool is None:
            self._name = f"{datetime.now(UTC):%Y-%m-%d}/{new_name(self._prefix)}"
            # Without a name in its folder: a process that is killed leaves nothing.
            self._spool = tempfile.TemporaryFile()  # noqa: SIM115 - ended by seal or close
            self._unsealed.add(self._name)
        offset = self._spool.tell()
        self._spool.write(member)
        return self._name, offset

    def is_sealed(self, name: str) -> bool:
        """Return whether the object is there. Raises StoreError where its segment was lost."""
        if name in self._lost:
            raise StoreError("the segment could not be put", concerns=f"{self._root}/{name}", todo="check the archive")
        return name not in self._unsealed

    def seal(self) -> None:
        """Put the segment in one request, and check that all of it is there."""
        if self._spool is None:
            return
        spool, name = self._spool, self._name
        self._spool = None
        try:
            put_whole(self._files, f"{self._root}/{name}", _content(spool))
        except BaseException:
            self._lost.add(name)
            raise
        self._unsealed.discard(name)

    def close(self) -> None:
        """Drop what was not sealed: no row names it."""
        if self._spool is not None:
            self._lost.add(self._name)
            with suppress(OSError):
                self._spool.close()
            self._spool = None


def _content(spool: IO[bytes]) -> bytes:
    with spool:
        spool.seek(0)
        return spool.read()


def put_whole(files: Any, path: str, content: bytes) -> None:
    """Put an object and check its size. Raises StoreError where it has another, OSError where the store refuses."""
    files.pipe_file(path, content)
    files.invalidate_cache(path.rpartition("/")[0])
    size = files.size(path)
    if size != len(content):
        raise StoreError(f"{size} bytes are there of {len(content)} that were put", concerns=path)
