"""Every public JSON record, one function a record; docs/records.md lists their fields.

Times are ISO 8601 with their offset; a :class:`Moment` of a bare day is a bare date. Absent values are null.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict
from datetime import datetime
from typing import Any

from pipeline import words
from pipeline.model import (
    Article,
    Attribution,
    Change,
    Copy,
    Dateline,
    DayTally,
    Doubt,
    DuplicateFeeds,
    FeedEntry,
    FeedState,
    FetchResult,
    FoundFeed,
    LineVerdict,
    Link,
    Moment,
    Origin,
    Outcome,
    ParsedFeed,
    Pickup,
    PlacingLock,
    Precision,
    Provenance,
    Span,
    SpanKind,
    StepReport,
    Story,
    Subscription,
    Tally,
    Trace,
    Version,
)
from pipeline.text.attribution import contributors_of

Record = dict[str, Any]


def moment_record(moment: Moment | None) -> Record | None:
    """Return a time with its precision and where it was read."""
    if moment is None:
        return None
    return {"value": _moment_value(moment), "precision": moment.precision.value, "basis": moment.basis.value}


def article_record(article: Article) -> Record:
    """Return what extraction found in a page: ``copydesk extract``."""
    return {
        "url": article.url,
        "title": article.title,
        "deck": article.deck,
        "byline": list(article.byline),
        "agency": article.agency,
        "contributors": list(contributors_of(article.spans)),
        "syndicated": article.syndicated,
        "dateline": _dateline_record(article.dateline),
        "published": moment_record(article.published),
        "updated": moment_record(article.updated),
        "lang": article.lang,
        "kind": article.kind.value,
        "section": article.section,
        "picture": {"url": article.picture.url, "credit": article.picture.credit} if article.picture else None,
        "licence": article.licence,
        "signals": list(article.signals),
        "sources": list(article.sources),
        "agreement": round(article.agreement, 3),
        "body": list(article.body),
        # asides never were part of the article as read
        "spans": [span_record(span) for span in article.spans if span.kind is not SpanKind.ASIDE],
    }


def page_record(page_id: object, article: Article, error: str = "") -> Record:
    """Return one line of ``copydesk extract-many``; ``error`` says why there is no article."""
    return {"id": page_id, **article_record(article)} | ({"error": error} if error else {})


def span_record(span: Span) -> Record:
    """Return a piece that was taken off a page's text, with the rule that marked it."""
    return {"kind": span.kind.value, "text": span.text.strip(), "rule": span.rule}


def line_record(line_id: object, spans: Sequence[Span]) -> Record:
    """Return one line of ``copydesk lines``."""
    return {"id": line_id, "spans": [_line_span_record(span) for span in spans]}


def verdict_record(verdict: LineVerdict) -> Record:
    """Return one line of ``copydesk extract --explain``."""
    return {
        "text": verdict.text,
        "tag": verdict.tag,
        "probability": round(verdict.probability, 3),
        "chosen": verdict.is_chosen,
        "standfirst": verdict.is_standfirst,
    }


def story_record(story: Story) -> Record:
    """Return a story's head: ``copydesk stories``."""
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
        "status": story.status.value,
        "revision": story.revision,
        "digest": story.digest,
        "article": story.article_id,
        "support": list(story.support),
        "reason": story.reason,
    }


def whole_story_record(
    story: Story,
    versions: Sequence[Version],
    copies: Sequence[Copy],
    additions: Mapping[int, Sequence[str]],
    provenance: Provenance,
) -> Record:
    """Return a story with its versions, its copies, whose it is, and its links: ``copydesk story``.

    ``additions`` are the paragraphs that a copy has and the canonical text has not, by article. Each text of a story
    that is withdrawn says so, since a part of the record may go on without its head.
    """
    is_withdrawn = story.withdrawn
    return (
        story_record(story)
        | provenance_record(provenance)
        | {"versions": [version_record(version, is_withdrawn) for version in versions]}
        | {"copies_list": [copy_record(copy, additions.get(copy.article_id, ()), is_withdrawn) for copy in copies]}
    )


def version_record(version: Version, withdrawn: bool = False) -> Record:
    """Return one version of a story's text; ``withdrawn``: whether the agency withdrew the story."""
    return {
        "number": version.number,
        "kind": version.kind.value,
        "article": version.article_id,
        "title": version.title,
        "body": list(version.body),
        "support": list(version.support),
        "reason": version.reason,
        "created": version.created_at.isoformat(),
        "digest": version.digest,
        "removed": _iso(version.removed_at),
        "withdrawn": withdrawn,
    }


