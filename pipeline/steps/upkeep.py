"""Steps on what is stored already: retention, learning what outlets repeat, and cleaning by it. All idempotent."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta

from pipeline.archive.warc import Archive
from pipeline.config import Config
from pipeline.extract.template import deck_key, line_key
from pipeline.match.plan import choose_version
from pipeline.model import Article, Plan, StepReport
from pipeline.steps import Progress, open_for, silent
from pipeline.steps.learn import learn_outlet
from pipeline.store import Store
from pipeline.store.articles import in_batches

BATCH = 100


def maintain(config: Config, now: datetime) -> StepReport:
    """Apply retention: old polls, and archive files that no page refers to any more."""
    polls_before = now - timedelta(days=config.retention.polls_days)
    pages_before = now - timedelta(days=config.retention.archive_days)
    with open_for(config) as store:
        pruned = store.retention.prune(now, polls_before, pages_before)
        store.outcomes.prune(now - timedelta(days=config.retention.outcomes_days))
    with Archive(config.archive) as archive:
        archive.delete(pruned.files)
    return StepReport("maintain", counts={"polls": pruned.polls, "pages": pruned.pages, "files": len(pruned.files)})


def replay(config: Config, now: datetime, outlet: str = "", progress: Progress = silent) -> StepReport:
    """Learn what each outlet's pages repeat, and clean all its recent articles by it, those stored before it was known
    too. Canonical texts that change by it get a new version. The order in which pages came does not show."""
    cleaned = versions = lines = 0
    with open_for(config) as store, store.lease.acquire():
        outlets = [outlet] if outlet else store.articles.outlets()
        for number, name in enumerate(outlets, 1):
            store.lease.renew()
            changed, learned = learn_outlet(store, name, now)
            versions += _write(config, store, changed, now)
            cleaned, lines = cleaned + len(changed), lines + learned
            progress("replay", number, len(outlets))
    return StepReport("replay", len(outlets), counts={"articles": cleaned, "versions": versions, "lines": lines})


def keep(config: Config, outlet: str, text: str, now: datetime) -> None:
    """Call a line text that the outlet repeats; :func:`replay` puts it back. Of a place: put nothing back there."""
    with open_for(config) as store:
        for key in (line_key(text), deck_key(text)):
            store.templates.keep_line(outlet, key, text, now)


def forget(config: Config, outlet: str, text: str) -> bool:
    """Undo of :func:`keep`; whether there was anything to undo."""
    with open_for(config) as store:
        found = [store.templates.forget_kept(outlet, key) for key in (line_key(text), deck_key(text))]
    return any(found)


def merge(config: Config, target: int, others: Sequence[int], now: datetime) -> None:
    """Make one story of several; the others lead there from now on. Raises NotStored."""
    with open_for(config) as store, store.lease.acquire():
        for other in others:
            store.rulings.merge(target, other, now)
        _choose_again(config, store, [target], now)


def unmerge(config: Config, other: int, now: datetime) -> int:
    """Undo a merge: the copies that ``other`` brought are its own again; where they had been. Raises NotStored."""
    with open_for(config) as store, store.lease.acquire():
        target = store.rulings.unmerge(other, now)
        _choose_again(config, store, [other, target], now)
        return target


def split(config: Config, source: int, articles: Sequence[int], now: datetime) -> int:
    """Give some copies of a story one of their own; its id. Raises NotStored."""
    with open_for(config) as store, store.lease.acquire():
        made = store.rulings.split(source, articles, now)
        _choose_again(config, store, [source, made], now)
        return made


def _write(config: Config, store: Store, changed: Mapping[int, Article], now: datetime) -> int:
    touched = (sorted(store.articles.replace_bodies(batch)) for batch in in_batches(changed, BATCH))
    return sum(_choose_again(config, store, stories, now) for stories in touched)


def _choose_again(config: Config, store: Store, stories: Sequence[int], now: datetime) -> int:
    """Choose the canonical texts of these stories again; how many got a new version."""
    members = defaultdict(list)
    for member in store.index.members(stories):
        members[member.story_id].append(member)
    force = store.stories.heads(stories)
    policy = config.canonical
    planned = tuple(choose_version(story, members[story], force[story], policy) for story in stories if members[story])
    return sum(change.version is not None for change in store.stories.apply(Plan(versions=planned), now))
