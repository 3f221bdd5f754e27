"""Steps whose reports are sent as metrics."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from functools import wraps
from typing import ParamSpec

from pipeline import metrics
from pipeline.metrics import Metric
from pipeline.model import StepReport

P = ParamSpec("P")
# The counter that takes a step's outcomes, and those of its counts that are counters of their own.
OUTCOMES: Mapping[str, Metric] = {"poll": metrics.POLLS, "fetch": metrics.PAGES, "revisit": metrics.REVISITS}
COUNTERS: Mapping[tuple[str, str], Metric] = {
    ("poll", "new"): metrics.ENTRIES_NEW,
    ("cluster", "articles"): metrics.PLACED,
    ("publish", "changes"): metrics.CHANGES,
}


def measured(step: Callable[P, StepReport]) -> Callable[P, StepReport]:
    """Return the step with its time and its report's counts sent as metrics, whatever it raises."""

    @wraps(step)
    def measure(*args: P.args, **kwargs: P.kwargs) -> StepReport:
        started = time.monotonic()
        name = step.__name__
        try:
            report = step(*args, **kwargs)
            name = report.step
        finally:
            metrics.duration(metrics.STEP_TIME, time.monotonic() - started, step=name)
        count_report(report)
        return report

    return measure


def count_report(report: StepReport) -> None:
    """Send a report's counts."""
    for name, amount in report.counts.items():
        if counter := COUNTERS.get((report.step, name)):
            metrics.count(counter, amount)
        elif report.step in OUTCOMES:
            metrics.count(OUTCOMES[report.step], amount, outcome=name)
