"""How right the store is, by the newsstand's own truth.

Of the truth it reads ``pages``: each with ``url`` and ``story`` (None where the page is the outlet's own), and
``stories``: each with ``id``, ``body`` (the agency's paragraphs as they stand now) and ``series`` (the name of the
template, where it is one of many bulletins that look alike).
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from pipeline.match.evaluate import b_cubed
from pipeline.store import Store
from pipeline.store.reads import views

ENOUGH = 3  # copies from which on a story's canonical text is judged
ALL_STORIES = 1_000_000


@dataclass(frozen=True, slots=True)
class Scores:
    """``exact`` of ``judged`` stories carry the agency's text by paragraphs; ``merged`` stories hold two bulletins."""

    f1: float
    exact: int
    judged: int
    merged: int

    @property
    def exact_share(self) -> float:
        """In 0..1; 1 where none could be judged."""
        return self.exact / self.judged if self.judged else 1.0


def scores(store: Store, truth: Mapping[str, Any]) -> Scores:
    """The stored stories against the truth."""
    heads = [head.id for head in views.stories(store, ALL_STORIES)]
    groups = {story: [copy.url for copy in copies] for story, copies in views.copies_of(store, heads).items()}
    texts = {story: version.body for story, version in views.versions_of(store, heads).items()}
    return judge(groups, texts, truth)


def judge(groups: Mapping[int, Sequence[str]], texts: Mapping[int, Sequence[str]], truth: Mapping[str, Any]) -> Scores:
    """The same of plain values: each story's page addresses, each story's canonical paragraphs."""
    true = {page["url"]: str(page["story"] or page["url"]) for page in truth["pages"]}
    filed = {str(story["id"]): story for story in truth["stories"]}
    stored = {url: str(group) for group, urls in groups.items() for url in urls if url in true}
    judged = _judged(groups, true, filed)
    return Scores(
        f1=b_cubed({url: true[url] for url in stored}, stored).f1,
        exact=sum(_same(texts.get(group, ()), filed[story]["body"]) for group, story in judged.items()),
        judged=len(judged),
        merged=sum(_bulletins(urls, true, filed) > 1 for urls in groups.values()),
    )


def _judged(
    groups: Mapping[int, Sequence[str]], true: Mapping[str, str], filed: Mapping[str, Mapping[str, Any]]
) -> dict[int, str]:
    """Each stored group of enough copies, with the agency's story that most of them are of."""
    most = {group: Counter(true[url] for url in urls if url in true).most_common(1) for group, urls in groups.items()}
    return {
        group: top[0][0] for group, top in most.items() if top and len(groups[group]) >= ENOUGH and top[0][0] in filed
    }


def _same(canonical: Sequence[str], filed: Sequence[str]) -> bool:
    return [" ".join(text.split()) for text in canonical] == [" ".join(text.split()) for text in filed]


def _bulletins(urls: Sequence[str], true: Mapping[str, str], filed: Mapping[str, Mapping[str, Any]]) -> int:
    """How many different bulletins of templates stand in one group."""
    stories = {true[url] for url in urls if url in true}
    return sum(bool(filed[story].get("series")) for story in stories if story in filed)
