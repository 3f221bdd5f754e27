"""One frozen Config, read by :func:`load` from ``feeds.toml`` and the environment; nothing at import."""

from __future__ import annotations

import json
import os
import tomllib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, fields
from pathlib import Path
from typing import Any, TypeVar
from urllib.parse import unquote, urlsplit

from pipeline.errors import ConfigError
from pipeline.model import FeedSpec, HostSpec
from pipeline.text.url import safe_http_url
from pipeline.text.zones import iana_zone

FEEDS_VARIABLE = "COPYDESK_FEEDS"
HOME_VARIABLE = "COPYDESK_HOME"
STORE_VARIABLE = "COPYDESK_STORE"
VARIABLES = (FEEDS_VARIABLE, HOME_VARIABLE, STORE_VARIABLE)

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class FetchConfig:
    """How to fetch. Times in seconds, sizes in bytes.

    ``allow`` lists ``host:port`` pairs that may be private addresses; ``contact`` goes into the user agent;
    ``host_gap`` lies between the end of one request to a host and the start of the next. Pages are looked at again
    ``revisit_hours`` after they were fetched, at most ``revisits_per_host`` of one host in an hour.
    With ``tdmrep`` a host is asked for its tdmrep.json when it is asked for its robots.txt.
    """

    contact: str = ""
    allow: tuple[str, ...] = ()
    deadline: float = 30.0
    max_bytes: int = 10_000_000
    host_gap: float = 5.0
    concurrency: int = 16
    robots: bool = True
    tdmrep: bool = True
    max_attempts: int = 5
    revisit_hours: tuple[float, ...] = (1.0, 6.0, 24.0)
    revisits_per_host: int = 20


@dataclass(frozen=True, slots=True)
class ExtractConfig:
    """Bounds of the child processes: CPU seconds and wall seconds a page, bytes of memory a child."""

    workers: int = 2
    cpu_seconds: int = 5
    wall_seconds: float = 6.0
    memory: int = 1_000_000_000
    agencies: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class MatchConfig:
    """When a text joins a story: score at or above ``join`` within ``window_hours``.

    ``fresh_hours`` is how long after its first sighting a shingle counts as novel; ``memory`` how many shingles'
    first sightings are remembered, 8 bytes each. A text known already is looked for ``reprint_hours`` back.
    """

    join: float = 0.55
    window_hours: float = 48.0
    reprint_hours: float = 336.0
    fresh_hours: float = 36.0
    batch: int = 500
    memory: int = 4_194_304


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
    """Days that polls, archived pages and counts of outcomes are kept; stories and their text are never pruned."""

    polls_days: int = 90
    archive_days: int = 365
    outcomes_days: int = 365


@dataclass(frozen=True, slots=True)
class WebsubConfig:
    """``callback`` is the public address below which hubs reach this machine; without one nothing is subscribed to."""

    callback: str = ""

    def __post_init__(self) -> None:
        if self.callback and (safe_http_url(self.callback) != self.callback or "?" in self.callback):
            raise ConfigError(
                f"callback {self.callback!r} is no plain http(s) address",
                concerns="[websub]",
                todo="give the public address, such as https://news.example/copydesk/websub",
            )


LATER = ("keep", "remove")


@dataclass(frozen=True, slots=True)
class RightsConfig:
    """Which reservations keep a text out of the store, and the licences that lift them.

    ``withhold`` names signals, such as ``noarchive`` and ``tdm-reservation``; ``permit`` licences, as ``[[feed]]
    licence`` or a page states them. ``later`` says what becomes of a text that was stored before it was reserved:
    ``keep`` it and store nothing new, or ``remove`` it.
    """

    withhold: tuple[str, ...] = ()
    permit: tuple[str, ...] = ()
    later: str = "keep"

    def __post_init__(self) -> None:
        if self.later not in LATER:
            raise ConfigError(f"later = {self.later!r}", concerns="[rights]", todo=f"known are {', '.join(LATER)}")


@dataclass(frozen=True, slots=True)
class Config:
    """Everything a run needs. ``store`` is a database URL, ``archive`` an fsspec folder."""

    home: Path
    store: str
    archive: str
    feeds: tuple[FeedSpec, ...] = ()
    hosts: tuple[HostSpec, ...] = ()
    fetch: FetchConfig = FetchConfig()
    extract: ExtractConfig = ExtractConfig()
    match: MatchConfig = MatchConfig()
    canonical: CanonicalConfig = CanonicalConfig()
    schedule: ScheduleConfig = ScheduleConfig()
    retention: RetentionConfig = RetentionConfig()
    websub: WebsubConfig = WebsubConfig()
    rights: RightsConfig = RightsConfig()


SECTIONS: dict[str, type[Any]] = {
    "fetch": FetchConfig,
    "extract": ExtractConfig,
    "match": MatchConfig,
    "canonical": CanonicalConfig,
    "schedule": ScheduleConfig,
    "retention": RetentionConfig,
    "websub": WebsubConfig,
    "rights": RightsConfig,
}


def load(path: Path | None, env: Mapping[str, str]) -> Config:
    """Read the config. Without ``path``, ``COPYDESK_FEEDS`` or ``./feeds.toml``; no file means no feeds.

    Raises :class:`ConfigError` for a file that is named and absent, is not TOML, or says what it cannot.
    """
    chosen = path or _named(env)
    table = _read(chosen) if chosen else {}
    where = str(chosen) if chosen else "defaults"
    home = Path(env.get(HOME_VARIABLE) or table.get("home") or ".copydesk").absolute()
    _reject_unknown(table, {"home", "store", "archive", "feed", "host", *SECTIONS}, where)
    _check_order(table, where)
    return Config(
        home=home,
        store=str(env.get(STORE_VARIABLE) or table.get("store") or f"sqlite:///{home / 'copydesk.db'}"),
        archive=str(table.get("archive") or home / "archive"),
        feeds=_feeds(table.get("feed", []), where),
        hosts=_listed("host", HostSpec, table.get("host", []), where),
        **{name: _section(kind, table.get(name, {}), f"{where} [{name}]") for name, kind in SECTIONS.items()},
    )


