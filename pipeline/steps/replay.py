"""Stored articles cleaned again by what their outlets' pages repeat. Idempotent."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from datetime import datetime

from pipeline.config import Config
from pipeline.log import get_logger
from pipeline.model import Article, StepReport
from pipeline.steps.canonical import choose_canonicals
from pipeline.steps.context import Progress, open_for, silent
from pipeline.steps.learn import learn_outlet
from pipeline.steps.measured import measured
from pipeline.steps.passes import ResumablePass
from pipeline.store import Store
from pipeline.store.articles import in_batches

log = get_logger(__name__)
BATCH = 100
CURSOR = "replay"


@measured
def replay_articles(config: Config, now: datetime, outlet: str = "", progress: Progress = silent) -> StepReport:
    """Learn what each outlet's pages repeat, and clean all its recent articles by it, those stored before it was known
    too. Canonical texts that change by it get a new version. The order in which pages came does not show.

    A pass over all outlets that was cut short goes on where it stopped. The lock on placing is held for a few seconds
    at a time: what waits for it is placed in between.
    """
    counts: Counter[str] = Counter(articles=0, versions=0, lines=0)
    with open_for(config) as store:
        outlets = ResumablePass(store, CURSOR)
        first_articles = {outlet: 0} if outlet else store.articles.outlets(outlets.after)
        for number, name in enumerate(store.lease.in_turns(first_articles), 1):
            counts.update(_replay_outlet(config, store, name, now))
            if not outlet:
                outlets.advance(first_articles[name])
            progress("replay", number, len(first_articles))
        if not outlet:
            outlets.finish()
    return StepReport("replay", len(first_articles), counts=dict(counts))


def _replay_outlet(config: Config, store: Store, name: str, now: datetime) -> Counter[str]:
    store.lease.renew()
    changed, lines = learn_outlet(store, name, now)
    versions = _reclean(config, store, changed, now)
    log.info("outlet_replayed", outlet=name, articles=len(changed), versions=versions, lines=lines)
    return Counter(articles=len(changed), versions=versions, lines=lines)


def _reclean(config: Config, store: Store, changed: Mapping[int, Article], now: datetime) -> int:
    """Store these articles as they are now; return how many stories got a new version."""
    touched = (sorted(store.articles.replace_bodies(batch, now)) for batch in in_batches(changed, BATCH))
    return sum(choose_canonicals(config, store, stories, now) for stories in touched)
