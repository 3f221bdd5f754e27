"""The canonical texts of stories, chosen again by the operator's order after anything changed in them."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from datetime import datetime
from functools import partial

from pipeline.config import Config
from pipeline.match.plan import choose_version
from pipeline.model import ChangeKind, Plan
from pipeline.store import Store
from pipeline.store.versions import ChooseText

NEW_TEXT = (ChangeKind.VERSION_ADDED, ChangeKind.STORY_WITHDRAWN)


def choose_canonicals(config: Config, store: Store, stories: Sequence[int], now: datetime) -> int:
    """Choose the canonical texts of these stories again; return how many got a new version."""
    members = defaultdict(list)
    for member in store.index.members(stories):
        members[member.story_id].append(member)
    heads = store.stories.heads(stories)
    versions = tuple(
        choose_version(story, members[story], heads[story], config.canonical) for story in stories if members[story]
    )
    return sum(change.kind in NEW_TEXT for change in store.stories.apply(Plan(versions=versions), now))


def text_chooser(config: Config) -> ChooseText:
    """Return how stories' texts are chosen, for writes that choose in their own transaction."""
    return partial(choose_version, policy=config.canonical)
