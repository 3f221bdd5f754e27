"""Rows as records, and records as rows."""

from __future__ import annotations

import struct
from collections.abc import Sequence
from dataclasses import asdict
from datetime import UTC, datetime
from typing import Any

from sqlalchemy import Row, RowMapping

from pipeline.model import (
    Answers,
    Article,
    ArticleRecord,
    Basis,
    Claim,
    Dateline,
    Delivered,
    EntryRow,
    EntryState,
    EntryStatus,
    Evidence,
    FeedHints,
    FeedSpec,
    FeedState,
    Fingerprint,
    Member,
    Moment,
    Outcome,
    Pace,
    PageKind,
    Picture,
    Precision,
    Relation,
    Span,
    SpanKind,
    Validators,
    VersionKind,
)
from pipeline.store.schema import tables
from pipeline.text.attribution import claims_of
from pipeline.text.url import url_key

# The columns of ``feed`` that feeds.toml fills.
SPEC_COLUMNS = ("url", "outlet", "country", "lang", "full_text", "preferred", "zone", "agency", "licence")


def moment_columns(name: str, at: Moment | None) -> dict[str, Any]:
    """Return a Moment as its four columns."""
    if at is None:
        return {name: None, f"{name}_precision": None, f"{name}_basis": None, f"{name}_utc": None}
    source = {f"{name}_precision": at.precision.value, f"{name}_basis": at.basis.value}
    return {name: at.value.isoformat(), **source, f"{name}_utc": utc_instant(at.value)}


def utc_instant(value: datetime) -> datetime | None:
    """Return a time in UTC; None where that lies beyond the calendar's ends."""
    try:
        return value.astimezone(UTC)
    except OverflowError:
        return None


def moment(row: RowMapping, name: str) -> Moment | None:
    """Return a Moment of its columns."""
    if row[name] is None:
        return None
    value = datetime.fromisoformat(row[name])
    return Moment(value, Precision(row[f"{name}_precision"]), Basis(row[f"{name}_basis"]))


def entry_row(row: Row[Any]) -> EntryRow:
    """Return a row of entry as an operator looks at it."""
    status = EntryStatus(row.status)
    return EntryRow(row.id, row.outlet, row.url, row.title, status, row.outcome, row.detail, row.attempts)


def feed_spec(row: RowMapping) -> FeedSpec:
    """Return what feeds.toml says of a feed, from a row with :data:`SPEC_COLUMNS`."""
    return FeedSpec(**{name: row[name] for name in SPEC_COLUMNS})


def feed_state(row: RowMapping) -> FeedState:
    """Return a row of ``feed`` as a record."""
    return FeedState(
        id=row["id"],
        spec=feed_spec(row),
        validators=Validators(row["etag"], row["last_modified"]),
        next_poll=row["next_poll"],
        interval=row["interval"],
        failures=row["failures"],
        paused=row["paused"] or not row["listed"],
        last_outcome=Outcome(row["last_outcome"]) if row["last_outcome"] else None,
        last_detail=row["last_detail"],
        last_poll=row["last_poll"],
        pace=_pace(row),
        answers=Answers(row["entries"], row["whole_at"], row["lied_at"]),
        fixed_interval=row["fixed_interval"],
    )


def _pace(row: RowMapping) -> Pace:
    return Pace(
        recent=tuple(row["recent"]),
        failing_since=row["failing_since"],
        retired=row["retired"],
        address=row["address"],
        moved_to=row["moved_to"],
        moved_times=row["moved_times"],
        fresh_for=row["fresh_for"],
        hints=FeedHints(row["every"], tuple(row["skip_hours"]), tuple(row["skip_days"])),
    )


def pace_columns(pace: Pace) -> dict[str, Any]:
    """Return a Pace as columns of ``feed``."""
    return {
        "recent": list(pace.recent),
        "failing_since": pace.failing_since,
        "retired": pace.retired,
        "address": pace.address,
        "moved_to": pace.moved_to,
        "moved_times": pace.moved_times,
        "fresh_for": pace.fresh_for,
        "every": pace.hints.interval,
        "skip_hours": list(pace.hints.skip_hours),
        "skip_days": list(pace.hints.skip_days),
    }


