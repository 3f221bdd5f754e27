"""Exports that are killed at random points, each in a process of its own, and run again.

``python -m tests.export.killed_export FORMAT URL FOLDER KILLS SEED``: FOLDER/whole gets an undisturbed export,
FOLDER/again one that was killed; it prints the number of kills, or which files differ.
"""

from __future__ import annotations

import os
import signal
import sys
from collections.abc import Callable
from pathlib import Path
from random import Random
from typing import Any

from tests.export.formats import EXPORTS, files_of


def main() -> None:
    """Kill, run again, compare; as often as asked for."""
    form, url, folder, kills, seed = sys.argv[1], sys.argv[2], Path(sys.argv[3]), int(sys.argv[4]), int(sys.argv[5])
    random = Random(seed)
    out = folder / "again"
    points = in_child(lambda: export(form, url, folder / "whole"))
    whole_files = files_of(folder / "whole")
    killed = 0
    while killed < kills:
        if random.random() < 0.3:
            # Over an export of what changed since the log's beginning, another one's files.
            in_child(lambda: export(form, url, out, since=first_cursor(url)))
        for point in random.choices(range(1, points + 1), k=random.randint(1, 3)):
            killed += not in_child(lambda point=point: export(form, url, out, point))  # type: ignore[misc]
        in_child(lambda: export(form, url, out))
        if files_of(out) != whole_files:
            sys.exit(f"differs: {sorted(files_of(out).items() ^ whole_files.items())}"[:2000])
    print(killed)


def first_cursor(url: str) -> str:
    from pipeline import read

    with read.open(url) as reader:
        return reader.changes(limit=1).cursor


def export(form: str, url: str, out: Path, dies_at: int = 0, since: str = "") -> int:
    """Export, and die at the so-many-th touch of a file, halfway through what is written then. Return the touches."""
    from pipeline import read
    from pipeline.export.files import CountedFile, Folder

    touches = 0
    place, write = Folder._place, CountedFile.write

    def touch() -> bool:
        nonlocal touches
        touches += 1
        return touches == dies_at

    def dying_place(folder: Folder, name: str) -> str:
        if touch():
            os.kill(os.getpid(), signal.SIGKILL)
        return place(folder, name)

    def dying_write(file: CountedFile, content: Any) -> int:
        if touch():
            write(file, content[: len(content) // 2])
            os.kill(os.getpid(), signal.SIGKILL)
        return write(file, content)

    Folder._place, CountedFile.write = dying_place, dying_write  # type: ignore[method-assign]
    with read.open(url) as reader:
        EXPORTS[form](reader, str(out), since)
    return touches


def in_child(act: Callable[[], Any]) -> int:
    """Return what the act returns in a process of its own, 0 where it was killed."""
    readable, writable = os.pipe()
    child = os.fork()
    if child == 0:
        os.write(writable, str(act()).encode())
        os._exit(0)
    os.close(writable)
    _, status = os.waitpid(child, 0)
    with os.fdopen(readable, "rb") as answer:
        text = answer.read()
    killed = os.WIFSIGNALED(status) and os.WTERMSIG(status) == signal.SIGKILL
    if not text and not killed:
        sys.exit("an export failed by itself")
    return int(text) if text.isdigit() else 0


if __name__ == "__main__":
    main()
