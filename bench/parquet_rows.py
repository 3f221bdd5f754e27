"""Rows a second of the Parquet export, beside what pyarrow writes of the same tables from memory in the same run.

``python -m bench.parquet_rows URL``: the store is exported, the files are read into memory and written again with the
same settings; both alternate, and processor time counts. Memory is the process's own, after a quarter of the files and
at the end of an export.
"""

from __future__ import annotations

import argparse
import sys
import tempfile
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from statistics import median
from unittest import mock

import psutil
from pyarrow import parquet as pq

from pipeline import read
from pipeline.export.files import Export, ExportedFile, Folder, Writer
from pipeline.export.parquet import export_parquet, write_table

MEGABYTE = 1 << 20


def main() -> int:
    """Export and write again, in turns, and print rows a second of both."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("url", help="of a store, as bench.large_store fills one")
    parser.add_argument("--turns", type=int, default=3)
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        turns = [turn(options.url, Path(folder) / str(number)) for number in range(options.turns)]
    exported, written = (median(rates) for rates in zip(*turns, strict=True))
    print(f"export {exported:,.0f} rows/s, pyarrow from memory {written:,.0f} rows/s: {exported / written:.2f} of it")
    return 0


def turn(url: str, folder: Path) -> tuple[float, float]:
    """Return rows a second of processor time, of an export and of the same tables from memory."""
    memory: list[int] = []
    began = time.process_time()
    with read.open(url) as reader, watched(memory):
        manifest = export_parquet(reader, str(folder / "export"))
    spent = time.process_time() - began
    files = [file for file in manifest.files if file.name.endswith(".parquet")]
    rows = sum(file.rows for file in files)
    quarter, last = memory[len(memory) // 4] / MEGABYTE, memory[-1] / MEGABYTE
    print(f"{rows:,} rows in {spent:.1f} s; {quarter:.0f} MB after a quarter of the files, {last:.0f} MB at the end")
    return rows / spent, rows / write_again(folder, files)


def write_again(folder: Path, files: list[ExportedFile]) -> float:
    """Return the processor time of writing tables that are in memory, a file at a time, as the export writes them."""
    spent = 0.0
    out = Folder(str(folder / "again"))
    for file in files:
        table = pq.read_table(folder / "export" / file.name)
        began = time.process_time()
        with out.writing(file.name) as stream:
            write_table(stream, table.schema, [table])
        spent += time.process_time() - began
    return spent


@contextmanager
def watched(memory: list[int]) -> Iterator[None]:
    """Add the process's memory in bytes to the list after each file of an export."""
    write, process = Export.write, psutil.Process()

    def write_and_note(export: Export, writers: Mapping[str, Writer]) -> None:
        write(export, writers)
        memory.append(process.memory_info().rss)

    with mock.patch.object(Export, "write", write_and_note):
        yield


if __name__ == "__main__":
    sys.exit(main())
