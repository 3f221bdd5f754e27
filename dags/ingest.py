"""Poll what is due, fetch what is new, revisit what may be edited, place it, and publish what changed.

The work is done by `pipeline.steps`. Only ids and counts travel between tasks, never text: all state lives in the
store, so each task may die or run twice. A batch that fails holds up no other: what follows runs all the same, and the
run counts as failed. What failed stands in the task's log, an event each.

**A task is red.** What a run leaves, the next one takes up: a single red task needs nothing. Where it stays red over
several runs, open its log, and the task's own note beside it, which says what to do. A feed or a page that fails makes
no task red: those stand on Copydesk's desk.

**Trigger with config.** `feeds`: these feeds alone, by the number that their pages show. `poll_now`: poll them
although they are not due. `dry_run`: tell what is due, and do nothing.
"""

from __future__ import annotations

import os
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

from airflow.sdk import CronTriggerTimetable, ExceptionRetryPolicy, Param, RetryRule, dag, task

from pipeline.airflow_provider.assets import DAYS, STORIES
from pipeline.airflow_provider.metrics import send_from_task
from pipeline.airflow_provider.traces import trace_task
from pipeline.config import Config, load, tasks_at_once

if TYPE_CHECKING:
    from pipeline.model import StepReport

MOST_BATCHES = 1000  # Airflow refuses to map over more than 1024; the next run takes the rest
MOST_AT_ONCE = tasks_at_once(os.environ)  # mapped tasks of a kind
# Also where nothing was due: a mapping over an empty list counts as skipped.
EVEN_SO = "all_done"
# timedelta(0): a new installation waits for the next tick; anything else starts a run for the tick before it
EVERY_FIVE_MINUTES = CronTriggerTimetable("*/5 * * * *", timezone="UTC", run_immediately=timedelta(0))
PARAMS = {
    "feeds": Param([], type="array", items={"type": "integer", "minimum": 1}, description="these feeds alone"),
    "poll_now": Param(False, type="boolean", description="poll those feeds although they are not due"),
    "dry_run": Param(False, type="boolean", description="tell what is due, and do nothing"),
}
# What to do where a task stays red.
STORE = "The log ends in a StoreError: see that the database answers; `copydesk migrate` where its schema is old."
WHEN_RED = {
    "due_feeds": f"It reads feeds.toml. A ConfigError names file and line: mend them. {STORE}",
    "poll": f"It ended as a whole, which no single feed can bring about: memory, disk or network. {STORE}",
    "due_pages": STORE,
    "fetch": f"It ended as a whole: memory (`[extract] memory`), a full disk for the archive, no network. {STORE}",
    "revisit": f"As fetch. {STORE}",
    "cluster": f"Another process may hold the lock on placing: `copydesk locks` names it, `--free` takes it. {STORE}",
    "publish": STORE,
    "notify": "The log has the error of `[notify] notifier`. What was not told, the next run tells.",
    "all_is_well": "It is red whenever another task of the run is: look at that one.",
}
# A task that was killed with its worker is due at once, so that it is queued before those of its kind that have not
# begun. A task that ends in an exception has its worker still: its cause is given time to pass.
LATER = RetryRule(BaseException, retry_delay=timedelta(seconds=20), reason="what it waits for may come back")
DEFAULTS = {
    "retries": 2,
    "retry_delay": timedelta(0),
    "retry_policy": ExceptionRetryPolicy([LATER]),
    "execution_timeout": timedelta(minutes=30),
}


def load_config() -> Config:
    """Return the config that `COPYDESK_FEEDS` names; what the task measures goes with Airflow's metrics and traces from
    now on."""
    send_from_task()
    trace_task()
    return load(None, os.environ)


def step_counts(report: StepReport) -> dict[str, int]:
    """Return a step's counts, for XCom."""
    return {"done": report.succeeded, "failed": report.failed, **report.counts}


def skip_dry_run(params: Any) -> None:
    """Skip the task where the run is to do nothing."""
    from airflow.sdk.exceptions import AirflowSkipException

    if params["dry_run"]:
        raise AirflowSkipException("a dry run: nothing is done")


@task(doc_md=WHEN_RED["due_feeds"])
def due_feeds(params: Any = None) -> list[list[int]]:
    """Return the ids of feeds to poll, in batches."""
    from pipeline import steps

    config, now = load_config(), datetime.now(UTC)
    if params["dry_run"]:
        print(f"due: {steps.chosen_feeds(config, params['feeds'], now, poll_now=False)}")
    skip_dry_run(params)
    if params["feeds"]:
        batches = steps.chosen_feeds(config, params["feeds"], now, poll_now=params["poll_now"])
    else:
        batches = steps.due_feeds(config, now)
    return batches[:MOST_BATCHES]


