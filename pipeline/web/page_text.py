"""The text of a page in its order: the story's paragraphs, and between them what was taken off."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from pipeline.model import Span, SpanKind

# How the rules begin that take off what an outlet's pages repeat.
REPEATS = "recurs"


@dataclass(frozen=True, slots=True)
class PageLine:
    """A paragraph of the story (``kind`` None), or a piece that was taken off and the ``rule`` that says why.
    ``is_within``: the piece is of a paragraph's line."""

    text: str
    kind: SpanKind | None = None
    rule: str = ""
    is_within: bool = False

    @property
    def is_repeat(self) -> bool:
        """Whether it was taken off because the outlet repeats it: such a line a person can call text."""
        return self.kind is not None and not self.is_within and self.rule.startswith(REPEATS)


def page_lines(body: Sequence[str], spans: Sequence[Span]) -> list[PageLine]:
    """Return the lines of the raw text that body and spans rebuild (:class:`pipeline.model.Span`), in their order."""
    whole_spans: dict[int, list[Span]] = defaultdict(list)
    part_spans: dict[int, list[Span]] = defaultdict(list)
    for span in spans:
        if span.text:
            (whole_spans if span.is_whole_block else part_spans)[span.block].append(span)
    lines, paragraphs = list[PageLine](), iter(body)
    for block in range(len(body) + len(whole_spans)):
        if block in whole_spans:
            lines += [PageLine(span.text, span.kind, span.rule) for span in whole_spans[block]]
        else:
            lines += _cut_paragraph(next(paragraphs, ""), part_spans.get(block, ()))
    return lines


def _cut_paragraph(paragraph: str, part_spans: Sequence[Span]) -> Iterator[PageLine]:
    for span in part_spans:
        if not span.start:
            yield PageLine(span.text, span.kind, span.rule, is_within=True)
    if paragraph:
        yield PageLine(paragraph)
    for span in part_spans:
        if span.start:
            yield PageLine(span.text, span.kind, span.rule, is_within=True)


def characters_by_kind(lines: Sequence[PageLine]) -> list[tuple[SpanKind | None, int, int]]:
    """Return (kind, lines, characters) of what there is, the story's own (None) first, then the longest."""
    numbers = Counter(line.kind for line in lines)
    characters = Counter[SpanKind | None]()
    for line in lines:
        characters[line.kind] += len(line.text)
    rows = [(kind, numbers[kind], characters[kind]) for kind in numbers]
    return sorted(rows, key=lambda row: (row[0] is not None, -row[2]))
