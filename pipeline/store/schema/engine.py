"""Opening of the store's database, SQLite or PostgreSQL, and its migration to this version's schema."""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

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

from pipeline.errors import StoreError, StoreMissing
from pipeline.store.schema.columns import read_json
from pipeline.store.schema.tables import metadata

MIGRATIONS = Path(__file__).parent / "migrations"
VERSIONS = MIGRATIONS / "versions"
# Alembic's own table ("alembic_version", see its MigrationContext), in which it keeps the schema's name.
stamp = Table("alembic_version", MetaData(), Column("version_num", String(32), primary_key=True))
BUSY_MS = 60_000
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


def open_engine(url: str, *, migrate: bool, create: bool = True) -> Engine:
    """Return an engine on the database at ``url``, whose schema is this version's.

    With ``migrate`` an older schema is migrated, and a new database gets its tables. Without ``create`` a SQLite file
    has to exist. Raises StoreMissing where it does not, and StoreError where the database cannot be opened, its schema
    is another version's, or it is old and ``migrate`` is false. No error shows a password.
    """
    try:
        parsed = make_url(url)
        if not create:
            _require_store(parsed)
        engine = _engine(parsed)
        _bring_up(engine, migrate)
    except ImportError as error:
        reason, todo = "the driver of this database is not installed", "pip install 'copydesk[postgresql]'"
        raise StoreError(reason, concerns=hide_secrets(url), todo=todo) from error
    except (ArgumentError, NoSuchModuleError) as error:
        raise StoreError("not the address of a database", concerns=hide_secrets(url), todo="correct 'store'") from error
    except SQLAlchemyError as error:
        raise StoreError(
            _first_line(error), concerns=hide_secrets(url), todo="check that it is there and open"
        ) from error
    except OSError as error:
        raise StoreError(
            error.strerror or str(error), concerns=hide_secrets(url), todo="check the folder and its rights"
        ) from error
    return engine


def _require_store(url: URL) -> None:
    """Refuse a SQLite file that is not there: opening would make an empty store of it."""
    path = url.database if url.get_backend_name() == "sqlite" else None
    if path and path != ":memory:" and not Path(path).exists():
        todo = "go to the folder of your feeds.toml, or name it with --feeds; 'copydesk run' makes a new store"
        raise StoreMissing(
            "there is no store", concerns=hide_secrets(url.render_as_string(hide_password=False)), todo=todo
        )


def _engine(url: URL) -> Engine:
    # An error must not bring secrets of subscriptions into a log.
    if url.get_backend_name() != "sqlite":
        engine = create_engine(url, pool_pre_ping=True, hide_parameters=True)
        _bound_waits(engine)
        return engine
    if url.database:
        _make_private(Path(url.database))
    engine = create_engine(url, json_deserializer=read_json, hide_parameters=True)
    _tune_sqlite(engine)
    return engine


def _make_private(path: Path) -> None:
    """Make the database's folder and file for their owner alone; what is there already stays as it is."""
    path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    if not path.exists():
        path.touch(mode=0o600)


def _bound_waits(engine: Engine) -> None:
    """Let no statement wait longer than a minute for a row that another process has locked."""

    @event.listens_for(engine, "connect")
    def settings(connection: Any, _record: Any) -> None:
        with connection.cursor() as cursor:
            cursor.execute(f"SET lock_timeout = {BUSY_MS}")
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


def _tune_sqlite(engine: Engine) -> None:
    @event.listens_for(engine, "connect")
    def settings(connection: Any, _record: Any) -> None:
        connection.isolation_level = None  # leaves BEGIN to the listener below
        for pragma in PRAGMAS:
            connection.execute(f"PRAGMA {pragma}")

    @event.listens_for(engine, "begin")
    def begin(connection: Connection) -> None:
        # SQLite may refuse to make a writer of a transaction that began as a reader (a deferred upgrade).
        mode = "" if connection.get_execution_options().get("reading") else " IMMEDIATE"
        connection.exec_driver_sql("BEGIN" + mode)


def _bring_up(engine: Engine, migrate: bool) -> None:
    current, revision_names = _current_revision(engine), revisions()
    if current == revision_names[-1]:
        return
    if current and current not in revision_names:
        raise _foreign_schema(engine, current, revision_names[0])
    if not migrate:
        raise StoreError(
            "has an old schema",
            concerns=hide_secrets(engine.url.render_as_string(hide_password=False)),
            todo="run any copydesk command once",
        )
    with engine.connect() as connection, tables_may_move(connection), connection.begin():
        _upgrade(connection)


def _foreign_schema(engine: Engine, current: str, first: str) -> StoreError:
    """Return the error for a schema that no migration of this version leads to or from."""
    address = engine.url.render_as_string(hide_password=True)
    if current > first:
        return StoreError(f"has schema {current} of a later version", concerns=address, todo="update copydesk")
    todo = "keep its archive folder, name a new store, and read the archive into it: copydesk replay --from-archive"
    return StoreError(f"has schema {current} of a version before 0.2.0", concerns=address, todo=todo)


def revisions() -> list[str]:
    """Return the names of this version's schemas, oldest first: each migration's file begins with its own."""
    return sorted(file.name.partition("_")[0] for file in VERSIONS.glob("[0-9]*_*.py"))


def _current_revision(engine: Engine) -> str | None:
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
        stamp.create(connection)
        connection.execute(insert(stamp).values(version_num=revisions()[-1]))


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
