"""What the corpus has seen, in bounded memory."""

from __future__ import annotations

import zlib
from datetime import UTC, datetime, timedelta

import numpy as np
import pytest
import xxhash
from hypothesis import given
from hypothesis import strategies as st

from pipeline.match.first_seen import STALE, FirstSeenIndex, to_minute

NOW = datetime(2026, 3, 1, 12, tzinfo=UTC)


def spread(number: int) -> int:
    return xxhash.xxh64_intdigest(str(number))


DOCUMENTS = st.lists(
    st.tuples(
        st.lists(st.integers(0, 30).map(spread), min_size=1, max_size=12, unique=True),
        st.integers(0, 60 * 24 * 40).map(lambda minutes: NOW - timedelta(minutes=minutes)),
    ),
    max_size=12,
)


def hashes(values: list[int]) -> np.ndarray[tuple[int], np.dtype[np.uint64]]:
    return np.array(sorted(values), dtype=np.uint64)


def chance(seed: int, number: int) -> np.ndarray[tuple[int], np.dtype[np.uint64]]:
    return np.unique(np.random.default_rng(seed).integers(0, 2**63, number, dtype=np.uint64))


@given(DOCUMENTS, st.randoms())
def test_as_a_table_of_every_shingle_in_any_order_and_twice(
    documents: list[tuple[list[int], datetime]], shuffler: object
) -> None:
    earliest: dict[int, datetime] = {}
    for values, at in documents:
        earliest |= {value: min(at, earliest.get(value, at)) for value in values}
    memory = FirstSeenIndex(36, 1 << 12)
    shuffled = documents + documents[:3]
    shuffler.shuffle(shuffled)  # type: ignore[attr-defined]
    memory.add_many([(hashes(values), at) for values, at in shuffled])
    shingles = hashes(list(earliest))
    fresh = [earliest[int(value)] >= NOW - timedelta(hours=36) for value in shingles]
    assert list(memory.weights(shingles, NOW) == 1.0) == fresh


@given(DOCUMENTS, st.integers(1, 5))
def test_what_adding_says_of_documents_in_time_order_is_what_asking_says_then(
    documents: list[tuple[list[int], datetime]], chunk: int
) -> None:
    documents_in_order = [(hashes(values), at) for values, at in sorted(documents, key=lambda document: document[1])]
    memory = FirstSeenIndex(36, 1 << 12)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("pipeline.match.first_seen.CHUNK", chunk)
        added = memory.add_many(documents_in_order)
        stored = memory.first_minutes_of_many([shingles for shingles, _ in documents_in_order])
    expected = [list(memory.first_minutes(shingles)) for shingles, _ in documents_in_order]
    assert [list(firsts) for firsts in added] == [list(firsts) for firsts in stored] == expected


def test_one_by_one_is_all_chunk() -> None:
    documents = [(chance(n % 7, 200), NOW - timedelta(hours=n)) for n in range(20)]
    singly, streamed = FirstSeenIndex(36, 1 << 14), FirstSeenIndex(36, 1 << 14)
    for shingles, at in documents:
        singly.add(shingles, at)
    assert streamed.add_stream(iter(documents)) == 20
    for shingles, _ in documents:
        assert list(singly.first_minutes(shingles)) == list(streamed.first_minutes(shingles))


def test_a_saved_memory_says_the_same() -> None:
    memory = FirstSeenIndex(36, 1 << 12)
    memory.add(chance(1, 300), NOW - timedelta(days=3))
    reloaded = FirstSeenIndex.load(memory.dump(), 36)
    assert reloaded.has_slots(1 << 12)
    assert not reloaded.has_slots(1 << 13)
    assert list(reloaded.weights(chance(1, 300), NOW)) == [STALE] * 300
    assert set(reloaded.weights(chance(2, 300), NOW)) == {1.0}
    with pytest.raises(ValueError, match="incorrect header"):
        FirstSeenIndex.load(b"what another version wrote", 36)


def test_a_word_is_tag_minute_and_half_day() -> None:
    words = np.zeros(1 << 12, dtype="<u8")
    words[5 * 8] = 77 | to_minute(NOW) << 16 | to_minute(NOW) // 720 << 48
    memory = FirstSeenIndex.load(zlib.compress(words.tobytes()), 36)
    stored, unknown = (5 << 16) | 77, (6 << 16) | 77
    assert list(memory.first_minutes(hashes([stored, unknown]))) == [to_minute(NOW), np.inf]
    assert zlib.decompress(memory.dump()) == words.tobytes()


def test_shingles_that_want_one_row_make_room_for_one_another() -> None:
    memory = FirstSeenIndex(36, 8)
    days = [memory.add_many([(hashes([n]), NOW + timedelta(days=n))])[0][0] for n in range(1, 12)]
    assert days == [to_minute(NOW + timedelta(days=n)) for n in range(1, 12)]
    assert list(memory.first_minutes(hashes(list(range(1, 12))))) == [np.inf] * 3 + days[3:]
    [firsts] = memory.add_many([(hashes(list(range(21, 31))), NOW)])
    assert list(firsts) == list(memory.first_minutes(hashes(list(range(21, 31)))))


def test_what_is_forgotten_is_what_was_not_seen_for_longest() -> None:
    memory, formula = FirstSeenIndex(36, 1 << 13), chance(0, 500)
    for day in range(30):
        memory.add_many([(formula, NOW + timedelta(days=day)), (chance(day + 1, 900), NOW + timedelta(days=day))])
    later = NOW + timedelta(days=29)
    assert np.mean(memory.weights(formula, later) == STALE) > 0.99
    assert np.mean(memory.weights(chance(28, 900), later) == STALE) > 0.9
    assert np.mean(memory.weights(chance(1, 900), later) == 1.0) > 0.9
    assert len(memory.dump()) < 8 * (1 << 13) * 1.1
