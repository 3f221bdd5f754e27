"""How good a clustering is against the truth."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Hashable, Mapping
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Score:
    """Precision and recall in 0..1."""

    precision: float
    recall: float

    @property
    def f1(self) -> float:
        """Their harmonic mean."""
        both = self.precision + self.recall
        return 2 * self.precision * self.recall / both if both else 0.0


def b_cubed(truth: Mapping[str, Hashable], found: Mapping[str, Hashable]) -> Score:
    """B-cubed over the documents of ``found`` (Bagga and Baldwin, 1998). Both map a document to its group."""
    if not found:
        return Score(0.0, 0.0)
    both = Counter((truth[doc], group) for doc, group in found.items())
    true, made = Counter(truth[doc] for doc in found), Counter(found.values())
    precision = sum(both[truth[doc], group] / made[group] for doc, group in found.items()) / len(found)
    recall = sum(both[truth[doc], group] / true[truth[doc]] for doc, group in found.items()) / len(found)
    return Score(precision, recall)


def pairs(truth: Mapping[str, Hashable], found: Mapping[str, Hashable]) -> Score:
    """Precision and recall of the pairs that stand together."""
    both = _pairs(Counter((truth[doc], group) for doc, group in found.items()))
    true, made = _pairs(Counter(truth[doc] for doc in found)), _pairs(Counter(found.values()))
    return Score(both / made if made else 1.0, both / true if true else 1.0)


def adjusted_rand(truth: Mapping[str, Hashable], found: Mapping[str, Hashable]) -> float:
    """The Rand index adjusted for chance (Hubert and Arabie, 1985)."""
    both = _pairs(Counter((truth[doc], group) for doc, group in found.items()))
    true, made = _pairs(Counter(truth[doc] for doc in found)), _pairs(Counter(found.values()))
    total = len(found) * (len(found) - 1) / 2
    chance = true * made / total if total else 0.0
    most = (true + made) / 2
    return (both - chance) / (most - chance) if most != chance else 1.0


def merged(truth: Mapping[str, Hashable], found: Mapping[str, Hashable], wanted: Mapping[str, bool]) -> float:
    """Share of the true groups marked by ``wanted`` (document -> bool) that share a found group with another one."""
    inside: dict[Hashable, set[Hashable]] = defaultdict(set)
    for doc, group in found.items():
        inside[group].add(truth[doc])
    mixed = {true for trues in inside.values() if len(trues) > 1 for true in trues}
    marked = {truth[doc] for doc in found if wanted.get(doc)}
    return len(marked & mixed) / len(marked) if marked else 0.0


def _pairs(counts: Counter[Hashable]) -> float:
    return sum(count * (count - 1) / 2 for count in counts.values())
