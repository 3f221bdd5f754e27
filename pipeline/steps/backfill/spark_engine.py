"""A backfill on Spark: the same functions as on one machine, a partition of rows at a time.

The driver and all executors see the sources and the work folder under the same paths, and have this package installed.
Pages go from their archive's task to those that extract them, and from there to the task that learns their outlet's
template; the rows of one chunk of one outlet are in one task's memory together, as on one machine.
"""

from __future__ import annotations

import os
import shutil
import sys
from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import replace
from datetime import date
from functools import partial
from itertools import groupby, islice, tee
from operator import itemgetter
from pathlib import Path
from typing import Any

import msgspec
import pyarrow as pa

from pipeline.config import Config
from pipeline.config.settings import NotifyConfig
from pipeline.errors import CopydeskError, StoreError, needs_extra
from pipeline.extract.many import CapturedPage, PageResult, read_pages, without_outlet_repeats
from pipeline.match.slices import TimeSlice
from pipeline.model import Article
from pipeline.steps.backfill.article_files import SCHEMA, TIME, ArchivedArticle, article_row
from pipeline.steps.backfill.engine import ReadSource
from pipeline.steps.backfill.extraction import (
    PAGES_TOGETHER,
    archived_documents,
    archived_pages,
    page_problem,
    source_pages,
)
from pipeline.steps.backfill.placing import WorkFolder, place_time_slice
from pipeline.steps.backfill.sources import Source, SourceKind
from pipeline.steps.context import Progress, silent

with needs_extra("spark", concerns="backfill --engine spark"):
    from pyspark.errors import PySparkException
    from pyspark.sql import DataFrame, SparkSession
    from pyspark.sql import functions as spark_functions
    from pyspark.sql.pandas.types import from_arrow_schema
    from pyspark.storagelevel import StorageLevel

PAGE_FIELDS = [("source", pa.string()), ("number", pa.int64()), ("url", pa.string()), ("outlet", pa.string()),
               ("fetched", TIME)]  # fmt: skip
# Pages as their archive has them. ``number`` counts those of one source.
CAPTURES = pa.schema([*PAGE_FIELDS, ("charset", pa.string()), ("body", pa.binary())])
# What each page says by itself: ``article`` as JSON. ``chunk``: pages whose outlets' templates are learned together.
READ_PAGES = pa.schema([*PAGE_FIELDS, ("chunk", pa.int64()), ("error", pa.string()), ("article", pa.binary())])
# Articles with the folder that they go to; of a page without one ``problem`` alone.
ARTICLES = pa.schema([("source", pa.string()), ("day", pa.string()), ("problem", pa.string()), *SCHEMA])
# Rows that pass between Spark and Python together: pages are 0.1 MB each, and at most [fetch] max_bytes.
ROWS = 50
# Tasks a core: pages differ in what they cost, and the last task should not be waited for long.
TASKS_A_CORE = 4
SETTINGS = {
    "spark.sql.session.timeZone": "UTC",
    "spark.sql.parquet.outputTimestampType": "TIMESTAMP_MICROS",
    "spark.sql.parquet.compression.codec": "zstd",
    "spark.sql.execution.arrow.maxRecordsPerBatch": str(ROWS),
}
_decode_article = msgspec.json.Decoder(Article).decode
Batches = Iterator[pa.RecordBatch]
Rows = Iterator[dict[str, Any]]


class SparkEngine:
    """Reads and places by tasks of Spark, each of one core. ``[backfill] spark_master`` says whose."""

    def __init__(self, config: Config, folder: WorkFolder, progress: Progress) -> None:
        # Executors read no store and tell nobody: what may hold a password does not travel to them.
        travelling = replace(config, store="", archive="", notify=NotifyConfig())
        self._config = replace(travelling, extract=replace(config.extract, workers=1))
        self._folder, self._progress = folder, progress

    def read(self, sources: Sequence[Source]) -> Iterator[ReadSource]:
        """Read all sources in one job, and take over each one's articles."""
        written = self._folder.path / "spark"
        with spark_session(self._config.backfill.spark_master) as spark:
            problems = write_articles(spark, self._config, sources, written)
        for number, source in enumerate(sources, 1):
            self._folder.articles.take(source.name, written / f"source={source.name}")
            yield ReadSource(source, problems[source.name])
            self._progress("read", number, len(sources))
        shutil.rmtree(written, ignore_errors=True)

    def place(self, slices: Sequence[TimeSlice], numbers: Mapping[date, int]) -> Iterator[TimeSlice]:
        """Place slices, each in a task."""
        place = partial(_place, self._folder, numbers, self._config)
        with spark_session(self._config.backfill.spark_master) as spark:
            spark.sparkContext.parallelize(slices, len(slices)).foreach(place)
        yield from slices


def _place(folder: WorkFolder, numbers: Mapping[date, int], config: Config, time_slice: TimeSlice) -> None:
    place_time_slice(folder, time_slice, numbers, config.match, config.canonical)


@contextmanager
def spark_session(master: str) -> Iterator[SparkSession]:
    """Open a session whose Python is this one, unless ``PYSPARK_PYTHON`` names another. Raises StoreError for what
    fails in it."""
    os.environ.setdefault("PYSPARK_PYTHON", sys.executable)
    builder = SparkSession.builder.appName("copydesk backfill").master(master)
    try:
        spark = builder.config(map=SETTINGS).getOrCreate()
        spark.sparkContext.setLogLevel("ERROR")
        try:
            yield spark
        finally:
            spark.stop()
    except (PySparkException, OSError) as error:
        raise spark_failure(error, master) from error


