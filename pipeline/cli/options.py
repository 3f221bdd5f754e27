"""What the commands share: options, the time, the config."""

from __future__ import annotations

import os
from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated

import typer

from pipeline.config import Config, load

FeedsFile = Annotated[
    Path | None, typer.Option("--feeds", help="The config; default $COPYDESK_FEEDS, else ./feeds.toml.")
]
AsJson = Annotated[bool, typer.Option("--json", help="JSON lines on stdout, for programs.")]
Limit = Annotated[int, typer.Option(help="At most this many.", min=1)]
Allow = Annotated[list[str] | None, typer.Option(help="HOST:PORT that may be a private address.")]
Country = Annotated[str, typer.Option(help="The outlet's country (ISO 3166, IN): decides zone names.")]
Zone = Annotated[str, typer.Option(help="IANA zone (Asia/Kolkata) of clocks that name none.")]


def now() -> datetime:
    """The time, for the steps."""
    return datetime.now(UTC)


def config_of(feeds: Path | None) -> Config:
    """The config of this call."""
    return load(feeds, os.environ)
