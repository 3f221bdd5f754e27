"""One frozen Config, read by :func:`load` from ``feeds.toml`` and the environment; nothing at import."""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass, fields
from pathlib import Path
from typing import Any, TypeVar

from pipeline.errors import ConfigError
from pipeline.model import FeedSpec

FEEDS_VARIABLE = "COPYDESK_FEEDS"
HOME_VARIABLE = "COPYDESK_HOME"
STORE_VARIABLE = "COPYDESK_STORE"
VARIABLES = (FEEDS_VARIABLE, HOME_VARIABLE, STORE_VARIABLE)

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class FetchConfig:
    """How to fetch. Times in seconds, sizes in bytes.

    ``allow`` lists ``host:port`` pairs that may be private addresses; ``contact`` goes into the user agent.
    """

    contact: str = ""
    allow: tuple[str, ...] = ()
    deadline: float = 30.0
    max_bytes: int = 10_000_000
    host_gap: float = 5.0
    concurrency: int = 16
    robots: bool = True
    max_attempts: int = 5


@dataclass(frozen=True, slots=True)
class ExtractConfig:
    """Bounds of the child processes: CPU seconds and wall seconds a page, bytes of memory a child."""

    workers: int = 2
    cpu_seconds: int = 20
    wall_seconds: float = 30.0
    memory: int = 1_000_000_000
    agencies: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class MatchConfig:
    """When a text joins a story: score at or above ``join`` within ``window_hours``.

    ``fresh_hours`` is how long after its first sighting a shingle counts as novel.
    """

    join: float = 0.55
    window_hours: float = 48.0
    fresh_hours: float = 36.0
    batch: int = 100


CANONICAL_RULES = ("agency-page", "complete", "earliest", "preferred")


@dataclass(frozen=True, slots=True)
class CanonicalConfig:
    """Which copy's text is the story's: rules by name, the first that tells two copies apart decides.

    ``agency-page``: the page of the agency itself; ``complete``: most paragraphs that other outlets carry too, then
    fewest of its own; ``earliest``: known to have been out first; ``preferred``: of an outlet marked so.
    """

    order: tuple[str, ...] = ("agency-page", "complete", "preferred", "earliest")


@dataclass(frozen=True, slots=True)
class ScheduleConfig:
    """Bounds of the poll interval, in seconds, and how many feeds or pages one task takes."""

    first: float = 900.0
    least: float = 120.0
    most: float = 86_400.0
    feed_batch: int = 20
    page_batch: int = 25


@dataclass(frozen=True, slots=True)
class RetentionConfig:
    """Days that polls and archived pages are kept; stories and their text are never pruned."""

    polls_days: int = 90
    archive_days: int = 365


@dataclass(frozen=True, slots=True)
class Config:
    """Everything a run needs. ``store`` is a database URL, ``archive`` an fsspec folder."""

    home: Path
    store: str
    archive: str
    feeds: tuple[FeedSpec, ...] = ()
    fetch: FetchConfig = FetchConfig()
    extract: ExtractConfig = ExtractConfig()
    match: MatchConfig = MatchConfig()
    canonical: CanonicalConfig = CanonicalConfig()
    schedule: ScheduleConfig = ScheduleConfig()
    retention: RetentionConfig = RetentionConfig()


SECTIONS: dict[str, type[Any]] = {
    "fetch": FetchConfig,
    "extract": ExtractConfig,
    "match": MatchConfig,
    "canonical": CanonicalConfig,
    "schedule": ScheduleConfig,
    "retention": RetentionConfig,
}


def load(path: Path | None, env: Mapping[str, str]) -> Config:
    """Read the config. Without ``path``, ``COPYDESK_FEEDS`` or ``./feeds.toml``; no file means no feeds.

    Raises :class:`ConfigError` for a file that is named and absent, is not TOML, or says what it cannot.
    """
    chosen = path or _named(env)
    table = _read(chosen) if chosen else {}
    where = str(chosen) if chosen else "defaults"
    home = Path(env.get(HOME_VARIABLE) or table.get("home") or ".copydesk").absolute()
    _reject_unknown(table, {"home", "store", "archive", "feed", *SECTIONS}, where)
    _check_order(table, where)
    return Config(
        home=home,
        store=str(env.get(STORE_VARIABLE) or table.get("store") or f"sqlite:///{home / 'copydesk.db'}"),
        archive=str(table.get("archive") or home / "archive"),
        feeds=_feeds(table.get("feed", []), where),
        **{name: _section(kind, table.get(name, {}), f"{where} [{name}]") for name, kind in SECTIONS.items()},
    )


