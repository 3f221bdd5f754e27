"""Opening of the store's database, SQLite or PostgreSQL, and its migration to this version's schema."""

from __future__ import annotations

import os
import re
import secrets
import sqlite3
import uuid
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any
from urllib.parse import quote

from sqlalchemy import (
    URL,
    Column,
    Connection,
    Engine,
    MetaData,
    String,
    Table,
    create_engine,
    event,
    insert,
    inspect,
    select,
)
from sqlalchemy.engine import make_url
from sqlalchemy.exc import ArgumentError, NoSuchModuleError, SQLAlchemyError

import pipeline.store.schema.sql_views  # noqa: F401 - its views are part of the schema
from pipeline.errors import SchemaUnknown, StoreError, StoreMissing
from pipeline.store.change_cursor import NO_TAG
from pipeline.store.schema.columns import read_json, write_json
from pipeline.store.schema.tables import log_state, metadata
from pipeline.store.schema.words import create_index

MIGRATIONS = Path(__file__).parent / "migrations"
VERSIONS = MIGRATIONS / "versions"
# Alembic's own table ("alembic_version", see its MigrationContext), in which it keeps the schema's name.
stamp = Table("alembic_version", MetaData(), Column("version_num", String(32), primary_key=True))
BUSY_MS = 60_000
# A writer that was suspended in a transaction holds its rows so long at most; our own transactions take seconds.
IDLE_MS = 600_000
# libpq's parameters (PostgreSQL 15, 34.1.2): a server that is gone without a word, as after a failover, is an error
# after a minute and not a run that hangs. What the address says of itself holds.
FAILOVER = {
    "connect_timeout": 10,
    "keepalives_idle": 30,
    "keepalives_interval": 10,
    "keepalives_count": 3,
    "tcp_user_timeout": 60_000,
}
# The secrets in an address: a password before the host, and parameters with these words in their name.
SECRET_NAME = re.compile(r"pass|secret|token|key", re.IGNORECASE)
SECRET_TEXT = re.compile(r"(:)[^:@/]*(?=@)|((?:pass\w*|secret|token)=)[^&]*", re.IGNORECASE)
# Room for all pages that a batch of articles changes (700 of 4 KB): with SQLite's 2 MB some are written twice.
CACHE_KB = 8000
MIGRATION_LOCK = 0x636F7079
PRAGMAS = (
    f"busy_timeout={BUSY_MS}",
    "journal_mode=WAL",
    "synchronous=FULL",
    "foreign_keys=ON",
    f"cache_size=-{CACHE_KB}",
)
READER_PRAGMAS = (f"busy_timeout={BUSY_MS}", f"cache_size=-{CACHE_KB}", "query_only=ON")


def open_engine(url: str, *, migrate: bool, create: bool = True) -> Engine:
    """Return an engine on the database at ``url``, whose schema is this version's.

    With ``migrate`` an older schema is migrated, and a new database gets its tables. Without ``create`` a SQLite file
    has to exist. Raises StoreMissing where it does not, SchemaUnknown where the schema is another version's, or is old
    and ``migrate`` is false, and StoreError where the database cannot be opened. No error shows a password.
    """
    with _opening(url):
        parsed = make_url(url)
        if not create:
            _require_store(parsed)
        return _with_schema(_engine(parsed), migrate)


def open_reader(url: str) -> Engine:
    """Return an engine that only reads the database at ``url``: it migrates nothing, and needs no right to write.

    Raises as :func:`open_engine` does without ``migrate`` and ``create``.
    """
    with _opening(url):
        parsed = make_url(url)
        _require_store(parsed)
        return _with_schema(_reader(parsed), migrate=False)


def _with_schema(engine: Engine, migrate: bool) -> Engine:
    """Return the engine with this version's schema; where that is refused, leave no connection open."""
    try:
        _bring_up(engine, migrate)
    except BaseException:
        engine.dispose()
        raise
    return engine


