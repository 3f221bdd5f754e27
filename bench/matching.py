"""Documents a second that clustering places into the store on disk, beside datasketch in memory.

``python -m bench.matching``: texts of 400 words, five copies a story in twenty outlets (``--outlets``), one every
twenty seconds. Both start from the text: ours reads waiting articles from SQLite and writes copies, keys, stories,
versions and changes; datasketch updates a MinHash, queries a MinHashLSH and inserts into it, in memory. One core, in
alternating rounds of one run; the figure is the ratio.

``--million N`` then goes on to N documents, each of them stored and placed as the others, and compares the cost of the
last thousands with that of those around the ten-thousandth. A million take about an hour of processor time, storing
them included, and 12 GB; the growth that is printed is to N, and says nothing of what lies beyond.
"""

from __future__ import annotations

import argparse
import json
import random
import statistics
import string
import sys
import tempfile
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path

from rich.console import Console
from rich.table import Table

from pipeline import steps
from pipeline.config import Config
from pipeline.match.first_seen import FirstSeenIndex
from pipeline.match.workspace import Workspace
from pipeline.model import Article, FeedEntry, FeedSpec, Outcome, PageRecord, PollRecord
from pipeline.steps.place import place_waiting
from pipeline.store import Store
from pipeline.store.articles import Extracted
from pipeline.text.shingles import tokens

RATIO_FLOOR = 1.0
GROWTH_CEILING = 1.3
COPIES = 5
OUTLETS = 20
WORDS = 400
VOCABULARY = 30_000
GAP = timedelta(seconds=20)
START = datetime(2026, 1, 1, tzinfo=UTC)
ROUND = 500
EARLY = 10_000


def main() -> int:
    """Measure, print, and say whether the bounds hold."""
    options = arguments()
    with tempfile.TemporaryDirectory() as folder:
        measured = rounds(Path(folder), options.rounds, options.outlets)
        return verdict(*measured, growth(Path(folder), options.million, options.outlets), options.million)


def arguments() -> argparse.Namespace:
    """The command line."""
    parser = argparse.ArgumentParser(description=__doc__, epilog="Example: python -m bench.matching --rounds 6")
    parser.add_argument("--rounds", type=int, default=6, help=f"of {ROUND} documents each")
    parser.add_argument("--outlets", type=int, default=OUTLETS, help="of one, nothing is reconciled")
    parser.add_argument("--million", type=int, default=0, help="how many documents to go on to")
    return parser.parse_args()


