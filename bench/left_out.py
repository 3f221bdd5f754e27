"""The reader on collections that it did not learn from: a part of ``make quality``, and what decides between two ideas.

For each fold of :mod:`bench.pages` a model is learned from all others, and the fold's sets are read with it through
``copydesk extract-many``, beside trafilatura on the same pages.
"""

from __future__ import annotations

import argparse
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

from rich.console import Console
from rich.table import Table

from bench.commands import Figures, Rows
from bench.extraction import bare, exactly_right, four_gram_f1, read_set
from bench.pages import FOLDS, SETS, labelled_pages
from bench.train import learn, save, without_collection
from pipeline.extract.reader.model import SETTING

# General web pages, and an extractor's own test pages, are told apart from news.
NOT_NEWS = ("wcxb", "wcxb_test_2", "readability")
Read = Callable[[Path, Sequence[dict[str, Any]], Path, Mapping[str, str]], Rows]
Texts = list[tuple[str, str]]


def left_out(options: argparse.Namespace, folder: Path, console: Console, read: Read) -> Figures:
    """Measure each set by a model that was learned without its collection. ``read`` gives the records of a set."""
    console.print("Learning both passes without each collection: a quarter of an hour")
    pages = labelled_pages(options.corpus, SETS)
    table = Table("Set, its collection left out", "Pages", "trafilatura", "Exact", "copydesk", "Exact")
    figures: Figures = {}
    for fold in FOLDS:
        model = folder / f"without_{fold[0]}.txt"
        save(learn(without_collection(pages, fold[0])), model)
        for name in fold:
            figures |= _measure(options.corpus / "extraction" / name, model, folder, read, table)
    news = [name for name in SETS if name not in NOT_NEWS]
    means = {f"left_out.news.{figure}": _mean([figures[f"left_out.{name}.{figure}"] for name in news])
             for figure in ("f1", "exact")}  # fmt: skip
    table.add_row("mean of the news sets", "", "", "", *(f"{mean:.3f}" for mean in means.values()))
    console.print(table)
    return figures | means


def _measure(folder: Path, model: Path, scratch: Path, read: Read, table: Table) -> Figures:
    pages = list(read_set(folder))
    records = read(folder, [row for row, _ in pages], scratch, {SETTING: str(model)})
    texts = [(str(row["body"]), _text(record)) for (row, _), record in zip(pages, records, strict=True)]
    peer = [(str(row["body"]), bare(page, row.get("url") or "")) for row, page in pages]
    table.add_row(folder.name, str(len(pages)), *_cells(peer), *_cells(texts))
    return {f"left_out.{folder.name}.f1": four_gram_f1(texts), f"left_out.{folder.name}.exact": _exact(texts)}


def _text(record: dict[str, Any]) -> str:
    return "\n".join([record["deck"], *record["body"]] if record["deck"] else record["body"])


def _cells(texts: Texts) -> tuple[str, str]:
    return f"{four_gram_f1(texts):.3f}", f"{_exact(texts):.3f}"


def _exact(texts: Texts) -> float:
    return _mean([exactly_right(*pair) for pair in texts])


def _mean(values: Sequence[float]) -> float:
    return sum(values) / max(len(values), 1)