@contextmanager
def _opening(url: str) -> Iterator[None]:
    """Raise what opening a database raises as StoreError."""
    concerns = hide_secrets(url)
    try:
        yield
    except ImportError as error:
        problem, todo = "the driver of this database is not installed", "pip install 'copydesk[postgresql]'"
        raise StoreError(problem, concerns=concerns, todo=todo) from error
    except (ArgumentError, NoSuchModuleError) as error:
        raise StoreError("not the address of a database", concerns=concerns, todo="correct 'store'") from error
    except SQLAlchemyError as error:
        raise StoreError(_first_line(error), concerns=concerns, todo="check that it is there and open") from error
    except OSError as error:
        problem = error.strerror or str(error)
        raise StoreError(problem, concerns=concerns, todo="check the folder and its rights") from error


def _require_store(url: URL) -> None:
    """Refuse a SQLite file that is not there: opening would make an empty store of it."""
    path = url.database if url.get_backend_name() == "sqlite" else None
    if path and path != ":memory:" and not Path(path).exists():
        todo = "go to the folder where its .copydesk is, or name that in COPYDESK_HOME; 'copydesk run' makes a new one"
        raise StoreMissing(
            "there is no store", concerns=hide_secrets(url.render_as_string(hide_password=False)), todo=todo
        )


def _engine(url: URL) -> Engine:
    # An error must not bring secrets of subscriptions into a log.
    if url.get_backend_name() != "sqlite":
        engine = _server_engine(url, json_serializer=write_json)
        _set_on_connect(engine, f"SET lock_timeout = {BUSY_MS}; SET idle_in_transaction_session_timeout = {IDLE_MS}")
        return engine
    if url.database:
        _make_private(Path(url.database))
    engine = create_engine(url, json_deserializer=read_json, json_serializer=write_json, hide_parameters=True)
    _tune_sqlite(engine, PRAGMAS)
    return engine


def _server_engine(url: URL, **options: Any) -> Engine:
    """Return an engine on a database server, whose broken connections are replaced and whose silence ends."""
    unsaid = {name: value for name, value in FAILOVER.items() if name not in url.query}
    settings = unsaid if url.get_driver_name().startswith("psycopg") else {}
    return create_engine(url, pool_pre_ping=True, hide_parameters=True, connect_args=settings, **options)


def _reader(url: URL) -> Engine:
    if url.get_backend_name() != "sqlite":
        engine = _server_engine(url)
        _set_on_connect(engine, "SET default_transaction_read_only = on")
        return engine
    address = _reader_address(Path(url.database or ""))

    def connect() -> sqlite3.Connection:
        return sqlite3.connect(address, uri=True, check_same_thread=False)

    engine = create_engine(url, creator=connect, json_deserializer=read_json, hide_parameters=True)
    _tune_sqlite(engine, READER_PRAGMAS)
    return engine


def _reader_address(path: Path) -> str:
    """Return the URI by which SQLite only reads a file. In a folder without the right to write, where no writer left
    its log, the file cannot change, which SQLite has to be told: it could not make its own files beside it."""
    log = path.with_name(path.name + "-wal")
    is_still = not os.access(path.parent, os.W_OK) and not log.exists()
    return f"file:{quote(str(path.absolute()))}?mode=ro" + ("&immutable=1" if is_still else "")


def _make_private(path: Path) -> None:
    """Make the database's folder and file for their owner alone; what is there already stays as it is."""
    path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    if not path.exists():
        path.touch(mode=0o600)


def _set_on_connect(engine: Engine, setting: str) -> None:
    """Make settings of each new connection, as that no statement waits longer than a minute for a locked row."""

    @event.listens_for(engine, "connect")
    def settings(connection: Any, _record: Any) -> None:
        with connection.cursor() as cursor:
            cursor.execute(setting)
        connection.commit()


def hide_secrets(url: str) -> str:
    """Return a store's address without its secrets: the password, and passwords and keys in the query."""
    try:
        parsed = make_url(url)
    except ArgumentError:
        return SECRET_TEXT.sub(lambda match: f"{match[1] or match[2]}***", url)
    query = {name: "***" if SECRET_NAME.search(name) else value for name, value in parsed.query.items()}
    return parsed.set(query=query).render_as_string(hide_password=True)


def _first_line(error: Exception) -> str:
    cause = getattr(error, "orig", None) or error
    return str(cause).splitlines()[0]


