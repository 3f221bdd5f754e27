"""Retention: old polls, outcomes, and archive files that no page refers to any more."""

from __future__ import annotations

from datetime import datetime, timedelta

from pipeline.archive.warc import Archive
from pipeline.config import Config
from pipeline.errors import LockHeld
from pipeline.log import get_logger
from pipeline.model import StepReport
from pipeline.steps.alerts import find_warnings
from pipeline.steps.context import open_for
from pipeline.steps.kills import erase_pages
from pipeline.steps.measured import measured
from pipeline.steps.sweep import sweep_archive
from pipeline.store import Store
from pipeline.store.warnings import keep_warnings

log = get_logger(__name__)


@measured
def apply_retention(config: Config, now: datetime) -> StepReport:
    """Drop what is past its retention: polls, outcomes, and archive files that no page refers to any more; then look
    for warnings about feeds."""
    polls_before = now - timedelta(days=config.retention.polls_days)
    pages_before = now - timedelta(days=config.retention.archive_days)
    with open_for(config) as store:
        pruned = store.retention.prune(now, polls_before, pages_before)
        store.outcomes.prune(now - timedelta(days=config.retention.outcomes_days))
        store.flow.prune(now - timedelta(days=config.retention.outcomes_days))
        lines = _compact_log(store, now - timedelta(days=config.retention.changes_days))
        erase_pages(config, store)
        keep_warnings(store, find_warnings(store, now), now)
        with Archive(config.archive, store.retention.file_owner()) as archive:
            archive.delete(pruned.files)
            orphans = sweep_archive(store, archive)
    counts = {
        "polls": pruned.polls,
        "pages": pruned.pages,
        "files": len(pruned.files),
        "changes": lines,
        "orphans": orphans,
    }
    log.info(
        "retention_applied", polls=pruned.polls, pages=pruned.pages, files=len(pruned.files), changes=lines,
        orphans=orphans,
    )  # fmt: skip
    return StepReport("maintain", counts=counts)


def _compact_log(store: Store, before: datetime) -> int:
    """Compact the change log, where no other process is placing: else the next call does."""
    try:
        with store.lease.acquire(patience=0):
            return store.retention.compact_log(before)
    except LockHeld:
        return 0