@dataclass(slots=True)
class Wire:
    """Documents without end: each story's copies come within a few hours, with a few words changed."""

    chance: random.Random = field(default_factory=lambda: random.Random(1))
    number: int = 0
    _open: list[list[str]] = field(default_factory=list)
    _words: list[str] = field(default_factory=list)

    def __post_init__(self) -> None:
        letters = string.ascii_lowercase
        self._words = ["".join(self.chance.choices(letters, k=self.chance.randint(2, 9))) for _ in range(VOCABULARY)]

    def take(self, count: int) -> Iterator[tuple[int, datetime, str]]:
        """Number, time and text."""
        for _ in range(count):
            self.number += 1
            yield self.number, START + self.number * GAP, _paragraphs(self._copy())

    def _copy(self) -> list[str]:
        if len(self._open) < 200 or self.chance.random() < 1 / COPIES:
            self._open.append([self._words[int(VOCABULARY * self.chance.random() ** 3)] for _ in range(WORDS)])
            self._open = self._open[-200:]
            return self._open[-1]
        words = self.chance.choice(self._open)[: WORDS - self.chance.randrange(WORDS // 2)]
        for _ in range(5):
            words[self.chance.randrange(len(words))] = self.chance.choice(self._words)
        return words


def _paragraphs(words: list[str]) -> str:
    """Sentences of 20 words with a name and a number each, three a paragraph."""
    sentences = [words[n : n + 20] for n in range(0, len(words), 20)]
    capitalised = [
        " ".join([sentence[0].capitalize(), *sentence[1:-1], sentence[-1].capitalize(), f"{len(sentence[0])}."])
        for sentence in sentences
    ]
    return "\n".join(" ".join(capitalised[n : n + 3]) for n in range(0, len(capitalised), 3))


def rounds(folder: Path, number: int, outlets: int) -> tuple[list[float], list[float]]:
    """Documents a second of ours and of datasketch's, round by round; the first round of each warms up."""
    ours, theirs = [], []
    placing, peer = Placing(folder / "rounds.db", outlets), Peer()
    wire = Wire()
    for _ in range(number + 1):
        documents = list(wire.take(ROUND))
        theirs.append(ROUND / peer.seconds(documents))
        ours.append(ROUND / placing.seconds(documents))
        print(f"datasketch {theirs[-1]:.0f}/s, copydesk {ours[-1]:.0f}/s", flush=True)
    return ours[1:], theirs[1:]


class Peer:
    """datasketch as its documentation has it: 128 permutations, threshold .5."""

    def __init__(self) -> None:
        from datasketch import MinHashLSH

        self._index = MinHashLSH(threshold=0.5, num_perm=128)

    def seconds(self, documents: list[tuple[int, datetime, str]]) -> float:
        """Processor seconds from texts to what is near them, all inserted."""
        from datasketch import MinHash

        started = time.process_time()
        for number, _, text in documents:
            words = tokens(text)
            signature = MinHash(num_perm=128)
            signature.update_batch([" ".join(words[n : n + 4]).encode() for n in range(max(len(words) - 3, 1))])
            self._index.query(signature)
            self._index.insert(number, signature)
        return time.process_time() - started


class Placing:
    """A store on disk whose waiting articles are placed."""

    def __init__(self, database: Path, outlets: int = OUTLETS) -> None:
        self._config = Config(database.parent, f"sqlite:///{database}", str(database.parent))
        self._store = steps.open_for(self._config)
        self._outlets = outlets
        self._store.feeds.sync([FeedSpec(f"https://{n}.example/feed", f"Outlet {n}") for n in range(outlets)], START)
        self._workspace = Workspace(
            self._config.match, FirstSeenIndex(self._config.match.fresh_hours, self._config.match.memory)
        )

    def seconds(self, documents: list[tuple[int, datetime, str]]) -> float:
        """Processor seconds of placing; storing the articles is not counted."""
        _store_articles(self._store, documents, self._outlets)
        started = time.process_time()
        with self._store.lease.acquire():
            place_waiting(self._config, self._store, self._workspace, lambda: documents[-1][1])
        return time.process_time() - started


def _store_articles(store: Store, documents: list[tuple[int, datetime, str]], outlets: int) -> None:
    at = documents[-1][1]
    numbers = {feed: [n for n, _, _ in documents if n % outlets == feed - 1] for feed in range(1, outlets + 1)}
    polls = [
        PollRecord(feed, at, Outcome.OK, at, 900.0, entries=tuple(FeedEntry(str(n), _url(n)) for n in theirs))
        for feed, theirs in numbers.items()
    ]
    stored = zip(numbers.values(), store.feeds.record_polls(polls), strict=True)
    entries = {n: entry for theirs, poll in stored for n, entry in zip(theirs, poll.new, strict=True)}
    store.articles.record_all(
        [
            Extracted(entries[n],
                      PageRecord(_url(n), _url(n), published, 200, "text/html", "utf-8", f"{n:064}", len(text)),
                      Article(_url(n), f"Document {n}", tuple(text.splitlines())), published)
            for n, published, text in documents
        ]
    )  # fmt: skip


def _url(number: int) -> str:
    return f"https://bench.example/{number}"


def growth(folder: Path, million: int, outlets: int) -> float | None:
    """The cost of a document at the end over that around the ten-thousandth; None where it was not asked for."""
    if million <= EARLY:
        return None
    placing, wire, costs = Placing(folder / "million.db", outlets), Wire(), []
    while wire.number < million:
        costs.append(placing.seconds(list(wire.take(ROUND))))
        if wire.number % (20 * ROUND) == 0:
            print(f"{wire.number:,} documents, {ROUND / costs[-1]:.0f}/s", flush=True)
    at = EARLY // ROUND
    return statistics.median(costs[-10:]) / statistics.median(costs[at - 5 : at + 5])


def verdict(ours: list[float], theirs: list[float], grown: float | None, million: int) -> int:
    """Print the table and say whether the bounds hold."""
    ratio = statistics.median(our_rate / peer_rate for our_rate, peer_rate in zip(ours, theirs, strict=True))
    table = Table("What", "Documents/s")
    table.add_row("datasketch update_batch, query, insert; in memory", f"{statistics.median(theirs):.0f}")
    table.add_row("copydesk, into SQLite on disk", f"{statistics.median(ours):.0f}")
    Console().print(table)
    is_passed = ratio >= RATIO_FLOOR and (grown is None or grown <= GROWTH_CEILING)
    print(json.dumps({"ratio": round(ratio, 3), "growth": grown and round(grown, 3), "to": million, "held": is_passed}))
    return 0 if is_passed else 1


if __name__ == "__main__":
    sys.exit(main())
