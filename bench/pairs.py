"""Pairs of texts that are known to be one or not, with their signs: generated wires, and real outlets' judged pairs."""

from __future__ import annotations

import json
import lzma
import random
import tempfile
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, NamedTuple

from bench.groups import generated
from bench.wires import second_generator
from pipeline.config import MatchConfig
from pipeline.match.corpus import DocumentIndex
from pipeline.match.evidence import SIGNS
from pipeline.match.placing import pair_signs
from pipeline.match.verdict import OWN_HOURS

GENERATED = {"wiregen": (101, 103), "wiregen2": (1, 2)}
REAL = "realwire"
SETS = (*GENERATED, REAL)
STORIES = 400
SEED = 7
# Pairs of a document with its candidates, of each kind: those alone that share enough to be judged.
PAIRS_OF_EACH, JUDGED_SHARE = 2, 0.35
BATCH = 200


class Pair(NamedTuple):
    """The signs of two texts, in the order of :data:`pipeline.match.evidence.SIGNS`, and whether they are one."""

    signs: tuple[float, ...]
    same: bool


@dataclass(frozen=True, slots=True)
class Labelled:
    """Documents in time order, and which pairs of them are one: by cluster, or judged one by one."""

    documents: Sequence[dict[str, Any]]
    judged: dict[frozenset[str], bool] | None = None


def pairs_of(corpus: Path, name: str) -> list[Pair]:
    """Return the pairs of a set. An outlet's own texts hours apart are left out: other rules decide on them."""
    labelled = _judged(corpus / REAL) if name == REAL else None
    if labelled:
        return list(_pairs(labelled))
    return [pair for seed in GENERATED[name] for pair in _pairs(_generated(corpus / "wire", name, seed))]


def _generated(wire: Path, name: str, seed: int) -> Labelled:
    with tempfile.TemporaryDirectory() as folder:
        out = Path(folder) / "documents.jsonl"
        if name == "wiregen2":
            second_generator(wire, out, seed, STORIES)
        else:
            generated(wire, out, seed, STORIES, ())
        return Labelled(_in_time_order(out.read_text(encoding="utf-8").splitlines()))


def _judged(folder: Path) -> Labelled:
    rows = map(json.loads, (folder / "labels.jsonl").read_text(encoding="utf-8").splitlines())
    judged = {frozenset((row["a"], row["b"])): row["label"] == "Y" for row in rows if row["label"] in "YN"}
    with lzma.open(next(folder.glob("*.jsonl.xz")), "rt", encoding="utf-8") as lines:
        return Labelled(_in_time_order(lines), judged)


def _in_time_order(lines: Iterable[str]) -> list[dict[str, Any]]:
    return sorted((json.loads(line) for line in lines if line.strip()), key=lambda row: str(row["published"]))


def _pairs(labelled: Labelled) -> Iterator[Pair]:
    """Place the documents, and yield the signs of labelled pairs as matching sees them when the later one comes."""
    index, chance = DocumentIndex(MatchConfig()), random.Random(SEED)
    numbers: dict[str, int] = {}
    clusters = {str(row["id"]): str(row.get("cluster")) for row in labelled.documents}
    for start in range(0, len(labelled.documents), BATCH):
        batch = labelled.documents[start : start + BATCH]
        placed = index.place_all(batch)
        for document, place in zip(batch, placed, strict=True):
            name = str(document["id"])
            numbers[name] = place.copy.article_id
            if labelled.judged is None:
                candidates = {index.names[n]: n for n in place.candidates if n in index.names}
                same = {partner: clusters[partner] == clusters[name] for partner in candidates}
                yield from _sampled(index, numbers[name], candidates, same, chance)
            else:
                judged = {partner: same for names, same in labelled.judged.items() if name in names
                          for partner in names - {name} if numbers.get(partner, 0) in index}  # fmt: skip
                yield from filter(None, (_pair(index, numbers[name], numbers[partner], is_same)
                                         for partner, is_same in judged.items()))  # fmt: skip


def _sampled(
    index: DocumentIndex,
    number: int,
    candidates: Mapping[str, int],
    same: Mapping[str, bool],
    chance: random.Random,
) -> Iterator[Pair]:
    """Yield a few pairs of each kind."""
    counts = {True: 0, False: 0}
    for partner in chance.sample(sorted(candidates), len(candidates)):
        kind = same[partner]
        if counts[kind] < PAIRS_OF_EACH and (pair := _pair(index, number, candidates[partner], kind)):
            counts[kind] += 1
            yield pair


def _pair(index: DocumentIndex, number: int, partner: int, same: bool) -> Pair | None:
    first, second = index.copy(number), index.copy(partner)
    hours = abs((first.seen_at - second.seen_at).total_seconds()) / 3600
    if first.outlet == second.outlet and hours >= OWN_HOURS:
        return None
    signs = pair_signs(first, second, index.workspace)
    return Pair(signs, same) if signs[SIGNS.index("of_shorter")] >= JUDGED_SHARE else None