def _named(env: Mapping[str, str]) -> Path | None:
    if env.get(FEEDS_VARIABLE):
        return Path(env[FEEDS_VARIABLE])
    default = Path("feeds.toml")
    return default if default.exists() else None


def _read(path: Path) -> dict[str, Any]:
    try:
        return tomllib.loads(path.read_text(encoding="utf-8"))
    except FileNotFoundError:
        raise ConfigError("no such file", concerns=str(path), todo="copy feeds.example.toml and edit it") from None
    except OSError as error:
        raise ConfigError(error.strerror or "cannot be read", concerns=str(path), todo="check the file") from error
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise ConfigError(f"not valid TOML: {error}", concerns=str(path), todo="correct that line") from error


def _feeds(rows: object, where: str) -> tuple[FeedSpec, ...]:
    if not isinstance(rows, list):
        raise ConfigError("'feed' must be a list of [[feed]] tables", concerns=where)
    feeds = tuple(_section(FeedSpec, row, f"{where} [[feed]] {n}") for n, row in enumerate(rows, 1))
    seen: set[str] = set()
    for feed in feeds:
        _check_feed(feed, seen, where)
        seen.add(feed.url)
    return feeds


def _check_feed(feed: FeedSpec, seen: set[str], where: str) -> None:
    if not feed.url.startswith(("http://", "https://")):
        raise ConfigError(f"feed url {feed.url!r} is not http(s)", concerns=where, todo="give the feed's full address")
    if feed.url in seen:
        raise ConfigError(f"feed {feed.url} stands twice", concerns=where, todo="remove one of them")


def _check_order(table: Mapping[str, Any], where: str) -> None:
    section = table.get("canonical", {})
    order = section.get("order", []) if isinstance(section, dict) else []
    wrong = [name for name in order if name not in CANONICAL_RULES] if isinstance(order, list) else []
    if wrong or (isinstance(order, list) and len(set(order)) < len(order)):
        what = f"no such rule: {wrong[0]}" if wrong else "a rule stands twice"
        raise ConfigError(
            what, concerns=f"{where} [canonical] order", todo=f"known are {', '.join(CANONICAL_RULES)}, each once"
        )


def _section(kind: type[T], table: object, where: str) -> T:
    if not isinstance(table, dict):
        raise ConfigError("must be a table", concerns=where)
    known = {f.name: f for f in fields(kind)}  # type: ignore[arg-type]
    _reject_unknown(table, set(known), where)
    try:
        return kind(**{name: _typed(value, str(known[name].type), name, where) for name, value in table.items()})
    except TypeError as error:
        raise ConfigError(f"needs {_missing(error)}", concerns=where, todo="add it") from error


def _missing(error: TypeError) -> str:
    return str(error).partition("argument")[2].lstrip("s: ") or str(error)


def _typed(value: object, wanted: str, name: str, where: str) -> object:
    if wanted == "float" and isinstance(value, int) and not isinstance(value, bool):
        return float(value)
    if wanted.startswith("tuple") and isinstance(value, list) and all(isinstance(v, str) for v in value):
        return tuple(value)
    if type(value).__name__ == wanted:
        return value
    raise ConfigError(f"{name} = {value!r} should be of type {wanted}", concerns=where, todo="correct it")


def _reject_unknown(table: Mapping[str, object], known: set[str], where: str) -> None:
    unknown = sorted(set(table) - known)
    if unknown:
        raise ConfigError(
            f"unknown setting {', '.join(unknown)}", concerns=where, todo=f"known are {', '.join(sorted(known))}"
        )
