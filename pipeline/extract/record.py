"""An Article as the JSON record that the command line promises."""

from __future__ import annotations

from typing import Any

from pipeline.model import Article, Dateline, Moment, Precision, Span, SpanKind


def article_json(article: Article) -> dict[str, Any]:
    """The record of ``copydesk extract``; times are ISO 8601 with their offset, days are bare dates."""
    return {
        "url": article.url,
        "title": article.title,
        "deck": article.deck,
        "byline": list(article.byline),
        "agency": article.agency,
        "syndicated": article.syndicated,
        "dateline": _dateline(article.dateline),
        "published": _moment(article.published),
        "updated": _moment(article.updated),
        "lang": article.lang,
        "kind": article.kind.value,
        "section": article.section,
        "picture": {"url": article.picture.url, "credit": article.picture.credit} if article.picture else None,
        "licence": article.licence,
        "signals": list(article.signals),
        "sources": list(article.sources),
        "agreement": round(article.agreement, 3),
        "body": list(article.body),
        "spans": [
            {"kind": span.kind.value, "text": span.text.strip(), "rule": span.rule} for span in _taken_off(article)
        ],
    }


def _taken_off(article: Article) -> list[Span]:
    """What was part of the article as read: asides never were."""
    return [span for span in article.spans if span.kind is not SpanKind.ASIDE]


def _moment(at: Moment | None) -> dict[str, str] | None:
    return None if at is None else {"value": _written(at), "precision": at.precision.value, "basis": at.basis.value}


def _written(at: Moment) -> str:
    return at.value.date().isoformat() if at.precision is Precision.DAY else at.value.isoformat()


def _dateline(line: Dateline | None) -> dict[str, str | None] | None:
    if line is None:
        return None
    return {"place": line.place, "date": _written(line.date) if line.date else None, "text": line.text}
