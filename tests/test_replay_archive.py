"""Archived pages read again by today's rules: real HTTP, a real archive, real children."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from sqlalchemy import select
from typer.testing import CliRunner

from pipeline import steps
from pipeline.cli.main import app
from pipeline.config import Config, RightsConfig, load
from pipeline.model import Article, PageKind
from pipeline.steps.canonical import choose_canonicals
from pipeline.steps.passes import PASS
from pipeline.steps.replay_archive import CURSOR, is_other, replay_archive
from pipeline.store.reads import views
from pipeline.store.reads.archived import archived_pages
from pipeline.store.schema.tables import article as article_table
from tests.store.test_revisits import STORY, Site, page, standing

NOW = datetime.now(UTC)
OUTDATED = ("A body as an older rule had read it.", "It left out most of what the page says.")


@pytest.fixture
def config(tmp_path: Path) -> Config:
    with standing(Site()) as site:
        root = f"http://127.0.0.1:{site.port}"
        site.pages["/quay"] = page(*STORY)
        site.pages["/rss"] = (
            "<rss version='2.0'><channel><title>O</title><item><title>Cracks close the northern quay</title>"
            f"<link>{root}/quay</link></item></channel></rss>"
        )
        (tmp_path / "feeds.toml").write_text(
            f'home = "{tmp_path}"\n[fetch]\nhost_gap = 0\nrobots = false\nallow = ["127.0.0.1:{site.port}"]\n'
            f'[[feed]]\noutlet = "O"\nurl = "{root}/rss"\n'
        )
        config = load(tmp_path / "feeds.toml", {})
        steps.run_once(config, NOW)
    outdate(config)
    return config


def outdate(config: Config) -> None:
    """Store the article as an older rule had read it."""
    with steps.open_for(config) as store:
        [entry_id] = [page.entry_id for page in archived_pages(store, 0, 10)]
        [visited] = store.revisits.load([entry_id])
        with store.lease.acquire():
            store.articles.replace_bodies({visited.old.id: replace(visited.old.article, body=OUTDATED)}, NOW)


def stored_body(config: Config) -> list[str]:
    with steps.open_for(config) as store, store.reading() as db:
        return next(iter(db.scalars(select(article_table.c.body))))


def test_an_archived_page_is_read_by_today_s_rules_and_makes_a_version(config: Config) -> None:
    report = replay_archive(config, NOW + timedelta(hours=1))
    assert report.counts == {"pages": 1, "articles": 1, "versions": 0}
    assert tuple(stored_body(config)) == STORY
    assert replay_archive(config, NOW + timedelta(hours=2)).counts == {"pages": 1, "articles": 0, "versions": 0}


def test_a_canonical_text_that_reads_otherwise_gets_a_version(config: Config) -> None:
    with steps.open_for(config) as store:
        [head] = views.stories(store, 9)
        [page_of] = archived_pages(store, 0, 10)
        [visited] = store.revisits.load([page_of.entry_id])
        with store.lease.acquire():
            assert choose_canonicals(config, store, [head.id], NOW) == 1
    assert visited.old.article.body == OUTDATED
    assert replay_archive(config, NOW + timedelta(hours=1)).counts["versions"] == 1
    with steps.open_for(config) as store:
        assert views.one_story(store, head.id)[1][-1].body == STORY


def test_a_pass_that_was_cut_short_goes_on_where_it_ended(config: Config) -> None:
    with steps.open_for(config) as store:
        [archived] = archived_pages(store, 0, 10)
        store.cursors.advance(CURSOR, 3 * PASS + archived.entry_id)
    assert replay_archive(config, NOW).counts["pages"] == 0
    assert replay_archive(config, NOW).counts["pages"] == 1


def test_a_page_that_is_gone_from_the_archive_is_reported_and_leaves_what_is_stored(config: Config) -> None:
    for file in Path(config.archive).glob("*.warc.gz"):
        file.unlink()
    report = replay_archive(config, NOW)
    assert (report.succeeded, report.failed) == (0, 1)
    assert "no such archive file" in report.problems[0]
    assert tuple(stored_body(config)) == OUTDATED


@pytest.mark.parametrize(("later", "differs"), [("keep", False), ("remove", True)])
def test_what_is_reserved_now_goes_as_the_policy_says(config: Config, later: str, differs: bool) -> None:
    policy = replace(config, rights=RightsConfig(later=later))
    old = Article("https://o.example/", "T", ("text",))
    assert is_other(policy, old, replace(old, body=(), withheld="noai")) is differs
    assert not is_other(policy, replace(old, withheld="noai", body=()), old)
    assert not is_other(policy, old, replace(old, kind=PageKind.INDEX, body=()))


def test_by_the_command_line(config: Config, tmp_path: Path) -> None:
    options = ["--feeds", str(tmp_path / "feeds.toml")]
    result = CliRunner().invoke(app, ["replay", "--from-archive", "--json", *options])
    assert result.exit_code == 0, result.output
    assert '"articles": 1' in result.output
    assert CliRunner().invoke(app, ["replay", "--from-archive", "--outlet", "O", *options]).exit_code != 0
