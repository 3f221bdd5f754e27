"""What is wrong with a config's tables: every fault, each with its key and, where it can be found, its line."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import MISSING, dataclass, fields
from difflib import get_close_matches
from pathlib import Path
from typing import Any, get_type_hints
from urllib.parse import unquote, urlsplit

import msgspec

from pipeline.config.settings import NAMES, SECTIONS, WebsubConfig
from pipeline.errors import ConfigError
from pipeline.model import FeedSpec, HostSpec
from pipeline.text.zones import iana_zone

LISTS: dict[str, type[Any]] = {"feed": FeedSpec, "host": HostSpec}
TYPES = {kind: get_type_hints(kind, include_extras=True) for kind in (*SECTIONS.values(), *LISTS.values())}
TOP = ("home", "store", "archive")
MOST_GAP = 86_400.0


@dataclass(frozen=True, slots=True)
class Fault:
    """One thing that is wrong. ``table`` and ``number`` (from 1, in a list of tables) say where; ``key`` may be ''."""

    table: str
    key: str
    message: str
    todo: str = ""
    number: int = 0

    @property
    def place(self) -> str:
        """The key as a person looks for it: ``[fetch] deadline``, ``[[feed]] 3 url``."""
        table = f"[[{self.table}]] {self.number}" if self.number else f"[{self.table}]" if self.table else ""
        return " ".join(part for part in (table, self.key) if part)


def config_faults(tables: Mapping[str, Any]) -> list[Fault]:
    """Return every fault of a whole file, in the order of the file's subjects."""
    return [
        *_unknown_keys("", tables, [*TOP, *LISTS, *SECTIONS], 0),
        *(Fault("", key, f"is {_kind(tables[key])}", "write a text") for key in TOP if _is_wrong_text(tables, key)),
        *(fault for name in SECTIONS for fault in section_faults(name, tables.get(name, {}))),
        *(fault for name in LISTS for fault in list_faults(name, tables.get(name, []))),
    ]


def section_faults(name: str, table: object) -> Iterator[Fault]:
    """Yield the faults of one section."""
    if not isinstance(table, dict):
        yield Fault(name, "", "must be a table", f"write [{name}], then a line a setting")
        return
    yield from _table_faults(name, SECTIONS[name], table, 0)
    for (section, key), names in NAMES.items():
        if section == name and key in table:
            yield from _name_faults(name, key, table[key], names)
    yield from RELATIONS.get(name, _no_faults)(table)


def list_faults(name: str, rows: object) -> Iterator[Fault]:
    """Yield the faults of all ``[[feed]]`` or ``[[host]]`` tables."""
    if not isinstance(rows, list) or not all(isinstance(row, dict) for row in rows):
        yield Fault("", name, f"must be a list of [[{name}]] tables", f"write [[{name}]] for each")
        return
    for number, row in enumerate(rows, 1):
        yield from _table_faults(name, LISTS[name], row, number)
        yield from _feed_faults(row, number) if name == "feed" else _host_faults(row, number)
    yield from _repeated(name, "url" if name == "feed" else "name", rows)


def closest(word: str, valid: Iterable[str]) -> str:
    """Return advice that names the nearest known word, else all of them."""
    names = sorted(valid)
    near = get_close_matches(word, names, 1, 0.6)
    return f"did you mean {near[0]}?" if near else f"known are {', '.join(names)}"


def line_of(text: str, fault: Fault) -> int:
    """Return the line (from 1) of a fault's key, else of its table, in a TOML text; 0 where neither stands in it."""
    table = headers_passed = at = 0
    current = ""
    for number, line in enumerate(text.splitlines(), 1):
        if header := re.match(r"\s*\[+\s*([\w.-]+)\s*\]", line):
            current, headers_passed = header[1], headers_passed + (header[1] == fault.table)
        if current != fault.table or (fault.number and headers_passed != fault.number):
            continue
        table = table or number
        if fault.key and re.match(rf"\s*\[*[\"']?{re.escape(fault.key)}\b", line):
            at = at or number
    return at or (table if fault.table else 0)


def _table_faults(name: str, kind: type[Any], table: Mapping[str, object], number: int) -> Iterator[Fault]:
    types = TYPES[kind]
    yield from _unknown_keys(name, table, types, number)
    for key, value in table.items():
        if key in types and (reason := _type_fault(value, types[key])):
            yield Fault(name, key, f"is {_display(value)}: {reason}", "correct it", number)
    for setting in fields(kind):
        if setting.default is MISSING and setting.default_factory is MISSING and setting.name not in table:
            yield Fault(name, setting.name, "is missing", "add it", number)


