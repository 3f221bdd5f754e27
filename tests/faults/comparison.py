"""Whether two stores hold the same: row by row, by what rows say and not by the numbers and times of one run."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from sqlalchemy import Connection, select

from pipeline.archive.warc import Archive
from pipeline.model import ArchiveRef
from pipeline.store import Store
from pipeline.store.schema.tables import article, change, copy, entry, feed, page, span, story, version, waiting

Rows = dict[str, list[tuple[Any, ...]]]


def store_rows(store: Store, archive: Archive) -> Rows:
    """Return table -> its rows, sorted: entries, articles, spans, pages with their archived bytes, copies with their
    story, the text in force of each story, and what still waits. A story is named by its copies."""
    with store.reading() as db:
        names = {row.id: row.url_key for row in db.execute(select(article.c.id, entry.c.url_key).join(entry))}
        homes = list(db.execute(select(copy.c.article_id, copy.c.story_id)))
        stories: dict[int, tuple[str, ...]] = {}
        for row in homes:
            stories[row.story_id] = tuple(sorted((*stories.get(row.story_id, ()), names[row.article_id])))
        return {
            "feed": _sorted(db.execute(select(feed.c.url, feed.c.outlet, feed.c.last_outcome))),
            "entry": _sorted(db.execute(select(entry.c.outlet, entry.c.url_key, entry.c.title, entry.c.status))),
            "article": _sorted(_articles(db)),
            "span": _sorted((names[row[0]], *row[1:]) for row in db.execute(
                select(span.c.article_id, span.c.kind, span.c.text, span.c.rule, span.c.block))),
            "page": _sorted(_pages(db, archive)),
            "copy": _sorted((names[row.article_id], stories[row.story_id]) for row in homes),
            "story": _sorted((stories.get(row[0], ()), *row[1:]) for row in _stories(db)),
            "waiting": _sorted(db.execute(select(waiting.c.article_id))),
            "added": _sorted((names[number],) for row in db.execute(
                select(change.c.articles).where(change.c.kind == "copy-added")) for number in row.articles),
        }  # fmt: skip


def _sorted(rows: Iterable[Any]) -> list[tuple[Any, ...]]:
    return sorted((tuple(row) for row in rows), key=repr)


def _articles(db: Connection) -> Iterable[Any]:
    columns = (article.c.outlet, article.c.url_key, article.c.title, article.c.body, article.c.kind)
    return db.execute(select(*columns))


def _pages(db: Connection, archive: Archive) -> Iterable[tuple[Any, ...]]:
    columns = (page.c.url, page.c.digest, page.c.bytes, page.c.archive_file, page.c.archive_offset)
    for row in db.execute(select(*columns, page.c.archive_length)):
        yield row.url, row.digest, row.bytes, archive.read(ArchiveRef(*row[3:])) if row.archive_file else None


def _stories(db: Connection) -> Iterable[Any]:
    in_force = (version.c.story_id == story.c.id) & (version.c.number == story.c.version)
    query = select(story.c.id, version.c.title, version.c.body, version.c.kind).join(version, in_force)
    return db.execute(query.where(story.c.merged_into.is_(None)))


def differences(first: Rows, second: Rows) -> list[str]:
    """Return a line for each table that differs: how many rows of each side the other has not, and the first."""
    lines = []
    for name in first:
        missing = [row for row in first[name] if row not in second[name]]
        extra = [row for row in second[name] if row not in first[name]]
        if first[name] != second[name]:
            example = repr((missing or extra or first[name])[0])[:200]
            lines.append(f"{name}: {len(missing)} missing, {len(extra)} more, {len(second[name])} rows: {example}")
    return lines
