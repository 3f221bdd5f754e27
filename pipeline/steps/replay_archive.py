"""Archived pages read again by today's rules, batch after batch; a pass that was cut short goes on where it ended."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from concurrent.futures import Future
from datetime import datetime

from pipeline.archive.warc import Archive
from pipeline.config import Config
from pipeline.errors import ExtractError, NotStored
from pipeline.extract.job import ExtractJob
from pipeline.extract.sandbox import Sandbox
from pipeline.extract.template import Learned
from pipeline.log import get_logger
from pipeline.model import Article, ArticleRecord, PageKind, StepReport, Visited
from pipeline.steps.canonical import choose_canonicals
from pipeline.steps.context import Progress, open_for, silent
from pipeline.steps.pages import load_templates, page_hints
from pipeline.steps.passes import ResumablePass
from pipeline.store import Store
from pipeline.store.reads.archived import ArchivedPage, archived_pages

log = get_logger(__name__)
# So many pages are in memory at a time.
BATCH = 50
CURSOR = "archive-replay"


def replay_archive(config: Config, now: datetime, progress: Progress = silent) -> StepReport:
    """Extract every archived page of an article again, in the children and under the policy that new pages have.

    An article that reads otherwise now is stored so, and its story's canonical text chosen again. A page that gives no
    article now leaves what is stored; one that is reserved now is withheld as ``[rights] later`` says.
    """
    counts: Counter[str] = Counter(pages=0, articles=0, versions=0, failed=0)
    problems: list[str] = []
    with open_for(config) as store, Archive(config.archive) as archive, Sandbox(config.extract) as children:
        entries = ResumablePass(store, CURSOR)
        while batch := archived_pages(store, entries.after, BATCH):
            counts.update(_replay_batch(config, store, archive, children, batch, now, problems))
            entries.advance(batch[-1].entry_id)
            progress("replay", counts["pages"], counts["pages"])
        entries.finish()
    failed = counts.pop("failed")
    log.info("archive_replayed", pages=counts["pages"], articles=counts["articles"], versions=counts["versions"])
    return StepReport("replay", counts["pages"] - failed, failed, dict(counts), tuple(problems))


def _replay_batch(
    config: Config,
    store: Store,
    archive: Archive,
    children: Sandbox,
    batch: Sequence[ArchivedPage],
    now: datetime,
    problems: list[str],
) -> Counter[str]:
    visited = {visit.entry.id: visit for visit in store.revisits.load([page.entry_id for page in batch])}
    templates = load_templates(store, [visit.entry.outlet for visit in visited.values()])
    pages = [page for page in batch if page.entry_id in visited]
    futures = [_submit(config, archive, children, visited[page.entry_id], page, templates) for page in pages]
    changed: dict[int, Article] = {}
    failed = 0
    for page, future in zip(pages, futures, strict=True):
        old = visited[page.entry_id].old
        try:
            article = future.result()
        except (ExtractError, NotStored) as error:
            failed += 1
            problems.append(f"entry {page.entry_id}: {type(error).__name__} ({error})")
            continue
        if is_other(config, old.article, article):
            changed[old.id] = article
    versions = _store_articles(config, store, {visit.old.id: visit.old for visit in visited.values()}, changed, now)
    return Counter(pages=len(batch), articles=len(changed), versions=versions, failed=failed)


def _submit(
    config: Config,
    archive: Archive,
    children: Sandbox,
    visited: Visited,
    page: ArchivedPage,
    templates: Mapping[str, Learned],
) -> Future[Article]:
    """Read a page from the archive and start its extraction; where it is not there, return the failure as a future.

    Reservations of its origin's files (robots.txt, tdmrep.json) are taken from the stored article: the archive holds
    pages only.
    """
    entry, old = visited.entry, visited.old.article
    try:
        body = archive.read(page.place)
    except NotStored as error:
        missing: Future[Article] = Future()
        missing.set_exception(error)
        return missing
    hints, template = page_hints(entry, page.charset), templates.get(entry.outlet)
    return children.submit(ExtractJob(body, entry.url, hints, template, (old.signals,), entry.licence, config.rights))


def is_other(config: Config, old: Article, new: Article) -> bool:
    """Return whether the article, read again, takes the place of the stored one."""
    if new.kind is not PageKind.ARTICLE or old.withheld:
        return False
    if new.withheld:
        return config.rights.later == "remove"
    return replay_key(old) != replay_key(new)


def replay_key(article: Article) -> tuple[object, ...]:
    """Return what of an article a reader sees."""
    return (
        article.title, article.deck, article.body, article.spans, article.byline, article.agency, article.dateline,
        article.published, article.updated, article.mark,
    )  # fmt: skip


def _store_articles(
    config: Config, store: Store, old: Mapping[int, ArticleRecord], changed: Mapping[int, Article], now: datetime
) -> int:
    """Return how many stories got a new version."""
    if not changed:
        return 0
    # Imports numpy, which pages that read as before need not wait for.
    from pipeline.steps.place import fingerprints_of

    with store.lease.acquire():
        for (article_id, article), fingerprint in zip(
            changed.items(), fingerprints_of(list(changed.values())), strict=True
        ):
            if article.withheld and not old[article_id].article.withheld:
                store.articles.forget_text(article_id, now)
            store.articles.revise(article_id, article, {}, fingerprint, now)
        stories = sorted(set(store.stories.by_article(list(changed)).values()))
        return choose_canonicals(config, store, stories, now)
