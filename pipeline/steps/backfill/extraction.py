"""Sources to articles, in child processes: pages are extracted, documents read by the line rules."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import islice
from pathlib import Path

from pipeline.config import Config, RightsConfig
from pipeline.extract.many import CapturedPage, PageResult, extract_many
from pipeline.extract.withheld import text_fingerprint
from pipeline.match.reading import DocumentReader, ReadDocument
from pipeline.match.sentences import hashed_sentences
from pipeline.model import Article, PageKind
from pipeline.rights.policy import apply_rights_policy
from pipeline.steps.backfill.article_files import ArchivedArticle, ArticleFiles
from pipeline.steps.backfill.sources import Source, documents_of, host_outlets, pages_of
from pipeline.steps.context import Progress
from pipeline.steps.place import fingerprints_of
from pipeline.store.articles import seen_at
from pipeline.text.attribution import claims_of

# Pages whose outlets' templates are learned together: their articles are in memory, some 20 KB each.
PAGES_TOGETHER = 5000
# Documents that are read together.
DOCUMENTS_TOGETHER = 500


def read_document_source(source: Source, folder: Path) -> int:
    """Read a corpus of documents, in the order of the file, and write its articles; return how many."""
    return ArticleFiles(folder).write(source.name, archived_documents(source))


def archived_documents(source: Source) -> Iterator[ArchivedArticle]:
    """Yield the articles of a corpus in the order of the file, by which it is known what each outlet repeats."""
    reader, documents = DocumentReader(), documents_of(source)
    while batch := list(islice(documents, DOCUMENTS_TOGETHER)):
        for read in reader.read(batch):
            document = batch[read.number]
            url, length = str(document.get("url") or ""), len(str(document["text"]))
            yield _archived_document(read, url, length)


def _archived_document(document: ReadDocument, url: str, length: int) -> ArchivedArticle:
    name = str(document.id)
    article = Article(url or f"archive:{document.outlet}:{name}", document.title, document.body, mark=document.mark)
    return ArchivedArticle(
        name, article.url, document.outlet, document.at, document.at, length, article, document.claims,
        document.fingerprint, document.sentences,
    )  # fmt: skip


def read_page_source(config: Config, source: Source, folder: Path, problems: list[str], progress: Progress) -> int:
    """Extract the pages of a web archive in children and write their articles; return how many. ``problems`` gains a
    line for each page without one."""
    return ArticleFiles(folder).write(source.name, _pages(config, source, problems, progress))


def _pages(config: Config, source: Source, problems: list[str], progress: Progress) -> Iterator[ArchivedArticle]:
    pages = source_pages(config, source)
    while chunk := list(_results(config, islice(pages, PAGES_TOGETHER), progress)):
        problems += filter(None, map(page_problem, chunk))
        yield from archived_pages(config.rights, chunk)


def source_pages(config: Config, source: Source) -> Iterator[CapturedPage]:
    """Yield the pages of a web archive, those of a feed's host under the feed's outlet."""
    return pages_of(source, host_outlets({feed.url: feed.outlet for feed in config.feeds}), config.fetch.max_bytes)


def _results(config: Config, pages: Iterator[CapturedPage], progress: Progress) -> Iterator[PageResult[CapturedPage]]:
    return extract_many(pages, config.extract, config.fetch.max_bytes, progress)


def page_problem(result: PageResult[CapturedPage]) -> str:
    """Return a line that says why a page has no article; an empty one where it has."""
    if not result.error and result.article.kind is PageKind.ARTICLE:
        return ""
    return f"{result.page.url}: {result.error or result.article.kind.value}"


def archived_pages(rights: RightsConfig, results: Sequence[PageResult[CapturedPage]]) -> Iterator[ArchivedArticle]:
    """Yield the articles of those pages that have one, as the policy on ``rights`` lets them be kept."""
    results = [result for result in results if not page_problem(result)]
    articles = [apply_rights_policy(result.article, (), rights, text_fingerprint) for result in results]
    fingerprints = fingerprints_of(articles)
    for result, article, fingerprint in zip(results, articles, fingerprints, strict=True):
        page = result.page
        at = seen_at(article.published, None, page.fetched_at)
        yield ArchivedArticle(
            page.id, page.url, page.outlet, at, page.fetched_at, sum(map(len, article.body)), article,
            claims_of(article), fingerprint, hashed_sentences(article.body),
        )  # fmt: skip
