"""A story with all that is shown of it, read in one view: no part of it is of another moment than the rest."""

from __future__ import annotations

from pipeline.model import WholeStory
from pipeline.store.database import Database
from pipeline.store.reads.provenance import read_provenance
from pipeline.store.reads.views import read_additions, read_story


def whole_story(store: Database, story_id: int) -> WholeStory:
    """Return a story, or the one that it was merged into. Raises NotStored."""
    with store.reading() as db:
        head, versions, copies = read_story(db, story_id)
        return WholeStory(head, versions, copies, read_additions(db, head.id), read_provenance(db, head.id))
