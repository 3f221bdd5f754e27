"""Zone names, and the zone of clocks that name none."""

from __future__ import annotations

import tomllib
from collections import Counter
from datetime import UTC, datetime, timedelta, timezone, tzinfo
from functools import cache
from importlib.resources import files
from typing import Any
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

# Characters. The longest IANA name has 32.
MAX_NAME = 64


@cache
def _table() -> dict[str, Any]:
    return tomllib.loads((files("pipeline") / "data" / "zones.toml").read_text(encoding="utf-8"))


def named_zone(name: str, country: str = "", zone: str = "", at: datetime | None = None) -> tzinfo | None:
    """The zone that ``name`` means in ``country`` (ISO 3166), or in the IANA ``zone``; None for a name that is none.

    IST is Israel's in IL, Ireland's in IE, India's elsewhere; CST is China's where ``zone`` is Asia/Shanghai, which
    uses it itself (``at``: the local time, which decides between summer and winter, as it does for ET).
    """
    table = _table()
    upper = name.upper().rstrip(".")
    local_zones = (iana_zone(zone), clock_zone(country) if country else None)
    for local_zone in local_zones:
        if local_zone and at and at.replace(tzinfo=local_zone).tzname() == upper:
            return local_zone
    if upper in table["regions"]:
        return iana_zone(table["regions"][upper])
    minutes = table["by_country"].get(upper, {}).get(country.upper(), table["offsets"].get(upper))
    return None if minutes is None else timezone(timedelta(minutes=minutes))


def iana_zone(name: str) -> ZoneInfo | None:
    """Return the zone of that IANA name; None where there is none."""
    if len(name) > MAX_NAME:  # zoneinfo recurses with every slash of a name
        return None
    try:
        return ZoneInfo(name) if name else None
    except (ZoneInfoNotFoundError, ValueError, OSError):
        return None


def clock_zone(country: str, zone: str = "") -> tzinfo:
    """The zone of a time that names none: ``zone``, else that of ``country``; UTC where neither is known."""
    name = _table()["clocks"].get(country.upper()) or _single_zones().get(country.upper())
    return iana_zone(zone) or (ZoneInfo(name) if name else UTC)


@cache
def _single_zones() -> dict[str, str]:
    """Return the zone of each country that has one alone, as the IANA data list them."""
    rows = (files("tzdata") / "zoneinfo" / "zone.tab").read_text(encoding="utf-8").splitlines()
    zones = [row.split("\t") for row in rows if row and not row.startswith("#")]
    uses = Counter(zone[0] for zone in zones)
    return {zone[0]: zone[2] for zone in zones if uses[zone[0]] == 1}


def month_first(country: str) -> bool:
    """Whether 8/9 is the ninth of August in ``country`` (CLDR short dates)."""
    return country.upper() in _table()["month_first"]
