"""The head of a response as a result: its outcome, its validators, and when the address may be requested again."""

from __future__ import annotations

import email.utils
import re
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

from yarl import URL

from pipeline.fetch.cookies import RedirectCookies
from pipeline.model import FetchResult, Outcome, Validators

REDIRECTS = (301, 302, 303, 307, 308)
FOR_GOOD = (301, 308)
OUTCOMES = {
    304: Outcome.NOT_MODIFIED,
    401: Outcome.BLOCKED,
    403: Outcome.BLOCKED,
    451: Outcome.BLOCKED,
    404: Outcome.NOT_FOUND,
    410: Outcome.GONE_410,
    429: Outcome.RATE_LIMITED,
}
MAX_AGE = re.compile(r'(?:^|,)\s*max-age\s*=\s*"?(\d{1,10})"?\s*(?=,|$)', re.IGNORECASE)
STALE_AT_ONCE = re.compile(r"(?:^|,)\s*(?:no-cache|no-store)\s*(?=,|$)", re.IGNORECASE)


@dataclass(slots=True)
class PendingFetch:
    """A fetch under way: the requested address, when (seconds of the loop's clock), and what its redirects said.

    ``moved_to`` and ``reserved`` are as in FetchResult.
    """

    url: str
    at: float
    moved_to: str = ""
    reserved: tuple[str, ...] = ()
    cookies: RedirectCookies = field(default_factory=RedirectCookies)


def outcome_of(status: int) -> Outcome:
    """Return the outcome of a final HTTP status."""
    if 200 <= status < 300:
        return Outcome.OK
    default = Outcome.SERVER_ERROR if status >= 500 else Outcome.CLIENT_ERROR
    return OUTCOMES.get(status, default)


def onward(url: URL, status: int, location: str) -> URL | None:
    """Return the address that a redirect leads to; None where the response is no redirect."""
    if status not in REDIRECTS or not location:
        return None
    return url.join(URL(location)).with_fragment(None)


def with_body(status: int) -> bool:
    """Return whether the body is to be read: not that of a failure, nor a part (206) that was not requested."""
    return 200 <= status < 300 and status != 206


def head_of(
    url: URL,
    response: Any,
    now: datetime,
    pending: PendingFetch | None = None,
    body: bytes | None = None,
    *,
    seconds: float = 0.0,
    conditional: bool = True,
    sent: tuple[tuple[str, str], ...] = (),
) -> FetchResult:
    """Return an aiohttp.ClientResponse as a result; ``body`` is None where it was not read.

    All fields are set in one call: copies of results cost more than all manners. ``conditional`` is whether validators
    were sent, ``sent`` the headers of the request.
    """
    status, headers, final_url = response.status, response.headers, str(url)
    outcome, detail = _ending(status, response.reason, body == b"", conditional)
    timed = "Retry-After" in headers or "Expires" in headers
    date = (_date(headers.get("Date", "")) if timed else None) or now
    return FetchResult(
        url=pending.url if pending else final_url,
        outcome=outcome,
        status=status,
        final_url=final_url,
        headers=tuple(headers.items()),
        body=body or b"",
        media_type=response.content_type if "Content-Type" in headers else "",
        charset=response.charset or "",
        seconds=seconds,
        detail=detail,
        validators=Validators(headers.get("ETag", ""), headers.get("Last-Modified", "")),
        retry_after=seconds_from(headers.get("Retry-After", ""), date) if status >= 400 else None,
        fresh_for=_fresh_for(headers, date),
        moved_to=pending.moved_to if pending else "",
        reserved=pending.reserved if pending else (),
        sent=sent,
    )


def _ending(status: int, reason: str | None, empty: bool, conditional: bool) -> tuple[Outcome, str]:
    """Return how the fetch ended: the outcome, and a detail for a person."""
    if status == 304 and not conditional:
        return Outcome.LYING_304, "304 to a request without validators"
    if status == 206:
        return Outcome.TRUNCATED, "a part that was not asked for"
    outcome = outcome_of(status)
    if outcome is Outcome.OK:
        return (Outcome.EMPTY, "an answer without a body") if empty else (outcome, "")
    return outcome, f"HTTP {status} {(reason or '')[:60]}".strip()


def seconds_from(text: str, since: datetime) -> float | None:
    """Parse seconds, or a date of RFC 9110 as seconds after ``since`` (the server's clock); None if it is neither."""
    if text.strip().isascii() and text.strip().isdigit():
        return float(text)
    at = _date(text)
    return max((at - since).total_seconds(), 0.0) if at else None


def _fresh_for(headers: Any, date: datetime) -> float | None:
    """Return for how many seconds a private cache keeps the response (RFC 9111, 4.2.1), less its age; None where its
    head does not say."""
    if "Cache-Control" not in headers and "Expires" not in headers:
        return None
    control = ",".join(headers.getall("Cache-Control", ()))
    age = seconds_from(headers.get("Age", ""), date) or 0.0
    if STALE_AT_ONCE.search(control):
        return 0.0
    if max_age := MAX_AGE.search(control):
        return max(float(max_age[1]) - age, 0.0)
    if "Expires" not in headers:
        return 0.0
    at = _date(headers["Expires"])  # RFC 9111, 5.3: an invalid date counts as past
    return max((at - date).total_seconds() - age, 0.0) if at else 0.0


def _date(text: str) -> datetime | None:
    try:
        at = email.utils.parsedate_to_datetime(text)
    except (TypeError, ValueError):
        return None
    return at.astimezone(UTC) if at.tzinfo else at.replace(tzinfo=UTC)
