"""Templates of outlets, the lines that their pages repeat: learned from the store and stored in it. Idempotent; the
caller holds the lease."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime, timedelta
from typing import TypeVar

from pipeline.extract.template import Template, keys, line_places, text_places, with_repeats, without_repeats
from pipeline.model import Article, ArticleRecord
from pipeline.store import Store
from pipeline.store.templates import TemplateLine, TemplatePlace

# A template is learned from an outlet's newest pages: lines of an old design are forgotten with its pages.
PAGES = 400
DAYS = timedelta(days=60)
# An outlet with so few articles is learned in each pass, not only once a day.
NEW = 40
K = TypeVar("K", int, str)


def learn_outlet(store: Store, outlet: str, now: datetime, most: int = PAGES) -> tuple[dict[int, Article], int]:
    """Store the template of the outlet's newest pages; return the articles it changes, and the number of its lines."""
    records = store.articles.recent(outlet, now - DAYS, most)
    bare = {record.id: with_repeats(record.article) for record in records}
    template = Template(store.templates.kept_lines(outlet), store.templates.pinned_lines(outlet))
    for article in sorted(bare.values(), key=lambda article: article.url):
        template.learn(article)
    lines = list(_lines(template, records, bare))
    store.templates.replace(outlet, lines, list(_places(template, records, bare)))
    return _changed(records, bare, template), len(lines)


def learn_new(store: Store, now: datetime, most: int = NEW) -> int:
    """Learn the templates of new outlets, and clean the articles that wait for their story; return how many changed.

    Articles that are placed already are left to the daily replay, which writes versions.
    """
    cleaned = 0
    for outlet, waiting in store.articles.new_outlets(most).items():
        changed, _ = learn_outlet(store, outlet, now, most)
        cleaned_articles = {number: article for number, article in changed.items() if number in waiting}
        if cleaned_articles:
            store.articles.replace_bodies(cleaned_articles, now)
            cleaned += len(cleaned_articles)
    return cleaned


def _lines(template: Template, records: Sequence[ArticleRecord], bare: Mapping[int, Article]) -> Iterator[TemplateLine]:
    """Return the recurring lines with where they stand and when they were seen."""
    stories = template.recurring()
    stood: dict[int, str] = {}
    for article in bare.values():
        stood |= line_places(article)
    for key, (first, last) in _times(
        records, {number: keys(article) & stories.keys() for number, article in bare.items()}
    ).items():
        yield TemplateLine(key, stood.get(key, ""), stories[key], first, last)


def _places(
    template: Template, records: Sequence[ArticleRecord], bare: Mapping[int, Article]
) -> Iterator[TemplatePlace]:
    """Return the places of the outlet's texts."""
    stories = template.places()
    places = {number: text_places(article) & stories.keys() for number, article in bare.items()}
    for place, (first, last) in _times(records, places).items():
        yield TemplatePlace(place, stories[place], first, last)


def _times(
    records: Sequence[ArticleRecord], keys_by_article: Mapping[int, frozenset[K] | set[K]]
) -> dict[K, tuple[datetime, datetime]]:
    """Return when each key was seen first and last."""
    times: dict[K, list[datetime]] = defaultdict(list)
    for record in records:
        for key in keys_by_article[record.id]:
            times[key].append(record.seen_at)
    return {key: (min(moments), max(moments)) for key, moments in sorted(times.items())}


def _changed(records: Sequence[ArticleRecord], bare: Mapping[int, Article], template: Template) -> dict[int, Article]:
    cleaned = {record.id: without_repeats(bare[record.id], template) for record in records}
    return {record.id: cleaned[record.id] for record in records if _text(cleaned[record.id]) != _text(record.article)}


def _text(article: Article) -> tuple[object, ...]:
    return article.body, article.deck, article.spans
