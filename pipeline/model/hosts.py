"""Hosts, their rules and their hubs."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum

from pipeline.model.outcomes import Outcome


@dataclass(frozen=True, slots=True)
class HostSpec:
    """A host as the operator declares it: ``name`` as in an address (``host`` or ``host:port``), seconds between two
    requests to it (negative: as for all hosts), and whether its robots.txt is obeyed."""

    name: str
    gap: float = -1.0
    robots: bool = True


@dataclass(frozen=True, slots=True)
class HostTurn:
    """Whose turn it is at a host ('' nobody's), and when the next request to it may start."""

    host: str
    owner: str
    free_at: datetime


@dataclass(frozen=True, slots=True)
class TdmFile:
    """What asking for an origin's tdmrep.json gave: its text, '' where there is none, or why that is not known."""

    outcome: Outcome
    text: str


@dataclass(frozen=True, slots=True)
class RobotsFile:
    """What asking for an origin's robots.txt gave: its text, or the outcome that forbids all; good until ``until``.

    ``tdm`` is what it reserves, asked for in the same visit; None where it was not.
    """

    origin: str
    outcome: Outcome
    detail: str
    text: str
    until: datetime
    tdm: TdmFile | None = None


class SubscriptionState(StrEnum):
    """How a subscription stands: asked for and not verified, verified, refused by the hub, or over."""

    PENDING = "pending"
    ACTIVE = "active"
    DENIED = "denied"
    ENDED = "ended"


@dataclass(frozen=True, slots=True)
class Subscription:
    """A feed's subscription at a hub (WebSub, W3C Recommendation 2018).

    ``token`` ends the callback's address and ``secret`` signs what the hub delivers: neither is shown. ``pending_mode``
    is that of a request that the hub has yet to verify ('' none), ``asked_at`` when one was last made. ``callback`` is
    the address before the token that the hub knows ('' where it has none yet).
    """

    token: str = field(repr=False)
    feed_id: int
    hub: str
    topic: str
    secret: str = field(repr=False)
    state: SubscriptionState
    pending_mode: str
    asked_at: datetime
    lease_until: datetime | None = None
    delivered_at: datetime | None = None
    detail: str = ""
    callback: str = ""


@dataclass(frozen=True, slots=True)
class HubDelivery:
    """A feed's content as a hub delivered it, signed, and not yet read."""

    token: str = field(repr=False)
    body: bytes
    media_type: str
    came_at: datetime
    id: int = 0
    feed_id: int = 0
    topic: str = ""