def entry_state(row: RowMapping) -> EntryState:
    """Return a row of ``entry``, joined with its feed's country, zone, lang and full_text, as a record."""
    return EntryState(
        id=row["id"],
        feed_id=row["feed_id"],
        outlet=row["outlet"],
        country=row["country"],
        url=row["url"],
        title=row["title"],
        summary=row["summary"],
        content=row["content"],
        published=moment(row, "published"),
        lang=row["lang"] or row["feed_lang"],
        full_text=row["full_text"],
        status=EntryStatus(row["status"]),
        attempts=row["attempts"],
        zone=row["zone"],
        delivered=delivered(row["delivered"]) if row["delivered"] else None,
        authors=tuple(row["authors"]),
        licence=row["licence"],
    )


def delivered_json(item: Delivered) -> dict[str, Any]:
    """Return a Delivered as the JSON of its column."""
    at = item.embargoed.isoformat() if item.embargoed else None
    return {**asdict(item), "mark": item.mark.value, "embargoed": at}


def delivered(stored: dict[str, Any]) -> Delivered:
    """Return the Delivered of its column's JSON, the inverse of :func:`delivered_json`."""
    at = datetime.fromisoformat(stored["embargoed"]) if stored["embargoed"] else None
    return Delivered(**(stored | {"mark": VersionKind(stored["mark"]), "embargoed": at}))


def article_columns(article: Article) -> dict[str, Any]:
    """Return an Article as columns of ``article``, without its spans."""
    line, names = article.dateline, sorted(set(article.places))
    return {
        "url": article.url,
        "url_key": url_key(article.url),
        "canonical_url": article.canonical_url,
        "title": article.title,
        "deck": article.deck,
        "byline": list(article.byline),
        "agency": article.agency,
        "syndicated": article.syndicated,
        "dateline_place": line.place if line else None,
        "dateline_text": line.text if line else None,
        **moment_columns("dateline_date", line.date if line else None),
        **moment_columns("published", article.published),
        **moment_columns("updated", article.updated),
        "lang": article.lang,
        "mark": article.mark.value,
        "body": article.body,
        "kept": sum(map(len, article.body)),
        "removed": sum(len(span.text) for span in article.spans if span.kind is not SpanKind.ASIDE),
        "line_keys": struct.pack(f"<{len(article.line_keys)}Q", *sorted(article.line_keys)),
        "places": [names, [names.index(place) for place in article.places]],
        "agreement": article.agreement,
        "kind": article.kind.value,
        "section": article.section,
        "picture": article.picture.url if article.picture else "",
        "picture_credit": article.picture.credit if article.picture else "",
        "licence": article.licence,
        "signals": list(article.signals),
        "sources": list(article.sources),
        "claims": [[claim.agency, claim.evidence.value] for claim in claims_of(article)],
        "withheld": article.withheld,
        "print": _packed(article.fingerprint) if article.fingerprint else None,
    }


def _packed(fingerprint: Fingerprint) -> bytes:
    return struct.pack("<II", fingerprint.version, fingerprint.tokens) + fingerprint.shingles


def _unpacked(stored: bytes) -> Fingerprint:
    version, tokens = struct.unpack_from("<II", stored)
    return Fingerprint(version, bytes(stored[8:]), b"", tokens)


def keys_of(packed: bytes) -> frozenset[int]:
    """Return an article's line keys as stored: 64-bit numbers, little-endian."""
    return frozenset(struct.unpack(f"<{len(packed) // 8}Q", packed))


def places_of(stored: list[Any]) -> tuple[str, ...]:
    """Return the place of each block of an article, stored as the distinct places and a number for each block."""
    names, numbers = stored or ([], [])
    return tuple(names[number] for number in numbers)


def span_columns(article_id: int, span: Span) -> dict[str, Any]:
    """Return a Span as a row of ``span``."""
    return {
        "article_id": article_id,
        "kind": span.kind.value,
        "text": span.text,
        "rule": span.rule,
        "block": span.block,
        "start": span.start,
        "whole": span.is_whole_block,
        "agencies": list(span.agencies),
    }


