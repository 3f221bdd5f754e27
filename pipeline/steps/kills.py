"""Kills by a person: withdraw a story, restore it, or remove its text everywhere and prove that it is gone."""

from __future__ import annotations

import html
import re
from collections.abc import Iterator, Sequence
from datetime import datetime

from pipeline.archive.warc import Archive
from pipeline.config import Config
from pipeline.log import get_logger
from pipeline.model import Trace
from pipeline.steps.context import open_for
from pipeline.store import Store
from pipeline.store.reads.traces import file_bytes_with, rows_with, stored_forms, texts_of

log = get_logger(__name__)
# A shorter text stands in other stories too, as 'Weather' does: characters that are looked for at least.
SHORTEST = 25
_TAG = re.compile(r"<[^<>]*>")
_BLANKS = re.compile(r"\s+")


def withdraw_story(config: Config, story_id: int, reason: str, now: datetime) -> None:
    """Withdraw a story: no text of it is to be used. Raises NotStored."""
    with open_for(config) as store, store.lease.acquire():
        store.kills.withdraw(story_id, now, reason)


def restore_story(config: Config, story_id: int, reason: str, now: datetime) -> None:
    """Undo a person's withdrawal. Raises NotStored."""
    with open_for(config) as store, store.lease.acquire():
        store.kills.restore(story_id, now, reason)


def remove_story(config: Config, story_id: int, reason: str, now: datetime) -> list[str]:
    """Erase a story's text from the store and the archive. Return its sentences, for :func:`find_traces`.

    A call that died is finished by the next one: it may be repeated. Raises NotStored.
    """
    texts = remove_rows(config, story_id, reason, now)
    pages = finish_removals(config)
    log.info("story_removed", story=story_id, pages=pages)
    return texts


def remove_rows(config: Config, story_id: int, reason: str, now: datetime) -> list[str]:
    """Erase a story's text from the rows, so that nobody reads it any more. Return its sentences. Raises NotStored."""
    with open_for(config) as store, store.lease.acquire():
        texts = texts_of(store, story_id)
        store.kills.remove(story_id, now, reason)
    return texts


def finish_removals(config: Config) -> int:
    """Overwrite the archived pages of removed texts, and the database's free space. Return how many pages."""
    with open_for(config) as store:
        pages = erase_pages(config, store)
        store.compact()
    return pages


def erase_pages(config: Config, store: Store) -> int:
    """Overwrite the archived pages of removed texts. Return how many there were."""
    erased = 0
    with Archive(config.archive, store.retention.file_owner()) as archive:
        while pages := store.kills.archived_pages():
            renamed = archive.erase(list(pages.values()))
            archive.delete(store.kills.forget_pages(pages, renamed))
            erased += len(pages)
    return erased


def find_traces(config: Config, texts: Sequence[str]) -> Iterator[Trace]:
    """Yield each path where the texts were looked for, with the places that hold one of them. Texts under SHORTEST
    characters are left out, as other stories have them too."""
    sought = long_texts(texts)
    with open_for(config) as store:
        yield Trace("rows", len(sought), tuple(rows_with(store, sought)))
        yield Trace("database files", len(sought), tuple(file_bytes_with(store, sought)))
    with Archive(config.archive) as archive:
        yield Trace("archive", len(sought), tuple(_records_with(archive, sought)))


def long_texts(texts: Sequence[str]) -> list[str]:
    """Return the texts that are looked for: a shorter one than SHORTEST stands in other stories too."""
    return [text for text in texts if len(text) >= SHORTEST]


def shows_text(page: str, texts: Sequence[str]) -> bool:
    """Return whether one of the texts stands in a page or a record: as it is read, or as JSON or HTML has it."""
    visible_text = _BLANKS.sub(" ", html.unescape(_TAG.sub("", page)))
    plain = (_BLANKS.sub(" ", text).strip() for text in texts)
    return any(text in visible_text for text in plain) or any(form in page for form in stored_forms(texts))


def _records_with(archive: Archive, texts: Sequence[str]) -> Iterator[str]:
    for place, content in archive.records():
        if shows_text(content.decode("utf-8", "replace"), texts):
            yield place
