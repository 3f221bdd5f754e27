"""The two ways out: text for a person at a terminal, JSON lines for a program. Nothing from outside acts on either.

Tables and lines take plain strings and :class:`rich.text.Text`; no string is ever read as markup.
"""

from __future__ import annotations

import json
import sys
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime
from typing import Any

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TaskID, TextColumn, TimeElapsedColumn
from rich.table import Table
from rich.text import Text

from pipeline.csv_rows import csv_lines
from pipeline.text.visible import DANGER, visible

Cell = str | Text
Advance = Callable[[str, int, int], None]

OUT = Console(markup=False, emoji=False, highlight=False)
ERR = Console(stderr=True, markup=False, emoji=False, highlight=False)


def plain(text: object, style: str = "") -> Text:
    """Return text from outside as a terminal may show it."""
    return Text(visible(str(text)), style=style)


def joined(*parts: Cell, sep: str = "") -> Text:
    """Return one Text of several; strings are text from outside."""
    return Text(sep).join(_text(part) for part in parts)


def show_line(*parts: Cell) -> None:
    """Print one line on stdout, unwrapped, so that it can be searched and copied."""
    OUT.print(joined(*parts), soft_wrap=True)


def note(*parts: Cell) -> None:
    """Print one line on stderr, for the person who waits."""
    ERR.print(joined(*parts), soft_wrap=True)


def grid(title: str, columns: Sequence[str], rows: Iterable[Sequence[Cell]]) -> Table:
    """Return a table. Behind a column's name ``>`` sets it flush right, and ``!`` never wraps it."""
    table = Table(title=plain(title), title_justify="left")
    for name in columns:
        head = name.rstrip(">!")
        marks = name.removeprefix(head)
        table.add_column(head, justify="right" if ">" in marks else "left", no_wrap="!" in marks, overflow="fold")
    for row in rows:
        table.add_row(*(_text(cell) for cell in row))
    return table


def stacked(*parts: Cell) -> Text:
    """Return parts below one another, those that are empty left out: for a cell that would be several columns."""
    return Text("\n").join(_text(part) for part in parts if part)


def json_text(record: Mapping[str, Any], ascii_only: bool = False) -> str:
    """Return one line of JSON. Letters stand as they are; what would act on a terminal is a ``\\u`` escape."""
    written = json.dumps(record, ensure_ascii=ascii_only)
    return DANGER.sub(lambda match: f"\\u{ord(match[0]):04x}", written)


def print_json(records: Iterable[Mapping[str, Any]]) -> None:
    """Print one JSON line for each record on stdout, all of them at once: none waits for a buffer to be full."""
    ascii_only = "utf" not in (getattr(sys.stdout, "encoding", "") or "utf-8").lower()
    for record in records:
        print(json_text(record, ascii_only))
    sys.stdout.flush()


def print_csv(columns: Sequence[str], records: Iterable[Mapping[str, Any]]) -> None:
    """Print records as CSV on stdout: UTF-8 whatever the locale, a header row, no cell a formula."""
    sys.stdout.flush()
    for line in csv_lines(columns, records):
        sys.stdout.buffer.write(line.encode())


def minutes(at: datetime | None) -> str:
    """Return a time for a table: UTC, to the minute."""
    return at.astimezone(UTC).strftime("%Y-%m-%d %H:%M") if at else "never"


@contextmanager
def progress_bars(quiet: bool = False) -> Iterator[Advance]:
    """Yield a callback ``(step, number, total)`` that draws a bar for each step on a terminal; nothing elsewhere."""
    if quiet or not ERR.is_terminal:
        yield lambda _step, _number, _total: None
        return
    columns = (TextColumn("{task.description:<8}"), BarColumn(), MofNCompleteColumn(), TimeElapsedColumn())
    with Progress(*columns, console=ERR) as progress:
        tasks: dict[str, TaskID] = {}

        def advance(step: str, number: int, total: int) -> None:
            if step not in tasks:
                tasks[step] = progress.add_task(step, total=total)
            progress.update(tasks[step], completed=number, total=total)

        yield advance


def _text(part: Cell) -> Text:
    return part if isinstance(part, Text) else plain(part)
