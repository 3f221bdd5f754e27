"""Children: bounds on their processor time and memory, and nothing of them outlives the process they are for."""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from pipeline.config import ExtractConfig
from pipeline.errors import CopydeskError, ExtractError, UsageError
from pipeline.extract.sandbox import ExtractJob, Sandbox
from pipeline.model import PageHints
from pipeline.process_pool import (
    FOLDER_PREFIX,
    LOCK_NAME,
    Children,
    TimeLimits,
    cause_of_death,
    read_ahead,
    remove_abandoned_folders,
)

SENTENCES = [f"Sentence {n} says what the harbour authority found under the quay on Monday." for n in range(6)]
PAGE = (
    "<html><head><title>Quay closed</title></head><body><article><h1>Quay closed</h1>"
    + "".join(f"<p>{text}</p>" for text in SENTENCES)
    + "</article></body></html>"
).encode()
LOAD = 20
# More for whoever wants to be sure: PAGES_UNDER_LOAD=200.
PAGES = int(os.environ.get("PAGES_UNDER_LOAD", "10"))


def translate(error: BaseException | None) -> ExtractError:
    return ExtractError(cause_of_death(error) or repr(error))


def spin_in_c() -> int:
    """Take minutes of processor time in one call that no handler of Python's interrupts."""
    return pow(3, 10**9)


@contextmanager
def busy_machine(processes: int) -> Iterator[None]:
    """Load the machine with processes that end by themselves after five minutes."""
    code = "import time\nend = time.monotonic() + 300\nwhile time.monotonic() < end: pass"
    busy = [subprocess.Popen([sys.executable, "-c", code]) for _ in range(processes)]
    try:
        yield
    finally:
        for process in busy:
            process.kill()
            process.wait()


def test_good_pages_are_read_on_a_busy_machine() -> None:
    with busy_machine(LOAD), Sandbox(ExtractConfig(workers=4, cpu_seconds=2)) as sandbox:
        futures = [sandbox.submit(ExtractJob(PAGE, f"https://o.example/{n}", PageHints())) for n in range(PAGES)]
        assert [str(error) for future in futures if (error := future.exception())] == []


def test_no_page_pays_for_imports_where_another_pool_started_the_fork_server() -> None:
    code = (
        "import os; from pipeline.config import ExtractConfig; from pipeline.extract.job import ExtractJob;"
        "from pipeline.extract.sandbox import Sandbox; from pipeline.model import PageHints;"
        "from pipeline.process_pool import Children, TimeLimits\n"
        "with Children(1, 1_000_000_000, ()) as pool: pool.run(os.getpid, TimeLimits(60.0, 60.0), repr).result()\n"
        "with Sandbox(ExtractConfig(workers=1, cpu_seconds=1)) as sandbox:"
        f"print(sandbox.submit(ExtractJob({PAGE!r}, 'https://o.example/1', PageHints())).result().title)"
    )
    result = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    assert result.stdout == "Quay closed\n", result.stderr


@pytest.fixture(scope="module")
def children() -> Iterator[Children]:
    with Children(1, 1_000_000_000, ()) as pool:
        yield pool


def test_a_call_into_c_ends_by_processor_time(children: Children) -> None:
    error = children.run(spin_in_c, TimeLimits(0.5, 60.0), translate).exception()
    assert str(error) == "took too long"
    assert children.run(os.getpid, TimeLimits(0.5, 60.0), translate).result()


def test_what_sleeps_ends_by_the_clock(children: Children) -> None:
    error = children.run(time.sleep, TimeLimits(60.0, 0.5), translate, 60).exception()
    assert str(error) == "took too long on the clock"


def test_each_piece_of_work_has_processor_time_of_its_own(children: Children) -> None:
    works = [children.run(burn, TimeLimits(0.5, 60.0), translate, 0.2) for _ in range(5)]
    spent = sum(work.result() for work in works)
    assert spent >= 1.0


def count_to(number: int, ending: str = "") -> Iterator[int]:
    """Count; then end well, by an error or by a signal."""
    yield from range(number)
    if ending == "error":
        raise UsageError("no more", todo="ask for less")
    if ending == "signal":
        os.kill(os.getpid(), signal.SIGKILL)


def test_what_a_child_yields_comes_in_order() -> None:
    assert list(read_ahead((), count_to, 100)) == list(range(100))


