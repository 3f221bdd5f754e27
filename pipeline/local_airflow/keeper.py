"""Runs a command and ends its whole session, every process of it, when the command ends or standard input closes.

``python -m pipeline.local_airflow.keeper COMMAND ...``, started as the leader of a session of its own.
"""

from __future__ import annotations

import os
import select
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path
from typing import IO

STOP_SECONDS = 5.0
STEP = 0.5


def session_members(session: int) -> list[int]:
    """Ids of the processes of a session that are alive (zombies are not)."""
    return [pid for pid in _all_pids() if _session_of(pid) == session and not _zombie(pid)]


def _all_pids() -> list[int]:
    proc = Path("/proc")
    if (proc / "self").exists():
        return [int(entry.name) for entry in proc.iterdir() if entry.name.isdigit()]
    ps = shutil.which("ps")
    listed = subprocess.run([ps, "-A", "-o", "pid="], capture_output=True, text=True, check=True) if ps else None
    return [int(pid) for pid in listed.stdout.split()] if listed else []


def _session_of(pid: int) -> int | None:
    with suppress(OSError):
        return os.getsid(pid)
    return None


def _zombie(pid: int) -> bool:
    with suppress(OSError):
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] == "Z"
    return False


def end_session(session: int, patience: float) -> None:
    """End all processes of a session but this one: TERM, and KILL after ``patience`` seconds."""
    others = _others(session)
    _signal(others, signal.SIGTERM)
    end = time.monotonic() + patience
    while others and time.monotonic() < end:
        time.sleep(0.1)
        others = _others(session)
    while others:
        _signal(others, signal.SIGKILL)
        time.sleep(0.05)
        others = _others(session)


def _others(session: int) -> list[int]:
    return [pid for pid in session_members(session) if pid != os.getpid()]


def _signal(pids: Sequence[int], number: signal.Signals) -> None:
    for pid in pids:
        with suppress(ProcessLookupError):
            os.kill(pid, number)


def keep(command: Sequence[str], lifeline: IO[bytes]) -> int:
    """Run ``command`` until it ends or ``lifeline`` closes; then end all of this session. Its exit code."""
    for number in (signal.SIGINT, signal.SIGHUP, signal.SIGTERM):
        signal.signal(number, lambda _number, _frame: None)  # SIG_IGN would pass on to the child
    child = subprocess.Popen(command, stdin=subprocess.DEVNULL)
    while child.poll() is None and not _closed(lifeline):
        pass
    code = child.poll()
    end_session(os.getsid(0), STOP_SECONDS)
    return code or 0


def _closed(lifeline: IO[bytes]) -> bool:
    ready, _, _ = select.select([lifeline], [], [], STEP)
    return bool(ready) and not lifeline.read(1)


if __name__ == "__main__":
    sys.exit(keep(sys.argv[1:], sys.stdin.buffer))
