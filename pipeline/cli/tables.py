"""What a person sees on a terminal, and the same as JSON lines for a program."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import asdict
from datetime import datetime
from typing import Any

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TaskID, TextColumn, TimeElapsedColumn
from rich.table import Table

from pipeline.model import (
    GOOD_OUTCOMES,
    Change,
    Counts,
    Doubt,
    DuplicateFeeds,
    FeedState,
    FetchResult,
    FoundFeed,
    Moment,
    Outcome,
    PageKind,
    ParsedFeed,
    Precision,
    Span,
    StepReport,
    Story,
    Subscription,
    VersionKind,
)

OUT = Console()
ERR = Console(stderr=True)


def line(record: Mapping[str, Any]) -> None:
    """One JSON line on stdout, letters as they are."""
    print(json.dumps(record, ensure_ascii=False, default=str))


def moment(at: Moment | None) -> dict[str, str] | None:
    """A Moment as JSON: ISO 8601 with its offset, a bare date where only the day is known."""
    if at is None:
        return None
    value = at.value.date().isoformat() if at.precision is Precision.DAY else at.value.isoformat()
    return {"value": value, "precision": at.precision.value, "basis": at.basis.value}


def when(at: datetime | None) -> str:
    """A time for a table: UTC to the minute."""
    return at.strftime("%Y-%m-%d %H:%M") if at else "never"


@contextmanager
def bars(quiet: bool) -> Iterator[Any]:
    """A callback ``(step, done, total)`` that draws a bar for each step; nothing where ``quiet``."""
    if quiet or not ERR.is_terminal:
        yield lambda _step, _done, _total: None
        return
    columns = (TextColumn("{task.description:<8}"), BarColumn(), MofNCompleteColumn(), TimeElapsedColumn())
    with Progress(*columns, console=ERR) as progress:
        tasks: dict[str, TaskID] = {}

        def moved(step: str, done: int, total: int) -> None:
            if step not in tasks:
                tasks[step] = progress.add_task(step, total=total)
            progress.update(tasks[step], completed=done, total=total)

        yield moved


def report_json(report: StepReport) -> dict[str, Any]:
    """A step's report as one record."""
    return {
        "step": report.step,
        "done": report.done,
        "failed": report.failed,
        "counts": report.counts,
        "problems": list(report.problems),
    }


def reports(rows: Sequence[StepReport], counts: Counts) -> None:
    """What a run did, step by step, then where the store stands."""
    table = Table(title="This run", title_justify="left")
    for name, justify in (("Step", "left"), ("Done", "right"), ("Failed", "right"), ("Details", "left")):
        table.add_column(name, justify=justify)  # type: ignore[arg-type]
    for row in rows:
        details = ", ".join(f"{value} {name}" for name, value in row.counts.items())
        table.add_row(row.step, str(row.done), str(row.failed), details)
    OUT.print(table)
    problems(rows)
    OUT.print(
        f"Stored: {counts.stories} stories from {counts.copies} copies "
        f"({counts.feeds} feeds, {counts.entries} entries, {counts.pages} pages); {removed(counts)}",
        soft_wrap=True,
    )


def problems(rows: Sequence[StepReport]) -> None:
    """One line for each failure, at most 20."""
    found = [problem for row in rows for problem in row.problems]
    for problem in found[:20]:
        OUT.print(f"  [yellow]failed[/] {escape(problem)}", soft_wrap=True)
    if len(found) > 20:
        OUT.print(f"  ... and {len(found) - 20} more: see copydesk feeds list, or the entries in the UI")


def removed(counts: Counts) -> str:
    """How much of what extraction found was not the story."""
    total = counts.removed + counts.kept
    share = 100 * counts.removed / total if total else 0
    return f"{share:.1f} % of the extracted text taken off as not the story"


def escape(text: str) -> str:
    """Text from outside, safe to print: no markup of rich, no control characters."""
    clean = "".join(char if char.isprintable() else " " for char in text)
    return clean.replace("[", "\\[")


def feed_json(feed: FeedState) -> dict[str, Any]:
    """A feed and its last poll as one record."""
    return {
        "id": feed.id,
        "outlet": feed.spec.outlet,
        "url": feed.spec.url,
        "outcome": feed.last_outcome.value if feed.last_outcome else None,
        "detail": feed.last_detail,
        "polled": feed.last_poll.isoformat() if feed.last_poll else None,
        "next": feed.next_poll.isoformat(),
        "failures": feed.failures,
        "paused": feed.paused,
        "retired": feed.pace.retired,
        "moved_to": feed.pace.address,
    }


