"""Outcomes, relations, kinds and records in plain words, for pages and terminals."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, date, datetime, timedelta
from math import floor
from urllib.parse import urlsplit

from pipeline.model import (
    GOOD_OUTCOMES,
    Change,
    ChangeKind,
    Counts,
    DayTally,
    Doubt,
    Dropped,
    EntryStand,
    EntryStatus,
    Evidence,
    FeedState,
    LineRuling,
    Link,
    LinkKind,
    Moment,
    News,
    Origin,
    Outcome,
    PageKind,
    PairAnswer,
    PairLabel,
    Precision,
    Question,
    QuestionKind,
    Relation,
    Story,
    Subscription,
    SubscriptionState,
    VersionKind,
)

OUTCOMES = {
    Outcome.OK: "All is well",
    Outcome.NOT_MODIFIED: "Nothing new",
    Outcome.GONE_410: "Gone for good",
    Outcome.NOT_FOUND: "Not found",
    Outcome.BLOCKED: "The outlet refuses this client",
    Outcome.RATE_LIMITED: "Asked to slow down",
    Outcome.CLIENT_ERROR: "The outlet rejects the request",
    Outcome.SERVER_ERROR: "The outlet's server failed",
    Outcome.TIMEOUT: "No answer in time",
    Outcome.UNREACHABLE: "Cannot be reached",
    Outcome.TOO_LARGE: "The answer is too large",
    Outcome.TRUNCATED: "The answer broke off",
    Outcome.BAD_ENCODING: "The answer cannot be decoded",
    Outcome.EMPTY: "The answer is empty",
    Outcome.NOT_A_FEED: "Answers with something that is no feed",
    Outcome.EMPTIED: "Empty where it was full",
    Outcome.LYING_304: "Claims to be unchanged, and is not",
    Outcome.MOVED: "Moved for good",
    Outcome.REDIRECT_LOOP: "Redirects in a circle",
    Outcome.ROBOTS: "robots.txt forbids it",
    Outcome.HOST_RESTING: "The host asked for rest",
    Outcome.GUARD: "Not a public address",
    Outcome.PROTOCOL: "Does not speak proper HTTP",
}
RELATIONS = {
    Relation.ORIGIN: "first seen",
    Relation.VERBATIM: "verbatim",
    Relation.TRIMMED: "trimmed",
    Relation.EXTENDED: "extended",
    Relation.PARTIAL: "partial",
    Relation.UPDATE: "update",
    Relation.DERIVED: "made from others",
}
# Kind and direction of a link; what follows is the other story.
LINKS = {
    (LinkKind.FOLLOW_UP, True): "Follows up",
    (LinkKind.FOLLOW_UP, False): "Followed up by",
    (LinkKind.DIGEST, True): "Quotes, as a digest,",
    (LinkKind.DIGEST, False): "Quoted in the digest",
    (LinkKind.LIVE_BLOG, True): "Quotes, as a live blog,",
    (LinkKind.LIVE_BLOG, False): "Quoted in the live blog",
    (LinkKind.DERIVED, True): "Made from",
    (LinkKind.DERIVED, False): "A source of",
}
VERSIONS = {
    VersionKind.ORIGINAL: "original",
    VersionKind.UPDATE: "updated",
    VersionKind.CORRECTION: "corrected",
    VersionKind.WITHDRAWAL: "withdrawn",
}
KINDS = {
    PageKind.ARTICLE: "article",
    PageKind.LIVE_BLOG: "live blog",
    PageKind.GALLERY: "gallery",
    PageKind.PAYWALL: "behind a paywall",
    PageKind.PLACEHOLDER: "placeholder without a text",
    PageKind.INDEX: "index page",
}
CHANGES = {
    ChangeKind.STORY_CREATED: "Story begun",
    ChangeKind.STORY_REVIVED: "A story of its own again",
    ChangeKind.COPY_ADDED: "Copy added",
    ChangeKind.COPY_MOVED: "Copies moved",
    ChangeKind.COPY_CHANGED: "Copy changed",
    ChangeKind.RIGHTS_CHANGED: "Rights of a copy changed",
    ChangeKind.TEXT_REMOVED: "Text removed",
    ChangeKind.STORY_LINKED: "Linked with",
    ChangeKind.VERSION_ADDED: "Version",
    ChangeKind.VERSION_CHANGED: "Text based on another copy",
    ChangeKind.STORY_WITHDRAWN: "Withdrawn",
    ChangeKind.STORY_RESTORED: "Restored",
    ChangeKind.STORY_CHANGED: "Agency, links or origins changed",
    ChangeKind.STORY_SPLIT: "Copies split off to",
    ChangeKind.STORY_ABSORBED: "Took in",
    ChangeKind.STORY_MERGED: "Merged with",
}
ENTRY_STATUSES = {
    EntryStatus.NEW: "waits to be fetched",
    EntryStatus.EXTRACTED: "read, waits for its place",
    EntryStatus.CLUSTERED: "has its place in a story",
    EntryStatus.FAILED: "brought no article",
    EntryStatus.RETRY: "failed, and will be tried again",
    EntryStatus.SET_ASIDE: "set aside: it is no article",
    EntryStatus.REMOVED: "its text was removed for good",
}
STANDS = {
    EntryStand.NEW: "All that came",
    EntryStand.WAITING: "Wait for their page",
    EntryStand.FAILED: "Brought no article",
    EntryStand.ASIDE: "Set aside",
    EntryStand.READ: "Articles",
    EntryStand.PLACED: "Placed",
}
DROPPED = {
    Dropped.NOT_AN_ENTRY: "no entry",
    Dropped.NO_LINK: "without a link",
    Dropped.BAD_LINK: "with a link that leads nowhere",
    Dropped.DUPLICATE: "listed twice",
}
# Errors of extraction, by their names.
UNREADABLE = {
    "NotAnArticle": "No article text on the page",
    "ExtractionKilled": "Took too long to read",
}
EVIDENCE = {
    Evidence.OWN_PAGE: "the agency's own page",
    Evidence.DATELINE: "dateline",
    Evidence.BYLINE: "byline",
    Evidence.CREDIT: "credit line",
    Evidence.ENDMARK: "end mark",
    Evidence.DISCLAIMER: "disclaimer",
    Evidence.METADATA: "metadata",
    Evidence.INPUTS: "a note of inputs",
}


QUESTIONS = {
    QuestionKind.JOINED: "It was joined, with a probability of {score:.0%} only",
    QuestionKind.NEAR_MISS: "It was kept apart, although it has {score:.0%} of the story's text",
    QuestionKind.AGENCIES: "It was joined with {score:.0%}, and names another agency than the story",
    QuestionKind.READING: "It was joined with {score:.0%}, and the reader is unsure of its text",
}
LINE_RULINGS = {
    LineRuling.TEXT: "it is text",
    LineRuling.OFF: "taken off while it recurs",
    LineRuling.PINNED: "taken off wherever it stands",
}
ANSWERS = {PairAnswer.SAME: "The same story", PairAnswer.DISTINCT: "Not the same", PairAnswer.UNSURE: "Unsure"}


def outcome(value: Outcome | str | None) -> str:
    """How a poll or fetch ended; errors of other names as they are."""
    if value is None:
        return "Not polled yet"
    return OUTCOMES[Outcome(value)] if value in set(Outcome) else UNREADABLE.get(value, str(value))


def dropped(value: str) -> str:
    """Why a feed's item became no entry."""
    return DROPPED[Dropped(value)] if value in set(Dropped) else value


