"""The whole system on fictional outlets: the newsstand, a real Airflow, a summary, the UI.

``python -m newsstand.demo`` stays until Ctrl-C; ``--once`` ends by itself after three ``ingest`` runs (first, with
news, with nothing new) and exits 0 only if all succeeded, the second found what was new, and nothing was stored twice.
"""

from __future__ import annotations

import argparse
import fcntl
import shutil
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, SpinnerColumn, TextColumn, TimeElapsedColumn
from rich.progress import Progress as Bar
from rich.table import Table

from newsstand.score import Scores, scores
from newsstand.server import RunningNewsstand, running_newsstand
from pipeline.config import Config, load
from pipeline.errors import CopydeskError
from pipeline.local_airflow import (
    Progress,
    Standalone,
    choose_port,
    for_config,
    interruptible,
    login_line,
    printed_progress,
    stay,
)  # fmt: skip
from pipeline.local_airflow.progress import Patience
from pipeline.model import Counts
from pipeline.store import Store, open_store
from pipeline.store.reads import views

HOME = Path(".copydesk/demo")
FIRST_HOUR = 48.0  # of the stand's clock when the demo starts
STEP_HOURS = 24.0  # how far --once moves it for the second run
PACE = 60.0  # hours of the stand an hour of ours, when the demo stays: each ingest finds five new hours
STEADY = ("entry", "article", "copy", "story", "version", "change")
# Every run polls every feed; without this a feed waits for its own time.
ALWAYS_DUE = "\n[schedule]\nfirst = 1\nleast = 1\nmost = 1\n"

OUT = Console()


class DemoFailed(CopydeskError):
    """What --once promises did not hold."""


@dataclass(frozen=True, slots=True)
class Desk:
    """What the demo runs on."""

    stand: RunningNewsstand
    config: Config
    airflow: Standalone


def main(argv: list[str] | None = None) -> int:
    """The exit code: 0, or 1 with the reason on stderr."""
    parser = argparse.ArgumentParser(prog="python -m newsstand.demo", description=__doc__)
    parser.add_argument("--once", action="store_true", help="end after three runs of ingest; exit 1 if anything is off")
    parser.add_argument(
        "--port", type=int, help="of the UI; without it the one of last time, or the first free from 8080"
    )
    parser.add_argument("--home", type=Path, default=HOME, help=f"where everything goes; emptied first ({HOME})")
    options = parser.parse_args(argv)
    try:
        with interruptible(), alone(options.home), opened(options.home, options.once, options.port) as desk:
            return demo(desk, once=options.once)
    except KeyboardInterrupt:
        OUT.print("\nStopped.")
        return 130 if options.once else 0
    except CopydeskError as error:
        print(f"demo: {error}", file=sys.stderr)
        return 1


@contextmanager
def alone(home: Path) -> Iterator[None]:
    """One demo at a time in a home, which is emptied. Raises DemoFailed where another one runs."""
    home.parent.mkdir(parents=True, exist_ok=True)
    with home.with_suffix(".lock").open("w") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            raise DemoFailed("a demo is running there", concerns=str(home), todo="stop it first") from None
        shutil.rmtree(home, ignore_errors=True)
        home.mkdir()
        yield


@contextmanager
def opened(home: Path, once: bool, port: int | None = None) -> Iterator[Desk]:
    """Newsstand and Airflow, started; both have ended when the block is left."""
    port = port if once else choose_port(home.with_suffix(".port"), port)
    with running_newsstand(hour=FIRST_HOUR, speed=0 if once else PACE) as stand:
        feeds = prepare(home, stand)
        config = load(feeds, {})
        with for_config(config, feeds, port) as airflow:
            yield Desk(stand, config, airflow)


def prepare(home: Path, stand: RunningNewsstand) -> Path:
    """A config of the stand's feeds in ``home``, each of them due at every run."""
    home.mkdir(parents=True, exist_ok=True)
    feeds = home.absolute() / "feeds.toml"
    stand.write_config(feeds, home.absolute())
    written = feeds.read_text(encoding="utf-8")
    if "[schedule]" not in written:
        feeds.write_text(written + ALWAYS_DUE, encoding="utf-8")
    return feeds


def demo(desk: Desk, once: bool) -> int:
    """The runs with their summaries; then the end, or a stay until Ctrl-C."""
    with watched() as watch:
        watch("starting Airflow", 0, 0)
        desk.airflow.wait_ready(("ingest", "maintain", "example_downstream"), progress=watch)
    ingest(desk, "first run")
    summary(desk)
    if once:
        second_and_third_run(desk)
        return 0
    OUT.print(f"\n[bold]{login_line(desk.airflow)}[/]", highlight=False, soft_wrap=True)
    OUT.print("New stories appear while the stand's clock runs; ingest polls every 5 minutes. Ctrl-C stops everything.")
    stay(desk.airflow)
    return 0


def ingest(desk: Desk, name: str) -> None:
    """One triggered run, to its end. Raises AirflowError if it fails."""
    with watched() as watch:
        run = desk.airflow.trigger("ingest")
        desk.airflow.wait_run("ingest", run, lambda task, *counts: watch(f"{name}: {task}", *counts))


