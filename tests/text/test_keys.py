"""Sorted keys say what counting each key by hand says."""

from __future__ import annotations

import struct
from collections import Counter
from collections.abc import Mapping, Sequence

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from pipeline.text.keys import Holders, shared, shared_among

HELD = st.dictionaries(st.integers(1, 40), st.lists(st.integers(-5, 9), unique=True, max_size=6), max_size=12)


def raw(held: Mapping[int, Sequence[int]]) -> dict[int, bytes]:
    return {number: struct.pack(f"<{len(keys)}q", *keys) for number, keys in held.items()}


@given(HELD, HELD, HELD)
def test_as_many_keys_are_shared_as_one_counts(
    asked: dict[int, list[int]], older: dict[int, list[int]], newer: dict[int, list[int]]
) -> None:
    newer = {number + 100: keys for number, keys in newer.items()}
    found = shared(raw(asked), [Holders.from_texts(raw(newer)), Holders.from_texts(raw(older))], 1000)
    by_hand = Counter(
        (one, other)
        for one, keys in asked.items()
        for other, theirs in (older | newer).items()
        for key in keys
        if key in theirs
    )
    assert sorted(found, key=lambda row: row[0]) == sorted(
        ((one, other, number) for (one, other), number in by_hand.items()), key=lambda row: (row[0], -row[2], row[1])
    )


@given(HELD)
def test_what_texts_share_among_them_is_what_each_shares_with_those_before_it(held: dict[int, list[int]]) -> None:
    every, place = shared(raw(held), [Holders.from_texts(raw(held))], 1000), list(held).index
    before = [(one, other, number) for one, other, number in every if place(other) < place(one)]
    assert sorted(shared_among(raw(held))) == sorted(before)


def test_keys_of_any_size_are_put_in_order() -> None:
    chance = np.random.default_rng(1)
    keys = np.concatenate([chance.integers(-(2**63), 2**63 - 1, 500), chance.integers(-9, 9, 500)])
    texts = chance.permutation(1000)
    found, order = Holders.sorted(keys, texts), np.lexsort((texts, keys))
    assert found.packed() == Holders(keys[order], texts[order]).packed()


def test_of_a_key_that_many_hold_the_newest_count() -> None:
    parts = [Holders.from_texts(raw({number: [7] for number in numbers})) for numbers in ((5, 4), (3, 2, 1))]
    assert [other for _, other, _ in shared(raw({9: [7]}), parts, 3)] == [3, 4, 5]


@given(HELD, HELD, st.integers(-40, 40))
def test_newer_ones_stand_where_all_in_order_would_be(
    older: dict[int, list[int]], newer: dict[int, list[int]], by: int
) -> None:
    newer = {number + 40 + by: keys for number, keys in newer.items() if number + 40 + by not in older}
    found = Holders.from_texts(raw(older)).with_newer(Holders.from_texts(raw(newer)))
    assert found.packed() == Holders.from_texts(raw(older | newer)).packed()


@given(HELD)
def test_what_is_packed_comes_back(held: dict[int, list[int]]) -> None:
    packed = Holders.from_texts(raw(held)).packed()
    assert Holders.unpacked(packed).packed() == packed
    assert set(zip(Holders.unpacked(packed).texts, Holders.unpacked(packed).keys, strict=True)) == {
        (number, key) for number, keys in held.items() for key in keys
    }
