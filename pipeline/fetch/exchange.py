"""What was asked and answered at a poll, as an operator may read it: without secrets, and bounded."""

from __future__ import annotations

import re
from collections.abc import Iterable

from pipeline.log import mask_secrets
from pipeline.model import Exchange, FetchResult

# Headers whose values are left out: they let whoever reads them in.
SECRET_NAME = re.compile(r"cookie|auth|token|secret|session|signature|api-?key", re.IGNORECASE)
LEFT_OUT = "(left out)"
# Headers of a message, and characters of a name and a value.
MOST_HEADERS, LONGEST_NAME, LONGEST_VALUE = 60, 80, 400
_CONTROL = re.compile(r"[\x00-\x1f\x7f]")
Headers = Iterable[tuple[str, str]]


def exchange_of(result: FetchResult) -> Exchange | None:
    """Return the last request and its answer; None where nothing was answered."""
    if not result.status:
        return None
    address = mask_secrets(result.final_url or result.url)
    return Exchange(
        address[:2000], safe_headers(result.sent), result.status, safe_headers(result.headers), result.seconds,
        len(result.body),
    )  # fmt: skip


def safe_headers(headers: Headers) -> tuple[tuple[str, str], ...]:
    """Return headers without secrets and control characters, at most MOST_HEADERS of them."""
    lines = [(_CONTROL.sub(" ", name)[:LONGEST_NAME], value) for name, value in headers]
    return tuple((name, _safe_value(name, value)) for name, value in lines[:MOST_HEADERS])


def _safe_value(name: str, value: str) -> str:
    if SECRET_NAME.search(name):
        return LEFT_OUT
    return mask_secrets(_CONTROL.sub(" ", value[: 2 * LONGEST_VALUE]))[:LONGEST_VALUE]
