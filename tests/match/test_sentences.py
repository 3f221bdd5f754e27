"""Sentences are read once, and give what the whole text would."""

from __future__ import annotations

import numpy as np
from datasketch import MinHash
from hypothesis import given
from hypothesis import strategies as st

from pipeline.match import fingerprint
from pipeline.match.fingerprint import fingerprint_bodies, fingerprint_many
from pipeline.match.sentences import SENTENCE_END, _split_paragraph, split_sentences, token_hashes
from pipeline.text import signatures
from pipeline.text.shingles import hashed, tokens

PIECES = st.sampled_from(
    ["The", "mayor", "said", "5.1", "“Go", "on", "”", ".", ".”", "! ", "? ", ". ", "...", "。", "！", " ", "\n", "東京",
     "नमस्ते।", "caf\u00e9", "e\u0301", "\u0301", "so\u00adft", "²", "Σ", "ß"]
)  # fmt: skip
PARAGRAPHS = st.lists(st.lists(PIECES, max_size=30).map("".join), max_size=4)


@given(st.one_of(PARAGRAPHS, st.lists(st.text(), max_size=3)))
def test_the_tokens_of_the_sentences_are_those_of_the_text(paragraphs: list[str]) -> None:
    assert token_hashes(paragraphs) == hashed(tokens("\n".join(paragraphs)))
    assert fingerprint_bodies([paragraphs]) == fingerprint_many(["\n".join(paragraphs)])


@given(PARAGRAPHS)
def test_the_quick_split_is_the_same_split(paragraphs: list[str]) -> None:
    for paragraph in paragraphs:
        assert list(filter(None, _split_paragraph(paragraph))) == list(filter(None, SENTENCE_END.split(paragraph)))


def test_one_sentence_in_two_texts_is_read_once() -> None:
    first, second = split_sentences(["The mayor left. It rained."]), split_sentences(["He spoke. The mayor left."])
    assert first.all[0] is second.all[1]


SHINGLES = st.lists(st.integers(0, 2**64 - 1), min_size=1, max_size=50, unique=True)


@given(st.lists(SHINGLES, min_size=1, max_size=4))
def test_signatures_are_those_of_datasketch(texts: list[list[int]]) -> None:
    lows = [[number & 0xFFFFFFFF for number in numbers] for numbers in texts]
    recipe = {"num_perm": signatures.PERMUTATIONS, "seed": signatures.SEED, "scheme": signatures.SCHEME}
    sketches = MinHash.bulk(lows, hashfunc=int, **recipe)
    hashes = [np.array(sorted(numbers), dtype=np.uint64) for numbers in texts]
    assert np.array_equal(signatures.signatures(hashes), [sketch.hashvalues for sketch in sketches])


@given(st.lists(PARAGRAPHS, max_size=4))
def test_a_fingerprint_is_the_same_in_any_batch(bodies: list[list[str]]) -> None:
    assert fingerprint_bodies(bodies) == [fingerprint_bodies([body])[0] for body in bodies]


def test_a_key_is_a_minimum_and_its_band() -> None:
    (fingerprinted,) = fingerprint_many([" ".join(f"word{n}" for n in range(600))])
    keys = np.frombuffer(fingerprinted.bands, "<u8")
    [signature] = signatures.signatures([fingerprint.shingles_of(fingerprinted)])
    assert (keys >> 32).tolist() == list(range(signatures.PERMUTATIONS))
    assert (keys & 0xFFFFFFFF).tolist() == signature.tolist()


@given(PARAGRAPHS)
def test_facts_are_numbers_or_names(paragraphs: list[str]) -> None:
    for sentence in split_sentences(paragraphs).all:
        assert sentence.states_facts == bool(sentence.numbers or sentence.names)
