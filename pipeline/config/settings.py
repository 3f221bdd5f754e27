"""The settings: one frozen :class:`Config`, made of sections; each field's ``Meta`` bounds what a file may say."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from pathlib import Path
from typing import Annotated, Any

from msgspec import Meta

from pipeline.errors import ConfigError
from pipeline.model import FeedSpec, HostSpec
from pipeline.text.url import safe_http_url

DAY = 86_400.0
YEAR_HOURS = 8784.0
# Bytes: the extractor alone takes 90 million.
LEAST_MEMORY = 100_000_000
# Counted back from now, more days end before the calendar begins to be of use.
MOST_DAYS = 36_500

Count = Annotated[int, Meta(ge=1, le=1_000_000)]
Bytes = Annotated[int, Meta(ge=1, le=1 << 40)]
Seconds = Annotated[float, Meta(gt=0, le=366 * DAY)]
Hours = Annotated[float, Meta(gt=0, le=YEAR_HOURS)]
Days = Annotated[int, Meta(ge=1, le=MOST_DAYS)]


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
    deadline: Seconds = 30.0
    max_bytes: Bytes = 10_000_000
    host_gap: Annotated[float, Meta(ge=0, le=DAY)] = 5.0
    concurrency: Annotated[int, Meta(ge=1, le=1000)] = 16
    robots: bool = True
    tdmrep: bool = True
    max_attempts: Annotated[int, Meta(ge=1, le=100)] = 5
    revisit_hours: tuple[Hours, ...] = (1.0, 6.0, 24.0)
    revisits_per_host: Annotated[int, Meta(ge=0, le=1_000_000)] = 20


@dataclass(frozen=True, slots=True)
class ExtractConfig:
    """Bounds of the child processes: CPU seconds and wall seconds a page, bytes of memory a child."""

    workers: Annotated[int, Meta(ge=1, le=256)] = 2
    cpu_seconds: Annotated[int, Meta(ge=1, le=3600)] = 5
    wall_seconds: Annotated[float, Meta(gt=0, le=3600)] = 300.0
    memory: Annotated[int, Meta(ge=LEAST_MEMORY, le=1 << 40)] = 1_000_000_000
    agencies: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class MatchConfig:
    """When a text joins a story: by a probability of ``join`` or more that it is a copy, within ``window_hours``.

    ``fresh_hours`` is how long after its first sighting a shingle counts as novel; ``memory`` how many shingles'
    first sightings are remembered, 8 bytes each. A text known already is looked for ``reprint_hours`` back.
    """

    join: Annotated[float, Meta(gt=0, le=1)] = 0.5
    window_hours: Hours = 48.0
    reprint_hours: Hours = 336.0
    fresh_hours: Hours = 36.0
    batch: Count = 500
    memory: Annotated[int, Meta(ge=1, le=1 << 32)] = 4_194_304


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

    first: Seconds = 900.0
    least: Seconds = 120.0
    most: Seconds = 86_400.0
    feed_batch: Count = 20
    page_batch: Count = 25


@dataclass(frozen=True, slots=True)
class RetentionConfig:
    """Days that polls, archived pages, counts of outcomes and lines of the change log are kept; stories and their text
    are never pruned."""

    polls_days: Days = 90
    archive_days: Days = 365
    outcomes_days: Days = 365
    changes_days: Days = MOST_DAYS


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
# Reservations by name: robots' words, and those of TDMRep; what each says is in docs/operations.md.
SIGNALS = ("noarchive", "nosnippet", "noai", "noimageai", "nocache", "tdm-reservation", "tdm-unknown")


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


@dataclass(frozen=True, slots=True)
class ApiConfig:
    """The JSON API. ``exports`` is a folder or fsspec address, whose folders are exports that it offers."""

    exports: str = ""


@dataclass(frozen=True, slots=True)
class NotifyConfig:
    """How persons are told of new stories and failing feeds: ``notifier`` is a class of Airflow's notifiers, as
    ``airflow.providers.smtp.notifications.smtp.SmtpNotifier``, ``arguments`` what it is made with; in its templates
    ``copydesk.title`` and ``copydesk.text`` say what is new."""

    notifier: str = ""
    arguments: Mapping[str, Any] = field(default_factory=dict, repr=False)


class EngineName(StrEnum):
    """What does the work of a backfill: this machine's processes, or Spark."""

    LOCAL = "local"
    SPARK = "spark"


@dataclass(frozen=True, slots=True)
class BackfillConfig:
    """How archives are read where Spark does it. ``spark_master`` is its address: ``local[*]``, ``spark://host:7077``,
    ``k8s://...``, ``yarn``."""

    spark_master: str = "local[*]"


@dataclass(frozen=True, slots=True)
class Config:
    """Everything a run needs. ``store`` is a database URL, ``archive`` an fsspec folder; either may hold a password.

    Without ``migrate`` only the command ``migrate`` makes or changes the store's tables.
    """

    home: Path
    store: str = field(repr=False)
    archive: str = field(repr=False)
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
    api: ApiConfig = ApiConfig()
    notify: NotifyConfig = field(default_factory=NotifyConfig)
    backfill: BackfillConfig = BackfillConfig()
    migrate: bool = True


SECTIONS: dict[str, type[Any]] = {
    "fetch": FetchConfig,
    "extract": ExtractConfig,
    "match": MatchConfig,
    "canonical": CanonicalConfig,
    "schedule": ScheduleConfig,
    "retention": RetentionConfig,
    "websub": WebsubConfig,
    "rights": RightsConfig,
    "api": ApiConfig,
    "notify": NotifyConfig,
    "backfill": BackfillConfig,
}
# Settings that take names, and the names they take.
NAMES: dict[tuple[str, str], tuple[str, ...]] = {
    ("canonical", "order"): CANONICAL_RULES,
    ("rights", "withhold"): SIGNALS,
    ("rights", "later"): LATER,
}
