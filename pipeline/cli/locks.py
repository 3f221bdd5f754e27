"""``copydesk locks``: who holds the lock on placing, and freeing it."""

from __future__ import annotations

import json
from typing import Annotated

import typer

from pipeline.cli.options import AsJson, FeedsFile, config_of
from pipeline.model import PlacingLock


def locks(
    free: Annotated[
        bool, typer.Option("--free", help="Take the lock from its holder, whose next write fails.")
    ] = False,
    feeds: FeedsFile = None,
    as_json: AsJson = False,
) -> None:
    """Show which process places articles, and since when; with --free, take the lock from it."""
    from pipeline.store import open_store

    with open_store(config_of(feeds).store, create=False) as store:
        holder = store.lease.free() if free else store.lease.holder()
    if as_json:
        typer.echo(json.dumps(lock_record(holder, freed=free)) if holder else "", nl=holder is not None)
    elif holder is None:
        typer.echo("no lock is held")
    else:
        act = "freed" if free else "held"
        typer.echo(f"{holder.name}: {act}, by {holder.owner}, since {holder.since:%Y-%m-%d %H:%M:%S} UTC")


def lock_record(lock: PlacingLock, *, freed: bool) -> dict[str, object]:
    """Return a lock as the JSON record that the command line promises."""
    return {
        "name": lock.name,
        "owner": lock.owner,
        "since": lock.since.isoformat(),
        "fence": lock.fence,
        "freed": freed,
    }
