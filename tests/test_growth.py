"""No public function of the pure rooms takes more than its share of time for hostile input of twice the size.

Judged by the CPU's time of this process, the best of several, and only where it is above a floor.
"""

from __future__ import annotations

import inspect
import time
from collections import deque
from collections.abc import Iterator
from contextlib import suppress
from typing import Any

import pytest

from pipeline.errors import CopydeskError
from pipeline.text import alike
from tests.hostile import TOKENS, Hostile, arguments, functions

# Characters: what a page of some length holds. A quadratic pattern takes half a second for them.
SIZE = 12_000
# Below so many seconds nothing is judged: there the clock's steps show, and what is done once.
FLOOR = 0.05
# Four times the size may take so many times as long, the best of some tries: linear is 4, quadratic 16.
MOST = 9.0
TRIES = 3
# These read a whole page or feed, of which the text is a part: a third of the size, each token tried once.
LARGE_FLOOR = 0.08
LARGE = (
    "feeds.parse_feed",
    "extract.article",
    "extract.delivered",
    "extract.candidates",
    "extract.metadata",
    "text.boilerplate.clean",
)
# Not measured by themselves, and why: functions, or modules that end in a dot.
ELSEWHERE = {
    "they look at each record or number once, or give all pairs of them": (
        "text.attribution.attribute",
        "text.attribution.attributed_agency",
        "text.attribution.contributors_of",
        "text.boilerplate.rebuild",
        "text.dates.sane",
        "text.identity.is_same",
        "text.identity.edit_reason",
        "text.keys.shared_among",
        "text.keys.texts_of_older_keys",
        "feeds.opml.write_opml",
        "text.shingles.running_hashes",
        "text.keys.shared",
        "feeds.doubtful.",
        "feeds.duplicates.duplicate_feeds",
        "feeds.entry.storable_record",
        "feeds.xml.local_name",
        "extract.part.runs",
        "extract.template.without_repeats",
    ),
    "parse_feed and extract_article call them, and are measured": (
        "feeds.delivery.",
        "feeds.syndication.read_syndication",
        "feeds.ninjs.ninjs_items",
        "extract.assemble.assembled",
        "extract.assemble.is_signed",
        "extract.assemble.stamped_moment",
        "extract.story_blocks.story_blocks",
        "extract.read_page.read_page",
        "extract.links.linked_elsewhere",
    ),
    "they read files or start processes, and no text": (
        "text.agencies.load_agencies",
        "text.datelines.compile_datelines",
        "text.boilerplate.load_promotions",
        "text.invitations.load_labels",
        "text.grammar.load_grammar",
        "text.months.month_numbers",
        "text.months.language_months",
        "text.months.all_months",
        "text.written_clocks.half_days",
        "text.written_clocks.all_half_days",
        "text.cldr.",
        "feeds.apart.feed_children",
        "feeds.apart.read_apart",
        "extract.many.",
        "extract.trafilatura_reading.load_stop_words",
        "extract.kind.load_placeholders",
        "extract.sandbox.warm_up",
    ),
}


def _remembers_texts(function: Any) -> bool:
    """Whether it is remembered for a number of texts; what is read once from a file stays."""
    return hasattr(function, "cache_clear") and function.cache_parameters()["maxsize"] is not None


def _reads_parsed_json(name: str, function: Any) -> bool:
    """Whether it is a format's reader that parse_feed calls with JSON it has parsed."""
    types = [parameter.annotation for parameter in inspect.signature(function).parameters.values()]
    return name.startswith("feeds.") and "Reading" in types[1:] and types[0] != "bytes"


FUNCTIONS = {name: function for name, function in functions() if not _reads_parsed_json(name, function)}
LEFT_OUT = tuple(name for names in ELSEWHERE.values() for name in names)
MODULES = tuple(name for name in LEFT_OUT if name.endswith("."))
MEASURED = sorted(name for name in FUNCTIONS if not name.startswith(MODULES) and name not in LEFT_OUT)
CACHES: list[Any] = [function for function in (*FUNCTIONS.values(), alike._words) if _remembers_texts(function)]


@pytest.mark.parametrize("name", MEASURED)
def test_time_grows_no_faster_than_hostile_input(name: str) -> None:
    large = name.startswith(LARGE)
    size, floor = (SIZE // 3, LARGE_FLOOR) if large else (SIZE, FLOOR)
    _seconds(name, Hostile("a ", SIZE // 4, fenced=True))  # reads what is read once
    growths = (
        (token, fenced, _growth(name, token, size, floor, fenced=fenced))
        for token in TOKENS
        for fenced in ((True,) if large else (True, False))
    )
    fastest = next((growth for growth in growths if growth[-1] > MOST), None)
    assert fastest is None, "token, fenced, and how many times as long four times the size takes"


def test_every_function_left_out_is_there() -> None:
    modules = {name.rpartition(".")[0] + "." for name in FUNCTIONS}
    assert not set(LEFT_OUT) - FUNCTIONS.keys() - modules


def _growth(name: str, token: str, size: int, floor: float, *, fenced: bool) -> float:
    """How many times as long the whole takes as a quarter of it; 0 where it takes less than the floor."""
    if _seconds(name, Hostile(token, size, fenced)) < floor:
        return 0.0
    full = min(_seconds(name, Hostile(token, size, fenced)) for _ in range(TRIES))
    quarter = min(_seconds(name, Hostile(token, size // 4, fenced)) for _ in range(TRIES))
    return full / quarter if full >= floor else 0.0


def _seconds(name: str, hostile: Hostile) -> float:
    """CPU seconds of one call with nothing remembered from another."""
    values = arguments(FUNCTIONS[name], hostile)
    for function in CACHES:
        function.cache_clear()
    began = time.process_time()
    with suppress(CopydeskError):
        result = FUNCTIONS[name](**values)
        if isinstance(result, Iterator):
            deque(result, maxlen=0)
    return time.process_time() - began
