"""Archives on Spark: the articles and the stories that one machine makes of them."""

from __future__ import annotations

import gzip
import json
import shutil
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import select
from typer.testing import CliRunner

from pipeline.archive.warc import Archive
from pipeline.cli.main import app
from pipeline.config import Config
from pipeline.config.settings import BackfillConfig, EngineName, RightsConfig
from pipeline.errors import StoreError
from pipeline.records import page_record
from pipeline.steps import open_for
from pipeline.steps.backfill import BackfillOptions, open_engine, open_sources, run_backfill
from pipeline.steps.backfill.article_files import SCHEMA, archived_article
from pipeline.steps.backfill.placing import WorkFolder
from pipeline.store.schema.tables import article
from tests.corpus import CORPUS
from tests.store.test_revisits import STORY, page
from tests.test_backfill import NOW, START, clustered_stories, corpus, stored_stories

pytest.importorskip("pyspark", reason="Spark is not installed: make spark")
pytestmark = pytest.mark.skipif(not shutil.which("java"), reason="Spark needs a Java 17 or 21")
ON_SPARK = BackfillOptions(days=2, engine=EngineName.SPARK)
PAGES = 400


@pytest.fixture
def config(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Config:
    monkeypatch.setenv("SPARK_LOCAL_IP", "127.0.0.1")
    monkeypatch.setenv("PYSPARK_SUBMIT_ARGS", "--conf spark.ui.enabled=false pyspark-shell")
    store, archive = f"sqlite:///{tmp_path / 'copydesk.db'}", str(tmp_path / "archive")
    return Config(home=tmp_path, store=store, archive=archive, backfill=BackfillConfig("local[2]"))


def crawl(folder: Path, pages: list[tuple[str, bytes]]) -> Path:
    """A WARC file of these pages (address, bytes), a minute apart."""
    with Archive(str(folder)) as archive:
        for number, (url, body) in enumerate(pages):
            archive.write(url, START + timedelta(minutes=number), 200, [("Content-Type", "text/html")], body)
    [warc] = folder.glob("*.warc.gz")
    return warc


def articles_on(config: Config, engine: EngineName, warc: Path) -> tuple[list[dict[str, Any]], list[str]]:
    """All rows of the articles that an engine makes of an archive, by address, and its lines for pages without one."""
    options, folder = BackfillOptions(engine=engine), WorkFolder(config.home / engine)
    problems: list[str] = []
    for read in open_engine(config, folder, options, lambda *_: None).read(open_sources([warc])):
        problems += read.problems
    tables = [folder.articles.table(day, SCHEMA.names) for day in folder.articles.counts()]
    assert all(table.schema.equals(SCHEMA) for table in tables)
    return sorted((row for table in tables for row in table.to_pylist()), key=lambda row: row["url"]), sorted(problems)


def test_stories_of_pages_and_documents_are_those_of_one_machine(config: Config, tmp_path: Path) -> None:
    documents = tmp_path / "corpus.jsonl"
    documents.write_text("".join(json.dumps(row) + "\n" for row in corpus()), encoding="utf-8")
    body = page(*STORY).encode()
    warc = crawl(tmp_path / "crawl", [("https://www.post.example/quay", body), ("https://courier.example/quay", body),
                                      ("https://courier.example/empty", b"<p>")])  # fmt: skip
    report = run_backfill(config, open_sources([documents, warc]), ON_SPARK, NOW)
    assert report.counts["loaded"] == 146
    assert [line.partition(": ")[0] for line in report.problems] == ["https://courier.example/empty"]
    of_archive, of_documents = [], set()
    for story in stored_stories(config):
        of_archive += [story] if any("post.example" in url for url in story) else []
        of_documents |= set() if any("post.example" in url for url in story) else {story}
    assert [len(story) for story in of_archive] == [2]
    assert of_documents == clustered_stories()
    assert run_backfill(config, open_sources([documents, warc]), ON_SPARK, NOW).counts["loaded"] == 0
    with open_for(config) as store, store.reading() as db:
        assert len(db.scalars(select(article.c.id)).all()) == 146


def test_a_failed_task_is_told_by_its_own_error(config: Config, tmp_path: Path) -> None:
    (tmp_path / "c.wacz").write_bytes(b"this is no package")
    with pytest.raises(StoreError, match=r"Spark failed: .*cannot be read"):
        run_backfill(config, open_sources([tmp_path / "c.wacz"]), ON_SPARK, NOW)


def real_pages() -> list[tuple[str, str, Path]]:
    """Pages of the corpus: address, outlet and file; each address once."""
    pages: dict[str, tuple[str, str, Path]] = {}
    for truth in sorted(CORPUS.glob("extraction/*/truth.jsonl")):
        for row in map(json.loads, filter(None, truth.read_text(encoding="utf-8").split("\n"))):
            url, file = str(row.get("url") or ""), truth.parent / "html" / f"{row['id']}.html.gz"
            if url.startswith("http") and file.exists():
                pages.setdefault(url, (url, url.split("/")[2].split(":")[0].removeprefix("www."), file))
    return sorted(pages.values())[::2][:PAGES]


@pytest.mark.skipif(not CORPUS.exists(), reason=f"no corpus at {CORPUS} (COPYDESK_CORPUS)")
def test_real_pages_are_letter_for_letter_those_of_extract_many(config: Config, tmp_path: Path) -> None:
    config = replace(config, rights=RightsConfig(withhold=()))
    pages = real_pages()
    assert len(pages) == PAGES
    warc = crawl(tmp_path / "crawl", [(url, gzip.decompress(file.read_bytes())) for url, _, file in pages])
    rows, problems = articles_on(config, EngineName.SPARK, warc)
    listed = tmp_path / "pages.jsonl"
    listed.write_text("".join(json.dumps({"id": url, "url": url, "outlet": outlet, "html_path": str(file)}) + "\n"
                              for url, outlet, file in pages))  # fmt: skip
    result = CliRunner().invoke(app, ["extract-many", str(listed), "--out", str(tmp_path / "articles.jsonl")])
    assert result.exit_code == 0, result.output
    expected = {
        row["id"]: row
        for row in map(json.loads, filter(None, (tmp_path / "articles.jsonl").read_text(encoding="utf-8").split("\n")))
    }
    assert len(rows) + len(problems) == PAGES
    assert len(rows) > PAGES / 2
    for row in rows:
        record = json.loads(json.dumps(page_record(row["url"], archived_article(row).article)))
        assert record == expected[row["url"]]
