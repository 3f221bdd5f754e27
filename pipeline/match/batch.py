"""The placing of a batch: what matching asks of the store, and in which order.

The store answers for the pipeline, :class:`pipeline.match.memory_index.MemoryIndex` for ``copydesk cluster``. Both
answer the same questions, so that a corpus has the stories, relations, links and merges that the same articles have in
the store.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from typing import Protocol

from pipeline.config import CanonicalConfig
from pipeline.match.plan import MOST_CANDIDATES, CandidateCopy, plan_batch, prepare
from pipeline.match.withdrawal import withdrawn_story
from pipeline.match.workspace import Workspace
from pipeline.model import ArticleRecord, Fingerprint, Member, Plan, VersionKind

Candidates = dict[int, list[CandidateCopy]]


class StoryStore(Protocol):
    """The stories and their copies, as matching asks for them."""

    def candidates(self, keys: Mapping[int, bytes], *, since: datetime, most: int, keep: bool = True) -> Candidates:
        """Return article -> copies seen at or after ``since`` that share keys, most shared first, at most ``most``.

        ``keys``: article -> its keys. ``keep`` false: a rare question, whose index is not cached.
        """

    def members(self, story_ids: Sequence[int]) -> list[Member]:
        """Return every copy of these stories, in time order."""

    def canonicals(self, story_ids: Sequence[int]) -> dict[int, int]:
        """Return story -> the article whose text is canonical now."""

    def separated_stories(self, story_ids: Sequence[int]) -> set[tuple[int, int]]:
        """Return the pairs of these stories that a person took apart."""

    def recent_titles(self, since: datetime) -> dict[int, list[str]]:
        """Return story -> the titles of its copies seen at or after ``since``."""

    def withdrawn_stories(self, article_ids: Sequence[int]) -> dict[int, int]:
        """Return withdrawal notice -> the story that its own identifier names."""


def find_candidates(
    batch: Sequence[ArticleRecord], fingerprints: Sequence[Fingerprint], workspace: Workspace, store: StoryStore
) -> Candidates:
    """Return article -> the stored copies that share keys with it.

    These are copies of the window, and for a text that was known before (:meth:`Workspace.is_known`) also those of
    the longer reprint window. ``batch``: in time order.
    """
    prepare(batch, fingerprints, workspace)
    config, at = workspace.config, batch[0].seen_at
    prints = list(zip(batch, fingerprints, strict=True))
    window = at - timedelta(hours=config.window_hours)
    keys = {record.id: fingerprint.bands for record, fingerprint in prints}
    candidates = store.candidates(keys, since=window, most=MOST_CANDIDATES)
    reprints = {record.id: fingerprint.bands for record, fingerprint in prints
                if workspace.is_known(record.id, fingerprint, record.seen_at)}  # fmt: skip
    if reprints:
        reprint_window = at - timedelta(hours=config.reprint_hours)
        older_copies = store.candidates(reprints, since=reprint_window, most=MOST_CANDIDATES, keep=False)
        for article_id, older in older_copies.items():
            candidates[article_id] = list(dict.fromkeys([*candidates[article_id], *older]))
    return candidates


def plan_stories(
    batch: Sequence[ArticleRecord],
    fingerprints: Sequence[Fingerprint],
    candidates: Candidates,
    workspace: Workspace,
    store: StoryStore,
    policy: CanonicalConfig,
    *,
    mended: bool = True,
) -> Plan:
    """Load the candidate stories into the workspace and return the batch's plan.

    ``mended``: whether the canonical texts are reconciled.
    """
    withdrawn = _withdrawn_stories(store, batch, timedelta(hours=workspace.config.window_hours))
    touched = sorted({story for copies in candidates.values() for _, story, _ in copies} | set(withdrawn.values()))
    workspace.load(touched, store.members(workspace.missing(touched)))
    canonicals, separated = store.canonicals(touched), store.separated_stories(touched)
    return plan_batch(
        batch, fingerprints, candidates, canonicals, workspace, withdrawn, separated, policy, mended=mended
    )


def update_workspace(workspace: Workspace, plan: Plan, stories: Mapping[int, int]) -> None:
    """Bring the workspace up to date with a plan that was carried out; ``stories``: placed article -> its story.

    Where stored stories were merged, or not all of the plan was carried out, the workspace is emptied instead.
    """
    merged = [story for merge in plan.merges for story in (merge.target, merge.source) if story > 0]
    if merged or len(stories) < len(plan.copies):
        workspace.clear()
    else:
        workspace.keep_placed(stories)


def _withdrawn_stories(store: StoryStore, batch: Sequence[ArticleRecord], window: timedelta) -> dict[int, int]:
    notices = [record for record in batch if record.article.mark is VersionKind.WITHDRAWAL]
    if not notices:
        return {}
    titles = store.recent_titles(batch[0].seen_at - window)
    by_headline = {record.id: withdrawn_story(record.article, titles) for record in notices}
    by_identifier = store.withdrawn_stories([record.id for record in notices])
    return {article_id: story for article_id, story in by_headline.items() if story is not None} | by_identifier
