"""Runs a command and ends its whole session, every process of it, when the command ends or standard input closes.

``python -m pipeline.local_airflow.keeper COMMAND ...``, started as the leader of a session of its own.
"""

from __future__ import annotations

import os
import select
import signal
import subprocess
import sys
import time
from collections.abc import Sequence
from contextlib import suppress
from typing import IO

import psutil

STOP_SECONDS = 5.0
STEP = 0.5


def session_members(session: int) -> list[int]:
    """Return the ids of a session's processes that are alive (zombies are not)."""
    return [process.pid for process in psutil.process_iter() if _is_alive_in(process, session)]


def _is_alive_in(process: psutil.Process, session: int) -> bool:
    with suppress(OSError, psutil.Error):
        return os.getsid(process.pid) == session and process.status() != psutil.STATUS_ZOMBIE
    return False


def end_session(session: int, patience: float) -> None:
    """End all processes of a session but this one: TERM, and KILL after ``patience`` seconds."""
    members = _other_members(session)
    _signal(members, signal.SIGTERM)
    end = time.monotonic() + patience
    while members and time.monotonic() < end:
        time.sleep(0.1)
        members = _other_members(session)
    while members:
        _signal(members, signal.SIGKILL)
        time.sleep(0.05)
        members = _other_members(session)


def _other_members(session: int) -> list[int]:
    return [pid for pid in session_members(session) if pid != os.getpid()]


def _signal(pids: Sequence[int], number: signal.Signals) -> None:
    for pid in pids:
        with suppress(ProcessLookupError):
            os.kill(pid, number)


def keep(command: Sequence[str], lifeline: IO[bytes]) -> int:
    """Run ``command`` until it ends or ``lifeline`` closes, end all of this session, and return the exit code."""
    for number in (signal.SIGINT, signal.SIGHUP, signal.SIGTERM):
        signal.signal(number, lambda _number, _frame: None)  # SIG_IGN would pass on to the child
    child = subprocess.Popen(command, stdin=subprocess.DEVNULL)
    while child.poll() is None and not _is_closed(lifeline):
        pass
    code = child.poll()
    end_session(os.getsid(0), STOP_SECONDS)
    return code or 0


def _is_closed(lifeline: IO[bytes]) -> bool:
    ready, _, _ = select.select([lifeline], [], [], STEP)
    return bool(ready) and not lifeline.read(1)


if __name__ == "__main__":
    sys.exit(keep(sys.argv[1:], sys.stdin.buffer))
