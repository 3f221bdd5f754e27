"""What an agency's marks and an outlet's notes say that a text is: an update, a correction, a withdrawal."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from pipeline.model import Span, SpanKind, VersionKind
from pipeline.text.grammar import Grammar, agencies_in
from pipeline.text.notices import line_mark, title_mark
from pipeline.text.version_notes import is_short, is_withdrawal_notice, load_notes

# Characters in which a sentence that opens with an agency's name has it.
OPENING = 32


def mark_of(titles: Sequence[str], spans: Iterable[Span], grammar: Grammar, body: Sequence[str] = ()) -> VersionKind:
    """What titles and spans say, or a body that is but a notice; a withdrawal or correction outweighs an update."""
    marks = [title_mark(title, grammar) for title in titles]
    marks += [line_mark(span.text, grammar) for span in spans if span.kind is SpanKind.UPDATE]
    for kind in (VersionKind.WITHDRAWAL, VersionKind.CORRECTION, VersionKind.UPDATE):
        if kind in marks:
            return kind
    return VersionKind.WITHDRAWAL if is_short(body) and _is_notice([*titles, *body], grammar) else VersionKind.ORIGINAL


def _is_notice(paragraphs: Sequence[str], grammar: Grammar) -> bool:
    on_text = (*grammar.disclaimers.this_text.all, *grammar.disclaimers.the_text.all)
    return is_withdrawal_notice(
        paragraphs, lambda sentence: bool(agencies_in(sentence[:OPENING], grammar)), on_text, load_notes()
    )
