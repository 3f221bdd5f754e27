"""What a search asks for, and the snippet of a text that answers it."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from itertools import islice, takewhile

import regex

from pipeline.model import Snippet, SnippetPart
from pipeline.text.normalize import reading_length
from pipeline.text.shingles import UNSPACED, tokens

Words = Sequence[str]
Span = tuple[int, int]
MOST_PHRASES = 20
# PostgreSQL bounds a lexeme at 2,046 bytes.
LONGEST_WORD = 400
# A snippet and what stands in it before the first word that was found, in Latin letters.
SNIPPET_LENGTH, LENGTH_BEFORE = 240, 60
# Longer runs without a blank are cut.
LONGEST_SHOWN = 80
# A search's quoted phrases, and its other words.
_PHRASE = re.compile(r'["“”„«「]([^"“”»」]*)["“”»」]|(\S+)')
# What a reader takes for a word, or a character of those scripts that write no blanks.
_SHOWN_WORD = regex.compile(rf"(?V1)[{UNSPACED}]\p{{M}}*|[\S--[{UNSPACED}]]{{1,{LONGEST_SHOWN}}}")
# The word proper, without the marks around it.
_PROPER = regex.compile(r"[\p{L}\p{N}](?:.*[\p{L}\p{M}\p{N}])?", regex.DOTALL)
CUT = "…"


def asked_phrases(search: str) -> list[list[str]]:
    """Return the phrases of a search as they are compared: each word is one, and each text in quotes."""
    quoted = (phrase or word for phrase, word in _PHRASE.findall(search))
    return [phrase for phrase in map(compared_words, islice(quoted, MOST_PHRASES)) if phrase]


def compared_words(plain: str, most: int | None = None) -> list[str]:
    """Return the words of a text as they are compared, at most so many."""
    return [word[:LONGEST_WORD] for word in islice(tokens(plain), most)]


def snippet_of(search: str, paragraphs: Sequence[str]) -> Snippet:
    """Return the snippet that has the most of what the search asks for, the first of these; () where none has any.

    It is of one paragraph, some 240 Latin letters long, cut at words, and says with an ellipsis where it is cut.
    """
    phrases = asked_phrases(search)
    counts = [_phrases_in(paragraph, phrases) for paragraph in paragraphs]
    most = max(counts, default=0)
    return _snippet(paragraphs[counts.index(most)], phrases) if most else ()


def _phrases_in(paragraph: str, phrases: Sequence[Words]) -> int:
    words = f" {' '.join(compared_words(paragraph))} "
    return sum(f" {' '.join(phrase)} " in words for phrase in phrases)


def _snippet(paragraph: str, phrases: Sequence[Words]) -> Snippet:
    spans, compared = _shown_words(paragraph)
    places = [_places(compared, phrase) for phrase in phrases]
    matches = sorted(set().union(*places))
    if not matches:
        return ()
    first, last = _window(paragraph, spans, max(matches, key=lambda n: _met(paragraph, spans, n, places)))
    proper = [_proper(paragraph, spans[n]) for n in matches if first <= n <= last]
    parts = _parts(paragraph, (spans[first][0], spans[last][1]), _joined(paragraph, proper))
    before, behind = [SnippetPart(CUT, False)] * (first > 0), [SnippetPart(CUT, False)] * (last < len(spans) - 1)
    return tuple(part for part in (*before, *parts, *behind) if part.text)


def _shown_words(paragraph: str) -> tuple[list[Span], list[tuple[str, int]]]:
    """Return where the words stand as a reader sees them, and as they are compared, each with the number of its own."""
    spans = [match.span() for match in _SHOWN_WORD.finditer(paragraph)]
    compared = [(word, n) for n, (begin, end) in enumerate(spans) for word in compared_words(paragraph[begin:end])]
    return spans, compared


def _places(compared: Sequence[tuple[str, int]], phrase: Words) -> set[int]:
    """Return the words of all places that say the phrase."""
    words, size = [word for word, _ in compared], len(phrase)
    begins = (n for n in range(len(words) - size + 1) if words[n : n + size] == list(phrase))
    return {compared[n + k][1] for n in begins for k in range(size)}


def _met(paragraph: str, spans: Sequence[Span], first: int, places: Sequence[set[int]]) -> int:
    """Return how many phrases are said from a word on, as far as a snippet goes."""
    last = _reach(paragraph, spans, first, SNIPPET_LENGTH - LENGTH_BEFORE)
    return sum(any(first <= n <= last for n in match) for match in places)


def _window(paragraph: str, spans: Sequence[Span], match: int) -> tuple[int, int]:
    """Return the first and the last word of the snippet for a word that was found."""
    end = spans[match][0]
    near = takewhile(lambda n: reading_length(paragraph[spans[n][0] : end]) <= LENGTH_BEFORE, range(match - 1, -1, -1))
    first = min(near, default=match)
    return first, _reach(paragraph, spans, first, SNIPPET_LENGTH)


def _reach(paragraph: str, spans: Sequence[Span], first: int, most: int) -> int:
    begin = spans[first][0]
    fits = takewhile(lambda n: reading_length(paragraph[begin : spans[n][1]]) <= most, range(first, len(spans)))
    return max(fits, default=first)


def _proper(paragraph: str, span: Span) -> Span:
    """Return where a word is without the marks around it."""
    match = _PROPER.search(paragraph, *span)
    return match.span() if match else span


def _joined(paragraph: str, spans: Sequence[Span]) -> list[Span]:
    """Return the spans, those with nothing but blanks between them as one."""
    joined: list[Span] = []
    for begin, end in spans:
        if joined and not paragraph[joined[-1][1] : begin].strip():
            begin = joined.pop()[0]
        joined.append((begin, end))
    return joined


def _parts(paragraph: str, bounds: Span, spans: Sequence[Span]) -> Iterator[SnippetPart]:
    at = bounds[0]
    for begin, end in spans:
        yield SnippetPart(paragraph[at:begin], False)
        yield SnippetPart(paragraph[begin:end], True)
        at = end
    yield SnippetPart(paragraph[at : bounds[1]], False)
