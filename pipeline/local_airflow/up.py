"""``copydesk up``: a local Airflow that polls the feeds of a config, until Ctrl-C."""

from __future__ import annotations

import os
import signal
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from importlib.metadata import PackageNotFoundError, distribution
from pathlib import Path

from pipeline.config import FEEDS_VARIABLE, HOME_VARIABLE, STORE_VARIABLE, Config, load
from pipeline.errors import ConfigError
from pipeline.local_airflow.api import USER, tail
from pipeline.local_airflow.ports import choose_port
from pipeline.local_airflow.progress import Progress, printed_progress
from pipeline.local_airflow.standalone import STEP, AirflowError, Standalone, lock_home

PACKAGE_FOLDER = Path(__file__).resolve().parent
# A clone of the project; an installed package has the same folders beside this file.
CLONE = PACKAGE_FOLDER.parents[1]


def up(feeds: Path, port: int | None = None, progress: Progress | None = None) -> None:
    """Run a local Airflow that polls the feeds of this file every five minutes, until Ctrl-C.

    Raises :class:`ConfigError` where the file is missing or wrong, or Airflow is not installed, and
    :class:`AirflowError` where Airflow fails.
    """
    require_airflow()
    config = load(feeds, os.environ)
    if not config.feeds:
        raise ConfigError("names no feed", concerns=str(feeds), todo="add one: copydesk feeds add ADDRESS")
    with suppress(KeyboardInterrupt), interruptible(), for_config(config, feeds, port, remembered=True) as airflow:
        airflow.wait_ready(("ingest",), progress or printed_progress())
        airflow.trigger("ingest")
        print(f"\nCopydesk polls {len(config.feeds)} feeds. {login_line(airflow)}\nCtrl-C stops it.", flush=True)
        stay(airflow)
    print("\nStopped.")


def require_airflow() -> None:
    """Raise :class:`ConfigError` where Airflow is not installed, which only ``copydesk[airflow]`` brings."""
    try:
        distribution("apache-airflow-core")
    except PackageNotFoundError:
        todo = "pip install 'copydesk[airflow]', or poll without it: copydesk run"
        raise ConfigError("Airflow is not installed", concerns="copydesk up", todo=todo) from None


def for_config(config: Config, feeds: Path, port: int | None = None, remembered: bool = False) -> Standalone:
    """Return an Airflow with this project's DAGs and plugins, below the config's home, on this config alone.

    ``remembered``: it gets the same port each time, else any free one.
    """
    home = config.home / "airflow"
    env = {FEEDS_VARIABLE: str(feeds.absolute()), HOME_VARIABLE: str(config.home), STORE_VARIABLE: config.store}
    if remembered:
        with lock_home(home):  # whose port is taken by itself
            port = choose_port(home / "port", port)
    return Standalone(home, airflow_folder("dags"), airflow_folder("plugins"), port, env)


def airflow_folder(name: str) -> Path:
    """Return the folder of Airflow's files, ``dags`` or ``plugins``: of the installed package, else of the clone."""
    return PACKAGE_FOLDER / name if (PACKAGE_FOLDER / name).is_dir() else CLONE / name


def stay(airflow: Standalone) -> None:
    """Return never: Ctrl-C interrupts it. Raises AirflowError if Airflow ends by itself."""
    while airflow.is_running():
        time.sleep(STEP)
    raise AirflowError(f"Airflow ended by itself\n{tail(airflow.log)}", concerns="airflow", todo=f"see {airflow.log}")


def login_line(airflow: Standalone) -> str:
    """Return where the UI is and who may log in, for a person."""
    return f"UI: {airflow.url}/plugin/copydesk  login: {USER} / {airflow.api.password()}"


@contextmanager
def interruptible() -> Iterator[None]:
    """A closed terminal and a TERM end the block as Ctrl-C does, so that whoever started things stops them."""

    def interrupt(_number: int, _frame: object) -> None:
        raise KeyboardInterrupt

    numbers = (signal.SIGTERM, signal.SIGHUP)
    before = [signal.signal(number, interrupt) for number in numbers]
    try:
        yield
    finally:
        for number, handler in zip(numbers, before, strict=True):
            signal.signal(number, handler)
