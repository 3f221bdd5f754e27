"""Compare ways to find candidates: recall, candidates and bytes a document, microseconds a signature.

``python -m bench.candidates --corpus ../shared/data`` reads each corpus once, and looks up each text among the texts of
the last 48 hours, as placing does: the newest hundred holders of a key count, and the 40 texts that share most keys.
"""

from __future__ import annotations

import argparse
import json
import lzma
import tempfile
import time
from collections.abc import Callable, Mapping, Sequence
from datetime import datetime, timedelta
from functools import partial
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
from datasketch import MinHash
from rich.console import Console
from rich.table import Table

from bench.groups import generated
from bench.wires import second_generator
from pipeline.match.fingerprint import shingles_of
from pipeline.match.memory_index import MOST_HOLDERS
from pipeline.match.plan import MOST_CANDIDATES
from pipeline.match.reading import read_batches
from pipeline.model import Fingerprint
from pipeline.text.keys import Holders, shared
from pipeline.text.shingles import FACTORS, Hashes, scattered
from pipeline.text.signatures import candidate_keys

BATCH = 200
WINDOW = timedelta(hours=48)
STORIES = 900
PERMUTATIONS = 128
SEED = 1
KeyMaker = Callable[[Sequence[Fingerprint]], list[bytes]]


class Text(NamedTuple):
    """A text of a corpus: its id, time and fingerprint."""

    id: str
    at: datetime
    fingerprint: Fingerprint


class Corpus(NamedTuple):
    """Texts in time order, and the pairs of ids, the earlier first, that are one."""

    name: str
    texts: Sequence[Text]
    same: frozenset[tuple[str, str]]


def keys_in_force(prints: Sequence[Fingerprint]) -> list[bytes]:
    """Return the keys that the product makes."""
    return candidate_keys([shingles_of(fingerprint) for fingerprint in prints])


