"""Articles whose redirects end where those of other entries do, set aside before they are placed."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta

from pipeline.config import Config
from pipeline.extract.redirects import foreign_entries, shared_page_reason
from pipeline.log import get_logger
from pipeline.model import ArticleRecord, SharedPage
from pipeline.store import Store

log = get_logger(__name__)


def set_shared_aside(
    config: Config, store: Store, batch: Sequence[ArticleRecord], now: datetime
) -> list[ArticleRecord]:
    """Set the waiting articles aside that many entries of their outlet end at, with all others that wait and end
    there; those that have places are doubted. Return the rest of the batch. Needs the lease."""
    since = now - timedelta(days=config.retention.archive_days)
    placeholder_ids: set[int] = set()
    for shared in store.shared_pages.of_articles([record.id for record in batch], since):
        if reason := shared_page_reason(shared):
            placeholder_ids |= set(_set_aside(store, shared, reason))
    return [record for record in batch if record.id not in placeholder_ids]


def _set_aside(store: Store, shared: SharedPage, reason: str) -> list[int]:
    article_ids = [entry.article_id for entry in foreign_entries(shared) if entry.article_id is not None]
    placeholder_ids = store.shared_pages.set_aside(article_ids, reason)
    log.warning("pages_set_aside", outlet=shared.outlet, articles=len(placeholder_ids), detail=reason)
    return placeholder_ids
