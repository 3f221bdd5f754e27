"""Stories in any corpus, read once and in memory: what ``copydesk cluster`` does.

Documents are read by :mod:`pipeline.match.reading` and placed as the pipeline places articles, by
:mod:`pipeline.match.batch`, with a :class:`MemoryIndex` in place of the store.
"""

from __future__ import annotations

from collections import ChainMap, defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from functools import cached_property

from pipeline.config import CanonicalConfig, MatchConfig
from pipeline.match.batch import find_candidates, plan_stories, update_workspace
from pipeline.match.canonical import DEFAULT
from pipeline.match.first_seen import FirstSeenIndex
from pipeline.match.memory_index import MOST_COPIES, MemoryIndex
from pipeline.match.plan import surviving_story
from pipeline.match.reading import Document, DocumentReader, ReadDocument, read_batches
from pipeline.match.sentences import remember_sentences
from pipeline.match.workspace import Workspace
from pipeline.model import Article, ArticleRecord, Member, Plan, PlannedCopy, PlannedMerge, Tie, VersionKind
from pipeline.text.story_numbers import with_names


def cluster_documents(
    documents: Iterable[Document], config: MatchConfig, policy: CanonicalConfig = DEFAULT
) -> Iterator[Document]:
    """Yield ``{"id", "story", "relation", "score", "reason"}`` for each document, in order.

    ``story`` is the id of the document that opened it. Where there is any: ``edition`` from the second on; ``mark``,
    the agency's own (update, correction, withdrawal); ``links`` to other stories; ``merged``, stories that the document
    showed to be its own: what was yielded with their ids is in ``story`` from now on.

    Documents have ``id, outlet, published`` (ISO 8601), ``title, text``; a text's lines are its paragraphs. Documents
    of one hour are placed in the order of their times, whatever order they come in, and yielded when all are placed.
    Those too old for a reprint are forgotten, so memory is bounded.
    """
    return cluster_batches(read_batches(documents), config, policy)


def cluster_batches(
    batches: Iterable[list[ReadDocument]], config: MatchConfig, policy: CanonicalConfig = DEFAULT
) -> Iterator[Document]:
    """Yield the same for batches of documents that were read (:func:`~pipeline.match.reading.read_batches`)."""
    index = DocumentIndex(config, policy)
    for batch in batches:
        placements = index.place_read(batch)
        ids = [document.id for document in sorted(batch, key=lambda document: document.number)]
        yield from (_record(name, placed, index) for name, placed in zip(ids, placements, strict=True))


@dataclass(frozen=True, slots=True)
class PlacedDocument:
    """A document's place in a story.

    ``candidates`` are the earlier documents that it was compared with; ``reason`` and ``merges`` name documents by
    their ids.
    """

    at: datetime
    story: int
    candidates: Sequence[int]
    copy: PlannedCopy
    reason: str
    ties: Sequence[Tie]
    merges: Sequence[PlannedMerge]
    mark: VersionKind
    doubt: str = ""


@dataclass(frozen=True, slots=True)
class _PlansByArticle:
    """What a batch's plan brings with each article beside its place; ``story_names``: story -> the id to tell."""

    story_names: Mapping[int, str]
    ties: defaultdict[int, list[Tie]] = field(default_factory=lambda: defaultdict(list))
    merges: defaultdict[int, list[PlannedMerge]] = field(default_factory=lambda: defaultdict(list))
    doubts: dict[int, str] = field(default_factory=dict)


def _record(document_id: str | int, placed: PlacedDocument, index: DocumentIndex) -> Document:
    copy, names = placed.copy, index.story_names
    record = {"id": document_id, "story": names[placed.story], "relation": copy.relation.value,
              "score": round(copy.score, 4), "reason": placed.reason}  # fmt: skip
    links = [{"story": names[tie.story], "kind": tie.kind.value, "score": round(tie.score, 4), "reason": tie.reason}
             for tie in placed.ties]  # fmt: skip
    optional = {
        "edition": copy.edition if copy.edition > 1 else None,
        "doubt": placed.doubt,
        "mark": None if placed.mark is VersionKind.ORIGINAL else placed.mark.value,
        "links": links,
        "merged": [{"story": names[merge.source], "reason": merge.reason} for merge in placed.merges],
    }
    return record | {name: value for name, value in optional.items() if value}