@task(max_active_tis_per_dagrun=MOST_AT_ONCE, doc_md=WHEN_RED["poll"])
def poll(feed_ids: list[int]) -> dict[str, int]:
    """Poll a batch of feeds."""
    from pipeline import steps

    return step_counts(steps.poll_feeds(load_config(), feed_ids, datetime.now(UTC)))


@task(trigger_rule=EVEN_SO, doc_md=WHEN_RED["due_pages"])
def due_pages(params: Any = None) -> list[list[int]]:
    """Return the ids of entries whose pages to fetch, in batches."""
    from pipeline import steps

    skip_dry_run(params)
    return steps.due_pages(load_config(), datetime.now(UTC))[:MOST_BATCHES]


@task(max_active_tis_per_dagrun=MOST_AT_ONCE, doc_md=WHEN_RED["fetch"])
def fetch(entry_ids: list[int]) -> dict[str, int]:
    """Fetch and extract a batch of pages."""
    from pipeline import steps

    return step_counts(steps.fetch_pages(load_config(), entry_ids, datetime.now(UTC)))


@task(trigger_rule=EVEN_SO, doc_md=WHEN_RED["revisit"])
def revisit(params: Any = None) -> dict[str, int]:
    """Look again at pages that may have been edited."""
    from pipeline import steps

    skip_dry_run(params)
    return step_counts(steps.revisit_pages(load_config(), datetime.now(UTC)))


@task(trigger_rule=EVEN_SO, doc_md=WHEN_RED["cluster"])
def cluster(params: Any = None) -> dict[str, int]:
    """Place the articles that wait."""
    from pipeline import steps

    skip_dry_run(params)
    return step_counts(steps.place_articles(load_config(), datetime.now(UTC)))


@task(outlets=[STORIES, DAYS], doc_md=WHEN_RED["publish"])
def publish(ti: Any = None, outlet_events: Any = None) -> dict[str, int]:
    """Pass the cursor over new changes; events tell of their number and the last, and of the days that they touch."""
    from airflow.sdk.exceptions import AirflowSkipException

    from pipeline import steps

    config = load_config()
    report = steps.publish_changes(config, datetime.now(UTC))
    # A second try cannot know whether the first had read the changes already: rather an event too many.
    if not report.counts["changes"] and ti.try_number == 1:
        raise AirflowSkipException("nothing changed: no Asset event")
    outlet_events[STORIES].extra = {name: report.counts[name] for name in ("changes", "last")}
    days = steps.changed_days(config, report.counts["before"], report.counts["last"])
    outlet_events[DAYS].extra = {"stories": days}
    outlet_events[DAYS].add_partitions(sorted(days))
    return step_counts(report)


@task(trigger_rule=EVEN_SO, doc_md=WHEN_RED["notify"])
def notify(params: Any = None) -> dict[str, int]:
    """Tell persons of new stories in the views that they keep, and of feeds that began to fail, each once."""
    from airflow.sdk import get_current_context
    from airflow.sdk.exceptions import AirflowSkipException

    from pipeline import words
    from pipeline.airflow_provider.notice import send_notice
    from pipeline.steps.tell import collect_news, record_told

    config = load_config()
    skip_dry_run(params)
    if not config.notify.notifier:
        raise AirflowSkipException("nobody is to be told: feeds.toml has no [notify] notifier")
    news = collect_news(config, datetime.now(UTC))
    if not (news.views or news.failing):
        raise AirflowSkipException("nothing is new")
    send_notice(config.notify, words.news_title(news), words.news_text(news), get_current_context())
    record_told(config, news, datetime.now(UTC))
    return {"stories": sum(len(view.stories) for view in news.views), "feeds": len(news.failing)}


@task(trigger_rule="one_failed", retries=0, doc_md=WHEN_RED["all_is_well"])
def all_is_well() -> None:
    """Fail the run where a task of it failed."""
    raise RuntimeError("a task of this run failed: see its log. What it left is taken up by the next run.")


@dag(
    schedule=EVERY_FIVE_MINUTES, catchup=False, max_active_runs=1, default_args=DEFAULTS, tags=["copydesk"],
    doc_md=__doc__, params=PARAMS,
)  # fmt: skip
def ingest() -> None:
    """Due feeds, poll, due pages, fetch, revisit, cluster, publish, notify."""
    feeds = due_feeds()
    polls = poll.expand(feed_ids=feeds)
    pages = due_pages()
    fetches = fetch.expand(entry_ids=pages)
    revisits = revisit()
    placing = cluster()
    polls >> pages
    fetches >> revisits >> placing >> publish()
    notices = notify()
    placing >> notices
    [feeds, polls, pages, fetches, revisits, placing, notices] >> all_is_well()


ingest()
