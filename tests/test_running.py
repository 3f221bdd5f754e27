"""What steps run on: writes that share a transaction, and how often Python collects."""

from __future__ import annotations

import asyncio
import gc
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from weakref import ref

import pytest

from pipeline.cycles import collect_cycles, collecting_seldom
from pipeline.steps.context import GATHERED_MOST, Gathered

HOURS = 36_000.0


def written(numbers: Sequence[int], seconds: float) -> tuple[list[int], list[list[int]]]:
    """What each write gave, and the batches that were written."""
    batches: list[list[int]] = []

    def write(batch: Sequence[int]) -> list[int]:
        batches.append(list(batch))
        return [10 * number for number in batch]

    async def all_of_them() -> list[int]:
        with ThreadPoolExecutor(1) as thread:
            gathered = Gathered(write, thread, seconds)
            return await asyncio.gather(*(gathered.write(number) for number in numbers))

    return asyncio.run(all_of_them()), batches


def test_enough_writes_wait_for_no_more() -> None:
    numbers = list(range(2 * GATHERED_MOST))
    results, batches = written(numbers, HOURS)
    assert results == [10 * number for number in numbers]
    assert sorted(number for batch in batches for number in batch) == numbers


def test_few_writes_wait_a_moment_and_go_together() -> None:
    results, batches = written([1, 2, 3], 0.01)
    assert results == [10, 20, 30]
    assert batches == [[1, 2, 3]]


def test_an_error_comes_out_of_each_write() -> None:
    def write(_batch: Sequence[int]) -> list[int]:
        raise ValueError("refused")

    async def gather_writes() -> list[int | BaseException]:
        with ThreadPoolExecutor(1) as thread:
            gathered = Gathered(write, thread, 0.0)
            return await asyncio.gather(gathered.write(1), gathered.write(2), return_exceptions=True)

    assert [str(error) for error in asyncio.run(gather_writes())] == ["refused", "refused"]


@pytest.fixture(autouse=True)
def usual_collection() -> Iterator[None]:
    """Python's own thresholds: what a fork server imports sets others, and other tests import it."""
    before = gc.get_threshold()
    gc.set_threshold(700, 10, 10)
    gc.unfreeze()
    yield
    gc.set_threshold(*before)


def test_python_collects_as_often_as_before_when_a_step_is_over() -> None:
    before = gc.get_threshold()
    with suppress(KeyError), collecting_seldom():
        assert gc.get_threshold() > before
        assert gc.get_freeze_count() > 0
        raise KeyError
    assert (gc.get_threshold(), gc.get_freeze_count()) == (before, 0)


def test_blocks_that_overlap_put_back_what_was_there_before_the_first() -> None:
    before = gc.get_threshold()
    first, second = collecting_seldom(20_000), collecting_seldom(200_000)
    first.__enter__()
    second.__enter__()
    assert gc.get_threshold()[0] == 200_000
    first.__exit__(None, None, None)
    assert gc.get_threshold()[0] == 200_000
    second.__exit__(None, None, None)
    assert (gc.get_threshold(), gc.get_freeze_count()) == (before, 0)


def test_what_a_step_leaves_is_not_looked_through_when_it_is_over() -> None:
    generations: list[int] = []

    def looked(phase: str, info: dict[str, int]) -> None:
        generations.append(info["generation"])

    with collecting_seldom():
        garbage = [[n] for n in range(5000)]
        gc.callbacks.append(looked)
    try:
        assert gc.get_count()[0] < len(garbage)
    finally:
        gc.callbacks.remove(looked)
    assert not generations


class _Ring:
    """What only the search for cycles frees."""

    def __init__(self) -> None:
        self.itself = self


def test_what_runs_leave_in_cycles_is_freed_between_them() -> None:
    with collecting_seldom():
        ring = ref(_Ring())
    with collecting_seldom():
        assert ring() is not None
    collect_cycles()
    assert ring() is None
