"""Waiting articles to stories: one writer at a time, a transaction a batch."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta

from pipeline.config import Config
from pipeline.match.assign import Desk
from pipeline.match.fingerprint import fingerprint_many, shingles_of
from pipeline.match.novelty import MEMORY, Novelty
from pipeline.match.plan import plan_batch
from pipeline.match.withdrawal import named_story
from pipeline.model import ArticleRecord, Change, StepReport, VersionKind
from pipeline.steps.running import Clock, Progress, open_for, running_from, silent
from pipeline.store import Store

MOST_CANDIDATES = 40


def cluster(config: Config, now: datetime, progress: Progress = silent) -> StepReport:
    """Place every waiting article in a story, one writer at a time, a transaction a batch."""
    clock = running_from(now)
    placed = written = 0
    with open_for(config) as store:
        waiting = store.pending_count()
        if not waiting:
            return StepReport("cluster", counts={"articles": 0, "changes": 0})
        with store.writing():
            desk = _match_desk(config, store, now - MEMORY)
            while batch := store.pending_articles(config.match.batch):
                written += len(_cluster_batch(config, store, batch, desk, clock))
                placed += len(batch)
                progress("cluster", placed, max(waiting, placed))
    return StepReport("cluster", placed, counts={"articles": placed, "changes": written})


def _match_desk(config: Config, store: Store, since: datetime) -> Desk:
    seen = ((at, shingles_of(stored)) for at, stored in store.fingerprints(since))
    return Desk(config.match, Novelty.rebuilt(seen, config.match.fresh_hours))


def _cluster_batch(
    config: Config, store: Store, batch: Sequence[ArticleRecord], desk: Desk, clock: Clock
) -> tuple[Change, ...]:
    prints = fingerprint_many(["\n".join(record.article.body) for record in batch])
    window = timedelta(hours=config.match.window_hours)
    keys = {record.id: found.bands for record, found in zip(batch, prints, strict=True)}
    candidates = store.candidates(keys, since=batch[0].seen_at - window, most=MOST_CANDIDATES)
    withdrawn = _withdrawn(store, batch, window)
    stories = sorted({story for rows in candidates.values() for _, story, _ in rows} | set(withdrawn.values()))
    desk.members.clear()
    for member in store.members(stories):
        desk.members[member.story_id].append(member)
    force, apart = store.canonicals(stories), store.apart(stories)
    plan = plan_batch(batch, prints, candidates, force, desk, withdrawn, apart, config.canonical)
    return store.apply(plan, clock())


def _withdrawn(store: Store, batch: Sequence[ArticleRecord], window: timedelta) -> dict[int, int]:
    notices = [record for record in batch if record.article.mark is VersionKind.WITHDRAWAL]
    titles = store.recent_titles(batch[0].seen_at - window) if notices else {}
    named = {record.id: named_story(record.article, titles) for record in notices}
    return {article: story for article, story in named.items() if story is not None}
