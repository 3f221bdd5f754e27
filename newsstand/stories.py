"""The wire stories of the newsstand, as its agencies filed them."""

from __future__ import annotations

import tomllib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

FOLDER = Path(__file__).parent
LAST_HOUR = 72.0
MARKS = ("original", "update", "correction", "withdrawal")
AGENCIES = {"HNA": "Halden News Agency", "VPB": "Vasant Press Bureau", "AGC": "Agence Corvane"}
LOCAL_NAMES = {("VPB", "hi"): "वीपीबी", ("HNA", "ru"): "ХНА", ("AGC", "ar"): "أ ج ك"}
MONTHS = {
    "en": "Jan Feb March April May June July Aug Sept Oct Nov Dec",
    "fr": "janv févr mars avr mai juin juil août sept oct nov déc",
    "hi": "जनवरी फरवरी मार्च अप्रैल मई जून जुलाई अगस्त सितंबर अक्टूबर नवंबर दिसंबर",
    "ru": "января февраля марта апреля мая июня июля августа сентября октября ноября декабря",
    "ar": "يناير فبراير مارس أبريل مايو يونيو يوليو أغسطس سبتمبر أكتوبر نوفمبر ديسمبر",
}


class WrongStory(ValueError):
    """A story file that cannot be used; says which story and why."""


@dataclass(frozen=True, slots=True)
class WireVersion:
    """One filing: ``after`` hours on the stand's clock, ``body`` the agency's exact paragraphs."""

    mark: str
    after: float
    place: str
    headline: str
    body: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class WireStory:
    """A story with its versions in the order they were filed. ``family`` names a bulletin's template."""

    id: str
    agency: str
    lang: str
    kind: str
    family: str
    follows: str
    category: str
    versions: tuple[WireVersion, ...]


def load_stories(folder: Path = FOLDER / "wire") -> tuple[WireStory, ...]:
    """Every story of the folder's TOML files. Raises WrongStory."""
    rows = [row for file in sorted(folder.glob("*.toml")) for row in _rows(file)]
    stories = tuple(_story(row) for row in rows)
    _check(stories)
    return stories


def _rows(file: Path) -> list[dict[str, Any]]:
    try:
        return list(tomllib.loads(file.read_text(encoding="utf-8")).get("story", []))
    except tomllib.TOMLDecodeError as error:
        raise WrongStory(f"{file.name}: {error}") from error


def _story(row: Mapping[str, Any]) -> WireStory:
    versions = tuple(
        WireVersion(v.get("mark", "original"), float(v["after"]), v["place"], v["headline"], tuple(v["body"]))
        for v in row["version"]
    )
    return WireStory(
        id=row["id"],
        agency=row["agency"],
        lang=row["lang"],
        kind=row["kind"],
        family=row.get("family", ""),
        follows=row.get("follows", ""),
        category=row.get("category", ""),
        versions=versions,
    )


def _check(stories: Sequence[WireStory]) -> None:
    ids = [story.id for story in stories]
    for story in stories:
        hours = [version.after for version in story.versions]
        wrong = (
            (ids.count(story.id) > 1, "stands twice"),
            (story.agency not in AGENCIES, f"agency {story.agency} is unknown"),
            (bool(story.follows) and story.follows not in ids, f"follows {story.follows}, which is not there"),
            (not story.versions or hours != sorted(hours), "has no versions, or not in order"),
            (not all(0 <= hour < LAST_HOUR for hour in hours), "is filed outside the clock"),
            (not all(text.strip() for v in story.versions for text in (v.headline, *v.body)), "has an empty text"),
            (any(version.mark not in MARKS for version in story.versions), "has an unknown mark"),
        )
        for fault, words in wrong:
            if fault:
                raise WrongStory(f"story {story.id} {words}")


def credit(agency: str, lang: str) -> str:
    """How the agency signs in that language."""
    return LOCAL_NAMES.get((agency, lang), agency)


def dateline(story: WireStory, version: WireVersion, filed: datetime, credited: bool = True) -> str:
    """The agency's own dateline, with its separator; without the credit as some outlets cut it."""
    name = credit(story.agency, story.lang)
    day = _day(filed, story.lang)
    sign = f" ({name})" if credited else ""
    if story.lang == "ja":
        return f"【{version.place}＝{name}】" if credited else ""
    if story.lang == "hi":
        return f"{version.place}, {day}{sign}। " if credited else f"{version.place}, {day}: "
    if story.agency == "HNA":
        return f"{version.place.upper()}{sign} — "
    if story.agency == "VPB":
        return f"{version.place}, {day}{sign} "
    return f"{version.place}, {day}{sign} - " if credited else f"{version.place.upper()} — "


def _day(filed: datetime, lang: str) -> str:
    month = MONTHS.get(lang, MONTHS["en"]).split()[filed.month - 1]
    return f"{month} {filed.day}" if lang == "en" else f"{filed.day} {month}"