def second_and_third_run(desk: Desk) -> None:
    """A run with news and a run without. Raises DemoFailed where the store is not as it must be."""
    before = stored(desk)
    desk.stand.advance(STEP_HOURS)
    ingest(desk, "second run, with news")
    news = stored(desk)
    ingest(desk, "third run, nothing new")
    summary(desk)
    check(before, news, stored(desk), distinct_pages(desk))
    OUT.print(
        f"[green]Second run: {news['entry'] - before['entry']} new entries. Third run: nothing added. No copy twice.[/]"
    )


def check(before: dict[str, int], news: dict[str, int], after: dict[str, int], pages: int) -> None:
    """Hold the counts of three runs against what must be. Raises DemoFailed."""
    if news["entry"] <= before["entry"]:
        raise DemoFailed("the second run found nothing new", concerns="ingest", todo="see its poll tasks")
    changed = [f"{table} {news[table]} -> {after[table]}" for table in STEADY if news[table] != after[table]]
    if changed:
        raise DemoFailed(f"a run with nothing new changed {', '.join(changed)}", concerns="ingest")
    if not pages == after["copy"] == after["article"]:
        totals = f"{pages} pages, {after['article']} articles, {after['copy']} copies"
        raise DemoFailed(f"something is stored twice, or not placed: {totals}", concerns="store")


def stored(desk: Desk) -> dict[str, int]:
    """Rows of each table."""
    with store_of(desk) as store:
        return views.table_counts(store)


def distinct_pages(desk: Desk) -> int:
    """How many different pages have a place in a story."""
    with store_of(desk) as store:
        heads = views.stories(store, 100_000)
        return len({copy.url for row in views.copies_of(store, [h.id for h in heads]).values() for copy in row})


def store_of(desk: Desk) -> Store:
    """The demo's store."""
    return open_store(desk.config.store)


# ---------------------------------------------------------------- what a person sees


def summary(desk: Desk) -> None:
    """Totals, agencies, and how right it all is by the stand's own truth."""
    with store_of(desk) as store:
        OUT.print(totals(views.counts(store)), agencies(views.by_agency(store)), sep="\n")
        measured = scores(store, desk.stand.truth())
    OUT.print(judged(measured))


def totals(counts: Counts) -> Table:
    """The counts of a summary."""
    text = counts.removed_characters + counts.kept_characters
    rows = {
        "Feeds": f"{counts.feeds} ({counts.feeds_failing} failing: the stand has bad ones on purpose)",
        "Entries": f"{counts.entries} ({counts.failed} without an article, each with its reason)",
        "Pages": str(counts.pages),
        "Copies": str(counts.copies),
        "Stories": f"{counts.stories} in {counts.versions} versions",
        "Boilerplate": f"{100 * counts.removed_characters / text:.1f} % of the text taken off" if text else "none",
    }
    return table("Stored", ("", ""), list(rows.items()))


def agencies(rows: list[tuple[str, int, int]]) -> Table:
    """Stories and copies, agency by agency."""
    return table(
        "By agency", ("Agency", "Stories", "Copies"), [(a or "none known", str(s), str(c)) for a, s, c in rows]
    )


def judged(measured: Scores) -> Table:
    """The scores beside what is asked of them."""
    rows = [
        ("B-cubed F1 of the stories", f"{measured.f1:.3f}", "0.95 or more"),
        (
            "Canonical text equal to the agency's",
            f"{measured.exact} of {measured.judged} ({measured.exact_share:.0%})",
            "80 %",
        ),
        ("Bulletins merged with another", str(measured.merged), "0"),
    ]
    return table("Against the stand's truth", ("", "Found", "Asked"), rows)


def table(title: str, columns: tuple[str, ...], rows: Sequence[tuple[str, ...]]) -> Table:
    """A plain table; numbers to the right."""
    grid = Table(title=title, title_justify="left", show_header=any(columns))
    for number, column in enumerate(columns):
        grid.add_column(column, justify="left" if number == 0 or len(columns) == 2 else "right")
    for row in rows:
        grid.add_row(*row)
    return grid


@contextmanager
def watched() -> Iterator[Progress]:
    """A bar for what is under way; where nobody watches a terminal, a line for each thing that starts."""
    if not OUT.is_terminal:
        yield printed_progress()
        return
    columns = (
        SpinnerColumn(),
        TextColumn("{task.description:<34}"),
        BarColumn(),
        MofNCompleteColumn(),
        TimeElapsedColumn(),
    )
    patience = Patience()
    with Bar(*columns, console=OUT, transient=True) as bar:
        row = bar.add_task("", total=None)

        def show(step: str, ended: int, total: int) -> None:
            bar.update(row, description=step, completed=ended, total=total or None)
            if note := patience.note(step, ended):
                bar.console.print(f"{step}: {note}", style="yellow", markup=False, highlight=False)

        yield show


if __name__ == "__main__":
    sys.exit(main())
