"""Zone names, and the zone of clocks that name none."""

from __future__ import annotations

import tomllib
from datetime import UTC, timedelta, timezone, tzinfo
from functools import cache
from importlib.resources import files
from typing import Any
from zoneinfo import ZoneInfo


@cache
def _table() -> dict[str, Any]:
    return tomllib.loads((files("pipeline") / "data" / "zones.toml").read_text(encoding="utf-8"))


def named_zone(name: str, country: str = "") -> tzinfo | None:
    """The zone that ``name`` means in ``country`` (ISO 3166); None for a name that is none.

    IST is Israel's in IL, Ireland's in IE, India's elsewhere.
    """
    table = _table()
    upper = name.upper().rstrip(".")
    minutes = table["by_country"].get(upper, {}).get(country.upper(), table["offsets"].get(upper))
    return None if minutes is None else timezone(timedelta(minutes=minutes))


def clock_zone(country: str) -> tzinfo:
    """The zone of a time that names none, published in ``country``; UTC where no one zone can be meant."""
    name = _table()["clocks"].get(country.upper())
    return ZoneInfo(name) if name else UTC