class DocumentIndex:
    """The documents of the last days and their stories, at most ``most`` documents.

    ``names``: document number -> its id; ``story_names``: story -> the id of the document that opened it;
    ``workspace``: the texts that are at hand. ``first_seen``: what the corpus had seen before; nothing, if not given.
    """

    def __init__(
        self,
        config: MatchConfig,
        policy: CanonicalConfig = DEFAULT,
        most: int = MOST_COPIES,
        first_seen: FirstSeenIndex | None = None,
    ) -> None:
        self.names: dict[int, str] = {}
        self.story_names: dict[int, str] = {}
        self._config, self._policy = config, policy
        self.workspace = Workspace(config, first_seen or FirstSeenIndex(config.fresh_hours, config.memory))
        self._stories = MemoryIndex(most)
        self._count = 0

    def __contains__(self, number: int) -> bool:
        return number in self._stories

    @cached_property
    def _reader(self) -> DocumentReader:
        return DocumentReader()

    def copy(self, number: int) -> Member:
        """Return a placed document as its story has it. Raises KeyError for a forgotten one."""
        return self._stories.copy(number)

    def place(self, document: Document) -> PlacedDocument:
        """Place one document."""
        return self.place_all([document])[0]

    def place_all(self, documents: Sequence[Document]) -> list[PlacedDocument]:
        """Place documents in the order of their times, and return their places in the order given.

        Stories are those after the last document was placed.
        """
        return self.place_read(self._reader.read(documents))

    def place_read(self, documents: Sequence[ReadDocument]) -> list[PlacedDocument]:
        """Place a batch of documents that were read, and return their places in the order of their numbers."""
        if not documents:
            return []
        self._forget(documents[0].at)
        last_known, merged = self._count, dict[int, int]()
        placed = [
            place for batch in _batches(documents, self._config.batch) for place in self._place_batch(batch, merged)
        ]
        final = [self._final_place(place, merged, last_known) for place in placed]
        by_number = sorted(zip(documents, final, strict=True), key=lambda pair: pair[0].number)
        return [place for _, place in by_number]

    def _article_record(self, document: ReadDocument) -> ArticleRecord:
        self._count += 1
        self.names[self._count] = str(document.id)
        remember_sentences(document.body, document.sentences)
        article = Article(str(document.id), document.title, document.body, mark=document.mark)
        return ArticleRecord(
            self._count, self._count, document.outlet, False, document.at, article, claims=document.claims
        )

    def _place_batch(self, documents: Sequence[ReadDocument], merged: dict[int, int]) -> list[PlacedDocument]:
        """Place a batch; ``merged`` (story -> the story that it went into) gains the batch's merges."""
        batch = [self._article_record(document) for document in documents]
        prints = [document.fingerprint for document in documents]
        candidates = find_candidates(batch, prints, self.workspace, self._stories)
        plan = plan_stories(batch, prints, candidates, self.workspace, self._stories, self._policy, mended=False)
        numbers = self._stories.apply(plan, self.workspace.members)
        stories = {copy.article_id: self._stories.story_of(copy.article_id) for copy in plan.copies}
        update_workspace(self.workspace, plan, stories)
        self.story_names |= {number: self.names[number] for number in numbers.values()}
        merged |= {numbers.get(merge.source, merge.source): numbers.get(merge.target, merge.target)
                   for merge in plan.merges}  # fmt: skip
        plans = self._plans_by_article(plan, numbers)
        return [
            PlacedDocument(
                record.seen_at,
                stories[record.id],
                [article_id for article_id, *_ in candidates[record.id]],
                copy,
                with_names(copy.reason, plans.story_names, self.names),
                plans.ties[record.id],
                plans.merges[record.id],
                record.article.mark,
                plans.doubts.get(record.id, ""),
            )
            for record, copy in zip(batch, plan.copies, strict=True)
        ]

    def _plans_by_article(self, plan: Plan, numbers: Mapping[int, int]) -> _PlansByArticle:
        """Return what is planned with each article, with this index's story numbers and the documents' ids.

        ``numbers``: a plan's new story -> its number here.
        """
        planned_names = {number: self.story_names[story] for number, story in numbers.items()}
        plans = _PlansByArticle(ChainMap(planned_names, self.story_names))
        for link in plan.links:
            tie = replace(link.tie, story=numbers.get(link.tie.story, link.tie.story))
            plans.ties[link.article_id].append(tie)
        for merge in plan.merges:
            source = numbers.get(merge.source, merge.source)
            reason = with_names(merge.reason, plans.story_names, self.names)
            plans.merges[merge.article_id].append(replace(merge, source=source, reason=reason))
        for doubt in reversed(plan.doubts):
            plans.doubts[doubt.article_id] = doubt.reason
        return plans

    def _final_place(self, placed: PlacedDocument, merged: Mapping[int, int], last_known: int) -> PlacedDocument:
        """Return a place as it is after all documents that came with it.

        Only merges of stories that were yielded before are kept: those opened up to document ``last_known``.
        """
        story = self._stories.story_of(placed.copy.article_id)
        if story == placed.story and not placed.ties and not placed.merges:
            return placed
        ties = {surviving_story(tie.story, merged): tie for tie in reversed(placed.ties)}
        return replace(
            placed,
            story=story,
            ties=[replace(tie, story=target) for target, tie in reversed(ties.items()) if target != story],
            merges=[merge for merge in placed.merges if merge.source <= last_known],
        )

    def _forget(self, now: datetime) -> None:
        """Forget documents that no late document and no reprint can belong with any more."""
        age = timedelta(hours=self._config.reprint_hours + 2 * self._config.window_hours)
        article_ids, stories = self._stories.forget(now - age)
        for article_id in article_ids:
            del self.names[article_id]
        for story in stories:
            del self.story_names[story]


def _batches(documents: Sequence[ReadDocument], size: int) -> Iterator[Sequence[ReadDocument]]:
    return (documents[start : start + size] for start in range(0, len(documents), size))
