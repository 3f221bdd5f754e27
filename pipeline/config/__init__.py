"""One frozen Config, read by :func:`load` from ``feeds.toml`` and the environment; nothing is read at import."""

from pipeline.config.append import add_feeds, with_feeds
from pipeline.config.read import (
    FEEDS_VARIABLE,
    HOME_VARIABLE,
    MIGRATE_VARIABLE,
    STORE_VARIABLE,
    VARIABLES,
    feeds_file,
    load,
    tasks_at_once,
)
from pipeline.config.settings import (
    CANONICAL_RULES,
    LATER,
    SECTIONS,
    SIGNALS,
    CanonicalConfig,
    Config,
    ExtractConfig,
    FetchConfig,
    MatchConfig,
    RetentionConfig,
    RightsConfig,
    ScheduleConfig,
    WebsubConfig,
)

__all__ = [
    "CANONICAL_RULES", "FEEDS_VARIABLE", "HOME_VARIABLE", "LATER", "MIGRATE_VARIABLE", "SECTIONS", "SIGNALS",
    "STORE_VARIABLE", "VARIABLES", "CanonicalConfig", "Config", "ExtractConfig", "FetchConfig", "MatchConfig",
    "RetentionConfig", "RightsConfig", "ScheduleConfig", "WebsubConfig", "add_feeds", "feeds_file", "load",
    "tasks_at_once", "with_feeds",
]  # fmt: skip
