"""Run a command to its end and watch the peak memory of every process it starts."""

from __future__ import annotations

import subprocess
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from threading import Event, Thread

import psutil

STEP = 0.25


@dataclass(frozen=True, slots=True)
class Finished:
    """``seconds`` of wall time, and for each process its name and peak resident memory in bytes."""

    seconds: float
    code: int
    peaks: tuple[tuple[str, int], ...]
    output: str


def watched(command: Sequence[str], env: Mapping[str, str], log: Path) -> Finished:
    """Run ``command``; its output goes to ``log``."""
    peaks: dict[int, tuple[str, int]] = {}
    over = Event()
    started = time.perf_counter()
    with log.open("w") as out, subprocess.Popen(command, env=env, stdout=out, stderr=subprocess.STDOUT) as child:
        sampling = Thread(target=_sample_until, args=(over, psutil.Process(child.pid), peaks))
        sampling.start()
        child.wait()
        seconds = time.perf_counter() - started
        over.set()
        sampling.join()
    return Finished(seconds, child.returncode, tuple(peaks.values()), log.read_text(errors="replace"))


def _sample_until(over: Event, root: psutil.Process, peaks: dict[int, tuple[str, int]]) -> None:
    """In a thread of its own, so that the end of the command is noted when it comes and not a sample later."""
    while not over.wait(STEP):
        _sample(root, peaks)


def _sample(root: psutil.Process, peaks: dict[int, tuple[str, int]]) -> None:
    try:
        family = [root, *root.children(recursive=True)]
    except psutil.NoSuchProcess:
        return
    for process in family:
        peak = high_water(process.pid)
        if peak:
            peaks[process.pid] = (_role(process, root), peak)


def high_water(pid: int) -> int:
    """A process's peak resident memory in bytes; 0 where it is gone. VmHWM of proc(5): the kernel keeps it, so that
    sampling loses nothing but the last moments. It begins anew with each program, as getrusage's does not: that tells a
    large parent's memory for its small child's."""
    try:
        lines = Path(f"/proc/{pid}/status").read_text().splitlines()
    except OSError:
        return 0
    return next((int(line.split()[1]) * 1024 for line in lines if line.startswith("VmHWM")), 0)


def _role(process: psutil.Process, root: psutil.Process) -> str:
    return "main" if process.pid == root.pid else f"child {process.pid}"