def copy_record(copy: Copy, additions: Sequence[str] = (), withdrawn: bool = False) -> Record:
    """Return a copy's place in its story, with the paragraphs that it adds; ``withdrawn``: as of its story."""
    return {
        "article": copy.article_id,
        "outlet": copy.outlet,
        "url": copy.url,
        "title": copy.title,
        "published": moment_record(copy.published),
        "agency": copy.agency,
        "relation": copy.relation.value,
        "edition": copy.edition,
        "score": round(copy.score, 3),
        "reason": copy.reason,
        "canonical": copy.canonical,
        "adds": list(additions),
        "withdrawn": withdrawn,
    }


def provenance_record(provenance: Provenance) -> Record:
    """Return attribution, origins and links as part of a story's record."""
    links = [link_record(link) for link in provenance.links]
    origins = origins_record(provenance.origins)
    return {"attribution": attribution_record(provenance.attribution), "origins": origins, "links": links}


def attribution_record(attribution: Attribution) -> Record:
    """Return who filed a story, with every claim."""
    return {
        "agency": attribution.agency,
        "confidence": attribution.confidence,
        "reason": attribution.reason,
        "claims": [
            {
                "agency": claim.agency,
                "copies": claim.copies,
                "outlets": claim.outlets,
                "evidence": [evidence.value for evidence in claim.evidence],
            }
            for claim in attribution.claims
        ],
    }


def origins_record(origins: Sequence[Origin]) -> Record:
    """Return the texts that a story's words come from."""
    return {
        "count": len(origins),
        "agencies": sorted({origin.agency for origin in origins if origin.agency}),
        "stories": [{"story": origin.story_id, "agency": origin.agency} for origin in origins],
        "reason": words.origins_reason(origins),
    }


def link_record(link: Link) -> Record:
    """Return one link as seen from a story."""
    return {
        "kind": link.kind.value,
        "outgoing": link.outgoing,
        "story": link.story_id,
        "title": link.title,
        "score": round(link.score, 3),
        "reason": link.reason,
        "copies": link.copies,
        "article": link.article_id,
        "outlet": link.outlet,
        "url": link.url,
    }


def change_record(change: Change) -> Record:
    """Return one line of the change log: ``copydesk changes``."""
    return {
        "seq": change.seq,
        "tx": change.tx,
        "at": change.at.isoformat(),
        "kind": change.kind.value,
        "story": change.story_id,
        "other": change.other_id,
        "articles": list(change.articles),
        "version": change.version,
        "revision": change.revision,
        "status": change.status.value,
        "digest": change.digest,
        "changed": list(change.changed),
        "by": change.actor.value,
        "reason": change.reason,
        "tag": change.tag,
        "cursor": change.cursor,
    }


def trace_record(trace: Trace) -> Record:
    """Return where a removed text was looked for: ``copydesk remove --prove``."""
    return {"path": trace.path, "texts": trace.texts, "places": list(trace.places)}


def pickup_record(pickup: Pickup) -> Record:
    """Return a copy beside its story's text: ``copydesk pickup``."""
    return {
        "story": pickup.story_id,
        "story_title": pickup.story_title,
        "status": pickup.status.value,
        "article": pickup.article_id,
        "outlet": pickup.outlet,
        "url": pickup.url,
        "published": _moment_value(pickup.published) if pickup.published else None,
        "minutes": pickup.minutes,
        "relation": pickup.relation.value,
        "headline_changed": pickup.headline_changed,
        "share_kept": None if pickup.share_kept is None else round(pickup.share_kept, 3),
        "words_added": pickup.words_added,
        "credit": pickup.credit.value if pickup.credit else None,
        "agency": pickup.agency,
        "paragraphs_dropped": pickup.paragraphs_dropped,
        "corrected_after": pickup.corrected_after,
        "still_up": pickup.still_up,
        "title": pickup.title,
        "canonical": pickup.canonical,
    }


def doubt_record(doubt: Doubt) -> Record:
    """Return an article to look at: ``copydesk doubts``."""
    return {
        "article": doubt.article_id,
        "story": doubt.story_id,
        "outlet": doubt.outlet,
        "url": doubt.url,
        "title": doubt.title,
        "kind": doubt.kind.value,
        "agreement": round(doubt.agreement, 3),
        "reason": doubt.reason,
    }


