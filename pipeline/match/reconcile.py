"""Reconciliation: the wire's text out of several copies, paragraph by paragraph.

A paragraph that two outlets carry is the wire's. One that a single outlet adds between paragraphs that others carry in
a row is its own, and left out. One that the chosen copy lacks and two others carry is put back where they have it.
Three outlets at least are needed: two that differ do not say who is right.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections import OrderedDict
from collections.abc import Callable, Sequence, Set
from dataclasses import dataclass
from itertools import chain
from operator import eq
from typing import Generic, TypeVar

from pipeline.model import Member
from pipeline.text.alike import same_paragraph
from pipeline.text.normalize import folded

OUTLETS_NEEDED = 3
OUTLETS_THAT_SUPPORT = 2
# Stories whose paragraphs stay in memory, some 15 KB each.
CACHED_STORIES = 1000
# A paragraph of a story, whatever its wording: its number in the story's :class:`_ParagraphTable`.
ParagraphId = int


@dataclass(frozen=True, slots=True)
class Reconciled:
    """A reconciled text, the number of outlets that carry each paragraph, and how many paragraphs were changed."""

    body: tuple[str, ...]
    support: tuple[int, ...]
    restored: int = 0
    left_out: int = 0


def reconcile(base: Member, members: Sequence[Member], cache: ParagraphCache | None = None) -> Reconciled:
    """Return the text of ``base``, with what other outlets' copies of its edition prove missing or added.

    The order of the members does not matter. Where fewer than three outlets carry the edition, the text is the base's
    own. ``cache`` has the paragraphs of earlier calls, and gains those of this one.
    """
    copies = sorted((member for member in members if member.edition == base.edition), key=lambda copy: copy.article_id)
    outlets = {copy.outlet for copy in copies}
    if len(outlets) == 1:
        return Reconciled(base.body, (1,) * len(base.body))
    table = (cache or ParagraphCache()).table([base, *(copy for copy in copies if copy.article_id != base.article_id)])
    if len(outlets) < OUTLETS_NEEDED:
        return Reconciled(base.body, table.supports(base.body))
    rivals = [table.paragraphs(copy) for copy in copies if copy.outlet != base.outlet]
    paragraphs = table.paragraphs(base)
    wire = [paragraph for paragraph in paragraphs if not _is_addition(paragraph, paragraphs, rivals, table)]
    text = _with_missing_paragraphs(wire, rivals, table)
    return Reconciled(
        tuple(table.wording(paragraph) for paragraph in text),
        tuple(table.support(paragraph) for paragraph in text),
        restored=len(set(text) - set(wire)),
        left_out=len(paragraphs) - len(wire),
    )


def _is_addition(
    paragraph: ParagraphId,
    base: Sequence[ParagraphId],
    rivals: Sequence[Sequence[ParagraphId]],
    table: _ParagraphTable,
) -> bool:
    """Whether no other outlet has the paragraph, and two others go on without it between the same neighbours.

    A copy that was cut off says nothing of what came after its end.
    """
    if table.is_supported(paragraph):
        return False
    position = base.index(paragraph)
    before = next(filter(table.is_supported, reversed(base[:position])), None)
    after = next(filter(table.is_supported, base[position + 1 :]), None)
    if after is None:
        return False
    return sum(_are_neighbours(before, after, rival) for rival in rivals) >= OUTLETS_THAT_SUPPORT


def _are_neighbours(before: ParagraphId | None, after: ParagraphId, copy: Sequence[ParagraphId]) -> bool:
    if after not in copy:
        return False
    position = copy.index(after)
    return position == 0 if before is None else position > 0 and copy[position - 1] == before


def _with_missing_paragraphs(
    base: Sequence[ParagraphId], rivals: Sequence[Sequence[ParagraphId]], table: _ParagraphTable
) -> list[ParagraphId]:
    """Insert each supported paragraph that the base lacks after the one that it follows in the rivals' copies."""
    text = list(base)
    for rival in rivals:
        position = 0
        for paragraph in rival:
            if paragraph in text:
                position = text.index(paragraph) + 1
            elif table.is_supported(paragraph):
                text.insert(position, paragraph)
                position += 1
    return text


class ParagraphCache:
    """The paragraphs of the stories asked for last: a copy that joins is read, the others are not read again."""

    def __init__(self) -> None:
        self._tables, self._shared = _StoryCache(_ParagraphTable), _StoryCache(_SharedParagraphs)

    def table(self, copies: Sequence[Member]) -> _ParagraphTable:
        """Return the paragraphs of these copies, read in this order."""
        return self._tables.reader(copies)

    def shared_paragraphs(self, copies: Sequence[Member]) -> Set[str]:
        """Return the folded paragraphs that copies of two outlets or more carry."""
        return self._shared.reader(copies).shared


