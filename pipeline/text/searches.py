"""What a search asks for, and the snippet of a text that answers it."""

from __future__ import annotations

import re
from bisect import bisect_left, bisect_right
from collections.abc import Iterator, Sequence
from itertools import accumulate, islice

import regex

from pipeline.model import Snippet, SnippetPart
from pipeline.text.normalize import reading_length
from pipeline.text.shingles import UNSPACED, tokens

Words = Sequence[str]
Span = tuple[int, int]
Letters = tuple[Sequence[float], Sequence[float]]
MOST_PHRASES = 20
# PostgreSQL bounds a lexeme at 2,046 bytes.
LONGEST_WORD = 400
# A snippet and what stands in it before the first word that was found, in Latin letters.
SNIPPET_LENGTH, LENGTH_BEFORE = 240, 60
# Words of a phrase that are looked for in a text: no snippet shows more.
MOST_WORDS = 120
# Words that are tried as the one that a snippet shows first.
MOST_TRIED = 200
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
    quoted = (match[1] or match[2] or "" for match in islice(_PHRASE.finditer(search), MOST_PHRASES))
    return [phrase for phrase in map(compared_words, quoted) if phrase]


def compared_words(plain: str, most: int | None = None) -> list[str]:
    """Return the words of a text as they are compared, at most so many."""
    return [word[:LONGEST_WORD] for word in islice(tokens(plain), most)]


def snippet_of(search: str, paragraphs: Sequence[str]) -> Snippet:
    """Return the snippet that has the most of what the search asks for, the first of these; () where none has any.

    It is of one paragraph, some 240 Latin letters long, cut at words, and says with an ellipsis where it is cut.
    """
    phrases = asked_phrases(search)
    runs = [_run(phrase) for phrase in phrases]
    counts = [_runs_in(_run(compared_words(paragraph)), runs) for paragraph in paragraphs]
    most = max(counts, default=0)
    return _snippet(paragraphs[counts.index(most)], phrases) if most else ()


def _run(words: Words) -> str:
    return f" {' '.join(words)} "


def _runs_in(text: str, runs: Sequence[str]) -> int:
    return sum(run in text for run in runs)


def _snippet(paragraph: str, phrases: Sequence[Words]) -> Snippet:
    spans, words, owners = _shown_words(paragraph)
    places = [_places(words, owners, phrase) for phrase in phrases]
    matches = sorted(set().union(*places))
    if not matches:
        return ()
    letters = _letters(paragraph, spans)
    first, last = _window(letters, max(matches[:MOST_TRIED], key=lambda n: _phrases_from(letters, n, places)))
    proper = [_proper(paragraph, spans[n]) for n in matches if first <= n <= last]
    parts = _parts(paragraph, (spans[first][0], spans[last][1]), _joined(paragraph, proper))
    before, behind = [SnippetPart(CUT, False)] * (first > 0), [SnippetPart(CUT, False)] * (last < len(spans) - 1)
    return tuple(part for part in (*before, *parts, *behind) if part.text)


def _shown_words(paragraph: str) -> tuple[list[Span], list[str], list[int]]:
    """Return where the words stand as a reader sees them, the words as they are compared, and of each of these which
    of the former it is in."""
    spans = [match.span() for match in _SHOWN_WORD.finditer(paragraph)]
    compared = [compared_words(paragraph[begin:end]) for begin, end in spans]
    words = [word for part in compared for word in part]
    return spans, words, [n for n, part in enumerate(compared) for _ in part]


def _places(words: list[str], owners: Sequence[int], phrase: Words) -> list[int]:
    """Return the words of all places that say the phrase, or as much of it as a snippet can show, in order."""
    wanted = list(phrase[:MOST_WORDS])
    size = len(wanted)
    begins = (n for n in range(len(words) - size + 1) if words[n] == wanted[0] and words[n : n + size] == wanted)
    places, end = dict[int, None](), 0
    for begin in begins:
        places |= dict.fromkeys(owners[max(begin, end) : begin + size])
        end = begin + size
    return list(places)


def _letters(paragraph: str, spans: Sequence[Span]) -> Letters:
    """Return how many Latin letters long the paragraph is to the beginning of each word, and to its end."""
    ends_before = [0, *(end for _, end in spans)]
    gaps = [begin - before for before, (begin, _) in zip(ends_before, spans, strict=False)]
    lengths = [reading_length(paragraph[begin:end]) for begin, end in spans]
    ends = list(accumulate(gap + length for gap, length in zip(gaps, lengths, strict=True)))
    return [end - length for end, length in zip(ends, lengths, strict=True)], ends


def _phrases_from(letters: Letters, first: int, places: Sequence[Sequence[int]]) -> int:
    """Return how many phrases are said from a word on, as far as a snippet goes."""
    last = _reach(letters, first, SNIPPET_LENGTH - LENGTH_BEFORE)
    return sum(bisect_left(match, first) < bisect_right(match, last) for match in places)


def _window(letters: Letters, match: int) -> tuple[int, int]:
    """Return the first and the last word of the snippet for a word that was found."""
    begins, _ = letters
    first = bisect_left(begins, begins[match] - LENGTH_BEFORE, hi=match)
    return first, _reach(letters, first, SNIPPET_LENGTH)


def _reach(letters: Letters, first: int, most: int) -> int:
    """Return the last word that ends so many letters behind the beginning of the ``first``."""
    begins, ends = letters
    return max(first, bisect_right(ends, begins[first] + most) - 1)


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
