"""``copydesk locks`` and ``migrate``: who holds the lock on placing, freeing it, and a store's schema."""

from __future__ import annotations

from typing import Annotated

import typer

from pipeline import records
from pipeline.cli import tables
from pipeline.cli.options import AsJson, Commands, FeedsFile, config_of, open_stored, open_to_write
from pipeline.cli.terminal import print_json, show_line


def locks(
    free: Annotated[
        bool, typer.Option("--free", help="Take the lock from its holder, whose next write fails.")
    ] = False,
    feeds: FeedsFile = None,
    as_json: AsJson = False,
) -> None:
    """Show which process places articles, and since when; with --free, take the lock from it."""
    with open_to_write(feeds) if free else open_stored(feeds) as store:
        holder = store.lease.free() if free else store.lease.holder()
    if as_json:
        print_json([records.lock_record(holder, freed=free)] if holder else [])
    else:
        show_line(tables.lock_line(holder, freed=free) if holder else "no lock is held")


def migrate(
    create: Annotated[bool, typer.Option("--create", help="Make the store where there is none.")] = False,
    feeds: FeedsFile = None,
) -> None:
    """Bring the store to this version's schema, as every command does that writes unless COPYDESK_MIGRATE is no. A
    large store takes minutes."""
    from pipeline.store import open_store

    with open_store(config_of(feeds).store, migrate=True, create=create) as store:
        show_line(f"{store.safe_url}: has this version's schema")


COMMANDS: Commands = (("locks", "copydesk locks --free", locks), ("migrate", "copydesk migrate --create", migrate))