def _type_fault(value: object, wanted: Any) -> str:
    """Return why a value is none of the type, in msgspec's words; '' where it is one."""
    try:
        msgspec.convert(value, wanted)
    except msgspec.ValidationError as error:
        return re.sub(r" - at `\$(.*)`$", "", str(error)).replace("`", "").lower()
    return ""


def _unknown_keys(name: str, table: Mapping[str, object], valid: Iterable[str], number: int) -> Iterator[Fault]:
    names = list(valid)
    for key in table:
        if key not in names:
            yield Fault(name, key, "unknown setting", closest(key, names), number)


def _name_faults(table: str, key: str, value: object, valid: Sequence[str]) -> Iterator[Fault]:
    words = [value] if isinstance(value, str) else value if isinstance(value, list) else []
    for word in words:
        if isinstance(word, str) and word not in valid:
            yield Fault(table, key, f"no such name: {word}", closest(word, valid))
    if len({str(word) for word in words}) < len(words):
        yield Fault(table, key, "a name stands twice", "remove one of them")


def _no_faults(_table: Mapping[str, Any]) -> Iterator[Fault]:
    return iter(())


def _schedule_faults(table: Mapping[str, Any]) -> Iterator[Fault]:
    default = SECTIONS["schedule"]()
    least, most = table.get("least", default.least), table.get("most", default.most)
    if isinstance(least, int | float) and isinstance(most, int | float) and least > most:
        yield Fault("schedule", "least", f"is {least}, more than most, {most}", "give the shorter interval to least")


def _websub_faults(table: Mapping[str, Any]) -> Iterator[Fault]:
    callback = table.get("callback", "")
    try:
        WebsubConfig(callback if isinstance(callback, str) else "")
    except ConfigError as error:
        yield Fault("websub", "callback", error.message, error.todo)


def _fetch_faults(table: Mapping[str, Any]) -> Iterator[Fault]:
    allowed = table.get("allow", [])
    for address in allowed if isinstance(allowed, list) else ():
        if isinstance(address, str) and not re.fullmatch(r"(\[[0-9a-fA-F:.]+\]|[^\s:/@]+):[0-9]{1,5}", address):
            yield Fault("fetch", "allow", f"{address!r} is no host and port", 'write it as "127.0.0.1:8000"')


RELATIONS = {"schedule": _schedule_faults, "websub": _websub_faults, "fetch": _fetch_faults}


def _feed_faults(row: Mapping[str, Any], number: int) -> Iterator[Fault]:
    url, zone, country = (row.get(key, "") for key in ("url", "zone", "country"))
    if isinstance(url, str) and url and not _is_source(url):
        todo = "give the feed's full address, or file:///path/of/a/folder"
        yield Fault("feed", "url", f"{_display(url)} is not http(s), and no folder", todo, number)
    if isinstance(zone, str) and zone and iana_zone(zone) is None:
        yield Fault("feed", "zone", f"no zone {zone!r}", 'give an IANA name, such as "Asia/Kolkata"', number)
    if isinstance(country, str) and country and not re.fullmatch(r"[A-Za-z]{2}", country):
        yield Fault("feed", "country", f"{country!r} is no country code", "give two letters of ISO 3166, as IN", number)


def _host_faults(row: Mapping[str, Any], number: int) -> Iterator[Fault]:
    gap = row.get("gap", 0)
    if isinstance(gap, int | float) and not gap <= MOST_GAP:
        yield Fault("host", "gap", f"is {gap} seconds", f"give at most {MOST_GAP:.0f}", number)


def _is_source(url: str) -> bool:
    """A folder may come later; a file is none."""
    if url.startswith("file:///"):
        return not Path(unquote(urlsplit(url).path)).is_file()
    return url.startswith(("http://", "https://"))


def _repeated(name: str, key: str, rows: Sequence[Mapping[str, Any]]) -> Iterator[Fault]:
    first: dict[str, int] = {}
    for number, row in enumerate(rows, 1):
        value = str(row.get(key, ""))
        if value and first.setdefault(value, number) != number:
            yield Fault(
                name, key, f"{_display(value)} stands twice", f"remove this or [[{name}]] {first[value]}", number
            )


def _is_wrong_text(tables: Mapping[str, Any], key: str) -> bool:
    return key in tables and not isinstance(tables[key], str)


def _kind(value: object) -> str:
    return f"a {type(value).__name__}, not a text"


def _display(value: object) -> str:
    """A value as a fault repeats it: short, and never the password of an address."""
    return re.sub(r"(://)[^/@\s'\"]*@", r"\1***@", repr(value))[:120]
