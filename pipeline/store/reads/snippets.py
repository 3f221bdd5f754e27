"""Where the words of a search stand in the stories it found."""

from __future__ import annotations

from collections.abc import Sequence

from sqlalchemy import Connection, select

from pipeline.model import Snippet
from pipeline.store.change_log import IN_FORCE
from pipeline.store.database import Database
from pipeline.store.schema.sql_views import READABLE
from pipeline.store.schema.tables import story, version
from pipeline.text.searches import snippet_of


def snippets_of(store: Database, search: str, story_ids: Sequence[int]) -> dict[int, Snippet]:
    """Return, by story, the snippet of the text in force that has the most of what the ``search`` asks for.

    Stories that may not be read, and those found by their title alone, are left out.
    """
    with store.reading() as db:
        return read_snippets(db, search, story_ids)


def read_snippets(db: Connection, search: str, story_ids: Sequence[int]) -> dict[int, Snippet]:
    """Return what :func:`snippets_of` does, in the view of an open transaction."""
    query = select(version.c.story_id, version.c.body).join(story, IN_FORCE)
    query = query.where(READABLE)
    rows = db.execute(query.where(story.c.id.in_(story_ids)))
    by_story = {row.story_id: snippet_of(search, row.body) for row in rows}
    return {number: snippet for number, snippet in by_story.items() if snippet}
