"""Archives into the store: the stories that the articles have when they come one by one, whatever is cut short."""

from __future__ import annotations

import json
import multiprocessing
import os
import signal
from collections.abc import Callable
from datetime import UTC, datetime, timedelta, timezone
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import select
from typer.testing import CliRunner

from pipeline.archive.warc import Archive
from pipeline.cli.main import app
from pipeline.config import Config, MatchConfig
from pipeline.errors import StoreError, UsageError
from pipeline.match.corpus import cluster_documents
from pipeline.match.fingerprint import fingerprint_bodies
from pipeline.match.sentences import hashed_sentences
from pipeline.model import Article, Basis, Moment, Precision
from pipeline.steps import backfill, open_for
from pipeline.steps.backfill import BackfillOptions, open_sources, run_backfill
from pipeline.steps.backfill.article_files import ArchivedArticle, ArticleFiles
from pipeline.steps.backfill.loading import StoryLoader
from pipeline.store.reads.changes import changes
from pipeline.store.row_records import moment
from pipeline.store.schema.tables import article, copy, entry, feed, story, version, waiting
from tests.store.conftest import store_url
from tests.store.test_revisits import STORY, page

__all__ = ["store_url"]
NOW = datetime(2026, 6, 1, tzinfo=UTC)
START = datetime(2026, 3, 1, 9, tzinfo=UTC)
# As a page writes it: its offset is not that of UTC.
WRITTEN = "2026-03-01T16:06:40+08:00"
PUBLISHED = f'<meta property="article:published_time" content="{WRITTEN}"></head>'
SPAWNED = multiprocessing.get_context("spawn")
# Three slices of two days.
OPTIONS = BackfillOptions(workers=2, days=2)


def text(number: int) -> str:
    """Ten sentences that only this story has."""
    words = ("harbour", "council", "tariff", "engineer", "glacier", "orchard", "verdict", "railway", "museum", "comet")
    return "\n".join(
        f"Report {number} says that the {word} of quarter {number * 7 + line} was counted by inspector {number}-{line}."
        for line, word in enumerate(words)
    )


def corpus() -> list[dict[str, Any]]:
    """A story every three hours for six days, each carried by three outlets, the last of them a day later."""
    rows = []
    for number in range(48):
        for outlet, hours in enumerate((0, 1, 25)):
            at = START + timedelta(hours=3 * number + hours)
            rows.append({"id": f"{number}-{outlet}", "outlet": f"Outlet {outlet}", "published": at.isoformat(),
                         "title": f"Story {number}", "text": text(number)})  # fmt: skip
    return sorted(rows, key=lambda row: str(row["published"]))


@pytest.fixture
def config(store_url: str, tmp_path: Path) -> Config:
    return Config(home=tmp_path, store=store_url, archive=str(tmp_path / "archive"))


@pytest.fixture
def documents(tmp_path: Path) -> Path:
    path = tmp_path / "corpus.jsonl"
    path.write_text("".join(json.dumps(row) + "\n" for row in corpus()), encoding="utf-8")
    return path


def stored_stories(config: Config) -> set[frozenset[str]]:
    """The stories of the store, each as the ids of its documents."""
    query = select(copy.c.story_id, entry.c.url).join_from(copy, article).join(entry)
    by_story: dict[int, set[str]] = {}
    with open_for(config) as store, store.reading() as db:
        for row in db.execute(query):
            by_story.setdefault(row.story_id, set()).add(row.url.rpartition(":")[2])
    return {frozenset(ids) for ids in by_story.values()}


def clustered_stories() -> set[frozenset[str]]:
    by_story: dict[str, set[str]] = {}
    for row in cluster_documents(corpus(), MatchConfig()):
        by_story.setdefault(row["story"], set()).add(row["id"])
    return {frozenset(ids) for ids in by_story.values()}


def test_slices_give_the_stories_of_documents_that_come_one_by_one(config: Config, documents: Path) -> None:
    report = run_backfill(config, open_sources([documents]), OPTIONS, NOW)
    assert report.counts == {"articles": 144, "slices": 4, "loaded": 144, "stored before": 0}
    assert stored_stories(config) == clustered_stories()
    assert not list((config.home / "backfill").iterdir())
    with open_for(config) as store, store.reading() as db:
        assert not db.scalars(select(waiting.c.article_id)).all()
        assert not db.scalars(select(feed.c.id).where(feed.c.listed)).all()
        versions = db.execute(select(story.c.version, version.c.body).join(version, version.c.story_id == story.c.id))
        assert all(row.version and len(row.body) == 10 for row in versions)
        assert "story -" not in " ".join(db.scalars(select(copy.c.reason)))
        logged = [change.kind.value for change in changes(store, "", 10_000)]
        assert (logged.count("story-created"), logged.count("copy-added")) == (48, 144)
    second_report = run_backfill(config, open_sources([documents]), OPTIONS, NOW)
    assert second_report.counts["loaded"] == 0
    assert stored_stories(config) == clustered_stories()


def die(*_: object, **__: object) -> None:
    os.kill(os.getpid(), signal.SIGKILL)


def die_at_second(work: Callable[..., Any]) -> Callable[..., Any]:
    calls = iter(range(1000))

    def once(*args: Any, **options: Any) -> Any:
        if next(calls):
            die()
        return work(*args, **options)

    return once


DEATHS: dict[str, Callable[[], None]] = {
    "when a source was read": lambda: setattr(backfill, "_set_mark", die),
    "before the slices are placed": lambda: setattr(backfill, "save_first_seen", die),
    "before the first article is loaded": lambda: setattr(backfill, "load_slices", die),
    "between two parts": lambda: setattr(StoryLoader, "_load_part", die_at_second(StoryLoader._load_part)),
    "between articles and stories": lambda: setattr(StoryLoader, "_plan", die_at_second(StoryLoader._plan)),
}


