"""The processes below a keeper all end, however their starter ends; a missing feeds file is said plainly."""

from __future__ import annotations

import signal
import socket
import subprocess
import sys
import textwrap
from collections.abc import Callable
from pathlib import Path

import psutil
import pytest

from pipeline.errors import ConfigError
from pipeline.local_airflow import AirflowError, Standalone, choose_port, free_port, up
from pipeline.local_airflow.keeper import session_members
from pipeline.local_airflow.progress import SLOW_SECONDS, Patience, slow_note
from pipeline.local_airflow.standalone import lock_home

# Two children that a plain TERM to the first would leave: one in a process group of its own, one deaf to TERM.
STUBBORN = """
import os, signal, subprocess, sys, time
subprocess.Popen([sys.executable, "-c", "import time; time.sleep(600)"], process_group=0)
subprocess.Popen([sys.executable, "-c",
    "import signal, time; signal.signal(signal.SIGTERM, signal.SIG_IGN); print('deaf', flush=True); time.sleep(600)"])
time.sleep(600)
"""


def start_keeper(tmp_path: Path) -> subprocess.Popen[bytes]:
    """A keeper over stubborn children, once they all run."""
    script = tmp_path / "stubborn.py"
    script.write_text(textwrap.dedent(STUBBORN))
    keeper = subprocess.Popen(
        [sys.executable, "-m", "pipeline.local_airflow.keeper", sys.executable, str(script)],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        start_new_session=True,
    )
    assert keeper.stdout
    assert keeper.stdout.readline() == b"deaf\n"
    return keeper


def close_lifeline(keeper: subprocess.Popen[bytes]) -> None:
    for number in (signal.SIGINT, signal.SIGHUP, signal.SIGTERM):
        keeper.send_signal(number)  # a terminal's signals do not end a keeper
    assert len(session_members(keeper.pid)) == 4
    assert keeper.stdin
    keeper.stdin.close()


def kill_the_child(keeper: subprocess.Popen[bytes]) -> None:
    [child] = psutil.Process(keeper.pid).children()
    child.kill()


@pytest.mark.parametrize("end", [close_lifeline, kill_the_child])
def test_nothing_of_a_session_is_left(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, end: Callable[[subprocess.Popen[bytes]], None]
) -> None:
    keeper = start_keeper(tmp_path)
    assert len(session_members(keeper.pid)) == 4
    end(keeper)
    keeper.wait(30)
    assert session_members(keeper.pid) == []


def test_a_free_port_is_free() -> None:
    assert free_port() != 0


def test_stopping_what_never_started_is_nothing(tmp_path: Path) -> None:
    airflow = Standalone(tmp_path, tmp_path, tmp_path)
    airflow.stop()
    assert not airflow.is_running()


def test_a_second_airflow_in_one_home_is_refused_in_one_line(tmp_path: Path) -> None:
    with lock_home(tmp_path / "airflow") as lock:
        lock.write("http://127.0.0.1:8080")
        lock.flush()
        with pytest.raises(AirflowError, match=r"runs there already: http://127\.0\.0\.1:8080 - stop it") as error:
            Standalone(tmp_path / "airflow", tmp_path, tmp_path).start()
    assert "\n" not in str(error.value)


def test_the_port_stays_the_same_from_start_to_start(tmp_path: Path) -> None:
    wanted, memory = free_port(), tmp_path / "airflow" / "port"
    assert choose_port(memory, wanted) == wanted
    assert choose_port(memory) == wanted
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", wanted))
        with pytest.raises(ConfigError, match="the port is taken - choose another with --port"):
            choose_port(memory, wanted)
        assert choose_port(memory) != wanted


def test_what_does_not_move_is_called_slow_once_a_minute() -> None:
    seconds = [0.0]
    patience = Patience(lambda: seconds[0])
    notes = []
    for moment, ended in ((0, 1), (59, 1), (60, 1), (90, 1), (121, 1), (122, 2), (181, 2)):
        seconds[0] = float(moment)
        notes.append(patience.note("poll", ended).partition(";")[0])
    assert notes == ["", "", "slow: 60 seconds without a change", "", "slow: 121 seconds without a change", "", ""]
    assert SLOW_SECONDS == 60


def test_a_busy_machine_is_named() -> None:
    assert slow_note(61, 9.0, 2) == "slow: 61 seconds without a change; the machine is busy: load 9.0 on 2 cores"
    assert slow_note(61, 1.0, 2) == "slow: 61 seconds without a change"


def test_up_without_a_feeds_file_says_what_to_copy(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match=r"copydesk init"):
        up(tmp_path / "feeds.toml")


def test_up_without_feeds_says_so(tmp_path: Path) -> None:
    file = tmp_path / "feeds.toml"
    file.write_text("[fetch]\ncontact = 'me@example.org'\n")
    with pytest.raises(ConfigError, match="names no feed"):
        up(file)