def test_the_error_of_a_child_that_reads_ahead_is_raised_behind_what_it_yielded() -> None:
    values = read_ahead((), count_to, 3, ending="error")
    assert [next(values) for _ in range(3)] == [0, 1, 2]
    with pytest.raises(UsageError, match="no more - ask for less"):
        next(values)


def test_the_death_of_a_child_that_reads_ahead_is_told() -> None:
    values = read_ahead((), count_to, 1, ending="signal")
    assert next(values) == 0
    with pytest.raises(CopydeskError, match="died"):
        next(values)


def yield_own_pid() -> Iterator[int]:
    while True:
        yield os.getpid()


def test_a_child_that_reads_ahead_ends_with_whoever_reads() -> None:
    values = read_ahead((), yield_own_pid)
    child = next(values)
    values.close()
    while is_running(child):
        os.sched_yield()


def burn(seconds: float) -> float:
    started = time.process_time()
    while time.process_time() - started < seconds:
        pass
    return time.process_time() - started


ORPHAN = """
import os, sys
from pipeline.process_pool import Children, TimeLimits
from tests.test_process_pool import spin_in_c, translate
with Children(1, 1_000_000_000, ()) as children:
    pid = children.run(os.getpid, TimeLimits(5.0, 60.0), translate).result()
    children.run(spin_in_c, TimeLimits(600.0, 600.0), translate)
    print(pid, flush=True)
    sys.stdin.read()
"""


def test_children_end_with_a_process_that_is_killed_and_its_folder_is_swept(tmp_path: Path) -> None:
    parent = subprocess.Popen(
        [sys.executable, "-c", ORPHAN],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        env=os.environ | {"TMPDIR": str(tmp_path)},
    )
    assert parent.stdout is not None
    child = int(parent.stdout.readline())
    assert is_running(child)
    [folder] = tmp_path.glob(f"{FOLDER_PREFIX}*")
    assert remove_abandoned_folders(tmp_path) == []
    parent.send_signal(signal.SIGKILL)
    parent.wait()
    while is_running(child):
        os.sched_yield()
    assert remove_abandoned_folders(tmp_path) == [folder]


def is_running(pid: int) -> bool:
    try:
        return "\nState:\tZ" not in Path(f"/proc/{pid}/status").read_text(encoding="ascii")
    except OSError:
        return False


# Celery's workers are billiard's processes, and Airflow forks each task from one.
IN_A_CELERY_WORKER = """
import os, sys
import billiard
from pipeline.process_pool import Children, TimeLimits
from tests.test_process_pool import translate

def work():
    pid = os.fork()
    if pid == 0:
        with Children(1, 500_000_000, ()) as children:
            print(children.run(sum, TimeLimits(5.0, 60.0), translate, (1, 2)).result(), flush=True)
        os._exit(0)  # as the supervisor's task does
    os.waitpid(pid, 0)

process = billiard.Process(target=work)
process.daemon = True
process.start()
process.join()
"""


def test_children_start_in_a_task_of_a_celery_worker() -> None:
    ended = subprocess.run([sys.executable, "-c", IN_A_CELERY_WORKER], capture_output=True, text=True, timeout=300)
    assert ended.stdout == "3\n", ended.stderr


def test_a_folder_that_is_in_use_or_not_ours_stays() -> None:
    parent = Path(tempfile.mkdtemp())
    try:
        (parent / f"{FOLDER_PREFIX}strange").mkdir()
        folder = parent / f"{FOLDER_PREFIX}left"
        folder.mkdir()
        (folder / LOCK_NAME).touch()
        assert remove_abandoned_folders(parent) == [folder]
        assert [path.name for path in parent.iterdir()] == [f"{FOLDER_PREFIX}strange"]
    finally:
        shutil.rmtree(parent)


STARTED = """
import tempfile
from pathlib import Path
from pipeline.process_pool import SocketFolder, remove_abandoned_folders
SocketFolder.ensure()
for _ in range(200):
    remove_abandoned_folders(Path(tempfile.gettempdir()))
import multiprocessing
print(Path(multiprocessing.current_process()._config["tempdir"]).is_dir())
"""


def test_processes_that_start_at_one_moment_leave_each_others_folders(tmp_path: Path) -> None:
    started = [
        subprocess.Popen(
            [sys.executable, "-c", STARTED],
            env={**os.environ, "TMPDIR": str(tmp_path)},
            stdout=subprocess.PIPE,
            text=True,
        )
        for _ in range(12)
    ]
    assert [process.communicate()[0].strip() for process in started] == ["True"] * 12
