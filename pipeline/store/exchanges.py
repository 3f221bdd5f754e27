"""What was asked and answered at each feed's last poll."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from sqlalchemy import Connection, select

from pipeline.model import Exchange, PollRecord
from pipeline.store.database import Database
from pipeline.store.schema.network import exchange
from pipeline.store.statements import insert, insert_all


def keep_exchanges(db: Connection, records: Sequence[PollRecord]) -> None:
    """Store the exchange of each poll that had an answer, in place of its feed's last one."""
    rows = [_columns(record, record.exchange) for record in records if record.exchange]
    statement = insert(db, exchange)
    latest = {column.name: statement.excluded[column.name] for column in exchange.c if not column.primary_key}
    insert_all(db, statement.on_conflict_do_update(index_elements=["feed_id"], set_=latest), rows)


def _columns(record: PollRecord, answered: Exchange) -> dict[str, Any]:
    headers = {"sent": list(answered.sent), "received": list(answered.received)}
    figures = {"status": answered.status, "seconds": answered.seconds, "size": answered.size}
    return {"feed_id": record.feed_id, "at": record.polled_at, "url": answered.url, **headers, **figures}


def last_exchange(store: Database, feed_id: int) -> Exchange | None:
    """Return what was asked and answered at a feed's last poll that had an answer; None where there was none yet."""
    with store.reading() as db:
        row = db.execute(select(exchange).where(exchange.c.feed_id == feed_id)).first()
    if row is None:
        return None
    sent, received = (tuple((name, value) for name, value in headers) for headers in (row.sent, row.received))
    return Exchange(row.url, sent, row.status, received, row.seconds, row.size, row.at)
