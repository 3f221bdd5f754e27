"""A small world whose runs are cut short: outlets on loopback of which pairs carry one text, and processes to kill."""

from __future__ import annotations

import multiprocessing
import os
import signal
from collections.abc import Callable
from dataclasses import replace
from datetime import datetime, timedelta
from multiprocessing.context import SpawnProcess
from pathlib import Path
from random import Random
from threading import Event
from typing import Any

from sqlalchemy import func, select

from bench.concurrency import START, Stand, config_for
from pipeline import steps
from pipeline.archive.warc import Archive
from pipeline.config import Config
from pipeline.store.articles import Articles
from pipeline.store.cursors import Cursors
from pipeline.store.feeds import Feeds
from pipeline.store.schema.tables import entry
from pipeline.store.stories import Stories
from tests.faults.comparison import Rows, differences, store_rows

SPAWNED = multiprocessing.get_context("spawn")
# After it, claims of a run that died have expired, and its feeds are due.
LATER = START + timedelta(hours=3)


class Wire(Stand):
    """A stand whose outlets carry the same reports: page ``0-1-2`` says what ``1-1-2`` says. ``answers`` is cleared
    to let it hang: it takes requests then, and sends nothing."""

    def __init__(self, outlets: int, pages: int) -> None:
        super().__init__(outlets, pages)
        self.answers = Event()
        self.answers.set()

    def body(self, path: str) -> bytes | None:
        """What stands at a path."""
        self.answers.wait()
        _, _, report = path.removeprefix("/page/").partition("-")
        return report_page(report) if path.startswith("/page/") else super().body(path)


WORDS = [
    "harbour",
    "council",
    "tariff",
    "engineer",
    "glacier",
    "orchard",
    "verdict",
    "railway",
    "museum",
    "comet",
    "minister",
    "ferry",
    "budget",
    "teacher",
    "strike",
    "valley",
    "reactor",
    "vaccine",
    "harvest",
    "stadium",
    "border",
    "senate",
    "drought",
    "cathedral",
    "satellite",
    "merchant",
    "lawyer",
    "bridge",
    "forest",
    "pilot",
]


def report_page(name: str) -> bytes:
    """Return the page of a report: ten sentences that no other report has."""
    random = Random(name)
    sentences = (f"The {' '.join(random.choices(WORDS, k=14))} of {random.randint(10, 999)}." for _ in range(10))
    title = " ".join(random.choices(WORDS, k=5)).capitalize()
    paragraphs = "".join(f"<p>{sentence}</p>" for sentence in sentences)
    article = f"<article><h1>{title}</h1>{paragraphs}</article>"
    return f"<html><head><title>{title}</title></head><body>{article}</body></html>".encode()


def world_config(stand: Stand, store_url: str, folder: Path) -> Config:
    """Return the config of a run on the stand, which visits no page again."""
    config = config_for(stand, store_url, folder)
    return replace(config, fetch=replace(config.fetch, revisit_hours=()))


def rows_of(config: Config) -> Rows:
    """Return what the store and the archive hold."""
    with steps.open_for(config) as store, Archive(config.archive) as archive:
        return store_rows(store, archive)


def count_entries(config: Config) -> int:
    """Return how many entries of the feeds the store knows."""
    with steps.open_for(config) as store, store.reading() as db:
        return db.scalar(select(func.count()).select_from(entry)) or 0


def check_next_run(config: Config, undisturbed: Rows) -> None:
    """Run again, later, and compare what there is then with what an undisturbed run left."""
    free_lock(config)
    run(config, LATER)
    assert differences(undisturbed, rows_of(config)) == []


def free_lock(config: Config) -> None:
    """Free the placing lock of a process that died, as an operator does: SQLite's holds for a minute otherwise."""
    with steps.open_for(config) as store:
        store.lease.free()


def die(*_: object, **__: object) -> None:
    """End this process as a power cut does."""
    os.kill(os.getpid(), signal.SIGKILL)


def dying_before(owner: type, name: str) -> Callable[[], None]:
    """Return what makes a process die where ``owner.name`` is called."""
    return lambda: setattr(owner, name, die)


def dying_after(owner: type, name: str) -> Callable[[], None]:
    """Return what makes a process die where ``owner.name`` has ended."""

    def prepare() -> None:
        work = getattr(owner, name)

        def work_and_die(*args: Any, **options: Any) -> None:
            work(*args, **options)
            die()

        setattr(owner, name, work_and_die)

    return prepare


DEATHS: dict[str, Callable[[], None]] = {
    f"{moment} {owner.__name__}.{name}": prepare(owner, name)
    for owner, name in (
        (Feeds, "record_planned"), (Archive, "_append"), (Articles, "record_all"), (Stories, "apply"),
        (Cursors, "advance"),
    )
    for moment, prepare in (("before", dying_before), ("after", dying_after))
}  # fmt: skip


def run_and_die(config: Config, death: str, now: datetime) -> None:
    """Run once and die at a step."""
    DEATHS[death]()
    steps.run_once(config, now)


def run(config: Config, now: datetime) -> None:
    """Run once."""
    steps.run_once(config, now)


def started(work: Callable[..., None], *args: Any) -> SpawnProcess:
    """Return a process that does some work."""
    process = SPAWNED.Process(target=work, args=args)
    process.start()
    return process
