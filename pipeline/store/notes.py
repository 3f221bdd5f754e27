"""Notes of persons on stories."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import delete, select

from pipeline.model import Note
from pipeline.store.database import Subject
from pipeline.store.schema.persons import note
from pipeline.store.schema.tables import story
from pipeline.store.story_links import no_story


class Notes(Subject):
    """Notes of persons on stories."""

    def add(self, story_id: int, text: str, person: str, now: datetime) -> int:
        """Add a note; return its id. Raises NotStored where there is no such story."""
        row = {"story_id": story_id, "text": text, "person": person, "at": now}
        with self._database.transaction() as db:
            if db.scalar(select(story.c.id).where(story.c.id == story_id)) is None:
                raise no_story(story_id)
            return int(db.execute(note.insert().returning(note.c.id), row).scalar_one())

    def remove(self, note_id: int) -> bool:
        """Remove a note. Return whether it was there."""
        with self._database.transaction() as db:
            return bool(db.execute(delete(note).where(note.c.id == note_id)).rowcount)

    def of_story(self, story_id: int) -> list[Note]:
        """Return a story's notes, the latest first."""
        query = select(note).where(note.c.story_id == story_id).order_by(note.c.id.desc())
        with self._database.reading() as db:
            return [Note(row.id, row.story_id, row.text, row.person, row.at) for row in db.execute(query)]
