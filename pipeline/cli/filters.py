"""The options that say which stories are wanted, for each command that lists or keeps a search of them."""

from __future__ import annotations

from datetime import UTC, date, datetime, time, timedelta
from typing import Annotated

import typer

from pipeline.model import StoryFilter, VersionKind

TIMES = ["%Y-%m-%d", "%Y-%m-%dT%H:%M:%S"]

WordsOption = Annotated[str, typer.Option("--words", help="Words of title or text; phrases in quotes.")]
AgencyOption = Annotated[str | None, typer.Option("--agency", help="The agency's name; '' for stories that name none.")]
OutletOption = Annotated[str, typer.Option("--outlet", help="An outlet that has a copy.")]
LangOption = Annotated[str, typer.Option("--lang", help="Language, as en.")]
KindOption = Annotated[VersionKind | None, typer.Option("--kind", help="Of the version in force.")]
SinceOption = Annotated[datetime | None, typer.Option("--since", formats=TIMES, help="First seen from then on, UTC.")]
UntilOption = Annotated[
    datetime | None, typer.Option("--until", formats=TIMES, help="And before then; of a day: up to its end.")
]


def story_filter(
    words: str,
    agency: str | None,
    outlet: str,
    lang: str,
    kind: VersionKind | None,
    since: datetime | None,
    until: datetime | None,
) -> StoryFilter:
    """Return the filter that the options ask for."""
    return StoryFilter(words, agency, outlet, lang, in_utc(since), end_in_utc(until), kind)


def in_utc(moment: datetime | None) -> datetime | None:
    """Return the first moment that is wanted."""
    return moment.replace(tzinfo=UTC) if moment else None


def end_in_utc(moment: datetime | None) -> datetime | None:
    """Return the moment before which a story is wanted: a day is wanted whole. The last day of the calendar has no
    end."""
    if moment is None or moment.time() != time():
        return in_utc(moment)
    return in_utc(moment + timedelta(days=1)) if moment.date() < date.max else None
