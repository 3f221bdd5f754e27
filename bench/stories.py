"""What ``make quality`` measures of stories beside B-cubed: warm starts, orders, candidates, and oddities.

A warm start clusters a month of other stories first; of it nothing is scored. Orders are shuffled inside each hour,
or each document comes some minutes earlier or later.
"""

from __future__ import annotations

import json
import random
from collections import defaultdict
from collections.abc import Iterable, Sequence
from concurrent.futures import Executor
from datetime import timedelta
from pathlib import Path
from typing import Any

from pipeline.config import MatchConfig
from pipeline.match.corpus import DocumentIndex, cluster_documents
from pipeline.match.evaluate import b_cubed, pair_score
from pipeline.match.reading import parse_time

Documents = list[dict[str, Any]]
MOVED_SECONDS = 600


def joined(month: Path, corpus: Path, out: Path) -> Path:
    """The month and then the corpus, in time order, as one file; the month's ids are made different."""
    first = [row | {"id": f"before-{row['id']}"} for row in _read(month)]
    rows = sorted([*first, *_read(corpus)], key=lambda row: str(row["published"]))
    out.write_text("".join(json.dumps(row, ensure_ascii=False) + "\n" for row in rows), encoding="utf-8")
    return out


def same_pairs(groupings: Sequence[dict[str, str]]) -> float:
    """The least share of pairs (their F1) that a grouping has in common with the first."""
    first, *later_groupings = groupings
    return min(pair_score(first, grouping).f1 for grouping in later_groupings)


def shuffled(documents: Documents, seed: int) -> Documents:
    """Hour after hour, inside each in a chance order."""
    chance = random.Random(seed)
    hours: dict[str, Documents] = defaultdict(list)
    for row in documents:
        hours[str(row["published"])[:13]].append(row)
    return [row for hour in sorted(hours) for row in chance.sample(hours[hour], len(hours[hour]))]


def moved(documents: Documents, seed: int) -> Documents:
    """Return the documents as if each had come up to ten minutes earlier or later, in that order."""
    chance = random.Random(seed)
    rows = [row | {"published": _moved_time(str(row["published"]), chance)} for row in documents]
    return sorted(rows, key=lambda row: str(row["published"]))


def _moved_time(time: str, chance: random.Random) -> str:
    seconds = chance.uniform(-MOVED_SECONDS, MOVED_SECONDS)
    return (parse_time(time) + timedelta(seconds=seconds)).isoformat()


def order_likeness(documents: Documents, seeds: Sequence[int], pool: Executor) -> float:
    """Return the least B-cubed F1 between the stories of documents and of the same documents moved by minutes."""
    first, *groupings = pool.map(grouped, [documents, *(moved(documents, seed) for seed in seeds)])
    return min(b_cubed(first, grouping).f1 for grouping in groupings)


def grouped(documents: Iterable[dict[str, Any]]) -> dict[str, str]:
    """Document -> story."""
    return {str(row["id"]): str(row["story"]) for row in cluster_documents(documents, MatchConfig())}


def candidate_recall(documents: Documents) -> tuple[float, float]:
    """Of the true pairs within the window, the share whose later text has the earlier among its candidates, or another
    text of its story; and the mean number of candidates a document."""
    index = DocumentIndex(MatchConfig())
    earlier: dict[str, list[tuple[str, Any]]] = defaultdict(list)
    reached = total = looked_at = 0
    for row in documents:
        placed = index.place(row)
        candidate_ids = {index.names[number] for number in placed.candidates}
        looked_at += len(candidate_ids)
        for name, at in earlier[str(row["cluster"])]:
            if placed.at - at <= timedelta(hours=MatchConfig().window_hours):
                total, reached = total + 1, reached + (name in candidate_ids)
        earlier[str(row["cluster"])].append((str(row["id"]), placed.at))
    return reached / max(total, 1), looked_at / max(len(documents), 1)


def oddities() -> Documents:
    """Documents that must neither raise nor be joined wrongly: empty, short, very long, of other scripts."""
    texts: Sequence[tuple[str, str]] = (
        ("empty", ""),
        ("blank", " \n\u200b\n "),
        ("short", "Rates unchanged."),
        ("long", "A sentence of a text that never ends. " * 30_000),
        ("thai", "รัฐบาลประกาศมาตรการใหม่เพื่อช่วยเหลือเกษตรกรที่ได้รับผลกระทบจากน้ำท่วมในภาคเหนือ"),
        ("hindi", "सरकार ने बाढ़ से प्रभावित किसानों की सहायता के लिए नए उपायों की घोषणा की है।"),
        ("symbols", "\U0001f30a" * 400),
    )
    return [
        {"id": name, "outlet": f"o{n}", "published": "2026-01-01T00:00:00Z", "title": name, "text": text}
        for n, (name, text) in enumerate(texts)
    ]


def _read(path: Path) -> Documents:
    return [json.loads(row) for row in path.read_text(encoding="utf-8").split("\n") if row]
