"""Tables and lines for a person: each function returns what is to be printed."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from rich.table import Table
from rich.text import Text

from pipeline import words
from pipeline.cli.terminal import Cell, grid, joined, minutes, plain, stacked
from pipeline.model import (
    Change,
    Counts,
    DayTally,
    Doubt,
    FeedState,
    FoundFeed,
    PageKind,
    PlacingLock,
    Snippet,
    SnippetPart,
    StepReport,
    Story,
    Subscription,
    Tally,
    VersionKind,
)

MOST_PROBLEMS = 20
MARKS = {"good": "+", "mixed": "~", "bad": "!", "none": "."}


def reports_table(reports: Sequence[StepReport]) -> Table:
    """Return what a run did, step by step."""
    rows = [(row.step, f"{row.succeeded:,}", f"{row.failed:,}", counts_text(row.counts)) for row in reports]
    return grid("This run", ("Step", "Done>", "Failed>", "Details"), rows)


def counts_text(counts: Mapping[str, int]) -> str:
    """Return counts by name in one line."""
    return ", ".join(f"{number:,} {name}" for name, number in counts.items())


def problem_lines(reports: Sequence[StepReport]) -> Iterator[Text]:
    """Yield a line for each failure, at most 20."""
    problems = [problem for report in reports for problem in report.problems]
    for problem in problems[:MOST_PROBLEMS]:
        yield joined("  ", plain("failed", "yellow"), f" {problem}")
    if len(problems) > MOST_PROBLEMS:
        yield plain(f"  ... and {len(problems) - MOST_PROBLEMS} more: see copydesk feeds list")


def stored_line(counts: Counts) -> Text:
    """Return where the store stands after a run."""
    stored = f"{counts.stories:,} stories from {counts.copies:,} copies"
    sources = f"{counts.feeds:,} feeds, {counts.entries:,} entries, {counts.pages:,} pages"
    return plain(f"Stored: {stored} ({sources}); taken off as not the story: {words.share_removed(counts)}")


def feeds_table(feeds: Sequence[FeedState]) -> Table:
    """Return feeds with their last outcome."""
    rows = [
        (
            str(feed.id or "-"),
            feed.spec.outlet,
            _feed_state(feed),
            minutes(feed.last_poll),
            _next_poll(feed),
            feed.spec.url,
        )
        for feed in feeds
    ]
    columns = ("Id", "Outlet", "Last outcome", "Polled (UTC)", "Next (UTC)", "Address")
    return grid(words.plural(len(feeds), "feed", "feeds"), columns, rows)


def _feed_state(feed: FeedState) -> Text:
    if feed.paused:
        return plain("paused")
    outcome = feed.last_outcome.value if feed.last_outcome else "not polled yet"
    colour = "green" if words.feed_state(feed) == "good" else "yellow"
    retired = ", retired" if feed.pace.retired else ""
    return joined(plain(outcome + retired, colour), f" ({feed.last_detail})" if feed.last_detail else "")


def _next_poll(feed: FeedState) -> str:
    if feed.paused or feed.pace.retired:
        return "-"
    return minutes(feed.next_poll) if feed.id else "next run"


def subscriptions_table(subscriptions: Sequence[Subscription]) -> Table:
    """Return subscriptions at hubs."""
    rows = [
        (
            str(row.feed_id),
            row.hub,
            f"{row.state.value} ({row.detail})" if row.detail else row.state.value,
            minutes(row.lease_until) if row.lease_until else "-",
            minutes(row.delivered_at),
            row.topic,
        )
        for row in subscriptions
    ]
    columns = ("Feed", "Hub", "State", "Until (UTC)", "Delivered (UTC)", "Topic")
    return grid(words.plural(len(rows), "subscription", "subscriptions"), columns, rows)


def stories_table(stories: Sequence[Story], snippets: Mapping[int, Snippet]) -> Table:
    """Return stories, in their order, each with its snippet if it has one."""
    rows = [
        (
            str(row.id),
            minutes(row.first_seen),
            f"{row.copies}, {row.outlets}",
            _story_cell(row, snippets.get(row.id, ())),
        )
        for row in stories
    ]
    columns = ("Id", "First seen (UTC)!", "Copies, outlets", "Title, agency, version")
    return grid(words.plural(len(rows), "story", "stories"), columns, rows)


def _story_cell(story: Story, snippet: Snippet) -> Text:
    version = "" if story.kind is VersionKind.ORIGINAL else f"version {story.version}, {story.kind.value}"
    below = " · ".join(part for part in (story.agency, version) if part)
    return stacked(story.title, plain(below, "dim"), joined(*(_snippet_part(part) for part in snippet)))


def _snippet_part(part: SnippetPart) -> Text:
    return plain(part.text, "bold" if part.is_match else "dim")


def doubts_table(doubts: Sequence[Doubt]) -> Table:
    """Return articles that an operator should look at."""
    rows = [
        (
            str(row.article_id),
            str(row.story_id or "-"),
            _doubt_reason(row),
            row.outlet,
            joined(row.title, Text("\n"), row.url),
        )
        for row in doubts
    ]
    columns = ("Article", "Story", "Why", "Outlet", "Title, address")
    return grid(words.plural(len(rows), "article to look at", "articles to look at"), columns, rows)


def _doubt_reason(doubt: Doubt) -> str:
    if doubt.reason:
        return doubt.reason if doubt.kind is PageKind.ARTICLE else f"set aside: {doubt.reason}"
    if doubt.kind is PageKind.ARTICLE:
        return f"read with {words.percent(doubt.agreement)}% confidence"
    return f"set aside: {doubt.kind}"


def changes_table(changes: Sequence[Change]) -> Table:
    """Return lines of the change log."""
    rows = [
        (
            row.cursor,
            minutes(row.at),
            row.kind.value,
            str(row.story_id),
            " ".join(map(str, row.articles)) or "-",
            str(row.version or "-"),
            row.actor.value,
        )
        for row in changes
    ]
    columns = ("Cursor", "At (UTC)", "Change", "Story", "Articles", "Version", "By")
    return grid(words.plural(len(rows), "change", "changes"), columns, rows)


def outcomes_table(
    tallies: Sequence[tuple[Tally, Mapping[str, int], Sequence[DayTally]]], subject: str, days: int
) -> Table:
    """Return how polls of feeds or requests to hosts ended, day by day."""
    rows = [
        (
            tally.outlet,
            tally.name,
            ", ".join(f"{outcome} {times:,}" for outcome, times in totals.items()) or "-",
            "".join(MARKS[words.mark(day)] for day in history),
        )
        for tally, totals, history in tallies
    ]
    return grid(f"{len(rows):,} {subject}, {days} days", ("Outlet", "Address", "Outcomes", "By day"), rows)


def spans_table(spans: Sequence[Mapping[str, Any]]) -> Table:
    """Return what was taken off a page's text."""
    return grid("Taken off", ("Kind", "Rule", "Text"), [(span["kind"], span["rule"], span["text"]) for span in spans])