def minhash_keys(prints: Sequence[Fingerprint], permutations: int, rows: int) -> list[bytes]:
    """Return a key for each band of so many rows of datasketch's MinHash, over the words of the stored shingles."""
    shingles = [shingles_of(fingerprint).tolist() for fingerprint in prints]
    sketches = MinHash.bulk(shingles, num_perm=permutations, seed=SEED, hashfunc=_low_32_bits)
    values = np.array([sketch.hashvalues for sketch in sketches], dtype=np.uint64)
    bands = values.reshape(len(values), permutations // rows, rows)
    mixed = (
        bands @ np.cumprod(np.full(rows, FACTORS[0])) + np.arange(permutations // rows, dtype=np.uint64) * FACTORS[1]
    )
    keys = scattered(mixed)
    return [row.tobytes() if shingle else b"" for row, shingle in zip(keys, shingles, strict=True)]


def keys_with_sketch(prints: Sequence[Fingerprint]) -> list[bytes]:
    """Return the keys of before: 8 bands of 8 rows, and a fractional sketch, the lowest fifth of the shingles (all of
    32 or fewer)."""
    bands = minhash_keys(prints, 64, 8)
    sketches = [_sketch(shingles_of(fingerprint)).tobytes() for fingerprint in prints]
    return [keys + sketch for keys, sketch in zip(bands, sketches, strict=True)]


def _sketch(hashes: Hashes) -> Hashes:
    return hashes[: len(hashes) if len(hashes) <= 32 else int(hashes.searchsorted(np.uint64(2**64 // 5)))]


def _low_32_bits(shingle: int) -> int:
    return shingle & 0xFFFFFFFF


MAKERS: Mapping[str, KeyMaker] = {
    "in force": keys_in_force,
    "8 bands of 8 and a sketch of a fifth": keys_with_sketch,
    **{
        f"datasketch, {permutations // rows} bands of {rows}": partial(
            minhash_keys, permutations=permutations, rows=rows
        )
        for permutations, rows in ((64, 1), (96, 1), (128, 1), (128, 2), (256, 2))
    },
}


def main() -> None:
    """Measure every way on every corpus, and print the table."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--corpus", type=Path, required=True)
    options = parser.parse_args()
    table = Table("Corpus", "Keys", "Recall", "Candidates a document", "Bytes a document", "Microseconds")
    with tempfile.TemporaryDirectory() as folder:
        for corpus in corpora(options.corpus, Path(folder)):
            for name, make_keys in MAKERS.items():
                table.add_row(corpus.name, name, *measure(corpus, make_keys))
    Console(width=140).print(table)


def corpora(data: Path, folder: Path) -> list[Corpus]:
    """Return both generators' corpora by their clusters, and the real outlets' by judged pairs."""
    first = generated(data / "wire", folder / "wiregen.jsonl", 103, STORIES, ())
    second = second_generator(data / "wire", folder / "wiregen2.jsonl", 1, STORIES)
    real = folder / "real.jsonl"
    real.write_bytes(lzma.decompress(next((data / "realwire").glob("*.jsonl.xz")).read_bytes()))
    rows = map(json.loads, (data / "realwire" / "labels.jsonl").read_text(encoding="utf-8").splitlines())
    judged = {frozenset((str(row["a"]), str(row["b"]))) for row in rows if row["label"] == "Y"}
    return [
        *(_corpus(path.stem, path, None) for path in (first, second)),
        _corpus("real outlets, judged", real, judged),
    ]


def _corpus(name: str, path: Path, judged: set[frozenset[str]] | None) -> Corpus:
    rows = [json.loads(line) for line in path.read_text(encoding="utf-8").split("\n") if line]
    texts = [Text(str(text.id), text.at, text.fingerprint) for batch in read_batches(rows) for text in batch]
    clusters = {str(row["id"]): str(row.get("cluster")) for row in rows}
    return Corpus(name, texts, frozenset(_same_pairs(texts, clusters, judged)))


def _same_pairs(
    texts: Sequence[Text], clusters: Mapping[str, str], judged: set[frozenset[str]] | None
) -> list[tuple[str, str]]:
    by_cluster: dict[str, list[Text]] = {}
    if judged is not None:
        place = {text.id: number for number, text in enumerate(texts)}
        ordered = [sorted(pair, key=place.__getitem__) for pair in judged]
        return [(first, second) for first, second in ordered]
    for text in texts:
        by_cluster.setdefault(clusters[text.id], []).append(text)
    return [
        (first.id, second.id)
        for several in by_cluster.values()
        for number, second in enumerate(several)
        for first in several[:number]
        if second.at - first.at <= WINDOW
    ]


def measure(corpus: Corpus, make_keys: KeyMaker) -> tuple[str, ...]:
    """Return recall, candidates and bytes a document, and the microseconds that its keys took."""
    started = time.process_time()
    keys = make_keys([text.fingerprint for text in corpus.texts])
    spent = time.process_time() - started
    candidates = _find_candidates(corpus.texts, keys)
    reached = sum(len(pairs_of_text) for pairs_of_text in ([pair for pair in corpus.same if pair in candidates],))
    number = len(corpus.texts)
    figures: tuple[Any, ...] = (
        f"{reached / max(len(corpus.same), 1):.4f}",
        f"{len(candidates) / number:.1f}",
        f"{stored_bytes(keys) / number:.0f}",
        f"{1e6 * spent / number:.0f}",
    )
    return figures


def stored_bytes(keys: Sequence[bytes]) -> int:
    """Return how many bytes the store takes for these keys, in rows of a batch each."""
    starts = range(0, len(keys), BATCH)
    rows = [Holders.from_texts(dict(enumerate(keys[start : start + BATCH]))).packed() for start in starts]
    return sum(map(len, rows))


def _find_candidates(texts: Sequence[Text], keys: Sequence[bytes]) -> set[tuple[str, str]]:
    """Return the pairs (earlier, later) that are looked at: at most 40 a text."""
    pairs: set[tuple[str, str]] = set()
    parts: list[Holders] = []
    for start in range(0, len(texts), BATCH):
        batch = range(start, min(start + BATCH, len(texts)))
        batch_keys = {number: keys[number] for number in batch}
        parts.insert(0, Holders.from_texts(batch_keys))
        counts = dict.fromkeys(batch, 0)
        for number, earlier, _ in shared(batch_keys, parts, MOST_HOLDERS):
            is_near = earlier < number and texts[number].at - texts[earlier].at <= WINDOW
            if is_near and counts[number] < MOST_CANDIDATES:
                counts[number] += 1
                pairs.add((texts[earlier].id, texts[number].id))
        parts = [part for part in parts if texts[start].at - texts[int(part.texts.max())].at <= WINDOW]
    return pairs


if __name__ == "__main__":
    main()
