"""``@task.copydesk_changes``: a function of a page of changes as a task that has seen each of them."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from airflow.providers.standard.decorators.python import python_task

from pipeline.airflow_provider.assets import STORIES
from pipeline.airflow_provider.hook import CopydeskHook
from pipeline.read import ChangePage
from pipeline.read.reader import State

PageFunction = Callable[[ChangePage], None]


def copydesk_changes(
    python_callable: PageFunction | None = None,
    *,
    consumer: str,
    conn_id: str = CopydeskHook.default_conn_name,
    limit: int = 500,
    state: State = "full",
    **kwargs: Any,
) -> Any:
    """Make a task of a function that takes a ``ChangePage``: it is called for each page that ``consumer`` has not seen.

    The cursor stands in the state store of the Asset ``copydesk_stories`` and moves when the function returns: a run
    that dies gets the same page again. ``state`` says what the page tells of its stories: none, head, full.
    """

    def decorate(function: PageFunction) -> Any:
        return python_task(_follow(function, consumer, conn_id, limit, state), inlets=[STORIES], **kwargs)

    return decorate if python_callable is None else decorate(python_callable)


def _follow(function: PageFunction, consumer: str, conn_id: str, limit: int, state: State) -> Callable[..., int]:
    def follow(asset_state_store: Any = None) -> int:
        """Return the number of changes that were passed on."""
        store, key = asset_state_store[STORIES], f"copydesk_cursor:{consumer}"
        cursor, passed = str(store.get(key) or ""), 0
        with CopydeskHook(conn_id).get_conn() as reader:
            while (page := reader.changes(cursor, limit=limit, state=state)).cursor != cursor:
                function(page)
                cursor, passed = page.cursor, passed + len(page.lines)
                store.set(key, cursor)
        return passed

    follow.__name__, follow.__doc__ = function.__name__, function.__doc__
    return follow
