"""Steps on what is stored already: retention, learning what outlets repeat, and cleaning by it. All idempotent."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Sequence
from datetime import datetime, timedelta

from pipeline.config import Config
from pipeline.extract.template import Template, line_key, with_repeats, without_repeats
from pipeline.match.plan import chosen_again
from pipeline.model import Article, ArticleRecord, Plan, StepReport
from pipeline.steps import Progress, open_for, silent
from pipeline.store import Store
from pipeline.store.archive import Archive
from pipeline.store.templates import TemplateLine, in_batches

# A template is learned from an outlet's newest pages: what a redesign left behind is forgotten with the pages.
PAGES = 400
DAYS = timedelta(days=60)
BATCH = 100


def maintain(config: Config, now: datetime) -> StepReport:
    """Apply retention: old polls, and archive files that no page refers to any more."""
    polls_before = now - timedelta(days=config.retention.polls_days)
    pages_before = now - timedelta(days=config.retention.archive_days)
    with open_for(config) as store:
        pruned = store.prune(now, polls_before, pages_before)
    with Archive(config.archive) as archive:
        archive.delete(pruned.files)
    return StepReport("maintain", counts={"polls": pruned.polls, "pages": pruned.pages, "files": len(pruned.files)})


def replay(config: Config, now: datetime, outlet: str = "", progress: Progress = silent) -> StepReport:
    """Learn what each outlet's pages repeat, and clean all its recent articles by it, those stored before it was known
    too. Canonical texts that change by it get a new version. The order in which pages came does not show."""
    cleaned = versions = lines = 0
    with open_for(config) as store, store.writing():
        outlets = [outlet] if outlet else store.outlets()
        for number, name in enumerate(outlets, 1):
            store.still_writing()
            records = store.articles_of(name, now - DAYS, PAGES)
            template = _learned(records, store.kept_lines(name))
            learned = list(_lines(template, records))
            store.set_template(name, learned)
            changed = _changed(records, template)
            versions += _write(config, store, changed, now)
            cleaned, lines = cleaned + len(changed), lines + len(learned)
            progress("replay", number, len(outlets))
    return StepReport("replay", len(outlets), counts={"articles": cleaned, "versions": versions, "lines": lines})


def keep(config: Config, outlet: str, text: str, now: datetime) -> None:
    """Call a line text that the outlet repeats; :func:`replay` puts it back."""
    with open_for(config) as store:
        store.keep_line(outlet, line_key(text), text, now)


def forget(config: Config, outlet: str, text: str) -> bool:
    """Undo of :func:`keep`; whether there was anything to undo."""
    with open_for(config) as store:
        return store.forget_kept(outlet, line_key(text))


def merge(config: Config, target: int, others: Sequence[int], now: datetime) -> None:
    """Make one story of several; the others lead there from now on. Raises NotStored."""
    with open_for(config) as store, store.writing():
        for other in others:
            store.merge(target, other, now)
        _choose_again(config, store, [target], now)


def unmerge(config: Config, other: int, now: datetime) -> int:
    """Undo a merge: the copies that ``other`` brought are its own again; where they had been. Raises NotStored."""
    with open_for(config) as store, store.writing():
        target = store.unmerge(other, now)
        _choose_again(config, store, [other, target], now)
        return target


def split(config: Config, source: int, articles: Sequence[int], now: datetime) -> int:
    """Give some copies of a story one of their own; its id. Raises NotStored."""
    with open_for(config) as store, store.writing():
        made = store.split(source, articles, now)
        _choose_again(config, store, [source, made], now)
        return made


def _learned(records: Sequence[ArticleRecord], kept: frozenset[int]) -> Template:
    template = Template(kept)
    for article in sorted((with_repeats(record.article) for record in records), key=lambda one: one.url):
        template.learn(article)
    return template


def _lines(template: Template, records: Sequence[ArticleRecord]) -> Iterator[TemplateLine]:
    """The recurring lines with when they were seen."""
    stories = template.recurring()
    times: dict[int, list[datetime]] = defaultdict(list)
    for record in records:
        for key in record.article.line_keys & stories.keys():
            times[key].append(record.seen_at)
    for key, number in sorted(stories.items()):
        yield TemplateLine(key, number, min(times[key]), max(times[key]))


def _changed(records: Sequence[ArticleRecord], template: Template) -> list[tuple[int, Article]]:
    found = ((record, without_repeats(with_repeats(record.article), template)) for record in records)
    return [(record.id, article) for record, article in found if _text(article) != _text(record.article)]


def _text(article: Article) -> tuple[object, ...]:
    return article.body, article.deck, article.spans


def _write(config: Config, store: Store, changed: Sequence[tuple[int, Article]], now: datetime) -> int:
    return sum(_choose_again(config, store, sorted(store.reclean(batch)), now) for batch in in_batches(changed, BATCH))


def _choose_again(config: Config, store: Store, stories: Sequence[int], now: datetime) -> int:
    """Choose the canonical texts of these stories again; how many got a new version."""
    members = defaultdict(list)
    for member in store.members(stories):
        members[member.story_id].append(member)
    force = store.heads(stories)
    policy = config.canonical
    planned = tuple(chosen_again(story, members[story], force[story], policy) for story in stories if members[story])
    return sum(change.version is not None for change in store.apply(Plan(versions=planned), now))
