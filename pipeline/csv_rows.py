"""Records as lines of CSV (RFC 4180), for spreadsheets, R and pandas; no cell is a formula.

The first row has the columns' names. Absent values are empty cells, truth is ``true`` or ``false``, lists and objects
are JSON.
"""

from __future__ import annotations

import csv
import io
import json
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any

from pipeline.text.visible import visible

STORY_COLUMNS = (
    "id", "first_seen", "updated", "title", "agency", "lang", "version", "kind", "copies", "outlets", "withdrawn",
    "status", "revision", "digest", "article", "support", "reason",
)  # fmt: skip
CHANGE_COLUMNS = (
    "seq", "tx", "at", "kind", "story", "other", "articles", "version", "revision", "status", "digest", "changed", "by",
    "reason", "tag", "cursor",
)  # fmt: skip
PICKUP_COLUMNS = (
    "story", "story_title", "status", "article", "outlet", "url", "published", "minutes", "relation",
    "headline_changed", "share_kept", "words_added", "credit", "agency", "paragraphs_dropped",
    "corrected_after", "still_up", "title", "canonical",
)  # fmt: skip
OUTCOME_COLUMNS = ("feed", "outlet", "url", "host", "day", "outcome", "times")
# What spreadsheets take for the beginning of a formula, full width in East Asian locales (OWASP, "CSV Injection");
# blanks before it are skipped, since some programs trim them.
FORMULA = re.compile("[\\s\ufeff\u200b-\u200d\u2060]*[=+\\-@\uff1d\uff0b\uff0d\uff20]|[\t\r\n]")


def csv_lines(columns: Sequence[str], records: Iterable[Mapping[str, Any]]) -> Iterator[str]:
    """Yield the header, then a line for each record, with the values of ``columns``; each ends in CR LF."""
    yield _line(columns)
    for record in records:
        yield _line([csv_cell(record.get(name)) for name in columns])


def csv_cell(value: object) -> str:
    """Return a value as it stands in its cell, unquoted: one line, a text that may be run behind an apostrophe."""
    if isinstance(value, str):
        text = visible(value)
        return f"'{text}" if FORMULA.match(text) or FORMULA.match(value) else text
    return "" if value is None else visible(json.dumps(value, ensure_ascii=False))


def outcome_rows(records: Iterable[Mapping[str, Any]]) -> Iterator[dict[str, Any]]:
    """Yield a row for each feed or host, day and outcome, from its record of ``copydesk outcomes``."""
    for record in records:
        for day, counts in record["days"].items():
            for outcome, times in counts.items():
                yield {**record, "day": day, "outcome": outcome, "times": times}


def _line(cells: Sequence[str]) -> str:
    line = io.StringIO()
    csv.writer(line).writerow(cells)
    return line.getvalue()