def page_kind(value: str) -> str:
    """What kind of page it is."""
    return KINDS[PageKind(value)] if value in set(PageKind) else value


def entry_reason(value: str) -> str:
    """Why an entry has no article, or what its page is instead."""
    return page_kind(value) if value in set(PageKind) else outcome(value)


def stand(value: EntryStand) -> str:
    """Where the entries of a list stand."""
    return STANDS[value]


def question(value: Question) -> str:
    """Why a pair of texts is asked about."""
    # A probability that is rounded up to one would say that nothing is to ask.
    return QUESTIONS[value.kind].format(score=min(value.score, 0.994))


def answer(value: PairLabel) -> str:
    """What a person said of two texts."""
    return ANSWERS[value.answer]


def line_ruling(value: LineRuling) -> str:
    """What a person ruled on a line that an outlet repeats."""
    return LINE_RULINGS[value]


def mark(value: DayTally) -> str:
    """``good``, ``mixed`` or ``bad``; ``none`` where nothing was asked on the day."""
    if value.good and value.bad:
        return "mixed"
    return "good" if value.good else "bad" if value.bad else "none"


def day_outcomes(value: Sequence[tuple[str, int]]) -> str:
    """Outcomes of a day with how often each came."""
    return ", ".join(f"{outcome} {times:,}" for outcome, times in value) or "nothing asked"


def day(value: date) -> str:
    """3 Mar"""
    return value.strftime("%-d %b")


def subscription(value: Subscription) -> str:
    """How a feed's subscription at a hub stands."""
    hub = urlsplit(value.hub).netloc
    if value.state is SubscriptionState.ACTIVE:
        return f"Announced by {hub}, until {utc_minutes(value.lease_until)}"
    return f"Hub {hub}: {value.state.value}" + (f", {value.detail}" if value.detail else "")


def relation(value: Relation) -> str:
    """A copy's relation."""
    return RELATIONS[value]


def change(value: Change) -> str:
    """What a line of the change log says was done."""
    number = f" {value.version}" if value.kind is ChangeKind.VERSION_ADDED and value.version else ""
    return CHANGES[value.kind] + number


def tie(value: Link) -> str:
    """What a link says, from the story whose page it is on."""
    return LINKS[value.kind, value.outgoing]


