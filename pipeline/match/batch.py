"""What a batch of articles is compared with, and what becomes of it: asked of whoever keeps the stories.

The store keeps them for the pipeline, :class:`pipeline.match.memory_index.MemoryIndex` for ``copydesk cluster``. Both
answer the same questions, so that a corpus has the stories, relations, links and merges that the same articles
have in the store.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from typing import Protocol

from pipeline.config import CanonicalConfig
from pipeline.match.plan import MOST_CANDIDATES, plan_batch, prepare
from pipeline.match.withdrawal import withdrawn_story
from pipeline.match.workspace import Workspace
from pipeline.model import ArticleRecord, Fingerprint, Member, Plan, VersionKind

Found = dict[int, list[tuple[int, int, int]]]


class StoryStore(Protocol):
    """Who keeps the stories and their copies."""

    def candidates(self, keys: Mapping[int, bytes], *, since: datetime, most: int, keep: bool = True) -> Found:
        """For each article's band keys: (article, story, shared bands) of copies seen at or after ``since``, most
        shared first, at most ``most``. Without ``keep`` the question is a rare one, and nothing need stay at hand."""

    def members(self, story_ids: Sequence[int]) -> list[Member]:
        """Every copy of these stories, in time order."""

    def canonicals(self, story_ids: Sequence[int]) -> dict[int, int]:
        """The article whose text is canonical now, by story."""

    def apart(self, story_ids: Sequence[int]) -> set[tuple[int, int]]:
        """Pairs of these stories that a person took apart."""

    def recent_titles(self, since: datetime) -> dict[int, list[str]]:
        """The titles that copies seen at or after ``since`` carry, by story."""

    def withdrawn_stories(self, article_ids: Sequence[int]) -> dict[int, int]:
        """Withdrawal -> the story that its item's own identifier names."""


def find_candidates(
    batch: Sequence[ArticleRecord], prints: Sequence[Fingerprint], workspace: Workspace, stories: StoryStore
) -> Found:
    """Article -> the copies that share bands with it: of the window, and of days before it where its text was there
    then. ``batch``: in time order."""
    prepare(batch, prints, workspace)
    config, at = workspace.config, batch[0].seen_at
    keys = {record.id: found.bands for record, found in zip(batch, prints, strict=True)}
    found = stories.candidates(keys, since=at - timedelta(hours=config.window_hours), most=MOST_CANDIDATES)
    known = {
        record.id: keys[record.id]
        for record, made in zip(batch, prints, strict=True)
        if workspace.is_known(record.id, made, record.seen_at)
    }
    if known:
        since = at - timedelta(hours=config.reprint_hours)
        for article_id, older in stories.candidates(known, since=since, most=MOST_CANDIDATES, keep=False).items():
            found[article_id] = list(dict.fromkeys([*found[article_id], *older]))
    return found


def plan_stories(
    batch: Sequence[ArticleRecord],
    prints: Sequence[Fingerprint],
    candidates: Found,
    workspace: Workspace,
    stories: StoryStore,
    policy: CanonicalConfig,
    *,
    mended: bool = True,
) -> Plan:
    """The batch's plan; the workspace has its stories. Without ``mended`` no texts of stories are made."""
    withdrawn = _withdrawn(stories, batch, timedelta(hours=workspace.config.window_hours))
    touched = sorted({story for rows in candidates.values() for _, story, _ in rows} | set(withdrawn.values()))
    workspace.hold(touched, stories.members(workspace.missing(touched)))
    force, apart = stories.canonicals(touched), stories.apart(touched)
    return plan_batch(batch, prints, candidates, force, workspace, withdrawn, apart, policy, mended=mended)


def update_workspace(workspace: Workspace, plan: Plan, placed: Mapping[int, int]) -> None:
    """The plan is carried out, and its articles are in these stories (article -> story): what is at hand follows,
    or is read anew where stories that were there before became one, or not all was carried out."""
    merged = [story for merge in plan.merges for story in (merge.target, merge.other) if story > 0]
    if merged or len(placed) < len(plan.copies):
        workspace.begin()
    else:
        workspace.settle(placed)


def _withdrawn(stories: StoryStore, batch: Sequence[ArticleRecord], window: timedelta) -> dict[int, int]:
    notices = [record for record in batch if record.article.mark is VersionKind.WITHDRAWAL]
    if not notices:
        return {}
    titles = stories.recent_titles(batch[0].seen_at - window)
    named = {record.id: withdrawn_story(record.article, titles) for record in notices}
    by_headline = {article: story for article, story in named.items() if story is not None}
    return by_headline | stories.withdrawn_stories([record.id for record in notices])