def verdicts_table(verdicts: Sequence[Mapping[str, Any]]) -> Table:
    """Return what the reader made of each line of a page: a mark for what it chose."""
    rows = [
        (
            "standfirst" if verdict["standfirst"] else "story" if verdict["chosen"] else "",
            f"{verdict['probability']:.2f}",
            verdict["tag"],
            verdict["text"],
        )
        for verdict in verdicts
    ]
    return grid("Lines", ("Chosen as", "Probability", "Element", "Text"), rows)


def article_lines(record: Mapping[str, Any]) -> Iterator[Text]:
    """Yield an extracted article's head and body, from its record."""
    published = record["published"]["value"] if record["published"] else "date unknown"
    yield plain(record["title"], "bold")
    yield plain(f"{record['agency'] or 'no agency named'} | {published} | {record['lang'] or '?'}")
    for paragraph in record["body"]:
        yield Text()
        yield plain(paragraph)
    yield Text()


def fetch_line(record: Mapping[str, Any]) -> Text:
    """Return one fetch in one line, from its record."""
    detail = f" ({record['detail']})" if record["detail"] else ""
    facts = f"{record['bytes']:,} bytes, {record['media_type'] or 'no type'}, {record['seconds']} s"
    return plain(f"{record['url']}: {record['outcome']}{detail}, {record['status'] or 'no answer'}, {facts}")


def feed_reading_lines(record: Mapping[str, Any]) -> Iterator[Text]:
    """Yield what a feed is, its entries and its problems, from its record."""
    yield plain(f"{record['source']}: {record['outcome']} {record['format']}".rstrip())
    for entry in record["entries"]:
        published = entry["published"]["value"] if entry["published"] else "no date"
        yield plain(f"  {published}  {entry['title']}")
    for problem in record["problems"]:
        yield plain(f"  {problem}", "yellow")


def lock_line(lock: PlacingLock, *, freed: bool) -> Text:
    """Return who holds the lock on placing, or held it until it was freed."""
    act = "freed" if freed else "held"
    return plain(f"{lock.name}: {act}, by {lock.owner}, since {lock.since:%Y-%m-%d %H:%M:%S} UTC")


def found_feed_line(feed: FoundFeed, added: bool) -> Text:
    """Return a feed that was found on a site, in one line."""
    state: Cell = plain("added", "green") if added else "found"
    return joined(state, f" {feed.url}: {feed.format}, {feed.entries} entries, {feed.via}")
