"""Archive files that no row names: what a process left that was killed between storing pages and recording them."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import datetime, timedelta

from pipeline.archive.warc import Archive
from pipeline.store import Store

# How old an unnamed file is before it is deleted: far longer than a run takes to record its pages.
ORPHAN_AGE = timedelta(hours=24)


def sweep_archive(store: Store, archive: Archive) -> int:
    """Delete this store's files that no row names, once they are ORPHAN_AGE old. Return how many.

    Files of other stores stay, as their names tell. Age is measured up to the newest file, by the clock of what holds
    the archive: a clock of ours that is wrong deletes nothing.
    """
    swept = 0
    newest: datetime | None = None
    for unnamed, last in _unnamed_files(store, archive):
        times = archive.stored_at([*unnamed, last])
        newest = max([*times.values(), *([newest] if newest else [])], default=None)
        old = orphans({name: times[name] for name in unnamed if name in times}, newest)
        archive.delete(old)
        swept += len(old)
    return swept


def _unnamed_files(store: Store, archive: Archive) -> Iterator[tuple[list[str], str]]:
    """Yield the files of each folder that no row names, and the folder's last file."""
    for names in archive.owned_files():
        if names:
            named_files = store.retention.named_files(names)
            yield [name for name in names if name not in named_files], names[-1]


def orphans(unnamed: Mapping[str, datetime], newest: datetime | None) -> list[str]:
    """Return those of these files that are ORPHAN_AGE old at the time of the ``newest`` file."""
    return sorted(name for name, at in unnamed.items() if newest is not None and newest - at >= ORPHAN_AGE)
