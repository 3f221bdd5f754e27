"""New lines of the change log, as an event that starts a DAG or ends a wait."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Sequence
from typing import Any

from airflow.triggers.base import BaseEventTrigger, TriggerEvent

from pipeline.airflow_provider.hook import CopydeskHook
from pipeline.read import ChangePage

CURSOR = "copydesk_cursor"


class CopydeskChangesTrigger(BaseEventTrigger):
    """Fires where the change log goes on: ``{"changes", "last", "after", "cursor", "stories"}``.

    As an Asset's watcher it fires again and again; its cursor stands in the Asset's state store and moves only when the
    event is out, so that a triggerer that dies tells the same changes twice rather than not at all. Deferred to by a
    task it fires once, for what is behind ``after``.

    ``kinds``: only these, others are passed over. ``poll_interval``: seconds between two looks at the log. ``limit``:
    changes of an event, the rest of the last one's commit included.
    """

    def __init__(
        self,
        *,
        conn_id: str = CopydeskHook.default_conn_name,
        kinds: Sequence[str] = (),
        after: str = "",
        poll_interval: float = 30.0,
        limit: int = 1000,
    ) -> None:
        super().__init__()  # type: ignore[no-untyped-call]
        self.conn_id, self.kinds, self.after = conn_id, tuple(kinds), after
        self.poll_interval, self.limit = poll_interval, limit

    def serialize(self) -> tuple[str, dict[str, Any]]:
        """Return the class and what makes another of the same."""
        arguments = {
            "conn_id": self.conn_id,
            "kinds": list(self.kinds),
            "after": self.after,
            "poll_interval": self.poll_interval,
            "limit": self.limit,
        }
        return f"{type(self).__module__}.{type(self).__qualname__}", arguments

    async def run(self) -> AsyncIterator[TriggerEvent]:
        """Yield an event for each page of new changes. Raises CursorForeign, CursorAhead, CursorGone, StoreError."""
        cursor = await self._stored_cursor()
        while True:
            page = await asyncio.to_thread(CopydeskHook(self.conn_id).changes, cursor, self.kinds, self.limit)
            if page.cursor == cursor:
                await asyncio.sleep(self.poll_interval)
                continue
            if page.lines:
                yield TriggerEvent(event_payload(page, cursor))  # type: ignore[no-untyped-call]
                if self.asset_state_store is None:
                    return
            await self._store_cursor(page.cursor)
            cursor = page.cursor

    async def _stored_cursor(self) -> str:
        if self.asset_state_store is None:
            return self.after
        return str(await self.asset_state_store.aget(CURSOR, self.after) or "")

    async def _store_cursor(self, cursor: str) -> None:
        if self.asset_state_store is not None:
            await self.asset_state_store.aset(CURSOR, cursor)


def event_payload(page: ChangePage, after: str) -> dict[str, Any]:
    """Return what an event says of a page of changes: their number, the last one's, the cursors before and behind them,
    and the stories that they name, by id."""
    return {
        "changes": len(page.lines),
        "last": page.lines[-1].seq,
        "after": after,
        "cursor": page.cursor,
        "stories": sorted({line.story_id for line in page.lines}),
    }
