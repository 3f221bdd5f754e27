"""Scores of a clustering against the truth: B-cubed, pairs, adjusted Rand index, share of merged groups."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Hashable, Mapping
from dataclasses import dataclass

Groups = Mapping[str, Hashable]


@dataclass(frozen=True, slots=True)
class Score:
    """Precision and recall in 0..1."""

    precision: float
    recall: float

    @property
    def f1(self) -> float:
        """Return the harmonic mean of precision and recall."""
        total = self.precision + self.recall
        return 2 * self.precision * self.recall / total if total else 0.0


def b_cubed(truth: Groups, predicted: Groups) -> Score:
    """Return B-cubed over the documents of ``predicted`` (Bagga and Baldwin, 1998).

    Both map a document to its group.
    """
    if not predicted:
        return Score(0.0, 0.0)
    sizes = _Sizes(truth, predicted)
    precision = recall = 0.0
    for document, group in predicted.items():
        overlap = sizes.overlap[truth[document], group]
        precision += overlap / sizes.predicted[group]
        recall += overlap / sizes.true[truth[document]]
    return Score(precision / len(predicted), recall / len(predicted))


def pair_score(truth: Groups, predicted: Groups) -> Score:
    """Return precision and recall of the pairs of documents that share a group."""
    correct, true, predicted_pairs = _Sizes(truth, predicted).pairs()
    return Score(correct / predicted_pairs if predicted_pairs else 1.0, correct / true if true else 1.0)


def adjusted_rand(truth: Groups, predicted: Groups) -> float:
    """Return the Rand index adjusted for chance (Hubert and Arabie, 1985)."""
    correct, true, predicted_pairs = _Sizes(truth, predicted).pairs()
    total = len(predicted) * (len(predicted) - 1) / 2
    chance = true * predicted_pairs / total if total else 0.0
    ceiling = (true + predicted_pairs) / 2
    return (correct - chance) / (ceiling - chance) if ceiling != chance else 1.0


def merged_share(truth: Groups, predicted: Groups, counted: Mapping[str, bool]) -> float:
    """Return the share of true groups that share a predicted group with another true group.

    ``counted``: document -> whether its true group counts.
    """
    true_groups: dict[Hashable, set[Hashable]] = defaultdict(set)
    for document, group in predicted.items():
        true_groups[group].add(truth[document])
    mixed = {true for members in true_groups.values() if len(members) > 1 for true in members}
    marked = {truth[document] for document in predicted if counted.get(document)}
    return len(marked & mixed) / len(marked) if marked else 0.0


class _Sizes:
    """Documents in each true group, in each predicted group, and in each pair of the two."""

    def __init__(self, truth: Groups, predicted: Groups) -> None:
        self.overlap = Counter((truth[document], group) for document, group in predicted.items())
        self.true = Counter(truth[document] for document in predicted)
        self.predicted = Counter(predicted.values())

    def pairs(self) -> tuple[float, float, float]:
        """Return the pairs of documents that share a group: in both groupings, in the truth, in the prediction."""
        groupings = (self.overlap.values(), self.true.values(), self.predicted.values())
        shared, true, predicted = (sum(count * (count - 1) / 2 for count in counts) for counts in groupings)
        return shared, true, predicted
