"""How the database carries out what a read asks of it: the plan of each of its statements."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

from sqlalchemy import Engine, event

from pipeline.store import Store

# Tables that grow with every page, and those that grow with every story.
LARGE = ("entry", "carried", "page", "article", "span", "story", "copy", "version", "change", "story_past", "copy_past")
_SQLITE_SCAN = re.compile(r"SCAN (\w+)")
_SEQ_SCAN = re.compile(r"Seq Scan on (\w+)")
Statement = tuple[str, Any]


@contextmanager
def recorded_statements(engine: Engine) -> Iterator[list[Statement]]:
    """Yield a list that gets each query that is executed inside the block."""
    statements: list[Statement] = []

    def record(_connection: Any, _cursor: Any, statement: str, parameters: Any, *_rest: Any) -> None:
        if statement.lstrip().upper().startswith(("SELECT", "WITH")):
            statements.append((statement, parameters))

    event.listen(engine, "before_cursor_execute", record)
    try:
        yield statements
    finally:
        event.remove(engine, "before_cursor_execute", record)


def scans_of(store: Store, read: Callable[[], object]) -> list[str]:
    """Return the plans of the read's statements that go through a whole large table.

    PostgreSQL is told to avoid such a scan: one that is left, no index can replace.
    """
    with recorded_statements(store.engine) as statements:
        read()
    assert statements
    return [f"{statement}\n{plan}" for statement, plan in query_plans(store, statements) if has_scan(store, plan)]


def query_plans(store: Store, statements: list[Statement]) -> Iterator[tuple[str, str]]:
    """Yield each statement with its plan."""
    with store.engine.connect() as db:
        if db.dialect.name == "postgresql":
            db.exec_driver_sql("SET LOCAL enable_seqscan = off")
        words = "EXPLAIN " if db.dialect.name == "postgresql" else "EXPLAIN QUERY PLAN "
        for statement, parameters in statements:
            rows = db.exec_driver_sql(words + statement, parameters).all()
            yield statement, "\n".join(str(row[-1]) for row in rows)


def has_scan(store: Store, plan: str) -> bool:
    """Return whether a plan goes through a large table whole, not in an order that ends early."""
    if store.engine.dialect.name == "postgresql":
        return any(table in LARGE for table in _SEQ_SCAN.findall(plan))
    return any(
        (match := _SQLITE_SCAN.search(line)) and match[1] in LARGE and "USING INDEX" not in line
        for line in plan.splitlines()
    )