def origins(texts: Sequence[Origin]) -> str:
    """How many texts a story's words come from."""
    if len(texts) == 1:
        return "One text: copies of it are no independent sources."
    return f"Made from {len(texts)} texts."


def origins_reason(origins: Sequence[Origin]) -> str:
    """Return how many texts a story's words come from, and of how many agencies."""
    if len(origins) == 1:
        return "one text: its copies are no independent sources"
    agencies = len({origin.agency for origin in origins if origin.agency})
    credited = f", of {plural(agencies, 'agency', 'agencies')}" if agencies else ""
    return f"{len(origins)} texts that it is made from{credited}"


def version(value: VersionKind) -> str:
    """What a version is."""
    return VERSIONS[value]


def doubt(value: Doubt) -> str:
    """Why an operator should look at it."""
    if value.reason:
        return value.reason if value.kind is PageKind.ARTICLE else f"Set aside: {value.reason}"
    if value.kind is not PageKind.ARTICLE:
        return f"Set aside: {KINDS[value.kind]}"
    return f"The reader is sure of this text by {percent(value.agreement)}%"


def feed_state(feed: FeedState) -> str:
    """``good``, ``bad``, or ``idle`` where a feed is paused or was never polled."""
    if feed.paused or feed.last_outcome is None:
        return "idle"
    return "good" if feed.last_outcome in GOOD_OUTCOMES else "bad"


def link(url: str) -> str:
    """The address where it is http(s), else nothing: no other scheme gets into a link."""
    try:
        parts = urlsplit(url)
    except ValueError:
        return ""
    return url if parts.scheme in ("http", "https") and parts.netloc else ""


def utc_minutes(at: datetime | None) -> str:
    """A time in UTC to the minute."""
    return at.astimezone(UTC).strftime("%-d %b %Y, %H:%M UTC") if at else "never"


def moment(at: Moment | None) -> str:
    """A Moment: the day alone where no more is known."""
    if at is None:
        return "time unknown"
    return at.value.strftime("%-d %b %Y") if at.precision is Precision.DAY else utc_minutes(at.value)


def iso(at: datetime | Moment | None) -> str:
    """For ``<time datetime>``."""
    value = at.value if isinstance(at, Moment) else at
    return value.isoformat() if value else ""


def duration(value: timedelta | float) -> str:
    """A length of time (a timedelta, or seconds) to its largest unit or two: ``45 s``, ``15 min``, ``3 h 20 min``."""
    seconds = round(value.total_seconds() if isinstance(value, timedelta) else value)
    if seconds < 60:
        return f"{seconds} s"
    minutes = round(seconds / 60)
    if minutes < 60:
        return f"{minutes} min"
    hours, rest = divmod(minutes, 60)
    if hours < 48:
        return f"{hours} h {rest} min" if rest else f"{hours} h"
    return f"{round(hours / 24)} days"


def entry_status(value: EntryStatus) -> str:
    """Where an entry stands on its way to a story."""
    return ENTRY_STATUSES[value]


def percent(share: float) -> str:
    """A share (0..1) in whole per cent, rounded down: 100 is said of the whole alone."""
    return str(floor(share * 100 + 1e-9))


def thousands(number: int) -> str:
    """1,234"""
    return f"{number:,}"


def plural(number: int, singular: str, many: str) -> str:
    """``1 copy``, ``3 copies``."""
    return f"{number:,} {singular if number == 1 else many}"


def news_title(value: News) -> str:
    """What is told, in a line."""
    stories = sum(len(view_news.stories) for view_news in value.views)
    parts = [plural(stories, "story", "stories")] if stories else []
    parts += [plural(len(value.failing), "feed fails", "feeds fail")] if value.failing else []
    return "Copydesk: " + " and ".join(parts)


def news_text(value: News) -> str:
    """All that is told, as lines of plain text."""
    lines = list[str]()
    for view_news in value.views:
        lines += ["", f"{view_news.view.name}:", *map(_story_line, view_news.stories)]
    if value.failing:
        lines += ["", "Failing feeds:", *map(_feed_line, value.failing)]
    return "\n".join(lines[1:])


def _story_line(story: Story) -> str:
    credited = f", {story.agency}" if story.agency else ""
    return f"- {story.title or 'Untitled'} (story {story.id}{credited})"


def _feed_line(feed: FeedState) -> str:
    return f"- {feed.spec.outlet}: {outcome(feed.last_outcome)} ({feed.spec.url})"


def share(part: int, total: int) -> str:
    """``12 %``; ``-`` of nothing."""
    return f"{100 * part / total:.0f} %" if total else "-"


def share_removed(counts: Counts) -> str:
    """How much of the extracted text was not the story, in per cent."""
    total = counts.removed_characters + counts.kept_characters
    return f"{100 * counts.removed_characters / total:.1f} %" if total else "none yet"