def _tune_sqlite(engine: Engine, pragmas: Sequence[str]) -> None:
    @event.listens_for(engine, "connect")
    def settings(connection: Any, _record: Any) -> None:
        connection.isolation_level = None  # leaves BEGIN to the listener below
        for pragma in pragmas:
            connection.execute(f"PRAGMA {pragma}")

    @event.listens_for(engine, "begin")
    def begin(connection: Connection) -> None:
        # SQLite may refuse to make a writer of a transaction that began as a reader (a deferred upgrade).
        mode = "" if connection.get_execution_options().get("reading") else " IMMEDIATE"
        connection.exec_driver_sql("BEGIN" + mode)


def _bring_up(engine: Engine, migrate: bool) -> None:
    current, revision_names = current_revision(engine), revisions()
    if current == revision_names[-1]:
        return
    if current and current not in revision_names:
        raise _foreign_schema(engine, current, revision_names[0])
    if not migrate:
        problem = f"has schema {current}, not {revision_names[-1]}" if current else "has no tables of copydesk"
        todo = "bring it to this version's schema: copydesk migrate" if current else "correct 'store'"
        raise SchemaUnknown(problem, concerns=_safe_address(engine), todo=todo)
    with engine.connect() as connection, tables_may_move(connection), connection.begin():
        _upgrade(connection)


def _safe_address(engine: Engine) -> str:
    return hide_secrets(engine.url.render_as_string(hide_password=False))


def _foreign_schema(engine: Engine, current: str, first: str) -> SchemaUnknown:
    """Return the error for a schema that no migration of this version leads to or from."""
    address = _safe_address(engine)
    if current > first:
        return SchemaUnknown(f"has schema {current} of a later version", concerns=address, todo="update copydesk")
    todo = "keep its archive folder, name a new store, and read the archive into it: copydesk replay --from-archive"
    return SchemaUnknown(f"has schema {current} of a version before 0.2.0", concerns=address, todo=todo)


def revisions() -> list[str]:
    """Return the names of this version's schemas, oldest first: each migration's file begins with its own."""
    return sorted(file.name.partition("_")[0] for file in VERSIONS.glob("[0-9]*_*.py"))


def current_revision(engine: Engine) -> str | None:
    """Return the store's revision, read without Alembic, whose import is a tenth of a short command's time."""
    with engine.execution_options(reading=True).connect() as connection:
        if not inspect(connection).has_table(stamp.name):
            return None
        return connection.execute(select(stamp.c.version_num)).scalar()


def _upgrade(connection: Connection) -> None:
    if connection.dialect.name == "postgresql":
        connection.exec_driver_sql(f"SELECT pg_advisory_xact_lock({MIGRATION_LOCK})")
    if inspect(connection).get_table_names():
        _migrate(connection)
    else:
        # A new store needs no migrations: making the tables takes a tenth of their time.
        metadata.create_all(connection)
        create_index(connection)
        stamp.create(connection)
        connection.execute(insert(stamp).values(version_num=revisions()[-1]))
        connection.execute(insert(log_state).values(**_new_log()))


def _new_log() -> dict[str, Any]:
    """Return the state of a log without lines, of a store that is told from all others."""
    names = {"store": str(uuid.uuid4()), "epoch": secrets.token_hex(4)}
    return {"id": 1, **names, "head": 0, "head_tag": NO_TAG, "floor": 0, "floor_tag": NO_TAG}


def _migrate(connection: Connection) -> None:
    from alembic import command
    from alembic.config import Config

    config = Config()
    config.set_main_option("script_location", str(MIGRATIONS))
    config.attributes["connection"] = connection
    command.upgrade(config, "head")


@contextmanager
def tables_may_move(connection: Connection) -> Iterator[None]:
    """Switch SQLite's foreign keys off inside the block, so that migrations can rebuild tables.

    SQLite changes a table by copying it and dropping the old one, which foreign keys forbid ("Making Other Kinds Of
    Table Schema Changes", sqlite.org/lang_altertable.html). The setting holds outside a transaction only.
    """
    driver = connection.connection.driver_connection if connection.dialect.name == "sqlite" else None
    if driver is not None:
        driver.execute("PRAGMA foreign_keys=OFF")
    try:
        yield
    finally:
        if driver is not None:
            driver.execute("PRAGMA foreign_keys=ON")
