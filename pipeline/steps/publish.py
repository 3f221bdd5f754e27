"""The change log and its readers."""

from __future__ import annotations

from datetime import datetime

from pipeline.config import Config
from pipeline.log import get_logger
from pipeline.model import StepReport
from pipeline.steps.context import open_for
from pipeline.steps.measured import measured
from pipeline.store.reads.changes import changes, days_of_changes
from pipeline.store.retention import PUBLISHED

log = get_logger(__name__)


@measured
def publish_changes(config: Config, now: datetime) -> StepReport:
    """Pass the cursor over what is new in the change log; ``counts`` tell how many and the last line's number, where it
    stood ``before``."""
    with open_for(config) as store:
        passed = 0
        before = last = store.cursors.load(PUBLISHED)
        while rows := changes(store, last, 1000):
            passed, last = passed + len(rows), rows[-1].seq
            store.cursors.advance(PUBLISHED, last)
    if passed:
        log.info("changes_published", changes=passed, last=last)
    return StepReport("publish", passed, counts={"changes": passed, "last": last, "before": before})


def changed_days(config: Config, after: int, last: int) -> dict[str, int]:
    """Return how many of the stories that the log names behind ``after``, up to ``last``, were first seen on each day
    (UTC, YYYY-MM-DD)."""
    with open_for(config) as store:
        return dict(days_of_changes(store, after, last))
