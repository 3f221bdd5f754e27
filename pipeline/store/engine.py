"""Opening a database: SQLite or PostgreSQL, brought to this version's schema."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from alembic import command
from alembic.config import Config as AlembicConfig
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import Connection, Engine, create_engine, event, inspect
from sqlalchemy.engine import make_url
from sqlalchemy.exc import ArgumentError, NoSuchModuleError, SQLAlchemyError

from pipeline.errors import StoreError
from pipeline.store.tables import metadata

MIGRATIONS = Path(__file__).parent / "migrations"
BUSY_MS = 60_000
MIGRATION_LOCK = 0x636F7079


def open_engine(url: str, *, migrate: bool) -> Engine:
    """An engine on ``url`` with the schema of this version.

    Raises :class:`StoreError` where nothing can be opened there, or the schema is a later version's.
    """
    try:
        parsed = make_url(url)
        if parsed.get_backend_name() == "sqlite" and parsed.database:
            Path(parsed.database).parent.mkdir(parents=True, exist_ok=True)
        # An error must not bring secrets of subscriptions into a log.
        engine = create_engine(parsed, pool_pre_ping=parsed.get_backend_name() != "sqlite", hide_parameters=True)
        if parsed.get_backend_name() == "sqlite":
            _tune_sqlite(engine)
        _bring_up(engine, migrate)
    except (ArgumentError, NoSuchModuleError) as error:
        raise StoreError(f"not a database URL: {error}", concerns=url, todo="correct 'store'") from error
    except SQLAlchemyError as error:
        raise StoreError(_first_line(error), concerns=_shown(url), todo="check that it is there and open") from error
    except OSError as error:
        raise StoreError(error.strerror or str(error), concerns=url, todo="check the folder and its rights") from error
    return engine


def _shown(url: str) -> str:
    return make_url(url).render_as_string(hide_password=True)


def _first_line(error: Exception) -> str:
    cause = getattr(error, "orig", None) or error
    return str(cause).splitlines()[0]


def _tune_sqlite(engine: Engine) -> None:
    @event.listens_for(engine, "connect")
    def settings(connection: Any, _record: Any) -> None:
        connection.isolation_level = None  # so that BEGIN below is ours to choose
        for pragma in (f"busy_timeout={BUSY_MS}", "journal_mode=WAL", "synchronous=FULL", "foreign_keys=ON"):
            connection.execute(f"PRAGMA {pragma}")

    @event.listens_for(engine, "begin")
    def begin(connection: Connection) -> None:
        # A writer that begins as a reader can find itself refused half way: SQLite's deferred upgrade.
        mode = "" if connection.get_execution_options().get("reading") else " IMMEDIATE"
        connection.exec_driver_sql("BEGIN" + mode)


def _bring_up(engine: Engine, migrate: bool) -> None:
    script = ScriptDirectory(str(MIGRATIONS))
    with engine.execution_options(reading=True).connect() as connection:
        current = MigrationContext.configure(connection).get_current_revision()
    if current == script.get_current_head():
        return
    if current and current not in {revision.revision for revision in script.walk_revisions()}:
        raise StoreError(f"has schema {current} of a later version", concerns=str(engine.url), todo="update copydesk")
    if not migrate:
        raise StoreError("has an old schema", concerns=str(engine.url), todo="run any copydesk command once")
    _upgrade(engine)


def _upgrade(engine: Engine) -> None:
    config = AlembicConfig()
    config.set_main_option("script_location", str(MIGRATIONS))
    with engine.connect() as connection, _tables_may_move(connection), connection.begin():
        if engine.dialect.name == "postgresql":
            connection.exec_driver_sql(f"SELECT pg_advisory_xact_lock({MIGRATION_LOCK})")
        config.attributes["connection"] = connection
        if inspect(connection).get_table_names():
            command.upgrade(config, "head")
        else:
            # A store that is new needs no history: a tenth of the time.
            metadata.create_all(connection)
            command.stamp(config, "head")


@contextmanager
def _tables_may_move(connection: Connection) -> Iterator[None]:
    """SQLite changes a table by copying it and dropping the old one, which foreign keys forbid ("Making Other Kinds
    Of Table Schema Changes", sqlite.org/lang_altertable.html). The setting holds outside a transaction only."""
    held = connection.connection.driver_connection if connection.dialect.name == "sqlite" else None
    if held is not None:
        held.execute("PRAGMA foreign_keys=OFF")
    try:
        yield
    finally:
        if held is not None:
            held.execute("PRAGMA foreign_keys=ON")
