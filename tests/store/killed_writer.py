"""A process that acts on random stories of a store, a transaction or more an act, until its input ends or it is killed.

``python -m tests.store.killed_writer URL SEED START``: it prints a line after each act.
"""

from __future__ import annotations

import sys
from random import Random

from pipeline.store import open_store
from tests.store.test_mirror import Desk


def main() -> None:
    """Act once for each line of input."""
    url, seed, start = sys.argv[1:]
    with open_store(url) as store:
        desk = Desk(store, Random(int(seed)), int(start))
        for _ in sys.stdin:
            with store.lease.acquire():
                desk.act()
            print("acted", flush=True)


if __name__ == "__main__":
    main()
