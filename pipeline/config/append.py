"""Adding ``[[feed]]`` tables to a config that a person writes: what stands in it stays as it is, comments too."""

from __future__ import annotations

import json
import os
import tomllib
from collections.abc import Sequence
from dataclasses import fields
from pathlib import Path

from pipeline.config.check import config_faults
from pipeline.errors import ConfigError
from pipeline.model import FeedSpec

BROKEN = dict.fromkeys((127, *range(55296, 57344)))


def add_feeds(path: Path, feeds: Sequence[FeedSpec], allow: Sequence[str] = ()) -> None:
    """Append feeds to a config, all or none, and to ``[fetch] allow`` what these need.

    Raises :class:`ConfigError` where the file cannot be read or written, or would no longer say what it said.
    """
    text = path.read_text(encoding="utf-8-sig") if path.exists() else ""
    longer = with_allowed(with_feeds(text, feeds), allow)
    try:
        faults = config_faults(tomllib.loads(longer))
    except tomllib.TOMLDecodeError as error:
        todo = "write its feeds as [[feed]] tables"
        raise ConfigError(f"feeds cannot be appended: {error}", concerns=str(path), todo=todo) from error
    if faults:
        raise ConfigError(faults[0].message, concerns=f"{path}: {faults[0].place}", todo=faults[0].todo)
    replace_text(path, longer)


def with_feeds(text: str, feeds: Sequence[FeedSpec]) -> str:
    """Return a config's text with these feeds after it."""
    tables = [_feed_table(feed) for feed in feeds]
    return "\n".join([text.rstrip("\n") + "\n" if text.strip() else "", *tables]).lstrip("\n")


def with_allowed(text: str, addresses: Sequence[str]) -> str:
    """Return a config's text whose ``[fetch] allow`` names these ``host:port`` pairs too.

    Raises :class:`ConfigError` where its list cannot be added to by a line: it is there, and a person edits it.
    """
    fetch = tomllib.loads(text).get("fetch", {}) if addresses else {}
    allowed = list(fetch.get("allow", [])) if isinstance(fetch, dict) else []
    missing = [address for address in addresses if address not in allowed]
    if not missing:
        return text
    if allowed:
        raise ConfigError(f"lacks {', '.join(missing)}", concerns="[fetch] allow", todo="add it to the list by hand")
    line = f"allow = {json.dumps(missing)}\n"
    lines = text.splitlines(keepends=True)
    at = next((n for n, row in enumerate(lines, 1) if row.split("#")[0].strip() == "[fetch]"), 0)
    return "".join([*lines[:at], line, *lines[at:]]) if at else f"[fetch]\n{line}\n" + text


def replace_text(path: Path, text: str) -> None:
    """Write a file whole or not at all. Raises ConfigError."""
    part = path.with_name(path.name + ".part")
    try:
        with part.open("w", encoding="utf-8") as file:
            file.write(text)
            file.flush()
            os.fsync(file.fileno())
        part.replace(path)
    except OSError as error:
        raise ConfigError(error.strerror or "cannot be written", concerns=str(path), todo="check the folder") from error
    finally:
        part.unlink(missing_ok=True)


def _feed_table(feed: FeedSpec) -> str:
    default = FeedSpec("", "")
    values = [(setting.name, getattr(feed, setting.name)) for setting in fields(FeedSpec)]
    lines = [f"{name} = {_toml(value)}" for name, value in values if value != getattr(default, name)]
    return "\n".join(["[[feed]]", *lines, ""])


def _toml(value: object) -> str:
    """A string or a truth value as TOML writes it; JSON's escapes are TOML's too, but for DEL and broken letters."""
    if isinstance(value, bool):
        return "true" if value else "false"
    return json.dumps(str(value).translate(BROKEN), ensure_ascii=False)
