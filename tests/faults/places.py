"""What a run stands on, to be taken away: a small disk of its own, and a PostgreSQL server of its own."""

from __future__ import annotations

import shutil
import socket
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

DISK_BYTES = 64_000_000
# A server's own programs are seldom in PATH: Debian and Red Hat keep those of each version apart.
PROGRAMS = ("/usr/lib/postgresql/*/bin/pg_ctl", "/usr/pgsql-*/bin/pg_ctl")
# pg_ctl does not work for root.
ACCOUNT = "postgres"


class PlaceError(RuntimeError):
    """This machine cannot make such a place; the message says why."""


class SmallDisk:
    """A file system of 64 MB in a folder."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self._filler = folder / "filler"

    def fill(self, free_bytes: int) -> None:
        """Leave so many bytes free."""
        self._filler.write_bytes(bytes(shutil.disk_usage(self.folder).free - free_bytes))

    def free(self) -> None:
        """Make room again."""
        self._filler.unlink()


@contextmanager
def small_disk(folder: Path) -> Iterator[SmallDisk]:
    """A disk that is unmounted at the end. Raises PlaceError where this process may not mount one."""
    folder.mkdir()
    command = ["mount", "-t", "tmpfs", "-o", f"size={DISK_BYTES}", "tmpfs", str(folder)]
    try:
        subprocess.run(command, check=True, capture_output=True, text=True)
    except (OSError, subprocess.CalledProcessError) as error:
        raise PlaceError(f"no file system can be mounted here: {error}") from error
    try:
        yield SmallDisk(folder)
    finally:
        subprocess.run(["umount", "--lazy", str(folder)], check=True)


class Server:
    """A PostgreSQL server in a folder, stopped as a power cut or an impatient operator stops it."""

    def __init__(self, folder: Path, programs: Path, port: int) -> None:
        self._folder, self._programs, self._port = folder, programs, port

    @property
    def url(self) -> str:
        """The address of its only database."""
        return f"postgresql+psycopg://{ACCOUNT}@127.0.0.1:{self._port}/postgres"

    def start(self) -> None:
        """Start it, and return when it answers."""
        settings = f"-p {self._port} -h 127.0.0.1 -k {self._folder} -c fsync=off"
        self._call("pg_ctl", "-w", "-l", str(self._folder / "log"), "-o", settings, "start")

    def stop(self) -> None:
        """Cut all connections and transactions off."""
        self._call("pg_ctl", "-w", "-m", "immediate", "stop")

    def create(self) -> None:
        """Make its files. Raises CalledProcessError."""
        self._call("initdb", "-A", "trust", "-N")

    def _call(self, program: str, *options: str) -> None:
        command = [str(self._programs / program), "-D", str(self._folder / "data"), *options]
        # The server keeps what it is given for its output: a pipe would not end before it does.
        subprocess.run(command, check=True, stdout=subprocess.DEVNULL, user=ACCOUNT, cwd=self._folder)


@contextmanager
def own_server() -> Iterator[Server]:
    """A server that is stopped at the end. Raises PlaceError where its programs or its account are missing."""
    programs = [path.parent for pattern in PROGRAMS for path in sorted(Path("/").glob(pattern[1:]))]
    with tempfile.TemporaryDirectory() as name:
        try:
            shutil.chown(name, ACCOUNT)
        except (LookupError, PermissionError) as error:
            raise PlaceError(f"no server can be run as the account {ACCOUNT}: {error}") from error
        if not programs:
            raise PlaceError("PostgreSQL's pg_ctl is not installed")
        server = Server(Path(name), programs[-1], _free_port())
        server.create()
        server.start()
        try:
            yield server
        finally:
            server.stop()


def _free_port() -> int:
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        return int(listener.getsockname()[1])
