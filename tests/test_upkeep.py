"""Learning what an outlet repeats, on a real store: cleaning, its undo, and no trace of the order."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from typer.testing import CliRunner

from pipeline import steps
from pipeline.cli.main import app
from pipeline.config import Config, load
from pipeline.errors import NotStored
from pipeline.extract.template import LEFT_OUT, page_keys
from pipeline.model import Article, FeedEntry, FeedSpec, Outcome, PageRecord, PollRecord, Span, SpanKind
from pipeline.steps.replay import replay_articles
from pipeline.steps.rulings import forget_line, keep_line, merge_stories, split_story, unmerge_story
from pipeline.store.reads import views
from pipeline.store.reads.changes import changes

NOW = datetime(2026, 1, 5, 12, tzinfo=UTC)
OUTLET = "The Daily Lantern"
PLACE = ">div.story>p."
MOTTO = "The Daily Lantern is printed on paper from the hills"
TEXTS = {
    "harbour": (
        "The harbour authority closed the northern quay after inspectors found cracks in two of its old pillars.",
        "Ships were sent to the southern basin, where crews worked through the night to make room for them all.",
    ),
    "airport": (
        "Two airlines said that they will move their winter flights because the new runway is not finished yet.",
        "Passengers who booked before June can ask for their money back, according to a letter sent to agents.",
    ),
    "museum": (
        "A painting thought to be lost since the war hung for decades in a school corridor, historians reported.",
        "It will be shown from spring onwards beside the other works that the same family gave to the country.",
    ),
    "river": (
        "Farmers downstream fear for their rice after a week without rain left the lower canals nearly empty.",
        "Engineers opened the upper sluices at dawn and expect the water to arrive there by the end of Friday.",
    ),
}
PLACES = tuple(TEXTS)


@pytest.fixture
def config(tmp_path: Path) -> Config:
    (tmp_path / "feeds.toml").write_text(
        f'home = "{tmp_path}"\n[[feed]]\nurl = "https://lantern.example/rss"\noutlet = "{OUTLET}"\n', encoding="utf-8"
    )
    return load(tmp_path / "feeds.toml", {})


def article(place: str) -> Article:
    first, last = TEXTS[place]
    body = (first, MOTTO, last)
    url = f"https://lantern.example/{place}"
    return Article(url, f"Council rebuilds {place}", body, line_keys=page_keys(body), places=(PLACE, ">div.", PLACE))


def lost(place: str) -> Article:
    """The article as a reading gives it that misses the last paragraph."""
    story = article(place)
    return replace(story, body=story.body[:2], spans=(Span(SpanKind.ASIDE, story.body[2], LEFT_OUT, 2),))


def stored(config: Config, places: Sequence[str], read: Callable[[str], Article] = article) -> None:
    """The articles in a store, each with its story, one after the other as they come."""
    with steps.open_for(config) as store:
        store.feeds.sync([FeedSpec("https://lantern.example/rss", OUTLET)], NOW)
        entries = tuple(FeedEntry(place, f"https://lantern.example/{place}", place) for place in places)
        poll = PollRecord(store.feeds.due(NOW)[0], NOW, Outcome.OK, NOW, 900.0, entries=entries)
        for number, (entry_id, place) in enumerate(zip(store.feeds.record_poll(poll).new, places, strict=True)):
            page = PageRecord(
                f"https://lantern.example/{place}", "", NOW, 200, "text/html", "utf-8", f"{number:064}", 9
            )
            store.articles.record(entry_id, page, read(place), NOW + timedelta(minutes=number))
            steps.place_articles(config, NOW + timedelta(minutes=number))


def bodies(config: Config) -> dict[str, tuple[str, ...]]:
    """Canonical texts by title."""
    with steps.open_for(config) as store:
        heads = views.stories(store, 100)
        return {
            version.title: version.body for version in views.versions_of(store, [head.id for head in heads]).values()
        }


def test_a_repeated_line_leaves_what_was_stored_before(config: Config) -> None:
    stored(config, PLACES)
    assert sum(MOTTO in body for body in bodies(config).values()) == 2
    report = replay_articles(config, NOW + timedelta(hours=2))
    assert (report.counts["articles"], report.counts["versions"]) == (3, 2)  # one says only in how many it recurs now
    assert all(MOTTO not in body and len(body) == 2 for body in bodies(config).values())
    second_replay = replay_articles(config, NOW + timedelta(hours=3))
    assert (second_replay.counts["articles"], second_replay.counts["versions"]) == (0, 0)


def test_a_new_outlet_is_learned_before_its_articles_are_placed(config: Config) -> None:
    stored(config, PLACES[:2])
    assert all(MOTTO in body for body in bodies(config).values())
    with steps.open_for(config) as store:
        assert store.articles.new_outlets(40) == {}
        assert len(store.templates.load([OUTLET])[OUTLET][0]) == 1
    stored(config, PLACES[2:])
    later = [bodies(config)[f"Council rebuilds {place}"] for place in PLACES[2:]]
    assert later == [TEXTS[place] for place in PLACES[2:]]


def test_an_outlet_that_has_many_articles_is_left_to_replay(config: Config) -> None:
    stored(config, PLACES[:1])
    later = article("river")
    with steps.open_for(config) as store:
        poll = PollRecord(1, NOW, Outcome.OK, NOW, 900.0, entries=(FeedEntry("r", later.url, "river"),))
        [entry_id] = store.feeds.record_poll(poll).new
        page = PageRecord(later.url, "", NOW, 200, "text/html", "utf-8", "r" * 64, 9)
        store.articles.record(entry_id, page, later, NOW)
        assert store.articles.new_outlets(1) == {}
        [waiting] = store.articles.new_outlets(2).values()
        assert len(waiting) == 1


def test_the_order_in_which_pages_came_does_not_show(config: Config, tmp_path: Path) -> None:
    stored(config, PLACES)
    replay_articles(config, NOW + timedelta(hours=2))
    (tmp_path / "other").mkdir()
    text = (tmp_path / "feeds.toml").read_text(encoding="utf-8").replace(str(tmp_path), str(tmp_path / "other"))
    (tmp_path / "other" / "feeds.toml").write_text(text, encoding="utf-8")
    other_config = load(tmp_path / "other" / "feeds.toml", {})
    stored(other_config, PLACES[::-1])
    replay_articles(other_config, NOW + timedelta(hours=2))
    assert bodies(other_config) == bodies(config)


def test_an_operator_takes_a_removal_back_and_undoes_that(config: Config) -> None:
    stored(config, PLACES)
    replay_articles(config, NOW + timedelta(hours=2))
    assert all(MOTTO not in body for body in bodies(config).values())
    keep_line(config, OUTLET, MOTTO, NOW)
    replay_articles(config, NOW + timedelta(hours=3))
    assert bodies(config) == {f"Council rebuilds {place}": article(place).body for place in PLACES}
    assert forget_line(config, OUTLET, MOTTO)
    assert not forget_line(config, OUTLET, MOTTO)
    replay_articles(config, NOW + timedelta(hours=4))
    assert all(MOTTO not in body for body in bodies(config).values())


def test_what_was_learned_is_there_for_the_next_page(config: Config) -> None:
    stored(config, PLACES)
    replay_articles(config, NOW + timedelta(hours=2))
    with steps.open_for(config) as store:
        lines, places = store.templates.load([OUTLET])[OUTLET]
        assert (list(lines.values()), places) == ([4], {PLACE: 4})
        assert store.templates.load(["Unknown"]) == {"Unknown": ({}, {})}
        keep_line(config, OUTLET, MOTTO, NOW)
        keep_line(config, OUTLET, PLACE, NOW)
        assert store.templates.load([OUTLET]) == {OUTLET: ({}, {})}


def test_what_a_reading_left_out_comes_back_and_an_operator_refuses_it(config: Config) -> None:
    stored(config, PLACES, lost)
    assert bodies(config)[f"Council rebuilds {PLACES[0]}"] == lost(PLACES[0]).body
    replay_articles(config, NOW + timedelta(hours=2))
    assert bodies(config) == {f"Council rebuilds {place}": TEXTS[place] for place in PLACES}
    keep_line(config, OUTLET, PLACE, NOW)
    replay_articles(config, NOW + timedelta(hours=3))
    assert bodies(config) == {f"Council rebuilds {place}": lost(place).body for place in PLACES}
    assert forget_line(config, OUTLET, PLACE)
    replay_articles(config, NOW + timedelta(hours=4))
    assert bodies(config) == {f"Council rebuilds {place}": TEXTS[place] for place in PLACES}


def test_pages_past_their_time_are_forgotten(config: Config) -> None:
    stored(config, PLACES)
    report = replay_articles(config, NOW + timedelta(days=90))
    assert report.counts == {"articles": 0, "versions": 0, "lines": 0}


def test_by_the_command_line(config: Config, tmp_path: Path) -> None:
    stored(config, PLACES)
    run = CliRunner()
    options = ["--feeds", str(tmp_path / "feeds.toml")]
    assert run.invoke(app, ["keep", OUTLET, MOTTO, *options]).exit_code == 0
    assert run.invoke(app, ["keep", OUTLET, MOTTO, "--forget", *options]).exit_code == 0
    assert run.invoke(app, ["keep", OUTLET, MOTTO, "--forget", *options]).exit_code != 0
    result = run.invoke(app, ["replay", "--json", *options])
    assert result.exit_code == 0, result.output
    assert '"step": "replay"' in result.output


def numbers(config: Config) -> dict[str, tuple[int, list[int]]]:
    """Title -> story and articles."""
    with steps.open_for(config) as store:
        heads = views.stories(store, 100)
        copies = views.copies_of(store, [head.id for head in heads])
        return {head.title: (head.id, sorted(copy.article_id for copy in copies[head.id])) for head in heads}


def kinds(config: Config) -> list[str]:
    with steps.open_for(config) as store:
        return [change.kind.value for change in changes(store, 0, 1000)]


def test_a_person_merges_stories_and_undoes_it(config: Config) -> None:
    stored(config, PLACES)
    before = numbers(config)
    (harbour, harbour_copies), (airport, airport_copies) = (
        before["Council rebuilds harbour"],
        before["Council rebuilds airport"],
    )
    merge_stories(config, harbour, [airport], NOW + timedelta(hours=2))
    assert numbers(config)["Council rebuilds harbour"] == (harbour, sorted(harbour_copies + airport_copies))
    with steps.open_for(config) as store:
        assert views.story_of(store, airport).id == harbour
    assert kinds(config)[-1] == "story-merged"
    assert steps.place_articles(config, NOW + timedelta(hours=3)).counts["articles"] == 0
    assert unmerge_story(config, airport, NOW + timedelta(hours=4)) == harbour
    assert numbers(config) == before
    with pytest.raises(NotStored):
        unmerge_story(config, airport, NOW + timedelta(hours=5))


def test_a_person_splits_a_story(config: Config) -> None:
    stored(config, PLACES)
    before = numbers(config)
    (harbour, harbour_copies), (airport, airport_copies) = (
        before["Council rebuilds harbour"],
        before["Council rebuilds airport"],
    )
    merge_stories(config, harbour, [airport], NOW + timedelta(hours=2))
    new_story = split_story(config, harbour, airport_copies, NOW + timedelta(hours=3))
    assert new_story not in (harbour, airport)
    assert numbers(config)["Council rebuilds airport"] == (new_story, airport_copies)
    assert bodies(config)["Council rebuilds airport"] == article("airport").body
    for wrong in ([], [999], harbour_copies):
        with pytest.raises(NotStored):
            split_story(config, harbour, wrong, NOW + timedelta(hours=4))


def test_merging_and_splitting_by_the_command_line(config: Config, tmp_path: Path) -> None:
    stored(config, PLACES)
    before = numbers(config)
    (harbour, _), (airport, airport_copies) = before["Council rebuilds harbour"], before["Council rebuilds airport"]
    run, options = CliRunner(), ["--feeds", str(tmp_path / "feeds.toml")]
    assert run.invoke(app, ["merge", str(harbour), *options]).exit_code != 0
    assert run.invoke(app, ["merge", str(harbour), str(airport), *options]).exit_code == 0
    assert run.invoke(app, ["story", str(airport), "--json", *options]).output.startswith(f'{{"id": {harbour},')
    assert run.invoke(app, ["merge", "--undo", str(airport), *options]).exit_code == 0
    assert numbers(config) == before
    assert run.invoke(app, ["merge", str(harbour), str(airport), *options]).exit_code == 0
    assert run.invoke(app, ["split", str(harbour), *map(str, airport_copies), *options]).exit_code == 0


def test_a_replay_that_was_cut_short_goes_on_where_it_stopped(many_outlets: Config) -> None:
    def end_after_two(_step: str, number: int, _all: int) -> None:
        if number == 2:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        replay_articles(many_outlets, NOW, progress=end_after_two)
    assert replay_articles(many_outlets, NOW).succeeded == 2
    assert replay_articles(many_outlets, NOW).succeeded == 4


def test_one_outlet_is_no_part_of_a_pass(many_outlets: Config) -> None:
    assert replay_articles(many_outlets, NOW, "Outlet 3").succeeded == 1
    assert replay_articles(many_outlets, NOW).succeeded == 4


@pytest.fixture
def many_outlets(tmp_path: Path) -> Config:
    """A store with an article of each of four outlets."""
    feeds = [f'[[feed]]\nurl = "https://{n}.example/rss"\noutlet = "Outlet {n}"\n' for n in range(4)]
    (tmp_path / "feeds.toml").write_text(f'home = "{tmp_path}"\n' + "".join(feeds), encoding="utf-8")
    config = load(tmp_path / "feeds.toml", {})
    with steps.open_for(config) as store:
        store.feeds.sync(config.feeds, NOW)
        for number, feed_id in enumerate(store.feeds.due(NOW)):
            url = f"https://{number}.example/a"
            poll = PollRecord(feed_id, NOW, Outcome.OK, NOW, 900.0, entries=(FeedEntry("a", url, "A"),))
            page = PageRecord(url, "", NOW, 200, "text/html", "utf-8", f"{number:064}", 9)
            store.articles.record(store.feeds.record_poll(poll).new[0], page, Article(url, "A", ("Text.",)), NOW)
    return config
