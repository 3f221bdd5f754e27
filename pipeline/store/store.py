"""The one object that a run opens: a part for each subject, over one database."""

from __future__ import annotations

from types import TracebackType
from typing import Self

from sqlalchemy import Engine

from pipeline.store.archived import ArchivedArticles
from pipeline.store.articles import Articles
from pipeline.store.cursors import Cursors
from pipeline.store.database import Database
from pipeline.store.entries import Entries
from pipeline.store.feeds import Feeds
from pipeline.store.first_seen import FirstSeen
from pipeline.store.flow import FlowCounts
from pipeline.store.hosts import Hosts
from pipeline.store.hubs import Hubs
from pipeline.store.kills import Kills
from pipeline.store.labels import Labels
from pipeline.store.lease import Lease
from pipeline.store.notes import Notes
from pipeline.store.outcomes import Outcomes
from pipeline.store.request_keys import RequestKeys
from pipeline.store.retention import Retention
from pipeline.store.revisits import Revisits
from pipeline.store.rulings import Rulings
from pipeline.store.saved_views import SavedViews
from pipeline.store.shared_pages import SharedPages
from pipeline.store.stories import Stories
from pipeline.store.story_index import StoryIndex
from pipeline.store.templates import Templates


class Store(Database):
    """A store that is open. Safe to use from several threads; each process opens its own."""

    def __init__(self, engine: Engine) -> None:
        super().__init__(engine)
        self.feeds = Feeds(self)
        self.hosts = Hosts(self)
        self.hubs = Hubs(self)
        self.entries = Entries(self)
        self.lease = Lease(self)
        self.articles = Articles(self, self.lease)
        self.archived = ArchivedArticles(self)
        self.revisits = Revisits(self)
        self.templates = Templates(self)
        self.stories = Stories(self, self.lease)
        self.shared_pages = SharedPages(self, self.lease)
        self.rulings = Rulings(self, self.lease)
        self.kills = Kills(self, self.lease)
        self.labels = Labels(self, self.lease)
        self.notes = Notes(self)
        self.saved_views = SavedViews(self)
        self.index = StoryIndex(self)
        self.first_seen = FirstSeen(self)
        self.cursors = Cursors(self)
        self.outcomes = Outcomes(self)
        self.flow = FlowCounts(self)
        self.retention = Retention(self, self.lease)
        self.request_keys = RequestKeys(self)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()
