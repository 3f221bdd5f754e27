"""Writers that act at random and are killed at random leave a log that tells all, and a store that is whole.

What is short here ``make invariants`` runs at length, the SQLite file in memory, with the figures printed at the end:
100,000 lines, 8 writers, 200 kills, or as far as it gets in ``MINUTES``.
"""

from __future__ import annotations

import os
import time
from collections import Counter
from random import Random

from pipeline.store import Store
from pipeline.store.change_cursor import parse_cursor
from pipeline.store.reads.changes import log_end
from tests.store.desk import Desk
from tests.store.killed_writer import Writers, running_writers
from tests.store.log_rules import check_log
from tests.store.mirror import Mirror, whole_store
from tests.store.test_invariants import places_of

LINES = int(os.environ.get("COPYDESK_LONG_LINES", "300"))
WRITERS = int(os.environ.get("COPYDESK_LONG_WRITERS", "3"))
KILLS = int(os.environ.get("COPYDESK_LONG_KILLS", "6"))
MINUTES = float(os.environ.get("COPYDESK_LONG_MINUTES", "inf"))
# Seconds between two looks at the log.
LOOK = 0.2


def share_done(store: Store, start: float) -> float:
    """How much of the run is over, by its lines or its time: 1 at the end."""
    lines = parse_cursor(log_end(store)).seq / LINES
    return max(lines, (time.monotonic() - start) / 60 / MINUTES)


def kill_one(store: Store, writers: Writers, random: Random) -> None:
    """Kill a writer, and free SQLite's lock where it held it, as an operator does: it holds for a minute otherwise."""
    pid = writers.kill(random)
    holder = store.lease.holder()
    if holder and f" process {pid} " in holder.owner:
        store.lease.free()


def follow_all(store: Store, mirrors: list[Mirror], random: Random) -> None:
    """Let one of the mirrors read on a little: each lags behind the log in its own way."""
    random.choice(mirrors).follow(store, 1)


def test_killed_writers_leave_a_whole_store_and_a_whole_log(store: Store, store_url: str) -> None:
    random = Random(7)
    mirrors, late = [Mirror(Random(1))], Mirror(Random(2))
    with store.lease.acquire():
        Desk(store, Random(0)).place()
    kills, start = sorted(random.uniform(0.1, 1) for _ in range(KILLS)), time.monotonic()
    with running_writers(store_url, WRITERS) as writers:
        while (share := share_done(store, start)) < 1 or kills:
            if kills and share >= kills[0]:
                kills.pop(0)
                kill_one(store, writers, random)
            if share > 0.5 and late not in mirrors:
                late.start_from(store)
                mirrors.append(late)
            follow_all(store, mirrors, random)
            writers.wait(LOOK)
        writers.stop()
    states, _, cursor = whole_store(store)
    for mirror in mirrors:
        mirror.follow(store)
        assert mirror.states == states
        assert mirror.cursor == cursor
    check_log(mirrors[0].lines, places_of(store))
    kinds = Counter(line.kind.value for line in mirrors[0].lines)
    print(
        f"{len(mirrors[0].lines):,} lines of {len(states):,} stories, {WRITERS} writers, {KILLS} kills: {dict(kinds)}"
    )
