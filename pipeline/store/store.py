"""The one object that writes."""

from __future__ import annotations

from types import TracebackType
from typing import Self

from pipeline.store.delivered import DeliveredReads
from pipeline.store.entries import EntryWrites
from pipeline.store.feeds import FeedWrites
from pipeline.store.hosts import HostWrites
from pipeline.store.keys import KeyWrites
from pipeline.store.memory import MemoryWrites
from pipeline.store.outcomes import OutcomeWrites
from pipeline.store.revisits import RevisitWrites
from pipeline.store.rulings import RulingWrites
from pipeline.store.subscriptions import SubscriptionWrites
from pipeline.store.templates import TemplateWrites


class Store(
    FeedWrites,
    HostWrites,
    SubscriptionWrites,
    EntryWrites,
    RevisitWrites,
    DeliveredReads,
    RulingWrites,
    TemplateWrites,
    MemoryWrites,
    KeyWrites,
    OutcomeWrites,
):
    """A store that is open. Safe to use from several threads; each process opens its own."""

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()