def feeds(rows: Sequence[FeedState]) -> None:
    """The feeds with their last outcome."""
    table = Table(title=f"{len(rows)} feeds", title_justify="left")
    for name in ("Id", "Outlet", "Last outcome", "Polled (UTC)", "Next (UTC)", "Address"):
        table.add_column(name, overflow="fold")
    for row in rows:
        outcome = row.last_outcome.value if row.last_outcome else "not polled yet"
        colour = "green" if row.last_outcome in GOOD_OUTCOMES else "yellow"
        detail = f" ({escape(row.last_detail)})" if row.last_detail else ""
        outcome += ", retired" if row.pace.retired else ""
        state = "paused" if row.paused else f"[{colour}]{outcome}[/]{detail}"
        next_poll = "-" if row.paused or row.pace.retired else when(row.next_poll)
        table.add_row(str(row.id), escape(row.spec.outlet), state, when(row.last_poll), next_poll, escape(row.spec.url))
    OUT.print(table)


def subscription_json(held: Subscription) -> dict[str, Any]:
    """A subscription at a hub as one record; neither its token nor its secret."""
    return {
        "feed": held.feed_id,
        "hub": held.hub,
        "topic": held.topic,
        "state": held.state.value,
        "asked": held.asked,
        "lease_until": held.lease_until.isoformat() if held.lease_until else None,
        "delivered": held.delivered_at.isoformat() if held.delivered_at else None,
        "detail": held.detail,
    }


def subscriptions(rows: Sequence[Subscription]) -> None:
    """Subscriptions at hubs."""
    table = Table(title=f"{len(rows)} subscriptions", title_justify="left")
    for name in ("Feed", "Hub", "State", "Until (UTC)", "Delivered (UTC)", "Topic"):
        table.add_column(name, overflow="fold")
    for row in rows:
        state = f"{row.state.value} ({row.detail})" if row.detail else row.state.value
        times = (when(row.lease_until) if row.lease_until else "-", when(row.delivered_at))
        table.add_row(str(row.feed_id), escape(row.hub), escape(state), *times, escape(row.topic))
    OUT.print(table)


def story_json(story: Story) -> dict[str, Any]:
    """A story's head as one record."""
    return {
        "id": story.id,
        "title": story.title,
        "agency": story.agency,
        "lang": story.lang,
        "first_seen": story.first_seen.isoformat(),
        "updated": story.updated_at.isoformat(),
        "copies": story.copies,
        "outlets": story.outlets,
        "version": story.version,
        "kind": story.kind.value,
        "withdrawn": story.withdrawn,
    }


def stories(rows: Sequence[Story]) -> None:
    """Stories, newest first."""
    table = Table(title=f"{len(rows)} stories", title_justify="left")
    table.add_column("Id")
    table.add_column("First seen (UTC)", no_wrap=True)
    for name in ("Copies, outlets", "Title, agency, version"):
        table.add_column(name, overflow="fold")
    for row in rows:
        version = "" if row.kind is VersionKind.ORIGINAL else f"version {row.version}, {row.kind.value}"
        told = " · ".join(part for part in (row.agency, version) if part)
        cell = f"{escape(row.title)}\n[dim]{escape(told)}[/dim]" if told else escape(row.title)
        table.add_row(str(row.id), when(row.first_seen), f"{row.copies}, {row.outlets}", cell)
    OUT.print(table)


def doubt_json(doubt: Doubt) -> dict[str, Any]:
    """A line of ``copydesk doubts --json``."""
    return {
        "article": doubt.article_id,
        "story": doubt.story_id,
        "outlet": doubt.outlet,
        "url": doubt.url,
        "title": doubt.title,
        "kind": doubt.kind.value,
        "agreement": round(doubt.agreement, 3),
    }


def doubts(rows: Sequence[Doubt]) -> None:
    """A table of them."""
    table = Table(title=f"{len(rows)} articles to look at", title_justify="left")
    for name in ("Article", "Story", "Why", "Outlet", "Title, address"):
        table.add_column(name, overflow="fold")
    for row in rows:
        why = f"readings agree {row.agreement:.0%}" if row.kind is PageKind.ARTICLE else f"set aside: {row.kind}"
        told = f"{escape(row.title)}\n{escape(row.url)}"
        table.add_row(str(row.article_id), str(row.story_id or "-"), why, escape(row.outlet), told)
    OUT.print(table)


