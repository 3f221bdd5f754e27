"""Answers that look good and are not: empty where it was full, "not modified" where it was. Pure."""

from __future__ import annotations

import re
from datetime import datetime, timedelta
from email.utils import parsedate_to_datetime

from pipeline.model import FeedState, Outcome, ParsedFeed, Precision, Validators

# After a week of nothing but empty answers a feed is taken at its word: some list the news of two days, and none came.
EMPTY_FOR = timedelta(days=7)
# A feed that has said "not modified" for so long is asked once without validators, and never more often than that.
UNCHANGED_FOR = timedelta(days=14)
# A server whose 304 hid entries is not given validators for so long.
DISTRUSTED_FOR = timedelta(days=30)
# Entries are dated before they are listed, by hours.
BACKDATED = timedelta(days=1)
# Items are delivered once: an empty answer says that there is nothing new.
DELIVERIES = ("newsml", "ninjs")
# Servers that compress put the coding into the tag, and some leave it out of a 304.
CODED = re.compile(r"(?:--?|;)(?:gzip|br|deflate|zstd|df)$")


def emptied(feed: FeedState, parsed: ParsedFeed, now: datetime) -> str:
    """Why an answer without an entry is not believed; '' where it is."""
    before = feed.answers.entries
    if parsed.entries or parsed.children or not before or parsed.format.startswith(DELIVERIES):
        return ""
    since = feed.pace.failing_since
    if feed.last_outcome is Outcome.EMPTIED and since and now - since >= EMPTY_FOR:
        return ""
    return f"no entry, {before} in the answer before"


def contradicted(sent: Validators, told: Validators) -> str:
    """Why a 304 is wrong by its own word; '' where it is not.

    It names the tag that a whole answer would have (RFC 9110, 15.4.5): another than the one sent is another answer.
    Dates count where no tag was sent, and only later ones: servers behind one name differ in them.
    """
    if sent.etag:
        same = not told.etag or _bare(sent.etag) == _bare(told.etag)
        return "" if same else f"not modified, but its tag is {told.etag[:80]}, not {sent.etag[:80]}"
    before, after = _date(sent.last_modified), _date(told.last_modified)
    later = before is not None and after is not None and after > before
    return f"not modified, but last modified {told.last_modified[:80]}" if later else ""


def validators_for(feed: FeedState, now: datetime) -> Validators:
    """The validators to ask with: none where a server's "not modified" is to be put to the test, or was found wrong."""
    answers = feed.answers
    distrusted = answers.lied_at is not None and now - answers.lied_at < DISTRUSTED_FOR
    return Validators() if distrusted or is_test(feed, now) else feed.validators


def is_test(feed: FeedState, now: datetime) -> bool:
    """Whether the feed has said "not modified" for so long that it is asked for its whole answer."""
    whole = feed.answers.whole_at
    return feed.last_outcome is Outcome.NOT_MODIFIED and whole is not None and now - whole >= UNCHANGED_FOR


def hidden(feed: FeedState, parsed: ParsedFeed, new: int, now: datetime) -> str:
    """Why the 304s before a tested answer were wrong; '' where they were not.

    They were where more entries are new than can have come since the last of them.
    """
    if not is_test(feed, now) or feed.last_poll is None:
        return ""
    since = feed.last_poll - BACKDATED
    dated = [entry.published for entry in parsed.entries]
    late = sum(at is None or at.precision is Precision.DAY or at.value >= since for at in dated)
    return f"{new - late} entries from before the last 304" if new > late else ""


def _bare(tag: str) -> str:
    return CODED.sub("", tag.strip().removeprefix("W/").strip('"'))


def _date(text: str) -> datetime | None:
    try:
        return parsedate_to_datetime(text)
    except (TypeError, ValueError):
        return None
