"""The canonical texts of stories, chosen again by the operator's order after anything changed in them."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from datetime import datetime

from pipeline.config import Config
from pipeline.match.plan import choose_version
from pipeline.model import Plan
from pipeline.store import Store


def choose_canonicals(config: Config, store: Store, stories: Sequence[int], now: datetime) -> int:
    """Choose the canonical texts of these stories again; return how many got a new version."""
    members = defaultdict(list)
    for member in store.index.members(stories):
        members[member.story_id].append(member)
    heads = store.stories.heads(stories)
    versions = tuple(
        choose_version(story, members[story], heads[story], config.canonical) for story in stories if members[story]
    )
    return sum(change.version is not None for change in store.stories.apply(Plan(versions=versions), now))
