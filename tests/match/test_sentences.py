"""Sentences are read once, and give what the whole text would."""

from __future__ import annotations

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from pipeline.match import fingerprint
from pipeline.match.fingerprint import fingerprint_bodies, fingerprint_many
from pipeline.match.sentences import SENTENCE, _split, sentences, tokens_of
from pipeline.text.shingles import tokens

PIECES = st.sampled_from(
    ["The", "mayor", "said", "5.1", "“Go", "on", "”", ".", ".”", "! ", "? ", ". ", "...", "。", "！", " ", "\n", "東京",
     "नमस्ते।", "caf\u00e9", "e\u0301", "\u0301", "so\u00adft", "²", "Σ", "ß"]
)  # fmt: skip
PARAGRAPHS = st.lists(st.lists(PIECES, max_size=30).map("".join), max_size=4)


@given(st.one_of(PARAGRAPHS, st.lists(st.text(), max_size=3)))
def test_the_tokens_of_the_sentences_are_those_of_the_text(paragraphs: list[str]) -> None:
    assert tokens_of(paragraphs) == tokens("\n".join(paragraphs))
    assert fingerprint_bodies([paragraphs]) == fingerprint_many(["\n".join(paragraphs)])


@given(PARAGRAPHS)
def test_the_quick_split_is_the_same_split(paragraphs: list[str]) -> None:
    for paragraph in paragraphs:
        assert [one for one in _split(paragraph) if one] == [one for one in SENTENCE.split(paragraph) if one]


def test_one_sentence_in_two_texts_is_read_once() -> None:
    one, other = sentences(["The mayor left. It rained."]), sentences(["He spoke. The mayor left."])
    assert one.all[0] is other.all[1]


@given(st.lists(st.integers(0, 2**64 - 1), min_size=1, max_size=50, unique=True))
def test_signatures_are_those_of_datasketch(numbers: list[int]) -> None:
    hashes = np.array(sorted(numbers), dtype=np.uint64)
    low = [number & 0xFFFFFFFF for number in numbers]
    (made,) = fingerprint._min_hash().bulk([low], num_perm=64, seed=1, hashfunc=int, scheme="affine32")
    assert np.array_equal(fingerprint._signature(hashes), made.hashvalues)
