"""Fill a new store with rows as they are after months of work, by bulk insert: what pages and reads cost at size.

``python -m bench.large_store URL``: 10,000 feeds of 2,500 outlets, 1,000,000 entries with page, article, span and copy
over 90 days until now, 250,000 stories with versions and their lines in the change log. As in life most stories have
one or two copies, and in each thousand one has hundreds. The words of a text are made up; every name, digest, revision
and tag is what the store itself would have written, so that readers, exports and cursors work on it. What it leaves
out: band keys, so that no candidate is found where more is placed; the archive; links and rulings.

SQLite takes four minutes of processor time and 10 GB for a million articles. PostgreSQL is filled by COPY, with foreign
keys unchecked, which a superuser alone may do. The database has to be there, and to be empty.
"""

from __future__ import annotations

import argparse
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from datetime import UTC, datetime
from itertools import islice
from typing import Any

from sqlalchemy import JSON, Column, Connection, Table, func, insert, literal, select, update

from bench.large_rows import Block, Newsroom, Row, Sizes, blocks, feed_tables
from pipeline.store import Store, open_store
from pipeline.store.past import copy_columns, story_columns
from pipeline.store.schema.columns import Paragraphs, metadata
from pipeline.store.schema.past import copy_past, story_past
from pipeline.store.schema.tables import log_state, story
from pipeline.store.search_index import index_words

# Rows of one INSERT or COPY.
PART = 20_000
# Without a journal a fill that is interrupted leaves a broken file, which is new anyway.
SQLITE_SPEED = ("cache_size=-1000000", "synchronous=OFF", "foreign_keys=OFF", "journal_mode=OFF")


def main() -> int:
    """Fill the store, and print what it holds."""
    options = arguments()
    sizes = Sizes(options.feeds, options.articles, options.stories, options.words)
    began = time.monotonic()
    with open_store(options.url) as store:
        fill(store, sizes, datetime.now(UTC), has_search=options.search, report=print if options.verbose else None)
    print(f"{sizes.articles:,} articles in {sizes.stories:,} stories in {time.monotonic() - began:.0f} s")
    return 0


def arguments() -> argparse.Namespace:
    """The command line."""
    epilog = "Example: python -m bench.large_store sqlite:///large.db --articles 100000 --stories 25000"
    parser = argparse.ArgumentParser(description=__doc__, epilog=epilog)
    parser.add_argument("url", help="of the database: sqlite:///large.db, postgresql+psycopg://root@host/large")
    parser.add_argument("--feeds", type=int, default=10_000, help="default 10,000; a quarter as many outlets")
    parser.add_argument("--articles", type=int, default=1_000_000, help="default 1,000,000")
    parser.add_argument("--stories", type=int, default=250_000, help="default 250,000; not more than articles")
    parser.add_argument("--words", type=int, default=240, help="of a text; default 240")
    parser.add_argument("--no-search", dest="search", action="store_false", help="leave the index of words empty")
    parser.add_argument("--verbose", action="store_true", help="print each block of articles")
    options = parser.parse_args()
    if not 0 < options.stories <= options.articles:
        parser.error("--stories must be from 1 to --articles")
    return options


def fill(
    store: Store, sizes: Sizes, now: datetime, *, has_search: bool = True, report: Callable[[str], None] | None = None
) -> None:
    """Fill an empty store up to ``now``. Raises ValueError where it holds stories."""
    newsroom = Newsroom(sizes, now)
    with store.engine.connect() as db:
        if db.scalar(select(func.count()).select_from(story)):
            raise ValueError(f"{store.safe_url} holds stories already")
        db.commit()
        _write_fast(db)
        with db.begin():
            _drop_indexes(db)
            for table, rows in feed_tables(newsroom):
                load(db, table, rows)
            for block in blocks(newsroom):
                _load_block(db, block, has_search)
                if report:
                    report(f"{block.articles:,} articles")
            _build_indexes(db)
            ends = {"head": newsroom.head, "head_tag": newsroom.head_tag, "past_floor": newsroom.head}
            db.execute(update(log_state).values(**ends, head_at=now))
            _keep_past(db, newsroom.head)
    with store.connection() as db:
        db.exec_driver_sql("ANALYZE")
    store.close()