def run_and_die(config: Config, path: Path, death: str) -> None:
    import pipeline.steps.backfill.loading as loading

    loading.PART = 50
    DEATHS[death]()
    run_backfill(config, open_sources([path]), OPTIONS, NOW)


@pytest.mark.parametrize("death", DEATHS)
def test_a_killed_backfill_goes_on_where_it_was(config: Config, documents: Path, death: str) -> None:
    process = SPAWNED.Process(target=run_and_die, args=(config, documents, death))
    process.start()
    process.join()
    assert process.exitcode == -signal.SIGKILL
    if os.environ.get("COPYDESK_STORE", config.store).startswith("sqlite"):
        with open_for(config) as store:
            store.lease.free()
    run_backfill(config, open_sources([documents]), OPTIONS, NOW)
    assert stored_stories(config) == clustered_stories()
    with open_for(config) as store, store.reading() as db:
        assert len(db.scalars(select(article.c.id)).all()) == 144


@pytest.fixture
def sqlite_config(tmp_path: Path) -> Config:
    return Config(home=tmp_path, store=f"sqlite:///{tmp_path / 'copydesk.db'}", archive=str(tmp_path / "archive"))


def test_pages_of_a_web_archive_are_extracted_as_new_ones_are(sqlite_config: Config, tmp_path: Path) -> None:
    with Archive(str(tmp_path / "crawl")) as archive:
        body = page(*STORY).replace("</head>", PUBLISHED).encode()
        headers = [("Content-Type", "text/html; charset=utf-8")]
        archive.write("https://www.post.example/quay", START, 200, headers, body)
        archive.write("https://courier.example/quay", START + timedelta(hours=1), 200, headers, body)
        archive.write("https://courier.example/none", START, 404, headers, b"gone")
        archive.write("https://courier.example/picture", START, 200, [("Content-Type", "image/png")], b"x")
    [warc] = (tmp_path / "crawl").glob("*.warc.gz")
    report = run_backfill(sqlite_config, open_sources([warc]), OPTIONS, NOW)
    assert (report.counts["loaded"], report.problems) == (2, ())
    with open_for(sqlite_config) as store, store.reading() as db:
        assert set(db.scalars(select(article.c.outlet))) == {"post.example", "courier.example"}
        assert len(set(db.scalars(select(copy.c.story_id)))) == 1
        published = moment(db.execute(select(article).limit(1)).mappings().one(), "published")
        assert published is not None
        assert published.value.isoformat() == WRITTEN


@given(st.integers(-14 * 60, 14 * 60), st.sampled_from(Precision))
def test_an_article_in_files_keeps_the_offset_of_its_times(
    tmp_path_factory: pytest.TempPathFactory, minutes: int, precision: Precision
) -> None:
    at = START.replace(tzinfo=timezone(timedelta(minutes=minutes)))
    body, published = tuple(STORY), Moment(at, precision, Basis.META)
    [fingerprint] = fingerprint_bodies([body])
    extracted = Article("https://post.example/quay", "Quay", body, published=published, updated=published,
                        line_keys=frozenset({0, 2**64 - 1}), fingerprint=fingerprint)  # fmt: skip
    archived = ArchivedArticle("quay", extracted.url, "Post", at, at, 9, extracted, (), fingerprint,
                               hashed_sentences(body))  # fmt: skip
    files = ArticleFiles(tmp_path_factory.mktemp("articles"))
    files.write("source", [archived])
    [day] = files.counts()
    [read] = files.articles(day)
    assert read == archived
    assert read.article.published is not None
    assert read.article.published.value.isoformat() == at.isoformat()


def test_tables_of_documents_are_read_as_lines_are(sqlite_config: Config, tmp_path: Path) -> None:
    rows = [row | {"published": datetime.fromisoformat(row["published"])} for row in corpus()]
    pq.write_table(pa.Table.from_pylist(rows), tmp_path / "corpus.parquet")
    run_backfill(sqlite_config, open_sources([tmp_path / "corpus.parquet"]), OPTIONS, NOW)
    assert stored_stories(sqlite_config) == clustered_stories()


def test_what_is_no_archive_is_refused(tmp_path: Path) -> None:
    for name, content in (("a.txt", ""), ("b.jsonl", '{"id": 1, "url": "u", "html_path": "p"}')):
        (tmp_path / name).write_text(content)
        with pytest.raises(UsageError, match=r"no kind of archive|a list of pages"):
            open_sources([tmp_path / name])
    (tmp_path / "c.wacz").write_bytes(b"this is no package")
    config = Config(home=tmp_path, store=f"sqlite:///{tmp_path / 'x.db'}", archive="a")
    with pytest.raises(StoreError, match="cannot be read"):
        run_backfill(config, open_sources([tmp_path / "c.wacz"]), OPTIONS, NOW)


def test_a_dry_run_tells_the_sources_and_writes_nothing(documents: Path, tmp_path: Path) -> None:
    (tmp_path / "feeds.toml").write_text(f'home = "{tmp_path / "home"}"\n')
    call = ["backfill", str(documents), "--feeds", str(tmp_path / "feeds.toml"), "--dry-run", "--json"]
    result = CliRunner().invoke(app, call)
    assert result.exit_code == 0, result.output
    assert json.loads(result.output)["records"] == 144
    assert not (tmp_path / "home").exists()
