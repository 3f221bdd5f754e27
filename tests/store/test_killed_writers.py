"""Writers that act at random and are killed at random leave a log that tells all, and a store that is whole."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from itertools import count, groupby
from pathlib import Path
from random import Random
from subprocess import PIPE, Popen

from sqlalchemy import select

from pipeline.model import Change
from pipeline.store import Store
from pipeline.store.change_cursor import NO_TAG
from pipeline.store.reads.changes import changes
from pipeline.store.schema.tables import copy
from pipeline.store.schema.tables import story as story_table
from tests.store.test_change_record import tag_of
from tests.store.test_mirror import Desk, Mirror, view

ROOT = Path(__file__).parent.parent.parent
# A long run: COPYDESK_LONG_ACTS=50000 COPYDESK_LONG_WRITERS=8 COPYDESK_LONG_KILLS=200
ACTS = int(os.environ.get("COPYDESK_LONG_ACTS", "60"))
WRITERS = int(os.environ.get("COPYDESK_LONG_WRITERS", "3"))
KILLS = int(os.environ.get("COPYDESK_LONG_KILLS", "6"))
# Acts that a writer may begin before the ones asked of it have ended, so that a kill finds one under way.
AHEAD = 2
# Articles that a writer makes at most.
ARTICLES = 100_000


class Writers:
    """Processes of :mod:`tests.store.killed_writer`, each with numbers of articles of its own."""

    def __init__(self, url: str) -> None:
        self._url, self._numbers = url, count(1)
        self.processes: list[Popen[str]] = []

    def start(self) -> None:
        number = next(self._numbers)
        command = [sys.executable, "-m", "tests.store.killed_writer", self._url, str(number), str(number * ARTICLES)]
        process = Popen(command, stdin=PIPE, stdout=PIPE, stderr=PIPE, text=True, cwd=ROOT)
        self.processes.append(process)
        self._ask(process, AHEAD)

    def act(self, process: Popen[str]) -> None:
        """Wait for one act of this writer, and ask for another one."""
        assert process.stdout is not None
        assert process.stdout.readline() == "acted\n", self._problem(process)
        self._ask(process, 1)

    def kill(self, process: Popen[str]) -> None:
        """Kill a writer in the middle of what it does."""
        process.kill()
        process.communicate()
        self.processes.remove(process)

    def _ask(self, process: Popen[str], acts: int) -> None:
        assert process.stdin is not None
        process.stdin.write("act\n" * acts)
        process.stdin.flush()

    def _problem(self, process: Popen[str]) -> str:
        return process.communicate()[1]


@contextmanager
def running(url: str) -> Iterator[Writers]:
    writers = Writers(url)
    try:
        for _ in range(WRITERS):
            writers.start()
        yield writers
        for process in writers.processes:
            _, problem = process.communicate()
            assert process.returncode == 0, problem
    finally:
        for process in writers.processes:
            process.kill()
            process.wait()


def log_of(store: Store) -> list[Change]:
    rows, cursor = list[Change](), 0
    while page := changes(store, cursor, 1000):
        rows += page
        cursor = page[-1].seq
    return rows


def test_killed_writers_leave_a_whole_store_and_a_whole_log(store: Store, store_url: str) -> None:
    random, mirror = Random(7), Mirror()
    with store.lease.acquire():
        Desk(store, Random(0)).place()
    kills = set(random.sample(range(ACTS), KILLS))
    with running(store_url) as writers:
        for act in range(ACTS):
            process = random.choice(writers.processes)
            writers.act(process)
            if act in kills:
                writers.kill(process)
                writers.start()
            mirror.follow(store)
    while mirror.follow(store):
        pass
    with store.reading() as db:
        ids = list(db.scalars(select(story_table.c.id)))
        live = set(db.scalars(select(story_table.c.id).where(story_table.c.merged_into.is_(None))))
        homes = set(db.scalars(select(copy.c.story_id)))
    assert homes <= live
    for story_id in ids:
        truth = view(store, story_id)
        assert mirror.resolved(story_id) == (view(store, truth) if isinstance(truth, int) else truth)
    rows = log_of(store)
    assert [row.seq for row in rows] == list(range(1, len(rows) + 1))  # a rollback leaves no gap
    assert [row.at for row in rows] == sorted(row.at for row in rows)
    assert all(len({row.at for row in commit}) == 1 for _, commit in groupby(rows, lambda row: row.tx))
    tag = NO_TAG
    for row in rows:
        tag = tag_of(row, tag)
        assert row.tag == tag
    revisions = {story_id: [row.revision for row in rows if row.story_id == story_id] for story_id in ids}
    assert all(numbers == list(range(1, len(numbers) + 1)) for numbers in revisions.values())
