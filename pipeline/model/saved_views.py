"""Searches for stories that persons keep, and who is told of what they bring."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from pipeline.model.feeds import FeedState
from pipeline.model.stories import Story, StoryFilter


@dataclass(frozen=True, slots=True)
class SavedView:
    """A search for stories under a name. ``is_announced``: a notifier tells each story that comes into it, once.
    ``cursor``: the change log's line up to which it was looked through."""

    id: int
    name: str
    filters: StoryFilter
    person: str
    saved_at: datetime
    is_announced: bool
    cursor: int


@dataclass(frozen=True, slots=True)
class ViewNews:
    """Stories that came into a view and were not told yet."""

    view: SavedView
    stories: tuple[Story, ...]


@dataclass(frozen=True, slots=True)
class News:
    """What persons are to be told now: stories by view, and feeds that began to fail."""

    views: tuple[ViewNews, ...]
    failing: tuple[FeedState, ...]
