"""What an agency's marks say that a text is: an update, a correction, a withdrawal."""

from __future__ import annotations

from collections.abc import Iterable

from pipeline.model import Span, SpanKind, VersionKind
from pipeline.text.grammar import Grammar
from pipeline.text.notices import update_mark


def mark_of(titles: Iterable[str], spans: Iterable[Span], grammar: Grammar) -> VersionKind:
    """What the marks in titles and spans say; a withdrawal or correction outweighs an update."""
    marks = [update_mark(text, grammar) for text in [*titles, *(s.text for s in spans if s.kind is SpanKind.UPDATE)]]
    for kind in (VersionKind.WITHDRAWAL, VersionKind.CORRECTION, VersionKind.UPDATE):
        if kind in marks:
            return kind
    return VersionKind.ORIGINAL
