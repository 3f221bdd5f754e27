"""Stored articles cleaned again by what their outlets' pages repeat. Idempotent."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime

from pipeline.config import Config
from pipeline.log import get_logger
from pipeline.model import Article, StepReport
from pipeline.steps.canonical import choose_canonicals
from pipeline.steps.context import Progress, open_for, silent
from pipeline.steps.learn import learn_outlet
from pipeline.store import Store
from pipeline.store.articles import in_batches

log = get_logger(__name__)
BATCH = 100


def replay_articles(config: Config, now: datetime, outlet: str = "", progress: Progress = silent) -> StepReport:
    """Learn what each outlet's pages repeat, and clean all its recent articles by it, those stored before it was known
    too. Canonical texts that change by it get a new version. The order in which pages came does not show."""
    cleaned = versions = lines = 0
    with open_for(config) as store, store.lease.acquire():
        outlets = [outlet] if outlet else store.articles.outlets()
        for number, name in enumerate(outlets, 1):
            store.lease.renew()
            changed, recurring = learn_outlet(store, name, now)
            new_versions = _reclean(config, store, changed, now)
            versions += new_versions
            log.info("outlet_replayed", outlet=name, articles=len(changed), versions=new_versions, lines=recurring)
            cleaned, lines = cleaned + len(changed), lines + recurring
            progress("replay", number, len(outlets))
    return StepReport("replay", len(outlets), counts={"articles": cleaned, "versions": versions, "lines": lines})


def _reclean(config: Config, store: Store, changed: Mapping[int, Article], now: datetime) -> int:
    """Store these articles as they are now; return how many stories got a new version."""
    touched = (sorted(store.articles.replace_bodies(batch, now)) for batch in in_batches(changed, BATCH))
    return sum(choose_canonicals(config, store, stories, now) for stories in touched)
