"""A first run over a busy day: what an agency filed, updated, corrected and withdrew waits together in a cold store."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta
from pathlib import Path

import pytest

from pipeline import read, steps
from pipeline.config import Config, load
from pipeline.model import Article, Basis, FeedEntry, FeedSpec, Moment, Outcome, PageRecord, PollRecord, Precision
from pipeline.model import ChangeKind as Kind
from pipeline.model import VersionKind as Version
from pipeline.store.reads import views
from pipeline.text.grammar import load_grammar
from pipeline.text.marks import mark_of
from tests.match.test_match import story
from tests.store.samples import NOW

HEADLINE = "Rescuers search houses on the river"
FIGURES = "Rescuers found {} people in the ruins of house {} on the river."
REST = story(1)
TEXT = (FIGURES.format(2, 5), FIGURES.format(3, 6), FIGURES.format(4, 7), *REST)
UPDATED = (FIGURES.format(12, 5), FIGURES.format(13, 6), FIGURES.format(4, 7), *REST)
CORRECTED = (FIGURES.format(12, 8), FIGURES.format(13, 9), FIGURES.format(4, 7), *REST)
NOTICE = (f"Please do not use the story headlined '{HEADLINE}'. It is withdrawn.",)
# Title, text, outlet and hours: two outlets carry each state of the text.
DAY = (
    (HEADLINE, TEXT, "Lantern", 0.0),
    (HEADLINE, TEXT, "Harbour Post", 0.5),
    (f"UPDATE 1-{HEADLINE}", UPDATED, "Lantern", 2.0),
    (f"UPDATE 1-{HEADLINE}", UPDATED, "Valley Courier", 2.5),
    (f"CORRECTED-{HEADLINE}", CORRECTED, "Harbour Post", 4.0),
    (f"WITHDRAWN: {HEADLINE}", NOTICE, "Lantern", 6.0),
)
KINDS = [Version.ORIGINAL, Version.UPDATE, Version.CORRECTION, Version.WITHDRAWAL]


@pytest.fixture
def config(store_url: str, tmp_path: Path) -> Config:
    return load(None, {"COPYDESK_STORE": store_url, "COPYDESK_HOME": str(tmp_path)})


def deliver(config: Config, day: Sequence[tuple[str, tuple[str, ...], str, float]], start: int = 0) -> None:
    """Let the articles of a day wait for their place."""
    with steps.open_for(config) as store:
        outlets = ("Lantern", "Harbour Post", "Valley Courier")
        store.feeds.sync([FeedSpec(f"https://o{number}.example/rss", name) for number, name in enumerate(outlets)], NOW)
        feeds = {feed.spec.outlet: feed.id for feed in store.feeds.load(range(1, 9))}
        for number, (title, body, outlet, hours) in enumerate(day, start):
            url, at = f"https://wire.example/{number}", NOW + timedelta(hours=hours)
            entries = (FeedEntry(url, url, title),)
            [entry] = store.feeds.record_poll(
                PollRecord(feeds[outlet], NOW, Outcome.OK, NOW, 900.0, entries=entries)
            ).new
            published = Moment(at, Precision.MINUTE, Basis.FEED)
            mark = mark_of([title], (), load_grammar(), body)
            article = Article(url, title, body, published=published, mark=mark)
            page = PageRecord(url, url, at, 200, "text/html", "utf-8", f"{number:064}", 9)
            store.articles.record(entry, page, article, at)


def place(config: Config, hours: float) -> None:
    steps.place_articles(config, NOW + timedelta(hours=hours))


def versions_of(config: Config) -> list[tuple[Version, tuple[str, ...]]]:
    """Return kind and text of each version of the one story, in the order of their numbers."""
    with steps.open_for(config) as store:
        [head] = views.stories(store, 10)
        return [(version.kind, version.body) for version in views.one_story(store, head.id)[1]]


def test_one_run_tells_each_text_before_what_was_done_to_it(config: Config) -> None:
    deliver(config, DAY)
    place(config, 8)
    versions = versions_of(config)
    assert [kind for kind, _ in versions] == KINDS
    assert [body for _, body in versions[:3]] == [TEXT, UPDATED, CORRECTED]


def test_one_run_writes_what_a_run_after_each_article_writes(config: Config, tmp_path: Path) -> None:
    deliver(config, DAY)
    place(config, 8)
    one_by_one = load(None, {"COPYDESK_STORE": f"sqlite:///{tmp_path / 'slow.db'}", "COPYDESK_HOME": str(tmp_path)})
    for number, row in enumerate(DAY):
        deliver(one_by_one, [row], number)
        place(one_by_one, row[3])
    assert versions_of(config) == versions_of(one_by_one)


def test_the_log_withdraws_the_story_after_its_texts_and_the_head_shows_it(config: Config) -> None:
    deliver(config, DAY)
    place(config, 8)
    with steps.open_for(config) as store:
        [head] = views.stories(store, 10)
    with read.open(config.store) as reader:
        texts = [(change.kind, change.version) for change in reader.changes(limit=100).lines if change.version]
    assert head.withdrawn
    assert texts == [
        (Kind.VERSION_ADDED, 1),
        (Kind.VERSION_ADDED, 2),
        (Kind.VERSION_ADDED, 3),
        (Kind.STORY_WITHDRAWN, 4),
    ]


def test_what_was_stored_before_gets_the_texts_that_are_new(config: Config) -> None:
    deliver(config, DAY[:2])
    place(config, 1)
    deliver(config, DAY[2:], 2)
    place(config, 8)
    assert [kind for kind, _ in versions_of(config)] == KINDS
