"""Keys of requests that act, with what was answered: who sends a request again under its key gets that answer again.

As the IETF's draft of the Idempotency-Key header has it (draft-ietf-httpapi-idempotency-key-header).
"""

from __future__ import annotations

from datetime import datetime, timedelta

from sqlalchemy import delete, or_, select, update

from pipeline.errors import AlreadyDecided, UsageError
from pipeline.store.database import Database, Subject
from pipeline.store.schema.network import request_key
from pipeline.store.statements import insert

# How long an answer is kept, and after what time a request without one has died.
KEPT_FOR, DEAD_AFTER = timedelta(days=1), timedelta(minutes=10)


class RequestKeys(Subject):
    """Keys of requests that act, each of one person."""

    def __init__(self, database: Database) -> None:
        super().__init__(database)

    def begin(self, person: str, key: str, digest: str, now: datetime) -> str | None:
        """Begin the request of this digest under a key. Return what was answered to it before, None where it is to be
        done.

        Raises UsageError where the key was another request's, AlreadyDecided where the same one is under way.
        """
        is_key = (request_key.c.person == person) & (request_key.c.key == key)
        is_dead = request_key.c.answer.is_(None) & (request_key.c.at < now - DEAD_AFTER)
        row = {"person": person, "key": key, "digest": digest, "at": now}
        with self._database.transaction() as db:
            db.execute(delete(request_key).where(or_(request_key.c.at < now - KEPT_FOR, is_key & is_dead)))
            new = insert(db, request_key).on_conflict_do_nothing().returning(request_key.c.key)
            if db.execute(new, row).first():
                return None
            stored = db.execute(select(request_key).where(is_key)).one()
        if stored.digest != digest:
            raise UsageError("the key was another request's", concerns="Idempotency-Key", todo="take a new one")
        if stored.answer is None:
            raise AlreadyDecided("the same request is under way", concerns="Idempotency-Key", todo="ask again")
        return str(stored.answer)

    def finish(self, person: str, key: str, answer: str) -> None:
        """Keep what was answered."""
        is_key = (request_key.c.person == person) & (request_key.c.key == key)
        with self._database.transaction() as db:
            db.execute(update(request_key).where(is_key).values(answer=answer))

    def forget(self, person: str, key: str) -> None:
        """Forget a request that failed: it may be sent again."""
        is_key = (request_key.c.person == person) & (request_key.c.key == key)
        with self._database.transaction() as db:
            db.execute(delete(request_key).where(is_key))
