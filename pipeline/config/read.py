"""Reading a config: ``feeds.toml`` and the environment, checked whole."""

from __future__ import annotations

import tomllib
from collections.abc import Iterator, Mapping, Sequence
from difflib import get_close_matches
from pathlib import Path
from typing import Any, TypeVar

import msgspec

from pipeline.config.check import Fault, closest, config_faults, line_of
from pipeline.config.settings import SECTIONS, Config
from pipeline.errors import ConfigError
from pipeline.model import FeedSpec, HostSpec

PREFIX = "COPYDESK_"
FEEDS_VARIABLE = "COPYDESK_FEEDS"
HOME_VARIABLE = "COPYDESK_HOME"
STORE_VARIABLE = "COPYDESK_STORE"
MIGRATE_VARIABLE = "COPYDESK_MIGRATE"
TASKS_VARIABLE = "COPYDESK_TASKS"
VARIABLES = (FEEDS_VARIABLE, HOME_VARIABLE, STORE_VARIABLE, MIGRATE_VARIABLE, TASKS_VARIABLE)
# Mapped tasks of a kind that one run has at work at once: one machine's share.
USUAL_TASKS = 2
ANSWERS = {"": True, "yes": True, "no": False}
DATABASES = ("sqlite", "postgresql", "postgresql+psycopg")

T = TypeVar("T")


def load(path: Path | None, env: Mapping[str, str]) -> Config:
    """Read the config. Without ``path``, ``COPYDESK_FEEDS`` or ``./feeds.toml``; no file means no feeds.

    Raises :class:`ConfigError` for a file that is named and absent, is not TOML, or says what it cannot: then with
    every fault, a line each.
    """
    chosen = path or _default_file(env)
    text = _read_text(chosen) if chosen else ""
    tables = _parse(text, str(chosen))
    faults = [_with_file(str(chosen), text, fault) for fault in config_faults(tables)]
    raise_faults([*faults, *_variable_faults(env)])
    home = Path(env.get(HOME_VARIABLE) or tables.get("home") or ".copydesk").absolute()
    store = env.get(STORE_VARIABLE) or tables.get("store") or f"sqlite:///{home / 'copydesk.db'}"
    raise_faults(_place_faults(home, store, _origin(env, HOME_VARIABLE, chosen), _origin(env, STORE_VARIABLE, chosen)))
    return Config(
        home=home,
        store=store,
        archive=tables.get("archive") or str(home / "archive"),
        feeds=tuple(_record(FeedSpec, row) for row in tables.get("feed", [])),
        hosts=tuple(_record(HostSpec, row) for row in tables.get("host", [])),
        migrate=ANSWERS[env.get(MIGRATE_VARIABLE, "")],
        **{name: _record(kind, tables.get(name, {})) for name, kind in SECTIONS.items()},
    )


def tasks_at_once(env: Mapping[str, str]) -> int:
    """Return how many mapped tasks of a kind a run of ``ingest`` may have at work at once. Raises ConfigError."""
    text = env.get(TASKS_VARIABLE) or str(USUAL_TASKS)
    if not text.isdecimal() or not 1 <= int(text) <= 1000:
        raise ConfigError(f"is {text[:40]!r}", concerns=f"${TASKS_VARIABLE}", todo="write a number from 1 to 1000")
    return int(text)


def feeds_file(path: Path | None, env: Mapping[str, str]) -> Path:
    """Return the file that :func:`load` reads, or would read if it were there."""
    return path or _default_file(env) or Path("feeds.toml")


def raise_faults(faults: Sequence[ConfigError]) -> None:
    """Raise one ConfigError that tells all of these, a line each; nothing where there are none."""
    if len(faults) == 1:
        raise faults[0]
    if faults:
        raise ConfigError("\n".join(str(fault) for fault in faults))


def _record(kind: type[T], table: Mapping[str, Any]) -> T:
    """The record of a table without faults: whole numbers become floats, lists tuples."""
    return msgspec.convert(table, kind)


def _default_file(env: Mapping[str, str]) -> Path | None:
    if env.get(FEEDS_VARIABLE):
        return Path(env[FEEDS_VARIABLE])
    default = Path("feeds.toml")
    return default if default.exists() else None


def _read_text(path: Path) -> str:
    """A file's text; editors of Windows put a byte order mark before it."""
    try:
        return path.read_text(encoding="utf-8-sig")
    except FileNotFoundError:
        raise ConfigError("no such file", concerns=str(path), todo="make one: copydesk init") from None
    except OSError as error:
        raise ConfigError(error.strerror or "cannot be read", concerns=str(path), todo="check the file") from error
    except UnicodeDecodeError as error:
        raise ConfigError(f"not valid TOML: {error}", concerns=str(path), todo="save it as UTF-8") from error


def _parse(text: str, file: str) -> dict[str, Any]:
    try:
        return tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        raise ConfigError(f"not valid TOML: {error}", concerns=file, todo="correct that line") from error


def _with_file(file: str, text: str, fault: Fault) -> ConfigError:
    line = line_of(text, fault)
    place = f"{file}:{line}" if line else file
    return ConfigError(fault.message, concerns=f"{place}: {fault.place}", todo=fault.todo)


def _origin(env: Mapping[str, str], variable: str, path: Path | None) -> str:
    return f"${variable}" if env.get(variable) else str(path or "defaults")


def _variable_faults(env: Mapping[str, str]) -> Iterator[ConfigError]:
    """Variables that look like ours, misspelt; others of the prefix may be somebody else's."""
    suffixes = [name.removeprefix(PREFIX) for name in VARIABLES]
    for name in sorted(name for name in env if name.startswith(PREFIX) and name not in VARIABLES):
        if near := get_close_matches(name.removeprefix(PREFIX), suffixes, 1, 0.75):
            yield ConfigError("unknown variable", concerns=f"${name}", todo=f"did you mean {PREFIX}{near[0]}?")
    if (answer := env.get(MIGRATE_VARIABLE, "")) not in ANSWERS:
        yield ConfigError(f"is {answer[:40]!r}", concerns=f"${MIGRATE_VARIABLE}", todo="write yes or no")


def _place_faults(home: Path, store: str, home_origin: str, store_origin: str) -> list[ConfigError]:
    """Faults of where things are kept. The address itself is not repeated: it may hold a password."""
    scheme, mark, _ = store.partition("://")
    faults = []
    if home.exists() and not home.is_dir():
        faults.append(ConfigError(f"{home} is no folder", concerns=f"{home_origin}: home", todo="name a folder"))
    if not mark:
        todo = "write it as sqlite:///path or postgresql+psycopg://user@host/database"
        faults.append(ConfigError("not a database URL", concerns=f"{store_origin}: store", todo=todo))
    elif scheme not in DATABASES:
        faults.append(
            ConfigError(f"no such database: {scheme[:40]}", concerns=f"{store_origin}: store",
                        todo=closest(scheme, DATABASES))
        )  # fmt: skip
    return faults
