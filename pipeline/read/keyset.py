"""Where a page of stories ends: a time and an id, as a text that callers pass on."""

from __future__ import annotations

from datetime import UTC, datetime

from pipeline.errors import UsageError


def keyset_of(at: datetime, story_id: int) -> str:
    """Return the place of a story in its order."""
    return f"{at.astimezone(UTC).isoformat(timespec='microseconds')}~{story_id}"


def parse_keyset(text: str) -> tuple[datetime, int]:
    """Return the time and the id of a place. Raises UsageError where the text is none."""
    at, _, number = text.partition("~")
    try:
        time = datetime.fromisoformat(at)
        if time.tzinfo is None:
            raise ValueError(at)
        return time, int(number)
    except (ValueError, OverflowError) as error:
        raise UsageError("not the end of a page of stories", concerns=repr(text[:60])) from error