def change_json(change: Change) -> dict[str, Any]:
    """One line of the change log as one record."""
    return {
        "seq": change.seq,
        "kind": change.kind.value,
        "story": change.story_id,
        "article": change.article_id,
        "version": change.version,
        "at": change.at.isoformat(),
    }


def changes(rows: Sequence[Change]) -> None:
    """The change log as a table."""
    table = Table(title=f"{len(rows)} changes", title_justify="left")
    for name in ("Cursor", "At (UTC)", "Change", "Story", "Article", "Version"):
        table.add_column(name)
    for row in rows:
        cells = (str(row.seq), when(row.at), row.kind.value, str(row.story_id))
        table.add_row(*cells, str(row.article_id or "-"), str(row.version or "-"))
    OUT.print(table)


def fetch_json(result: FetchResult) -> dict[str, Any]:
    """One fetch, as the poller saw it."""
    return {
        "url": result.url,
        "outcome": result.outcome.value,
        "status": result.status or None,
        "final_url": result.final_url,
        "bytes": len(result.body),
        "media_type": result.media_type,
        "charset": result.charset,
        "seconds": round(result.seconds, 3),
        "detail": result.detail,
    }


def parsed_json(source: str, outcome: Outcome, feed: ParsedFeed | None, detail: str) -> dict[str, Any]:
    """One feed, as the poller read it."""
    entries = feed.entries if feed else ()
    return {
        "source": source,
        "outcome": outcome.value,
        "format": feed.format if feed else "",
        "title": feed.title if feed else "",
        "entries": [
            {
                "id": entry.key,
                "url": entry.url,
                "title": entry.title,
                "published": moment(entry.published),
                "authors": list(entry.authors),
            }
            for entry in entries
        ],
        "problems": [*(feed.problems if feed else ()), *([detail] if detail else [])],
    }


def found_json(found: FoundFeed, added: bool) -> dict[str, Any]:
    """A feed that was found on a site as one record."""
    return {**asdict(found), "added": added}


def duplicate_json(pair: DuplicateFeeds, urls: Mapping[int, str]) -> dict[str, Any]:
    """Two feeds that are one as one record."""
    return {
        "id": pair.feed_id,
        "url": urls[pair.feed_id],
        "other_id": pair.other_id,
        "other_url": urls[pair.other_id],
        "shared": round(pair.shared, 3),
        "reason": pair.reason,
    }


def line_span_json(span: Span) -> dict[str, Any]:
    """A span of a single line as one record."""
    agency = "+".join(span.agencies) or None
    return {"kind": span.kind.value, "agency": agency, "text": span.text.strip(), "rule": span.rule}


def article(record: Mapping[str, Any]) -> None:
    """An extracted article for a person: head, body, and what was taken off."""
    OUT.print(f"[bold]{escape(record['title'])}[/]", soft_wrap=True)
    published = record["published"]["value"] if record["published"] else "date unknown"
    OUT.print(f"{record['agency'] or 'no agency named'} | {published} | {record['lang'] or '?'}\n")
    for paragraph in record["body"]:
        OUT.print(escape(paragraph) + "\n", soft_wrap=True)
    table = Table(title="Taken off", title_justify="left")
    for name in ("Kind", "Rule", "Text"):
        table.add_column(name, overflow="fold")
    for span in record["spans"]:
        table.add_row(span["kind"], span["rule"], escape(span["text"]))
    OUT.print(table)


def fetched(record: Mapping[str, Any]) -> None:
    """One fetch in one line."""
    status = record["status"] or "no answer"
    detail = f" ({escape(record['detail'])})" if record["detail"] else ""
    facts = f"{record['bytes']} bytes, {record['media_type'] or 'no type'}, {record['seconds']} s"
    OUT.print(f"{escape(record['url'])}: {record['outcome']}{detail}, {status}, {facts}", soft_wrap=True)


def checked(record: Mapping[str, Any]) -> None:
    """One feed: what it is, its entries and its problems."""
    OUT.print(f"{escape(record['source'])}: {record['outcome']} {record['format']}", soft_wrap=True)
    for entry in record["entries"]:
        published = entry["published"]["value"] if entry["published"] else "no date"
        OUT.print(f"  {published}  {escape(entry['title'])}", soft_wrap=True)
    for problem in record["problems"]:
        OUT.print(f"  [yellow]{escape(problem)}[/]", soft_wrap=True)
