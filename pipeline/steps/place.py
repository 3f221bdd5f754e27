"""Waiting articles to stories: one writer at a time, one transaction for each batch."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta

from pipeline import metrics, traces
from pipeline.config import Config
from pipeline.cycles import collecting_seldom
from pipeline.errors import LockHeld
from pipeline.log import get_logger
from pipeline.match.batch import find_candidates, plan_stories, update_workspace
from pipeline.match.fingerprint import fingerprint_bodies, restore_bands, shingles_of
from pipeline.match.first_seen import MEMORY, FirstSeenIndex
from pipeline.match.workspace import Workspace
from pipeline.model import Article, ArticleRecord, Change, ChangeKind, Fingerprint, StepReport
from pipeline.steps.canonical import choose_canonicals
from pipeline.steps.context import Clock, Progress, open_for, running_from, silent
from pipeline.steps.learn import learn_new
from pipeline.steps.measured import measured
from pipeline.steps.shared_pages import set_shared_aside
from pipeline.store import Store

log = get_logger(__name__)
# Copies that each start adds to the saved memory before it is saved anew: half a second's work.
SAVE_AFTER = 3000
# Placing makes no cycles, and to look through what it keeps took a twentieth of its time.
NEW_OBJECTS = 200_000


@measured
def place_articles(config: Config, now: datetime, progress: Progress = silent) -> StepReport:
    """Place every waiting article in a story, one writer at a time, a transaction a batch. Where another process is
    placing, there is nothing to do: it places these articles too."""
    with open_for(config) as store:
        waiting = store.stories.waiting_count()
        metrics.gauge(metrics.WAITING, waiting)
        if not waiting and not store.stories.textless_stories():
            return StepReport("cluster", counts={"articles": 0, "changes": 0})
        try:
            with store.lease.acquire():
                return _place_under_lease(config, store, now, progress, waiting)
        except LockHeld as error:
            return StepReport("cluster", counts={"articles": 0, "changes": 0}, problems=(str(error),))


def _place_under_lease(config: Config, store: Store, now: datetime, progress: Progress, waiting: int) -> StepReport:
    clock = running_from(now)
    choose_canonicals(config, store, store.stories.textless_stories(), now)
    learn_new(store, now)
    first_seen, unsaved = remembered(config, store, now - MEMORY)
    workspace = Workspace(config.match, first_seen)
    placed, written = place_waiting(config, store, workspace, clock, progress, waiting)
    if unsaved + placed >= SAVE_AFTER:
        store.first_seen.save(store.first_seen.last_change(), first_seen.dump())
    seconds = (clock() - now).total_seconds()
    log.info("articles_placed", articles=placed, changes=written, seconds=round(seconds, 3))
    return StepReport("cluster", placed, counts={"articles": placed, "changes": written})


def place_waiting(
    config: Config, store: Store, workspace: Workspace, clock: Clock, progress: Progress = silent, waiting: int = 0
) -> tuple[int, int]:
    """Place the waiting articles, batch after batch; return how many were placed, and how many changes that made."""
    placed = written = 0
    workspace.clear()
    with collecting_seldom(NEW_OBJECTS):
        while batch := store.stories.waiting_articles(config.match.batch):
            _renew_keys(config, store, batch[0].seen_at)
            if articles := set_shared_aside(config, store, batch, clock()):
                written += len(_place_batch(config, store, articles, workspace, clock))
            _forget_keys(config, store, batch[0].seen_at, clock())
            placed += len(articles)
            progress("cluster", placed, max(waiting, placed))
    return placed, written


def _renew_keys(config: Config, store: Store, at: datetime) -> None:
    """Make the window's keys of an older recipe anew before they are needed, and older ones a few with each batch."""
    if renewed := store.index.renew_keys(at - timedelta(hours=config.match.window_hours)):
        log.info("keys_renewed", rows=renewed)


def _forget_keys(config: Config, store: Store, at: datetime, now: datetime) -> None:
    """Drop keys that no late copy and no reprint can have any more. By both times: of an archive that is read in years
    later, the copies are of one another."""
    long = timedelta(hours=config.match.reprint_hours + 2 * config.match.window_hours)
    store.index.forget_keys(at - long, now - long)


def remembered(config: Config, store: Store, since: datetime) -> tuple[FirstSeenIndex, int]:
    """Return the memory of first uses: the saved one with the copies placed since, or all from the stored fingerprints.

    The second value is how many copies it holds that the saved one does not.
    """
    saved = store.first_seen.load()
    first_seen = _loaded(config, saved[1]) if saved else None
    if saved and first_seen:
        stored = store.first_seen.fingerprints_placed_after(saved[0])
    else:
        first_seen, stored = (
            FirstSeenIndex(config.match.fresh_hours, config.match.memory),
            store.first_seen.fingerprints(since),
        )
    return first_seen, first_seen.add_stream((shingles_of(fingerprint), at) for at, fingerprint in stored)


def _loaded(config: Config, saved: bytes) -> FirstSeenIndex | None:
    """Return the saved memory; None where it cannot be read, or has another size than the config asks for."""
    try:
        first_seen = FirstSeenIndex.load(saved, config.match.fresh_hours)
    except ValueError:
        return None
    return first_seen if first_seen.has_slots(config.match.memory) else None


def _place_batch(
    config: Config, store: Store, batch: Sequence[ArticleRecord], workspace: Workspace, clock: Clock
) -> tuple[Change, ...]:
    """Place a batch in a span, and send a span for each article of it; return the changes."""
    with traces.span(traces.BATCH, {traces.ARTICLES: len(batch)}):
        changes, stories = _cluster_batch(config, store, batch, workspace, clock)
        entries = {record.id: record.entry_id for record in batch}
        for article_id, story_id in stories.items():
            ids = {traces.ENTRY: entries[article_id], traces.ARTICLE: article_id, traces.STORY: story_id}
            traces.instant(traces.PLACED, ids)
    return changes


def _cluster_batch(
    config: Config, store: Store, batch: Sequence[ArticleRecord], workspace: Workspace, clock: Clock
) -> tuple[tuple[Change, ...], dict[int, int]]:
    """Place a batch in one transaction; return the changes, and the story of each article."""
    prints = fingerprints_of([record.article for record in batch])
    candidates = find_candidates(batch, prints, workspace, store.index)
    plan = plan_stories(batch, prints, candidates, workspace, store.index, config.canonical)
    changes = store.stories.apply(plan, clock())
    added = (change for change in changes if change.kind is ChangeKind.COPY_ADDED)
    placed = {article_id: change.story_id for change in added for article_id in change.articles}
    update_workspace(workspace, plan, placed)
    return changes, placed


def fingerprints_of(articles: Sequence[Article]) -> list[Fingerprint]:
    """Return the fingerprints of the articles' texts; where a text is withheld, the stored one."""
    computed = fingerprint_bodies([article.body for article in articles])
    stored = [article.fingerprint for article in articles]
    return [restore_bands(old) if old else new for old, new in zip(stored, computed, strict=True)]
