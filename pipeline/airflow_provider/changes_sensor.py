"""A task that waits for the change log to go on."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from airflow.sdk import BaseOperator

from pipeline.airflow_provider.changes_trigger import CopydeskChangesTrigger, event_payload
from pipeline.airflow_provider.hook import CopydeskHook


class CopydeskChangesSensor(BaseOperator):
    """Waits until there is a change behind the cursor ``after``, and returns what the trigger's event says of it.

    It holds no worker meanwhile: where there is nothing new it defers to the triggerer. ``after`` is a template, as
    ``"{{ var.value.get('my_cursor', '') }}"``; '' is the log's beginning.
    """

    template_fields = ("after",)

    def __init__(
        self,
        *,
        conn_id: str = CopydeskHook.default_conn_name,
        after: str = "",
        kinds: Sequence[str] = (),
        poll_interval: float = 30.0,
        limit: int = 1000,
        **kwargs: Any,
    ) -> None:
        super().__init__(**kwargs)
        self.conn_id, self.after, self.kinds = conn_id, after, tuple(kinds)
        self.poll_interval, self.limit = poll_interval, limit

    def execute(self, context: Any) -> dict[str, Any]:
        """Return what is new, or defer. Raises CursorForeign, CursorAhead, CursorGone, StoreError."""
        page = CopydeskHook(self.conn_id).changes(self.after, self.kinds, self.limit)
        if page.lines:
            return event_payload(page, self.after)
        trigger = CopydeskChangesTrigger(
            conn_id=self.conn_id,
            kinds=self.kinds,
            after=page.cursor,
            poll_interval=self.poll_interval,
            limit=self.limit,
        )
        self.defer(trigger=trigger, method_name="resume")

    def resume(self, context: Any, event: dict[str, Any]) -> dict[str, Any]:
        """Return the trigger's event."""
        return event