def feeds_file(path: Path | None, env: Mapping[str, str]) -> Path:
    """The file that :func:`load` reads, or would read if it were there."""
    return path or _named(env) or Path("feeds.toml")


def add_feeds(path: Path, feeds: Sequence[FeedSpec]) -> None:
    """Append ``[[feed]]`` tables to a config, all or none; what stands in it stays as it is, comments too.

    Raises :class:`ConfigError` where the file cannot be read or written, or would no longer say what it said.
    """
    text = path.read_text(encoding="utf-8") if path.exists() else ""
    longer = with_feeds(text, feeds)
    try:
        told = tomllib.loads(longer)
    except tomllib.TOMLDecodeError as error:
        todo = "write its feeds as [[feed]] tables"
        raise ConfigError(f"feeds cannot be appended: {error}", concerns=str(path), todo=todo) from error
    _feeds(told["feed"], str(path))
    part = path.with_name(path.name + ".part")
    try:
        with part.open("w", encoding="utf-8") as file:
            file.write(longer)
            file.flush()
            os.fsync(file.fileno())
        part.replace(path)
    except OSError as error:
        raise ConfigError(error.strerror or "cannot be written", concerns=str(path), todo="check the folder") from error
    finally:
        part.unlink(missing_ok=True)


def with_feeds(text: str, feeds: Sequence[FeedSpec]) -> str:
    """A config's text with these feeds after it."""
    default = FeedSpec("", "")
    tables = []
    for feed in feeds:
        rows = [(f.name, getattr(feed, f.name)) for f in fields(FeedSpec)]
        lines = [f"{name} = {_toml(value)}" for name, value in rows if value != getattr(default, name)]
        tables.append("\n".join(["[[feed]]", *lines, ""]))
    return "\n".join([text.rstrip("\n") + "\n" if text.strip() else "", *tables]).lstrip("\n")


def _toml(value: object) -> str:
    """A string or a truth value as TOML writes it; JSON's escapes are TOML's too, but for DEL and broken letters."""
    if isinstance(value, bool):
        return "true" if value else "false"
    clean = "".join(letter for letter in str(value) if letter != "\x7f" and not "\ud800" <= letter <= "\udfff")
    return json.dumps(clean, ensure_ascii=False)


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


def _listed(name: str, kind: type[T], rows: object, where: str) -> tuple[T, ...]:
    if not isinstance(rows, list):
        raise ConfigError(f"'{name}' must be a list of [[{name}]] tables", concerns=where)
    return tuple(_section(kind, row, f"{where} [[{name}]] {n}") for n, row in enumerate(rows, 1))


def _feeds(rows: object, where: str) -> tuple[FeedSpec, ...]:
    feeds = _listed("feed", FeedSpec, rows, where)
    seen: set[str] = set()
    for feed in feeds:
        _check_feed(feed, seen, where)
        seen.add(feed.url)
    return feeds


def _check_feed(feed: FeedSpec, seen: set[str], where: str) -> None:
    if not feed.url.startswith(("http://", "https://", "file:///")) or _is_file(feed.url):
        raise ConfigError(
            f"feed url {feed.url!r} is not http(s), and no folder",
            concerns=where,
            todo="give the feed's full address, or file:///path/of/a/folder",
        )
    if feed.zone and iana_zone(feed.zone) is None:
        raise ConfigError(f"no zone {feed.zone!r}", concerns=where, todo='give an IANA name, such as "Asia/Kolkata"')
    if feed.url in seen:
        raise ConfigError(f"feed {feed.url} stands twice", concerns=where, todo="remove one of them")


def _is_file(url: str) -> bool:
    """A folder may come later; a file is none."""
    return url.startswith("file:") and Path(unquote(urlsplit(url).path)).is_file()


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
    values = {name: _typed(value, str(known[name].type), name, where) for name, value in table.items()}
    try:
        return kind(**values)
    except TypeError as error:
        raise ConfigError(f"needs {_missing(error)}", concerns=where, todo="add it") from error
    except ConfigError as error:
        raise ConfigError(error.message, concerns=where, todo=error.todo) from error


def _missing(error: TypeError) -> str:
    return str(error).partition("argument")[2].lstrip("s: ") or str(error)


def _typed(value: object, wanted: str, name: str, where: str) -> object:
    if wanted == "float" and isinstance(value, int) and not isinstance(value, bool):
        return float(value)
    if wanted.startswith("tuple") and isinstance(value, list):
        part = wanted.removeprefix("tuple[").removesuffix(", ...]")
        return tuple(_typed(each, part, name, where) for each in value)
    if type(value).__name__ == wanted:
        return value
    raise ConfigError(f"{name} = {value!r} should be of type {wanted}", concerns=where, todo="correct it")


def _reject_unknown(table: Mapping[str, object], known: set[str], where: str) -> None:
    unknown = sorted(set(table) - known)
    if unknown:
        raise ConfigError(
            f"unknown setting {', '.join(unknown)}", concerns=where, todo=f"known are {', '.join(sorted(known))}"
        )