def spark_failure(error: BaseException, master: str) -> CopydeskError:
    """Return what failed on Spark, by the last line that a task's Python printed of it."""
    lines = [line.strip() for line in str(error).splitlines() if line.strip()] or [type(error).__name__]
    python_errors = [line for line in lines if line.startswith("pipeline.")] or lines
    todo = "run the command again: it goes on where it was; Spark's own log has more. It needs a Java 17 or 21"
    return StoreError(f"Spark failed: {python_errors[-1][:500]}", concerns=master, todo=todo)


def write_articles(
    spark: SparkSession, config: Config, sources: Sequence[Source], folder: Path
) -> dict[str, list[str]]:
    """Write ``source=NAME/day=YYYY-MM-DD/*.parquet`` with the articles of each source, by its name. Return the lines
    for pages without one, by source."""
    articles = _page_articles(spark, config, [source for source in sources if source.kind is SourceKind.PAGES])
    documents = _document_articles(spark, [source for source in sources if source.kind is not SourceKind.PAGES])
    rows = articles.unionByName(documents).persist(StorageLevel.DISK_ONLY)
    is_article = spark_functions.col("problem").isNull()
    by_day = rows.where(is_article).drop("problem").repartition("source", "day").sortWithinPartitions("at", "id")
    by_day.write.mode("overwrite").partitionBy("source", "day").parquet(folder.absolute().as_uri())
    problems: dict[str, list[str]] = defaultdict(list)
    for row in rows.where(~is_article).select("source", "problem").orderBy("source", "problem").toLocalIterator():
        problems[row["source"]].append(row["problem"])
    return problems


def _page_articles(spark: SparkSession, config: Config, sources: Sequence[Source]) -> DataFrame:
    tasks = max(spark.sparkContext.defaultParallelism * TASKS_A_CORE, len(sources))
    captured = _each_source(spark, sources, partial(_captures, config), CAPTURES)
    read = _mapped(captured.repartition(tasks, "source", "number"), partial(_read_pages, config), READ_PAGES)
    chunk = ("source", "chunk", "outlet")
    together = read.repartition(tasks, *chunk).sortWithinPartitions(*chunk, "number")
    return _mapped(together, partial(_archived_pages, config), ARTICLES)


def _document_articles(spark: SparkSession, sources: Sequence[Source]) -> DataFrame:
    return _each_source(spark, sources, _archived_documents, ARTICLES)


def _each_source(
    spark: SparkSession, sources: Sequence[Source], read: Callable[[Source], Rows], schema: pa.Schema
) -> DataFrame:
    """Return the rows of each source, which one task reads in its order."""
    paths = [(str(source.path.absolute()), source.kind.value) for source in sources]
    rows = spark.sparkContext.parallelize(paths, max(len(paths), 1)).toDF("path string, kind string")
    return _mapped(rows, partial(_of_each_source, read), schema)


def _of_each_source(read: Callable[[Source], Rows], rows: Rows) -> Rows:
    for row in rows:
        yield from read(Source(Path(row["path"]), SourceKind(row["kind"])))


def _mapped(frame: DataFrame, work: Callable[[Rows], Rows], schema: pa.Schema) -> DataFrame:
    return frame.mapInArrow(partial(_in_batches, work, schema), from_arrow_schema(schema))


def _in_batches(work: Callable[[Rows], Rows], schema: pa.Schema, rows: Batches) -> Batches:
    made_rows = work(row for batch in rows for row in batch.to_pylist())
    while part := list(islice(made_rows, ROWS)):
        yield pa.RecordBatch.from_pylist(part, schema=schema)


def _captures(config: Config, source: Source) -> Rows:
    for number, page in enumerate(source_pages(config, source)):
        yield {"source": source.name, "number": number, "url": page.url, "outlet": page.outlet,
               "fetched": page.fetched_at, "charset": page.charset, "body": page.body}  # fmt: skip


def _read_pages(config: Config, rows: Rows) -> Rows:
    captured, places = tee(rows)
    pages = (_captured_page(row, row["charset"], row["body"]) for row in captured)
    results = read_pages(pages, config.extract, config.fetch.max_bytes, silent)
    for result, row in zip(results, places, strict=True):
        yield {**{name: row[name] for name, _ in PAGE_FIELDS}, "chunk": row["number"] // PAGES_TOGETHER,
               "error": result.error, "article": msgspec.json.encode(result.article)}  # fmt: skip


def _captured_page(row: Mapping[str, Any], charset: str = "", body: bytes = b"") -> CapturedPage:
    return CapturedPage(row["url"], row["url"], row["outlet"], row["fetched"], charset, body)


def _archived_pages(config: Config, rows: Rows) -> Rows:
    for (source, _, _), chunk in groupby(rows, itemgetter("source", "chunk", "outlet")):
        read = [PageResult(_captured_page(row), _decode_article(row["article"]), row["error"]) for row in chunk]
        results = list(without_outlet_repeats(read))
        yield from ({"source": source, "problem": line} for line in filter(None, map(page_problem, results)))
        yield from _article_rows(source, archived_pages(config.rights, results))


def _archived_documents(source: Source) -> Rows:
    return _article_rows(source.name, archived_documents(source))


def _article_rows(source: str, articles: Iterable[ArchivedArticle]) -> Rows:
    for article in articles:
        yield {"source": source, "day": article.day.isoformat(), **article_row(article)}
