"""The whole road on the newsstand: real HTTP, real child processes, a real store."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

import pytest

from newsstand.score import scores
from newsstand.server import RunningNewsstand, running_newsstand
from pipeline import steps
from pipeline.config import Config, load
from pipeline.match.evaluate import b_cubed
from pipeline.model import Outcome
from pipeline.store.reads import views

START = datetime.now(UTC)


@pytest.fixture(scope="module")
def stand() -> Iterator[RunningNewsstand]:
    with running_newsstand(hour=48, speed=0, slow=0) as running:
        yield running


@pytest.fixture(scope="module")
def config(stand: RunningNewsstand, tmp_path_factory: pytest.TempPathFactory) -> Config:
    folder = tmp_path_factory.mktemp("run")
    stand.write_config(folder / "feeds.toml", folder / "home")
    return load(folder / "feeds.toml", {})


@pytest.fixture(scope="module")
def first_run(config: Config) -> dict[str, int]:
    steps.run_once(config, START)
    return table_counts(config)


def table_counts(config: Config) -> dict[str, int]:
    with steps.open_for(config) as store:
        return views.table_counts(store)


def placed(config: Config) -> dict[str, str]:
    """The story of each stored page."""
    with steps.open_for(config) as store:
        heads = views.stories(store, 10_000)
        return {
            copy.url: str(story_id)
            for story_id, copies in views.copies_of(store, [head.id for head in heads]).items()
            for copy in copies
        }


def test_every_entry_has_an_article_or_a_reason(config: Config, first_run: dict[str, int]) -> None:
    assert first_run["entry"] > 50
    with steps.open_for(config) as store:
        waiting = [row for row in views.entry_rows(store, limit=10_000) if row.status.value in ("new", "extracted")]
        failed = [row for row in views.entry_rows(store, limit=10_000) if row.status.value in ("failed", "retry")]
    assert waiting == []
    assert all(row.outcome and row.detail for row in failed)


def test_each_bad_feed_says_what_is_wrong(config: Config, first_run: dict[str, int]) -> None:
    with steps.open_for(config) as store:
        outcomes = Counter(row.last_outcome for row in views.feed_rows(store))
    assert outcomes[Outcome.BLOCKED] == 1
    assert outcomes[Outcome.NOT_A_FEED] == 1
    assert outcomes[Outcome.OK] >= 8


def test_running_again_adds_nothing(config: Config, first_run: dict[str, int]) -> None:
    reports = steps.run_once(config, START + timedelta(days=2))
    assert reports[0].succeeded > 0
    after = table_counts(config)
    for table in ("entry", "copy", "story", "version", "change", "article"):
        assert after[table] == first_run[table], table


def test_stories_are_those_of_the_truth(config: Config, stand: RunningNewsstand, first_run: dict[str, int]) -> None:
    truth = {page["url"]: page["story"] or page["url"] for page in stand.truth()["pages"]}
    stories = {url: story for url, story in placed(config).items() if url in truth}
    assert len(stories) > 50
    score = b_cubed({url: truth[url] for url in stories}, stories)
    assert score.f1 >= 0.95


def test_what_the_stand_publishes_later_is_found_once(
    config: Config, stand: RunningNewsstand, first_run: dict[str, int]
) -> None:
    stand.advance(24)
    steps.run_once(config, START + timedelta(days=4))
    after = table_counts(config)
    assert after["entry"] > first_run["entry"]
    assert len(placed(config)) == after["copy"]
    second_run = steps.run_once(config, START + timedelta(days=6))
    assert second_run[0].counts["new"] == 0
    assert {t: table_counts(config)[t] for t in ("entry", "copy", "story", "version", "change")} == {
        t: after[t] for t in ("entry", "copy", "story", "version", "change")
    }


def test_canonical_texts_are_the_agencies(config: Config, stand: RunningNewsstand, first_run: dict[str, int]) -> None:
    with steps.open_for(config) as store:
        score = scores(store, stand.truth())
    assert score.judged > 30
    assert score.exact_share >= 0.97
    assert score.merged == 0
