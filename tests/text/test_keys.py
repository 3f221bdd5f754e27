"""Sorted keys say what counting each key by hand says."""

from __future__ import annotations

import struct
from collections import Counter
from collections.abc import Mapping, Sequence

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from pipeline.text.keys import Holders, shared, shared_among

KEYS_BY_TEXT = st.dictionaries(st.integers(1, 40), st.lists(st.integers(-5, 9), unique=True, max_size=6), max_size=12)


def raw(keys_by_text: Mapping[int, Sequence[int]]) -> dict[int, bytes]:
    return {number: struct.pack(f"<{len(keys)}q", *keys) for number, keys in keys_by_text.items()}


@given(KEYS_BY_TEXT, KEYS_BY_TEXT, KEYS_BY_TEXT)
def test_as_many_keys_are_shared_as_one_counts(
    queries: dict[int, list[int]], older: dict[int, list[int]], newer: dict[int, list[int]]
) -> None:
    newer = {number + 100: keys for number, keys in newer.items()}
    rows = shared(raw(queries), [Holders.from_texts(raw(newer)), Holders.from_texts(raw(older))], 1000)
    by_hand = Counter(
        (text, partner)
        for text, keys in queries.items()
        for partner, theirs in (older | newer).items()
        for key in keys
        if key in theirs
    )
    assert sorted(rows, key=lambda row: row[0]) == sorted(
        ((text, partner, number) for (text, partner), number in by_hand.items()),
        key=lambda row: (row[0], -row[2], row[1]),
    )


@given(KEYS_BY_TEXT)
def test_what_texts_share_among_them_is_what_each_shares_with_those_before_it(
    keys_by_text: dict[int, list[int]],
) -> None:
    pairs, place = shared(raw(keys_by_text), [Holders.from_texts(raw(keys_by_text))], 1000), list(keys_by_text).index
    before = [(text, partner, number) for text, partner, number in pairs if place(partner) < place(text)]
    assert sorted(shared_among(raw(keys_by_text))) == sorted(before)


def test_keys_of_any_size_are_put_in_order() -> None:
    chance = np.random.default_rng(1)
    keys = np.concatenate([chance.integers(-(2**63), 2**63 - 1, 500), chance.integers(-9, 9, 500)])
    texts = chance.permutation(1000)
    holders, order = Holders.sorted(keys, texts), np.lexsort((texts, keys))
    assert holders.packed() == Holders(keys[order], texts[order]).packed()


def test_of_a_key_that_many_hold_the_newest_count() -> None:
    parts = [Holders.from_texts(raw({number: [7] for number in numbers})) for numbers in ((5, 4), (3, 2, 1))]
    assert [partner for _, partner, _ in shared(raw({9: [7]}), parts, 3)] == [3, 4, 5]


@given(KEYS_BY_TEXT, KEYS_BY_TEXT, st.integers(-40, 40))
def test_newer_ones_stand_where_all_in_order_would_be(
    older: dict[int, list[int]], newer: dict[int, list[int]], shift: int
) -> None:
    newer = {number + 40 + shift: keys for number, keys in newer.items() if number + 40 + shift not in older}
    holders = Holders.from_texts(raw(older)).with_newer(Holders.from_texts(raw(newer)))
    assert holders.packed() == Holders.from_texts(raw(older | newer)).packed()


@given(KEYS_BY_TEXT)
def test_what_is_packed_comes_back(keys_by_text: dict[int, list[int]]) -> None:
    packed = Holders.from_texts(raw(keys_by_text)).packed()
    assert Holders.unpacked(packed).packed() == packed
    assert set(zip(Holders.unpacked(packed).texts, Holders.unpacked(packed).keys, strict=True)) == {
        (number, key) for number, keys in keys_by_text.items() for key in keys
    }
