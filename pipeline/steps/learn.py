"""What an outlet's pages repeat, learned from the store and kept in it. Idempotent; its caller holds the lease."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime, timedelta
from typing import TypeVar

from pipeline.extract.template import Template, keys, line_places, text_places, with_repeats, without_repeats
from pipeline.model import Article, ArticleRecord
from pipeline.store import Store
from pipeline.store.templates import TemplateLine, TemplatePlace

# A template is learned from an outlet's newest pages: what a redesign left behind is forgotten with the pages.
PAGES = 400
DAYS = timedelta(days=60)
# An outlet with so few articles is learned again in each pass, not only once a day.
NEW = 40
K = TypeVar("K", int, str)


def learn_outlet(store: Store, outlet: str, now: datetime, most: int = PAGES) -> tuple[dict[int, Article], int]:
    """Store the template of the outlet's newest pages; the articles that it changes, and the number of its lines."""
    records = store.articles.recent(outlet, now - DAYS, most)
    bare = {record.id: with_repeats(record.article) for record in records}
    template = Template(store.templates.kept_lines(outlet))
    for article in sorted(bare.values(), key=lambda one: one.url):
        template.learn(article)
    lines = list(_lines(template, records, bare))
    store.templates.replace(outlet, lines, list(_places(template, records, bare)))
    return _changed(records, bare, template), len(lines)


def learn_new(store: Store, now: datetime, most: int = NEW) -> int:
    """Learn the outlets that are new, and clean by it what waits for its story; how many articles that changed.

    What is placed already is left to the daily replay, which writes versions.
    """
    cleaned = 0
    for outlet, waiting in store.articles.new_outlets(most).items():
        changed, _ = learn_outlet(store, outlet, now, most)
        told = {number: article for number, article in changed.items() if number in waiting}
        if told:
            store.articles.replace_bodies(told)
            cleaned += len(told)
    return cleaned


def _lines(template: Template, records: Sequence[ArticleRecord], bare: Mapping[int, Article]) -> Iterator[TemplateLine]:
    """The recurring lines with where they stand and when they were seen."""
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
    """The places of the outlet's texts."""
    stories = template.places()
    held = {number: text_places(article) & stories.keys() for number, article in bare.items()}
    for place, (first, last) in _times(records, held).items():
        yield TemplatePlace(place, stories[place], first, last)


def _times(
    records: Sequence[ArticleRecord], held: Mapping[int, frozenset[K] | set[K]]
) -> dict[K, tuple[datetime, datetime]]:
    """When each key was seen first and last."""
    times: dict[K, list[datetime]] = defaultdict(list)
    for record in records:
        for key in held[record.id]:
            times[key].append(record.seen_at)
    return {key: (min(seen), max(seen)) for key, seen in sorted(times.items())}


def _changed(records: Sequence[ArticleRecord], bare: Mapping[int, Article], template: Template) -> dict[int, Article]:
    found = {record.id: without_repeats(bare[record.id], template) for record in records}
    return {record.id: found[record.id] for record in records if _text(found[record.id]) != _text(record.article)}


def _text(article: Article) -> tuple[object, ...]:
    return article.body, article.deck, article.spans
