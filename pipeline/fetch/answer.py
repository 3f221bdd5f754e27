"""What the head of an answer says: its outcome, its validators, and when it may be asked for again."""

from __future__ import annotations

import email.utils
import re
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


def head_of(url: URL, response: Any, now: datetime) -> FetchResult:
    """A response's head, an aiohttp.ClientResponse's, as a result without a body."""
    outcome, headers = outcome_of(response.status), response.headers
    timed = "Retry-After" in headers or "Expires" in headers
    date = (_date(headers.get("Date", "")) if timed else None) or now
    return FetchResult(
        url=str(url),
        outcome=outcome,
        status=response.status,
        final_url=str(url),
        headers=tuple(headers.items()),
        media_type=response.content_type if "Content-Type" in headers else "",
        charset=response.charset or "",
        detail="" if outcome is Outcome.OK else f"HTTP {response.status} {(response.reason or '')[:60]}".strip(),
        validators=Validators(headers.get("ETag", ""), headers.get("Last-Modified", "")),
        retry_after=seconds_from(headers.get("Retry-After", ""), date) if response.status >= 400 else None,
        fresh_for=_fresh_for(headers, date),
    )


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
