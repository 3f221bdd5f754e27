"""``newsstand``: serve the fictional outlets, or an extraction corpus, until interrupted."""

from __future__ import annotations

import argparse
import asyncio
import signal
import sys
from pathlib import Path

from rich.console import Console
from rich.table import Table

from newsstand.server import Newsstand, StandClock


def main() -> None:
    """The command line."""
    parser = argparse.ArgumentParser(
        prog="newsstand", description=__doc__, epilog="Example: newsstand --write-feeds feeds.toml"
    )
    parser.add_argument("--hour", type=float, default=48.0, help="hour of the stand's 72 at the start (48)")
    parser.add_argument("--speed", type=float, default=60.0, help="hours of the stand in an hour of ours (60)")
    parser.add_argument("--slow", type=float, default=1.0, help="seconds that the slow outlet takes (1)")
    parser.add_argument("--corpus", type=Path, help="serve this corpus instead: truth.jsonl and html/*.gz")
    parser.add_argument("--write-feeds", type=Path, help="write a config of these feeds, once they can be polled")
    options = parser.parse_args()
    try:
        asyncio.run(serve(options))
    except FileNotFoundError as error:
        sys.exit(f"newsstand: {error.filename}: no such file")


async def serve(options: argparse.Namespace) -> None:
    """Start, say where, and stay."""
    stand = Newsstand(StandClock(options.hour, options.speed), options.slow, options.corpus)
    await stand.start()
    if options.write_feeds:
        part = options.write_feeds.with_suffix(".part")
        part.write_text(stand.feeds_toml(), encoding="utf-8")
        part.replace(options.write_feeds)
    show(stand)
    ended = asyncio.Event()
    for number in (signal.SIGINT, signal.SIGTERM):
        asyncio.get_running_loop().add_signal_handler(number, ended.set)
    await ended.wait()
    await stand.stop()


def show(stand: Newsstand) -> None:
    """The outlets and their addresses."""
    table = Table("Outlet", "Feed", "Address", title="Newsstand", title_justify="left")
    for outlet in stand.outlets:
        table.add_row(outlet.name, outlet.feed, stand.bases[outlet.slug])
    if stand.corpus:
        table.add_row(str(stand.corpus), "rss20, one an outlet", stand.bases["corpus"])
    console = Console()
    console.print(table)
    console.print(f"Truth, clock and config: {stand.control}/truth /clock /feeds.toml. Ctrl-C ends it.")


if __name__ == "__main__":
    main()
