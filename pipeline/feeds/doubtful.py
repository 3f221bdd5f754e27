"""Answers that look good and are doubtful: an empty feed that had entries, a wrong "not modified". Pure."""

from __future__ import annotations

import re
from datetime import datetime, timedelta
from email.utils import parsedate_to_datetime
from typing import NamedTuple

from pipeline.model import FeedState, FetchResult, Outcome, ParsedFeed, Precision, Validators

# After a week of nothing but empty answers a feed is taken at its word: some list the news of two days, and none came.
EMPTY_BELIEVED_AFTER = timedelta(days=7)
# A feed that has said "not modified" for so long is asked once without validators, and never more often than that.
TEST_304_AFTER = timedelta(days=14)
# A server whose 304 hid entries is not given validators for so long.
DISTRUSTED_FOR = timedelta(days=30)
# Entries are dated before they are listed, by hours.
BACKDATED = timedelta(days=1)
# Items are delivered once: an empty answer says that there is nothing new.
DELIVERY_FORMATS = ("newsml", "ninjs")
# Servers that compress put the coding into the tag, and some leave it out of a 304.
CODING_SUFFIX = re.compile(r"(?:--?|;)(?:gzip|br|deflate|zstd|df)$")


class Doubt(NamedTuple):
    """The outcome of a doubtful answer, why it is doubtful, and the validators to store (None: those stored stay)."""

    outcome: Outcome
    reason: str
    validators: Validators | None = None


def answer_doubt(
    feed: FeedState, result: FetchResult, parsed: ParsedFeed | None, now: datetime, new: int | None = None
) -> Doubt | None:
    """Return why an answer is doubtful; None if it is not.

    ``new`` is how many of its entries the store does not have, None before the store was asked: 304s are proved
    wrong only by the entries that they hid.
    """
    if result.outcome is Outcome.NOT_MODIFIED:
        reason = not_modified_contradiction(feed.validators, result.validators)
        return Doubt(Outcome.LYING_304, reason, Validators()) if reason else None
    if result.outcome is not Outcome.OK or parsed is None:
        return None
    if new is None:
        reason = empty_answer_doubt(feed, parsed, now)
        return Doubt(Outcome.EMPTIED, reason) if reason else None
    reason = hidden_entries_doubt(feed, parsed, new, now)
    return Doubt(Outcome.LYING_304, reason, Validators()) if reason else None


def empty_answer_doubt(feed: FeedState, parsed: ParsedFeed, now: datetime) -> str:
    """Return why an answer without an entry is not believed; '' if it is."""
    before = feed.answers.entries
    if parsed.entries or parsed.children or not before or parsed.format.startswith(DELIVERY_FORMATS):
        return ""
    since = feed.pace.failing_since
    if feed.last_outcome is Outcome.EMPTIED and since and now - since >= EMPTY_BELIEVED_AFTER:
        return ""
    return f"no entry, {before} in the answer before"


def not_modified_contradiction(sent: Validators, received: Validators) -> str:
    """Return why a 304 contradicts its own validators; '' if it does not.

    A 304 carries the tag that a full answer would have (RFC 9110, 15.4.5): another tag than was sent is another answer.
    Dates count if no tag was sent, and only later ones: servers behind one name differ in them.
    """
    if sent.etag:
        same = not received.etag or _bare_tag(sent.etag) == _bare_tag(received.etag)
        return "" if same else f"not modified, but its tag is {received.etag[:80]}, not {sent.etag[:80]}"
    before, after = _parse_http_date(sent.last_modified), _parse_http_date(received.last_modified)
    later = before is not None and after is not None and after > before
    return f"not modified, but last modified {received.last_modified[:80]}" if later else ""


def validators_for(feed: FeedState, now: datetime) -> Validators:
    """Return the validators to ask with: none if a server's "not modified" is being tested, or was wrong lately."""
    answers = feed.answers
    distrusted = answers.lied_at is not None and now - answers.lied_at < DISTRUSTED_FOR
    return Validators() if distrusted or is_304_test(feed, now) else feed.validators


def is_304_test(feed: FeedState, now: datetime) -> bool:
    """Return whether the feed has said "not modified" for so long that it is asked for its full answer."""
    last_full_answer = feed.answers.whole_at
    return (
        feed.last_outcome is Outcome.NOT_MODIFIED
        and last_full_answer is not None
        and now - last_full_answer >= TEST_304_AFTER
    )


def hidden_entries_doubt(feed: FeedState, parsed: ParsedFeed, new: int, now: datetime) -> str:
    """Return why the 304s before a tested answer were wrong; '' if they were not.

    They were wrong if more entries are new than can have been published since the last of them.
    """
    if not is_304_test(feed, now) or feed.last_poll is None:
        return ""
    since = feed.last_poll - BACKDATED
    dated = [entry.published for entry in parsed.entries]
    late = sum(at is None or at.precision is Precision.DAY or at.value >= since for at in dated)
    return f"{new - late} entries from before the last 304" if new > late else ""


def _bare_tag(tag: str) -> str:
    return CODING_SUFFIX.sub("", tag.strip().removeprefix("W/").strip('"'))


def _parse_http_date(text: str) -> datetime | None:
    try:
        return parsedate_to_datetime(text)
    except (TypeError, ValueError):
        return None
