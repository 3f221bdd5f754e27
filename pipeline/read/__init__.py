"""Read a store of Copydesk from another program.

``open(source)`` gives a :class:`Reader`, which reads only, never migrates, and needs neither Airflow nor the extractor:

    with read.open("sqlite:///copydesk.db") as reader:
        for change in reader.changes(cursor).lines: ...

Each call is one consistent view of the store. Errors: NotFound, Moved (to another story), Removed (its text is not to
be used), CursorForeign, CursorAhead, CursorGone, SchemaUnknown, StoreMissing, Busy; all are StoreErrors.
"""

from __future__ import annotations

from pipeline.errors import (
    Busy,
    CursorAhead,
    CursorForeign,
    CursorGone,
    Moved,
    Removed,
    SchemaUnknown,
    StoreError,
    StoreMissing,
)
from pipeline.errors import NotStored as NotFound
from pipeline.read.follow import Sink, follow
from pipeline.read.reader import Reader, StoryReader
from pipeline.read.records import (
    ChangePage,
    CopyPlace,
    Kill,
    PagePlace,
    Snapshot,
    StoreInfo,
    StoryFilter,
    StoryHead,
    StoryPage,
    StoryState,
    VersionText,
)
from pipeline.read.source import open

__all__ = [
    "Busy", "ChangePage", "CopyPlace", "CursorAhead", "CursorForeign", "CursorGone", "Kill", "Moved", "NotFound",
    "PagePlace", "Reader", "Removed", "SchemaUnknown", "Sink", "Snapshot", "StoreError", "StoreInfo", "StoreMissing",
    "StoryFilter", "StoryHead", "StoryPage", "StoryReader", "StoryState", "VersionText", "follow", "open",
]  # fmt: skip