def span(row: RowMapping) -> Span:
    """Return a row of ``span`` as a record."""
    return Span(
        kind=SpanKind(row["kind"]),
        text=row["text"],
        rule=row["rule"],
        block=row["block"],
        start=row["start"],
        is_whole_block=row["whole"],
        agencies=tuple(row["agencies"]),
    )


def article_record(row: RowMapping, spans: tuple[Span, ...] = ()) -> ArticleRecord:
    """Return a row of ``article``, with its spans, as a record."""
    line = None
    if row["dateline_text"] is not None:
        line = Dateline(row["dateline_place"], moment(row, "dateline_date"), row["dateline_text"])
    article = Article(
        url=row["url"],
        title=row["title"],
        body=row["body"],
        spans=spans,
        deck=row["deck"],
        byline=tuple(row["byline"]),
        agency=row["agency"],
        syndicated=row["syndicated"],
        dateline=line,
        published=moment(row, "published"),
        updated=moment(row, "updated"),
        lang=row["lang"],
        canonical_url=row["canonical_url"],
        mark=VersionKind(row["mark"]),
        agreement=row["agreement"],
        kind=PageKind(row["kind"]),
        section=row["section"],
        picture=Picture(row["picture"], row["picture_credit"]) if row["picture"] else None,
        licence=row["licence"],
        signals=tuple(row["signals"]),
        sources=tuple(row["sources"]),
        withheld=row["withheld"],
        fingerprint=_unpacked(row["print"]) if row["print"] else None,
    )
    return ArticleRecord(
        row["id"], row["entry_id"], row["outlet"], row["preferred"], row["seen_at"], article, row["feed_agency"],
        claims(row["claims"]),
    )  # fmt: skip


# Each column read takes time to decode, JSON above all, and to look up by name: only those needed are selected.
_READ = ("outlet", "preferred", "title", "body", "agency", "mark", "feed_agency", "claims")
_TEXT = [tables.article.c[name] for name in _READ]
_PLACE = ("article_id", "story_id", "seen_at", "relation", "edition", "recipe", "shingles", "tokens")
_WAITING = ("id", "entry_id", "seen_at", "url", "lang", "kind", "withheld", "print")
OF_MEMBER = [*_TEXT, *(tables.copy.c[name] for name in _PLACE)]
MATCHED = [*_TEXT, *(tables.article.c[name] for name in _WAITING)]


def waiting_record(row: Sequence[Any]) -> ArticleRecord:
    """Return a waiting row of :data:`MATCHED` as a record that has only what matching reads of an article."""
    outlet, preferred, title, body, agency, mark, feed_agency, stored_claims, *of_it = row
    article_id, entry_id, seen_at, url, lang, kind, withheld, packed = of_it
    article = Article(
        url=url,
        title=title,
        body=body,
        agency=agency,
        lang=lang,
        mark=VersionKind(mark),
        kind=PageKind(kind),
        withheld=withheld,
        fingerprint=_unpacked(packed) if packed else None,
    )
    return ArticleRecord(article_id, entry_id, outlet, preferred, seen_at, article, feed_agency, claims(stored_claims))


def claims(stored: list[list[str]]) -> tuple[Claim, ...]:
    """Return an article's claims, stored as pairs of agency and evidence."""
    return tuple(Claim(agency, Evidence(evidence)) for agency, evidence in stored)


def member(row: Sequence[Any]) -> Member:
    """Return a row of :data:`OF_MEMBER`, ``copy`` joined with its article, as a record."""
    outlet, preferred, title, body, agency, mark, feed_agency, stored_claims, *place = row
    article_id, story_id, seen_at, relation, edition, recipe, shingles, tokens = place
    return Member(
        article_id=article_id,
        story_id=story_id,
        outlet=outlet,
        preferred=preferred,
        seen_at=seen_at,
        title=title,
        body=body,
        agency=agency,
        relation=Relation(relation),
        edition=edition,
        mark=VersionKind(mark),
        fingerprint=Fingerprint(recipe, shingles, b"", tokens),
        feed_agency=feed_agency,
        claims=claims(stored_claims),
    )
