"""Pages as they came, in WARC files (ISO 28500), one gzip member a record, so that each can be read alone."""

from __future__ import annotations

import os
from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import datetime
from pathlib import Path
from types import TracebackType
from typing import Self

import fsspec
from fsspec.implementations.local import LocalFileSystem
from warcio.archiveiterator import ArchiveIterator

from pipeline.archive.members import empty_member, member_body, resource_member, response_member
from pipeline.archive.segments import LocalFile, Output, SegmentObjects, new_name, put_whole
from pipeline.errors import NotStored, StoreError
from pipeline.model import ArchiveRef


class Archive:
    """A folder of WARC files, local or any that fsspec reaches. Each writer has a file of its own.

    In a local folder a record is on disk when :meth:`write` returns. Anywhere else it is stored with its whole segment,
    by :meth:`seal`: nothing may name it before (:meth:`is_sealed`). ``owner`` stands in the names of its new files.
    """

    def __init__(self, folder: str, owner: str = "") -> None:
        self._fs, self._root = fsspec.core.url_to_fs(folder)
        self._is_local = isinstance(self._fs, LocalFileSystem)
        self._prefix = f"pages-{owner}-" if owner else "pages-"
        self._output: Output = (
            LocalFile(self._root, self._prefix)
            if self._is_local
            else SegmentObjects(self._fs, self._root, self._prefix)
        )

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if error is None:
            self.seal()
        self.close()

    def close(self) -> None:
        """End this writer's file. What was not sealed is lost."""
        self._output.close()

    def write(
        self, url: str, fetched_at: datetime, status: int, headers: Sequence[tuple[str, str]], body: bytes
    ) -> ArchiveRef:
        """Keep a page as a ``response`` record. Raises StoreError."""
        return self._append(response_member(url, fetched_at, status, headers, body))

    def write_resource(self, url: str, fetched_at: datetime, media_type: str, body: bytes) -> ArchiveRef:
        """Keep a text that came inside a feed as a ``resource`` record. Raises StoreError."""
        return self._append(resource_member(url, fetched_at, media_type, body))

    def _append(self, member: bytes) -> ArchiveRef:
        with self._stored():
            name, offset = self._output.append(member)
        return ArchiveRef(name, offset, len(member))

    @contextmanager
    def _stored(self, concerns: str = "") -> Iterator[None]:
        try:
            yield
        except OSError as error:
            reason = error.strerror or str(error)
            raise StoreError(reason, concerns=concerns or self._root, todo="check the archive") from error

    @property
    def unsealed_bytes(self) -> int:
        """Return how many bytes were written and are not stored yet."""
        return self._output.unsealed_bytes

    def is_sealed(self, ref: ArchiveRef) -> bool:
        """Return whether a record that this writer wrote is stored. Raises StoreError where it was lost."""
        return self._output.is_sealed(ref.file)

    def seal(self) -> None:
        """Store all that was written. Raises StoreError; the records of the segment are lost then."""
        with self._stored():
            self._output.seal()

    def read(self, ref: ArchiveRef) -> bytes:
        """Return the body stored there. Raises NotStored where the file is gone or holds something else."""
        try:
            member = self._fs.cat_file(f"{self._root}/{ref.file}", start=ref.offset, end=ref.offset + ref.length)
        except OSError as error:
            raise NotStored("no such archive file", concerns=ref.file) from error
        return member_body(member, f"{ref.file} at {ref.offset}")

    def erase(self, refs: Sequence[ArchiveRef]) -> dict[str, str]:
        """Replace records by empty ones of the same length; a file that is gone is no error.

        An object is never written again: where the archive is no local folder, a copy without these records is put
        under a new name. Return old name -> new name of those files; the caller changes what names them, and then
        deletes the old ones. Raises StoreError.
        """
        by_file: dict[str, list[ArchiveRef]] = defaultdict(list)
        for ref in refs:
            by_file[ref.file].append(ref)
        return dict(pair for pair in (self._erase(name, by_file[name]) for name in sorted(by_file)) if pair)

    def _erase(self, name: str, refs: Sequence[ArchiveRef]) -> tuple[str, str] | None:
        path = f"{self._root}/{name}"
        try:
            with self._stored(path):
                if self._is_local:
                    _overwrite(path, refs)
                    return None
                renamed = f"{name.rpartition('/')[0]}/{new_name(self._prefix)}".lstrip("/")
                put_whole(self._fs, f"{self._root}/{renamed}", _without(self._fs.cat_file(path), refs))
                return name, renamed
        except StoreError as error:
            if isinstance(error.__cause__, FileNotFoundError):
                return None
            raise

    def records(self) -> Iterator[tuple[str, bytes]]:
        """Yield each record of each file: where it stands, for a person, and its content."""
        for names in self.files():
            for name in names:
                path = f"{self._root}/{name}"
                with self._fs.open(path, "rb") as file:
                    for number, record in enumerate(ArchiveIterator(file), 1):
                        yield f"{path} record {number}", bytes(record.content_stream().read())

    def files(self) -> Iterator[list[str]]:
        """Yield the names of all files, sorted, a folder at a time, the last folder first."""
        self._fs.invalidate_cache()
        if not self._fs.exists(self._root):
            return
        for folder, _, names in sorted(self._fs.walk(self._root), reverse=True):
            prefix = folder[len(self._root.rstrip("/")) :].strip("/")
            yield sorted(f"{prefix}/{name}".lstrip("/") for name in names if name)

    def owned_files(self) -> Iterator[list[str]]:
        """Yield the names of the files that ``owner`` wrote, as :meth:`files` does."""
        for names in self.files():
            yield [name for name in names if name.rpartition("/")[2].startswith(self._prefix)]

    def stored_at(self, names: Sequence[str]) -> Mapping[str, datetime]:
        """Return when files were written last, by the clock of what holds them; one that is gone is left out."""
        times: dict[str, datetime] = {}
        for name in names:
            try:
                times[name] = self._fs.modified(f"{self._root}/{name}")
            except FileNotFoundError:
                continue
        return times

    def delete(self, files: Sequence[str]) -> None:
        """Remove files that nothing refers to any more; one that is gone already is no error."""
        for name in files:
            path = f"{self._root}/{name}"
            if self._fs.exists(path):
                self._fs.rm(path)


def _overwrite(path: str, refs: Sequence[ArchiveRef]) -> None:
    """Write in place: another process may have the file open, and go on writing at its end."""
    with Path(path).open("r+b") as file:
        for ref in refs:
            file.seek(ref.offset)
            file.write(empty_member(ref.length))
        file.flush()
        os.fsync(file.fileno())


def _without(content: bytes, refs: Sequence[ArchiveRef]) -> bytes:
    copied = bytearray(content)
    for ref in refs:
        copied[ref.offset : ref.offset + ref.length] = empty_member(ref.length)
    return bytes(copied)
