"""``copydesk run``, ``replay`` and ``up``: passes over all feeds, and over what is stored."""

from __future__ import annotations

import os
import time
from collections.abc import Sequence
from typing import Annotated

import typer

from pipeline import records
from pipeline.cli import tables
from pipeline.cli.options import AsJson, Commands, FeedsFile, config_of, config_of_store, now
from pipeline.cli.terminal import OUT, note, print_json, progress_bars, show_line
from pipeline.config import Config, feeds_file
from pipeline.errors import UsageError
from pipeline.model import StepReport


def run(
    feeds: FeedsFile = None,
    once: Annotated[
        bool, typer.Option("--once", help="One pass, then end. Without it, a pass every 5 minutes.")
    ] = False,
    pause: Annotated[float, typer.Option("--every", help="Seconds between passes.", min=1, max=86_400)] = 300.0,
    as_json: AsJson = False,
) -> None:
    """One whole pass without Airflow: poll, fetch, extract, cluster, publish.

    With --once, exit 1 if every feed that was due failed.
    """
    config = config_of(feeds)
    if not config.feeds:
        raise UsageError(
            "there are no feeds", concerns="run", todo="name a file with --feeds, or make one: copydesk init"
        )
    reports = _run_pass(config, as_json)
    from pipeline import steps

    while not once:
        steps.collect_cycles()
        time.sleep(pause)
        reports = _run_pass(config, as_json)
    if every_feed_failed(reports):
        note("copydesk: every feed that was polled failed; see copydesk feeds list")
        raise typer.Exit(1)


def every_feed_failed(reports: Sequence[StepReport]) -> bool:
    """Return whether polls failed and none went well; a pass in which no feed was due is no failure."""
    return any(report.step == "poll" and report.failed and not report.succeeded for report in reports)


def _run_pass(config: Config, as_json: bool) -> list[StepReport]:
    from pipeline.extract.sandbox import warm_up

    warm_up()  # its fork server imports the extractor while the rest is imported here
    from pipeline import steps

    with progress_bars(quiet=as_json) as progress:
        reports = steps.run_once(config, now(), progress)
    if as_json:
        print_json(map(records.report_record, reports))
    else:
        _show_reports(config, reports)
    return reports


def _show_reports(config: Config, reports: Sequence[StepReport]) -> None:
    from pipeline import steps
    from pipeline.store.reads.views import counts

    with steps.open_for(config) as store:
        stored = counts(store)
    OUT.print(tables.reports_table(reports))
    for line in (*tables.problem_lines(reports), tables.stored_line(stored)):
        show_line(line)


def replay(
    outlet: Annotated[str, typer.Option(help="This outlet alone.")] = "",
    from_archive: Annotated[
        bool, typer.Option("--from-archive", help="Read the archived pages again, and extract them by today's rules.")
    ] = False,
    feeds: FeedsFile = None,
    as_json: AsJson = False,
) -> None:
    """Learn what each outlet's pages repeat, and clean all stored articles by it."""
    from pipeline.steps.replay import replay_articles
    from pipeline.steps.replay_archive import replay_archive

    if outlet and from_archive:
        raise UsageError("--outlet and --from-archive do not go together", concerns="replay")
    config = config_of_store(feeds)
    with progress_bars(quiet=as_json) as progress:
        if from_archive:
            report = replay_archive(config, now(), progress)
        else:
            report = replay_articles(config, now(), outlet, progress)
    if as_json:
        print_json([records.report_record(report)])
    else:
        show_line(tables.counts_text(report.counts))


def up(
    feeds: FeedsFile = None,
    port: Annotated[int | None, typer.Option(help="Of the UI; else the one of last time.", min=1, max=65535)] = None,
) -> None:
    """A real Airflow on this machine that runs your feeds, until Ctrl-C."""
    from pipeline.local_airflow import up as start

    start(feeds_file(feeds, os.environ), port)


COMMANDS: Commands = (
    ("run", "copydesk run --feeds feeds.toml --once", run),
    ("up", "copydesk up --feeds feeds.toml", up),
    ("replay", "copydesk replay --outlet 'Harbour Post'", replay),
)
