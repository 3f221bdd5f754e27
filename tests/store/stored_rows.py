"""What stands in a store's tables, row by row, and the stores that released versions wrote."""

from __future__ import annotations

import json
import lzma
from collections.abc import Iterator, Mapping
from contextlib import suppress
from pathlib import Path
from typing import Any

from sqlalchemy import Connection, MetaData, NullPool, create_engine, select
from sqlalchemy.engine import make_url

FOLDER = Path(__file__).parent / "upgrades"
RELEASES = sorted(file.name.removesuffix(".sqlite.xz") for file in FOLDER.glob("*.sqlite.xz"))


def unpack_release(release: str, url: str) -> None:
    """Put the release's store where ``url`` says."""
    address = make_url(url)
    if address.get_backend_name() == "sqlite":
        file = Path(str(address.database))
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_bytes(lzma.decompress((FOLDER / f"{release}.sqlite.xz").read_bytes()))
        return
    dump = lzma.decompress((FOLDER / f"{release}.postgresql.sql.xz").read_bytes()).decode()
    # psql's own commands, which a driver does not know.
    script = "\n".join(line for line in dump.splitlines() if not line.startswith("\\"))
    with create_engine(url, poolclass=NullPool).connect() as db:
        db.connection.driver_connection.cursor().execute(script)  # type: ignore[union-attr]
        db.connection.commit()


def stored_columns(url: str) -> dict[str, list[str]]:
    """Return each table's columns."""
    tables = reflected(url).tables
    return {name: [column.name for column in table.columns] for name, table in tables.items()}


def table_rows(url: str, columns: Mapping[str, list[str]]) -> dict[str, list[str]]:
    """Return each table's rows in these columns, as texts, sorted."""
    metadata = reflected(url)
    with create_engine(url, poolclass=NullPool).connect() as db:
        return {name: sorted(rows_of(db, metadata, name, names)) for name, names in columns.items()}


def reflected(url: str) -> MetaData:
    """Return the tables as the database has them."""
    metadata = MetaData()
    metadata.reflect(create_engine(url, poolclass=NullPool), resolve_fks=False)
    return metadata


def rows_of(db: Connection, metadata: MetaData, name: str, columns: list[str]) -> Iterator[str]:
    """Yield a table's rows as texts."""
    table = metadata.tables[name]
    for row in db.execute(select(*(table.c[column] for column in columns))):
        yield repr([plain(value) for value in row])


def plain(value: Any) -> Any:
    """Return a value whose JSON may be written with or without escapes as what it says."""
    if isinstance(value, str) and value.startswith(("[", "{")):
        with suppress(ValueError):
            return json.loads(value)
    return bytes(value) if isinstance(value, memoryview) else value