def _write_fast(db: Connection) -> None:
    if db.dialect.name == "sqlite":
        for pragma in SQLITE_SPEED:
            db.connection.driver_connection.execute(f"PRAGMA {pragma}")  # type: ignore[union-attr]
    else:
        db.exec_driver_sql("SET session_replication_role = replica")
        db.exec_driver_sql("SET synchronous_commit = off")
        db.exec_driver_sql("SET maintenance_work_mem = '512MB'")
        db.commit()


def _drop_indexes(db: Connection) -> None:
    """Drop all indexes that are no constraints; they are built faster at the end."""
    for table in metadata.sorted_tables:
        for index in table.indexes:
            index.drop(db)


def _build_indexes(db: Connection) -> None:
    for table in metadata.sorted_tables:
        for index in table.indexes:
            index.create(db)
        _set_sequence(db, table)


def _set_sequence(db: Connection, table: Table) -> None:
    """Let PostgreSQL count up from the last id. SQLite does so by itself."""
    key = table.primary_key.columns[0]
    if db.dialect.name == "postgresql" and key.autoincrement is True:
        last = f"(SELECT coalesce(max({key.name}), 1) FROM {table.name})"  # noqa: S608 - names of ours
        db.exec_driver_sql(f"SELECT setval(pg_get_serial_sequence('{table.name}', '{key.name}'), {last})")


def _keep_past(db: Connection, head: int) -> None:
    """Write what all stories and copies are after the last commit; what they were before is not kept."""
    for table, rows in ((story_past, story_columns(literal(head))), (copy_past, copy_columns(literal(head)))):
        db.execute(insert(table).from_select([column.name for column in rows.selected_columns], rows))


def _load_block(db: Connection, block: Block, has_search: bool) -> None:
    for table, rows in block.tables():
        load(db, table, rows)
    if has_search:
        index_words(db, block.texts())


def load(db: Connection, table: Table, rows: Sequence[Row] | Iterator[Row]) -> None:
    """Insert rows, each a mapping of some columns; the rest get the schema's own defaults. JSON is given as text."""
    iterator = iter(rows)
    insert_part = _copy_rows if db.dialect.name == "postgresql" else _insert_rows
    while part := list(islice(iterator, PART)):
        insert_part(db, table, part)


def _insert_rows(db: Connection, table: Table, rows: Sequence[Row]) -> None:
    names = ", ".join(f'"{column.name}"' for column in table.c)
    marks = ", ".join("?" * len(table.c))
    statement = f"INSERT INTO {table.name} ({names}) VALUES ({marks})"  # noqa: S608 - names of ours
    columns = [_values(column, rows, _converter(db, column)) for column in table.c]
    db.connection.driver_connection.executemany(statement, zip(*columns, strict=True))  # type: ignore[union-attr]


def _copy_rows(db: Connection, table: Table, rows: Sequence[Row]) -> None:
    names = ", ".join(f'"{column.name}"' for column in table.c)
    columns = [_values(column, rows, None) for column in table.c]
    cursor = db.connection.driver_connection.cursor()  # type: ignore[union-attr]
    with cursor.copy(f'COPY "{table.name}" ({names}) FROM STDIN') as stream:
        for values in zip(*columns, strict=True):
            stream.write_row(values)


def _converter(db: Connection, column: Column[Any]) -> Callable[[Any], Any] | None:
    if isinstance(column.type, (JSON, Paragraphs)):
        return None
    return column.type.dialect_impl(db.dialect).bind_processor(db.dialect)


def _values(column: Column[Any], rows: Sequence[Row], convert: Callable[[Any], Any] | None) -> list[Any]:
    blank, name = _blank(column), column.name
    values = [row.get(name, blank) for row in rows]
    return [convert(value) for value in values] if convert else values


def _blank(column: Column[Any]) -> Any:
    """Return what the column holds where nothing is given."""
    if column.nullable:
        return None
    if isinstance(column.type, (JSON, Paragraphs)):
        return "[]"
    python_type = column.type.python_type
    return python_type() if python_type in (str, int, float, bool, bytes) else None


if __name__ == "__main__":
    sys.exit(main())
