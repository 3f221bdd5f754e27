"""What the commands share: options, the form of their table, the time, the config, the store."""

from __future__ import annotations

import os
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from pipeline.config import Config, load
from pipeline.errors import UsageError

if TYPE_CHECKING:
    from pipeline.store import Store

# Ids are 64-bit numbers in the store.
MOST = 2**63 - 1

FeedsFile = Annotated[
    Path | None, typer.Option("--feeds", help="The config; default $COPYDESK_FEEDS, else ./feeds.toml.")
]
AsJson = Annotated[bool, typer.Option("--json", help="JSON lines on stdout, for programs.")]
AsCsv = Annotated[bool, typer.Option("--csv", help="CSV on stdout, for R, pandas and spreadsheets.")]
Limit = Annotated[int, typer.Option(help="At most this many.", min=1, max=1_000_000)]
Allow = Annotated[list[str] | None, typer.Option(help="HOST:PORT that may be a private address.")]
Country = Annotated[str, typer.Option(help="The outlet's country (ISO 3166, IN): decides zone names.")]
Zone = Annotated[str, typer.Option(help="IANA zone (Asia/Kolkata) of clocks that name none.")]
FeedId = Annotated[int, typer.Argument(metavar="ID", help="As copydesk feeds list shows it.", min=1, max=MOST)]
StoryId = Annotated[int, typer.Argument(metavar="ID", help="As copydesk stories shows it.", min=1, max=MOST)]
# Commands of a group: name, the example below its help, function; in the order of the help.
Commands = tuple[tuple[str, str, Callable[..., None]], ...]


def check_form(as_json: bool, as_csv: bool) -> None:
    """Raise UsageError where both forms of output are asked for."""
    if as_json and as_csv:
        raise UsageError("only one of them can be printed", concerns="--json, --csv", todo="leave one out")


def now() -> datetime:
    """Return the time, for the steps."""
    return datetime.now(UTC)


def config_of(feeds: Path | None) -> Config:
    """Return the config of this call."""
    return load(feeds, os.environ)


def config_of_store(feeds: Path | None) -> Config:
    """Return the config of a call that needs a store that is there. Raises StoreMissing where there is none."""
    config = config_of(feeds)
    _open(config).close()
    return config


def open_stored(feeds: Path | None) -> Store:
    """Open the store to read it, which needs no right to write. Raises StoreMissing where there is none, and
    SchemaUnknown where it is another version's."""
    from pipeline.store import read_store

    return read_store(config_of(feeds).store)


def open_to_write(feeds: Path | None) -> Store:
    """Open the store that is there, with this version's schema. Raises StoreMissing where there is none."""
    return _open(config_of(feeds))


def _open(config: Config) -> Store:
    from pipeline.store import open_store

    return open_store(config.store, migrate=config.migrate, create=False)
