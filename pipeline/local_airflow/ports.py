"""Which port of the loopback the UI gets: the same from start to start."""

from __future__ import annotations

import socket
from contextlib import suppress
from pathlib import Path

from pipeline.errors import ConfigError

HOST = "127.0.0.1"
USUAL = range(8080, 8100)


def free_port() -> int:
    """Return a port that nothing listens on now."""
    with socket.socket() as probe:
        probe.bind((HOST, 0))
        return int(probe.getsockname()[1])


def is_free(port: int) -> bool:
    """Whether something may listen there."""
    with socket.socket() as probe, suppress(OSError):
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        probe.bind((HOST, port))
        return True
    return False


def choose_port(memory: Path, wanted: int | None = None) -> int:
    """Return ``wanted``, else the port in the file ``memory``, else the first free one from 8080; it is kept there.

    Raises :class:`ConfigError` where ``wanted`` is taken.
    """
    if wanted and not is_free(wanted):
        raise ConfigError("the port is taken", concerns=str(wanted), todo="choose another with --port")
    candidates = [wanted, _remembered(memory), *USUAL]
    port = next((port for port in candidates if port and is_free(port)), None) or free_port()
    memory.parent.mkdir(parents=True, exist_ok=True)
    memory.write_text(f"{port}\n", encoding="utf-8")
    return port


def _remembered(memory: Path) -> int | None:
    with suppress(OSError, ValueError):
        port = int(memory.read_text(encoding="utf-8"))
        return port if 0 < port < 65536 else None
    return None
