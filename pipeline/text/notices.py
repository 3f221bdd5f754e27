"""Lines on the text itself: update marks and disclaimers."""

from __future__ import annotations

import re

from pipeline.model import Span, SpanKind, VersionKind
from pipeline.text.grammar import Disclaimers, Grammar, Position, agencies_in, whole_span
from pipeline.text.version_notes import line_note, load_notes, title_note

# Characters in which an update line names its agency.
HEAD = 200
LABEL = re.compile(r"^\W*(?:\w+\s?[:：]\s*)?\W*")


def update_span(text: str, _position: Position, grammar: Grammar) -> Span | None:
    """Return a line that opens with an update mark as a span; None for any other."""
    kind = update_mark(text, grammar)
    if kind is None:
        return None
    return whole_span(SpanKind.UPDATE, text, f"update mark: {kind.value}", agencies_in(text[:HEAD], grammar))


def update_mark(text: str, grammar: Grammar) -> VersionKind | None:
    """Return what a mark in a title or line says the text is; None where there is none."""
    for kind, opens, anywhere in grammar.updates:
        if opens.match(text) or anywhere.search(text):
            return kind
    return None


def title_mark(title: str, grammar: Grammar) -> VersionKind | None:
    """Return what a title's mark, or a label before or behind it, says the text is; None where there is none."""
    return update_mark(title, grammar) or title_note(title, load_notes())


def note_span(text: str, position: Position, grammar: Grammar) -> Span | None:
    """Return a line near the ends of a text that says of it that it is corrected or withdrawn; None for any other.

    Update marks are :func:`update_span`'s.
    """
    kind = line_note(text, grammar.disclaimers.this_text, load_notes()) if position != "middle" else None
    if kind is None:
        return None
    return whole_span(SpanKind.UPDATE, text, f"note: {kind.value}", agencies_in(text[:HEAD], grammar))


def line_mark(text: str, grammar: Grammar) -> VersionKind | None:
    """Return what a line's mark, or a sentence on its text, says the text is; None where there is none."""
    return update_mark(text, grammar) or line_note(text, grammar.disclaimers.this_text, load_notes())


def disclaimer_span(text: str, _position: Position, grammar: Grammar) -> Span | None:
    """Return a line that is a disclaimer as a span; None for any other."""
    forms, low = grammar.disclaimers, text.casefold()
    if forms.rights.any_in(low) or _on_this_text(low, forms) or forms.patterns.fit(text):
        return whole_span(SpanKind.DISCLAIMER, text, "disclaimer", agencies_in(text, grammar))
    return None


def _on_this_text(low: str, forms: Disclaimers) -> bool:
    """Whether it says of the text itself that it came from a feed or an agency, and that nobody here worked on it."""
    start = label.end() if (label := LABEL.match(low)) else 0
    is_this_text = forms.this_text.open(low, start)
    if not is_this_text and not forms.the_text.open(low, start):
        return False
    untouched = forms.untouched.search(low)
    if forms.feeds.search(low):
        return bool(untouched or (is_this_text and forms.passed.search(low)))
    return bool(untouched and forms.from_agency.search(low) and (is_this_text or " not " in low or "without" in low))
