"""Articles of an archive as Parquet files, ``article/day=YYYY-MM-DD/*.parquet``, each file whole or not there."""

from __future__ import annotations

import shutil
from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

import msgspec

from pipeline.errors import needs_extra
from pipeline.match.reading import ReadDocument
from pipeline.match.sentences import SentenceHashes
from pipeline.model import Article, Claim, Fingerprint, VersionKind

with needs_extra("parquet", concerns="backfill"):
    import pyarrow as pa
    import pyarrow.parquet as pq

TIME = pa.timestamp("us", tz="UTC")
# ``body`` are the story's lines; ``article`` has all else that was found (spans, dates, authors), as JSON:
# msgspec's msgpack turns times into UTC, and what an outlet wrote has its offset.
SCHEMA = pa.schema([
    ("id", pa.string()), ("url", pa.string()), ("outlet", pa.string()), ("at", TIME), ("fetched", TIME),
    ("length", pa.int32()), ("title", pa.string()), ("body", pa.list_(pa.string())), ("mark", pa.string()),
    ("recipe", pa.int16()), ("tokens", pa.int32()), ("shingles", pa.binary()), ("keys", pa.binary()),
    ("sentences", pa.binary()), ("claims", pa.binary()), ("article", pa.binary()),
])  # fmt: skip
MATCHED = ("id", "url", "outlet", "at", "length", "title", "body", "mark", "recipe", "tokens", "shingles", "keys",
           "sentences", "claims")  # fmt: skip
# Articles in memory before they are written, some 20 KB each.
BUFFERED = 2000
_decode_article = msgspec.json.Decoder(Article).decode
_decode_claims = msgspec.msgpack.Decoder(tuple[Claim, ...]).decode
_decode_sentences = msgspec.msgpack.Decoder(SentenceHashes).decode


@dataclass(frozen=True, slots=True)
class ArchivedArticle:
    """An article of an archive. ``at``: when it came out; ``length``: characters of its text as it came."""

    id: str
    url: str
    outlet: str
    at: datetime
    fetched_at: datetime
    length: int
    article: Article
    claims: tuple[Claim, ...]
    fingerprint: Fingerprint
    sentences: SentenceHashes

    @property
    def day(self) -> date:
        """Return the day, in UTC, that it came out."""
        return self.at.astimezone(UTC).date()


class ArticleFiles:
    """The files of one folder. A source's files have its name, so that a source that was cut short begins anew."""

    def __init__(self, folder: Path) -> None:
        self.path = folder

    def write(self, source: str, articles: Iterable[ArchivedArticle]) -> int:
        """Write a source's articles in place of those of an earlier try; return how many."""
        self._remove_source(source)
        total = 0
        buffered: list[ArchivedArticle] = []
        for total, article in enumerate(articles, 1):
            buffered.append(article)
            if len(buffered) >= BUFFERED:
                self._write_days(f"{source}-{total:09}", buffered)
                buffered = []
        self._write_days(f"{source}-{total:09}", buffered)
        return total

    def _remove_source(self, source: str) -> None:
        for old in self.path.glob(f"day=*/{source}-*.parquet*"):
            old.unlink()

    def _write_days(self, name: str, articles: Sequence[ArchivedArticle]) -> None:
        by_day: dict[date, list[ArchivedArticle]] = defaultdict(list)
        for article in articles:
            by_day[article.day].append(article)
        for day, of_day in by_day.items():
            table = pa.Table.from_pylist([article_row(article) for article in of_day], schema=SCHEMA)
            write_whole(self.path / f"day={day.isoformat()}" / f"{name}.parquet", table)

    def take(self, source: str, folder: Path) -> None:
        """Take over a source's articles that were written elsewhere, ``folder/day=YYYY-MM-DD/*.parquet`` on the same
        file system, in place of those of an earlier try."""
        self._remove_source(source)
        for number, path in enumerate(sorted(folder.glob("day=*/*.parquet"))):
            day = self.path / path.parent.name
            day.mkdir(parents=True, exist_ok=True)
            path.rename(day / f"{source}-{number:09}.parquet")

    def counts(self) -> dict[date, int]:
        """Return day -> how many articles it has, in order."""
        counts: dict[date, int] = defaultdict(int)
        for path in self.path.glob("day=*/*.parquet"):
            counts[date.fromisoformat(path.parent.name.removeprefix("day="))] += pq.ParquetFile(path).metadata.num_rows
        return dict(sorted(counts.items()))

    def table(self, day: date, columns: Sequence[str]) -> pa.Table:
        """Return a day's articles in placing order: by time; at one time the longest comes first."""
        files = sorted((self.path / f"day={day.isoformat()}").glob("*.parquet"))
        tables = [pq.ParquetFile(path).read(columns=list(columns)) for path in files]
        return pa.concat_tables(tables).sort_by([("at", "ascending"), ("length", "descending"), ("id", "ascending")])

    def documents(self, day: date, first: int) -> Iterator[ReadDocument]:
        """Yield a day's articles as matching reads them, numbered from ``first`` on."""
        for batch in self.table(day, MATCHED).to_batches(max_chunksize=500):
            for row in batch.to_pylist():
                yield _document(row, first)
                first += 1

    def articles(self, day: date) -> Iterator[ArchivedArticle]:
        """Yield a day's articles whole."""
        for batch in self.table(day, SCHEMA.names).to_batches(max_chunksize=500):
            yield from map(archived_article, batch.to_pylist())

    def remove(self) -> None:
        """Remove all files."""
        shutil.rmtree(self.path, ignore_errors=True)


def write_whole(path: Path, table: pa.Table) -> None:
    """Write a file under another name until it is whole."""
    path.parent.mkdir(parents=True, exist_ok=True)
    part = path.with_name(path.name + ".part")
    pq.write_table(table, part, compression="zstd")
    part.replace(path)


def article_row(archived: ArchivedArticle) -> dict[str, Any]:
    """Return an article as a row of :data:`SCHEMA`."""
    article, fingerprint = archived.article, archived.fingerprint
    return {
        "id": archived.id, "url": archived.url, "outlet": archived.outlet, "at": archived.at,
        "fetched": archived.fetched_at, "length": archived.length, "title": article.title, "body": article.body,
        "mark": article.mark.value, "recipe": fingerprint.version, "tokens": fingerprint.tokens,
        "shingles": fingerprint.shingles, "keys": fingerprint.bands,
        "sentences": msgspec.msgpack.encode(archived.sentences), "claims": msgspec.msgpack.encode(archived.claims),
        "article": msgspec.json.encode(replace(article, body=())),
    }  # fmt: skip


def _fingerprint(row: dict[str, Any]) -> Fingerprint:
    return Fingerprint(row["recipe"], row["shingles"], row["keys"], row["tokens"])


def _document(row: dict[str, Any], number: int) -> ReadDocument:
    return ReadDocument(
        number, number, row["outlet"], row["at"], row["title"], tuple(row["body"]), VersionKind(row["mark"]),
        _decode_claims(row["claims"]), _fingerprint(row), _decode_sentences(row["sentences"]),
    )  # fmt: skip


def archived_article(row: dict[str, Any]) -> ArchivedArticle:
    """Return the article of a row of :data:`SCHEMA`."""
    article = replace(_decode_article(row["article"]), body=tuple(row["body"]))
    return ArchivedArticle(
        row["id"], row["url"], row["outlet"], row["at"], row["fetched"], row["length"], article,
        _decode_claims(row["claims"]), _fingerprint(row), _decode_sentences(row["sentences"]),
    )  # fmt: skip