def feed_record(feed: FeedState, warning: str = "") -> Record:
    """Return a feed and its last poll: ``copydesk feeds list``. A feed that is not stored yet has no id."""
    return {
        "id": feed.id or None,
        "outlet": feed.spec.outlet,
        "url": feed.spec.url,
        "outcome": feed.last_outcome.value if feed.last_outcome else None,
        "detail": feed.last_detail,
        "polled": _iso(feed.last_poll),
        "next": feed.next_poll.isoformat(),
        "failures": feed.failures,
        "paused": feed.paused,
        "retired": feed.pace.retired,
        "moved_to": feed.pace.address,
        "warning": warning,
    }


def feed_reading_record(source: str, outcome: Outcome, feed: ParsedFeed | None, detail: str = "") -> Record:
    """Return one feed as the poller read it: ``copydesk feeds check``."""
    return {
        "source": source,
        "outcome": outcome.value,
        "format": feed.format if feed else "",
        "title": feed.title if feed else "",
        "entries": [entry_record(entry) for entry in feed.entries] if feed else [],
        "problems": [*(feed.problems if feed else ()), *([detail] if detail else [])],
    }


def entry_record(entry: FeedEntry) -> Record:
    """Return one entry of a feed."""
    return {
        "id": entry.key,
        "url": entry.url,
        "title": entry.title,
        "published": moment_record(entry.published),
        "authors": list(entry.authors),
    }


def found_feed_record(feed: FoundFeed, added: bool) -> Record:
    """Return a feed that was found on a site: ``copydesk feeds add``."""
    return {**asdict(feed), "added": added}


def duplicate_feeds_record(pair: DuplicateFeeds, urls: Mapping[int, str]) -> Record:
    """Return two feeds that are one: ``copydesk feeds duplicates``. ``urls`` are the feeds' addresses by id."""
    return {
        "id": pair.feed_id,
        "url": urls[pair.feed_id],
        "other_id": pair.other_id,
        "other_url": urls[pair.other_id],
        "shared": round(pair.shared, 3),
        "reason": pair.reason,
    }


def subscription_record(subscription: Subscription) -> Record:
    """Return a subscription at a hub, without its token and secret: ``copydesk feeds subscriptions``."""
    return {
        "feed": subscription.feed_id,
        "hub": subscription.hub,
        "topic": subscription.topic,
        "state": subscription.state.value,
        "asked": subscription.pending_mode,
        "lease_until": _iso(subscription.lease_until),
        "delivered": _iso(subscription.delivered_at),
        "detail": subscription.detail,
    }


def fetch_record(result: FetchResult) -> Record:
    """Return one fetch: ``copydesk fetch``."""
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


def outcomes_record(tally: Tally, totals: Mapping[str, int], days: Sequence[DayTally]) -> Record:
    """Return how a feed's polls or a host's requests ended: ``copydesk outcomes``. Days without any are left out."""
    feed = {"feed": tally.feed_id, "outlet": tally.outlet, "url": tally.name}
    subject = feed if tally.feed_id else {"host": tally.name}
    return {
        **subject,
        "outcomes": dict(totals),
        "days": {day.day.isoformat(): dict(day.counts) for day in days if day.counts},
    }


def report_record(report: StepReport) -> Record:
    """Return what a step did: ``copydesk run``, ``copydesk replay``."""
    return {
        "step": report.step,
        "done": report.succeeded,
        "failed": report.failed,
        "counts": report.counts,
        "problems": list(report.problems),
    }


def lock_record(lock: PlacingLock, *, freed: bool) -> Record:
    """Return the lock on placing, and whether it was freed: ``copydesk locks``."""
    return {
        "name": lock.name,
        "owner": lock.owner,
        "since": lock.since.isoformat(),
        "fence": lock.fence,
        "freed": freed,
    }


def _line_span_record(span: Span) -> Record:
    return {
        "kind": span.kind.value,
        "agency": "+".join(span.agencies) or None,
        "text": span.text.strip(),
        "rule": span.rule,
    }


def _dateline_record(dateline: Dateline | None) -> Record | None:
    if dateline is None:
        return None
    day = _moment_value(dateline.date) if dateline.date else None
    return {"place": dateline.place, "date": day, "text": dateline.text}


def _moment_value(moment: Moment) -> str:
    return moment.value.date().isoformat() if moment.precision is Precision.DAY else moment.value.isoformat()


def _iso(at: datetime | None) -> str | None:
    return at.isoformat() if at else None