class _CopyReader(ABC):
    """Copies of a story that were read one after another."""

    def __init__(self) -> None:
        self._copies_read: list[tuple[int, str, tuple[str, ...]]] = []

    def __len__(self) -> int:
        return len(self._copies_read)

    def is_prefix_of(self, copies: Sequence[Member]) -> bool:
        """Whether the copies that were read are the first of these, with the text that they have now."""
        return len(self) <= len(copies) and all(map(eq, self._copies_read, map(_copy_identity, copies)))

    def read(self, copy: Member) -> None:
        """Read one more copy."""
        self._add_paragraphs(copy, folded(copy.body))
        self._copies_read.append(_copy_identity(copy))

    @abstractmethod
    def _add_paragraphs(self, copy: Member, folded_body: tuple[str, ...]) -> None: ...


Reader = TypeVar("Reader", bound=_CopyReader)


class _StoryCache(Generic[Reader]):
    """Readers by the first copy that they read; the least recently used is dropped."""

    def __init__(self, make_reader: Callable[[], Reader]) -> None:
        self._make_reader, self._readers = make_reader, OrderedDict[int, Reader]()

    def reader(self, copies: Sequence[Member]) -> Reader:
        """Return a reader that has read these copies, in this order."""
        first = copies[0].article_id
        reader = self._readers.pop(first, None)
        if reader is None or not reader.is_prefix_of(copies):
            reader = self._make_reader()
        for copy in copies[len(reader) :]:
            reader.read(copy)
        self._readers[first] = reader
        if len(self._readers) > CACHED_STORIES:
            self._readers.popitem(last=False)
        return reader


class _SharedParagraphs(_CopyReader):
    """The paragraphs that two outlets carry word for word."""

    def __init__(self) -> None:
        super().__init__()
        self.shared: set[str] = set()
        self._first_outlet: dict[str, str] = {}

    def _add_paragraphs(self, copy: Member, folded_body: tuple[str, ...]) -> None:
        for text in folded_body:
            if self._first_outlet.setdefault(text, copy.outlet) != copy.outlet:
                self.shared.add(text)


class _ParagraphTable(_CopyReader):
    """The distinct paragraphs of a story's copies, each with its wordings and the outlets that carry them."""

    def __init__(self) -> None:
        super().__init__()
        self._by_text: dict[str, ParagraphId] = {}
        self._first_wording: list[str] = []
        self._wordings: list[dict[str, set[str]]] = []
        self._outlets: list[set[str]] = []
        self._by_copy: dict[int, list[ParagraphId]] = {}

    def paragraphs(self, copy: Member) -> list[ParagraphId]:
        """Return the copy's paragraphs in order, each once."""
        return self._by_copy[copy.article_id]

    def support(self, paragraph: ParagraphId) -> int:
        """Return how many outlets carry a paragraph."""
        return len(self._outlets[paragraph])

    def is_supported(self, paragraph: ParagraphId) -> bool:
        """Whether enough outlets carry a paragraph to make it the wire's."""
        return self.support(paragraph) >= OUTLETS_THAT_SUPPORT

    def supports(self, body: tuple[str, ...]) -> tuple[int, ...]:
        """Return how many outlets carry each paragraph of a copy that was read."""
        return tuple(self.support(self._by_text[text]) for text in folded(body))

    def wording(self, paragraph: ParagraphId) -> str:
        """Return the wording of most outlets; of as many, the one read first, which is the base's."""
        wordings = self._wordings[paragraph]
        return max(wordings, key=lambda text: len(wordings[text]))

    def _add_paragraphs(self, copy: Member, folded_body: tuple[str, ...]) -> None:
        paragraphs: list[ParagraphId] = []
        for text, folded_text in zip(copy.body, folded_body, strict=True):
            paragraph = self._by_text.get(folded_text)
            if paragraph is None:
                paragraph = self._by_text[folded_text] = self._paragraph_like(text, paragraphs)
            self._wordings[paragraph].setdefault(text, set()).add(copy.outlet)
            self._outlets[paragraph].add(copy.outlet)
            paragraphs.append(paragraph)
        self._by_copy[copy.article_id] = list(dict.fromkeys(paragraphs))

    def _paragraph_like(self, text: str, earlier: Sequence[ParagraphId]) -> ParagraphId:
        """Return the paragraph that ``text`` is a wording of, or a new one.

        The search starts behind the copy's last paragraph. Paragraphs that the copy has already (``earlier``) are left
        out: two similar paragraphs of one copy are two.
        """
        following, count = earlier[-1] + 1 if earlier else 0, len(self._first_wording)
        for paragraph in chain(range(following, count), range(following)):
            if paragraph not in earlier and same_paragraph(text, self._first_wording[paragraph]):
                return paragraph
        self._first_wording.append(text)
        self._wordings.append({})
        self._outlets.append(set())
        return count


def _copy_identity(copy: Member) -> tuple[int, str, tuple[str, ...]]:
    return copy.article_id, copy.outlet, copy.body
