"""What the head of an answer says: its outcome, its validators, and when it may be asked for again."""

from __future__ import annotations

import email.utils
import re
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from yarl import URL

from pipeline.model import FetchResult, Outcome, Validators

REDIRECTS = (301, 302, 303, 307, 308)
FOR_GOOD = (301, 308)
OUTCOMES = {
    304: Outcome.NOT_MODIFIED,
    401: Outcome.BLOCKED,
    403: Outcome.BLOCKED,
    451: Outcome.BLOCKED,
    404: Outcome.NOT_FOUND,
    410: Outcome.GONE,
    429: Outcome.RATE_LIMITED,
}
MAX_AGE = re.compile(r'(?:^|,)\s*max-age\s*=\s*"?(\d{1,10})"?\s*(?=,|$)', re.IGNORECASE)
STALE_AT_ONCE = re.compile(r"(?:^|,)\s*(?:no-cache|no-store)\s*(?=,|$)", re.IGNORECASE)


@dataclass(slots=True)
class Asked:
    """A fetch under way: the address as it was asked for, when (seconds of the loop's clock), and what its hops told.

    ``moved_to`` and ``reserved`` are as in FetchResult.
    """

    url: str
    at: float
    moved_to: str = ""
    reserved: tuple[str, ...] = ()


def outcome_of(status: int) -> Outcome:
    """The name of a final status."""
    if 200 <= status < 300:
        return Outcome.OK
    default = Outcome.SERVER_ERROR if status >= 500 else Outcome.CLIENT_ERROR
    return OUTCOMES.get(status, default)


def onward(url: URL, status: int, location: str) -> URL | None:
    """Where a redirect leads."""
    if status not in REDIRECTS or not location:
        return None
    return url.join(URL(location)).with_fragment(None)


def with_body(status: int) -> bool:
    """Whether what follows the head is wanted: not that of a failure, nor a part that was not asked for."""
    return 200 <= status < 300 and status != 206


def head_of(
    url: URL,
    response: Any,
    now: datetime,
    asked: Asked | None = None,
    body: bytes | None = None,
    *,
    seconds: float = 0.0,
    conditional: bool = True,
) -> FetchResult:
    """A response, an aiohttp.ClientResponse's, as a result; without ``body`` nothing is said of it.

    Made at once: copies of results cost more than all manners. ``conditional`` is whether validators were sent.
    """
    status, headers, here = response.status, response.headers, str(url)
    outcome, detail = _ending(status, response.reason, body == b"", conditional)
    timed = "Retry-After" in headers or "Expires" in headers
    date = (_date(headers.get("Date", "")) if timed else None) or now
    return FetchResult(
        url=asked.url if asked else here,
        outcome=outcome,
        status=status,
        final_url=here,
        headers=tuple(headers.items()),
        body=body or b"",
        media_type=response.content_type if "Content-Type" in headers else "",
        charset=response.charset or "",
        seconds=seconds,
        detail=detail,
        validators=Validators(headers.get("ETag", ""), headers.get("Last-Modified", "")),
        retry_after=seconds_from(headers.get("Retry-After", ""), date) if status >= 400 else None,
        fresh_for=_fresh_for(headers, date),
        moved_to=asked.moved_to if asked else "",
        reserved=asked.reserved if asked else (),
    )


def _ending(status: int, reason: str | None, empty: bool, conditional: bool) -> tuple[Outcome, str]:
    """How the fetch ended, in a word and in detail."""
    if status == 304 and not conditional:
        return Outcome.LYING_304, "304 to a request without validators"
    if status == 206:
        return Outcome.TRUNCATED, "a part that was not asked for"
    outcome = outcome_of(status)
    if outcome is Outcome.OK:
        return (Outcome.EMPTY, "an answer without a body") if empty else (outcome, "")
    return outcome, f"HTTP {status} {(reason or '')[:60]}".strip()


def seconds_from(text: str, since: datetime) -> float | None:
    """Seconds, or a date of RFC 9110 from the server's own clock on; None where it is neither."""
    if text.strip().isascii() and text.strip().isdigit():
        return float(text)
    at = _date(text)
    return max((at - since).total_seconds(), 0.0) if at else None


def _fresh_for(headers: Any, date: datetime) -> float | None:
    """How long a private cache would keep the answer (RFC 9111, 4.2.1), less its age; None where nothing is said."""
    if "Cache-Control" not in headers and "Expires" not in headers:
        return None
    control = ",".join(headers.getall("Cache-Control", ()))
    age = seconds_from(headers.get("Age", ""), date) or 0.0
    if STALE_AT_ONCE.search(control):
        return 0.0
    if found := MAX_AGE.search(control):
        return max(float(found[1]) - age, 0.0)
    if "Expires" not in headers:
        return 0.0
    at = _date(headers["Expires"])  # RFC 9111, 5.3: what is no date is past
    return max((at - date).total_seconds() - age, 0.0) if at else 0.0


def _date(text: str) -> datetime | None:
    try:
        at = email.utils.parsedate_to_datetime(text)
    except (TypeError, ValueError):
        return None
    return at.astimezone(UTC) if at.tzinfo else at.replace(tzinfo=UTC)
