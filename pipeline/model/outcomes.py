"""How a fetch, a poll or another look at a page ended, and what each ending means."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum


class Outcome(StrEnum):
    """How a fetch or a poll ended; every one is counted and shown to the operator.

    MOVED ends none: it is counted beside what the new address of a permanent redirect answered. EMPTIED is a feed
    without an entry where there were some, LYING_304 a "not modified" that the server itself proves wrong.
    """

    OK = "ok"
    NOT_MODIFIED = "not-modified"
    GONE_410 = "gone"
    NOT_FOUND = "not-found"
    BLOCKED = "blocked"
    RATE_LIMITED = "rate-limited"
    CLIENT_ERROR = "client-error"
    SERVER_ERROR = "server-error"
    TIMEOUT = "timeout"
    UNREACHABLE = "unreachable"
    TOO_LARGE = "too-large"
    TRUNCATED = "truncated"
    BAD_ENCODING = "bad-encoding"
    EMPTY = "empty"
    NOT_A_FEED = "not-a-feed"
    EMPTIED = "emptied"
    LYING_304 = "lying-304"
    MOVED = "moved"
    REDIRECT_LOOP = "redirect-loop"
    ROBOTS = "robots"
    HOST_RESTING = "held"
    GUARD = "guard"
    PROTOCOL = "protocol"


class RevisitOutcome(StrEnum):
    """How another look at a page ended that came back; one that did not has the Outcome of its fetch."""

    UNCHANGED = "unchanged"
    SAME_TEXT = "same-text"
    EDITED = "edited"
    RESERVED = "reserved"
    UPDATE = "update"
    CORRECTION = "correction"
    WITHDRAWAL = "withdrawal"


class Health(StrEnum):
    """What an outcome says of a feed or host. NEITHER is no answer of its own, or no request."""

    GOOD = "good"
    BAD = "bad"
    NEITHER = "neither"


@dataclass(frozen=True, slots=True)
class OutcomeTraits:
    """What an outcome means.

    ``backoff`` is how far one failure moves the feed's next poll, in intervals; ``retried`` says whether a page that
    ended so is fetched again soon, since it may pass by itself.
    """

    health: Health
    backoff: float = 1.0
    retried: bool = False


WELL, ASIDE = OutcomeTraits(Health.GOOD), OutcomeTraits(Health.NEITHER)
# The address itself is wrong; somebody has to change something; it may pass; it will not, and nobody is asked to act.
HARD, SOFT = OutcomeTraits(Health.BAD, backoff=4.0), OutcomeTraits(Health.BAD, backoff=2.0)
TEMPORARY, LASTING = OutcomeTraits(Health.BAD, retried=True), OutcomeTraits(Health.BAD)
OUTCOME_TRAITS = {
    Outcome.OK: WELL,
    Outcome.NOT_MODIFIED: WELL,
    Outcome.GONE_410: HARD,
    Outcome.NOT_FOUND: SOFT,
    Outcome.BLOCKED: SOFT,
    Outcome.RATE_LIMITED: TEMPORARY,
    Outcome.CLIENT_ERROR: LASTING,
    Outcome.SERVER_ERROR: TEMPORARY,
    Outcome.TIMEOUT: TEMPORARY,
    Outcome.UNREACHABLE: TEMPORARY,
    Outcome.TOO_LARGE: SOFT,
    Outcome.TRUNCATED: TEMPORARY,
    Outcome.BAD_ENCODING: LASTING,
    Outcome.EMPTY: TEMPORARY,
    Outcome.NOT_A_FEED: SOFT,
    Outcome.EMPTIED: LASTING,
    Outcome.LYING_304: TEMPORARY,
    Outcome.MOVED: ASIDE,
    Outcome.REDIRECT_LOOP: LASTING,
    Outcome.ROBOTS: HARD,
    Outcome.HOST_RESTING: ASIDE,
    Outcome.GUARD: HARD,
    Outcome.PROTOCOL: TEMPORARY,
}
GOOD_OUTCOMES = tuple(outcome for outcome, traits in OUTCOME_TRAITS.items() if traits.health is Health.GOOD)
NEUTRAL_OUTCOMES = tuple(outcome for outcome, traits in OUTCOME_TRAITS.items() if traits.health is Health.NEITHER)
