"""The structured log: constant events with keys, on stderr from the command line, in the task's log under Airflow.

``log = get_logger(__name__)`` at the top of a module, then ``log.info("feed_polled", feed=url, outcome=...)``. An event
is a constant in snake_case; it stands with its level, meaning and keys in docs/operations.md, "Log events".
Airflow has configured structlog before a task begins, and its configuration is left as it is: :func:`configure` is for
the command line alone. Where nobody configured structlog, nothing is printed: a child process, and a program that
imports this package, have a stdout of their own.
"""

from __future__ import annotations

import logging
import os
import re
import sys
from collections.abc import Mapping, MutableMapping
from contextlib import AbstractContextManager
from typing import Any, cast

import structlog
from structlog.typing import EventDict, FilteringBoundLogger, Processor, WrappedLogger

LEVELS = ("debug", "info", "warning", "error")
# Characters of one value; a page's or feed's own words never fill a log.
MOST_LENGTH = 2000
MASK = "***"

_URL_LOGIN = re.compile(r"(?i)\b(https?://)[^\s/@]{1,1000}@")
# A database's password is written with slashes in it too.
_STORE_LOGIN = re.compile(r"(?i)\b((?!https?:)[a-z][a-z0-9+.-]{1,30}://)[^\s@]{1,1000}@")
_SENSITIVE = (
    r"(?:[\w.-]{0,60}(?:token|secret|password|passwd|api_?key|signature)"
    r"|(?:[\w.-]{0,60}[_.-])?(?:key|auth|pass|pwd|sig|credential|session|sid))"
)
_SECRET_QUERY = re.compile(rf"(?i)([?&;]{_SENSITIVE}=)[^&#\s]*")
_SECRET_KEY = re.compile(rf"(?i){_SENSITIVE}")
# C0, DEL, C1, line separators, bidirectional marks and lone surrogates: they move a terminal's cursor or forge a line.
_CONTROLS = (
    *range(0x20), *range(0x7F, 0xA0), 0x61C, 0x200E, 0x200F, *range(0x2028, 0x202F), *range(0x2066, 0x206A),
    *range(0xD800, 0xE000),
)  # fmt: skip
_VISIBLE = {number: f"\\u{number:04x}" for number in _CONTROLS}
_VISIBLE_BUT_LINES = {number: escape for number, escape in _VISIBLE.items() if chr(number) not in "\n\t"}


def get_logger(name: str) -> FilteringBoundLogger:
    """Return a module's logger; what its keys hold is cleaned before anybody's configuration gets it."""
    logger = structlog.wrap_logger(
        structlog.get_logger(name),
        processors=[_drop_unconfigured, clean_event, _pass_on],
        wrapper_class=structlog.make_filtering_bound_logger(logging.NOTSET),
        context_class=dict,
        cache_logger_on_first_use=False,
    )
    return cast(FilteringBoundLogger, logger)


def bound(**ids: object) -> AbstractContextManager[None]:
    """Bind ids (``run``, ``feed``, ``entry``, ``article``, ``story``) to every event within the block.

    They go with the block's own asyncio tasks, and not into threads or processes that it starts.
    """
    return _bound_contextvars({key: clean_value(key, value) for key, value in ids.items()})


def configure(level: str = "info", as_json: bool = False) -> None:
    """Set up the log of a command: events of ``level`` and above on stderr, for a person or as JSON lines.

    What libraries say through ``logging`` goes the same way, from WARNING on. ``level`` is one of LEVELS.
    """
    number = logging.getLevelNamesMapping()[level.upper()]
    shared: list[Processor] = [
        structlog.contextvars.merge_contextvars,
        structlog.processors.add_log_level,
        structlog.processors.TimeStamper(fmt="iso", utc=True),
    ]
    structlog.configure(
        processors=[*shared, *_renderers(as_json)],
        wrapper_class=structlog.make_filtering_bound_logger(number),
        # Looked up for each line: a progress bar takes the place of stderr for a while.
        logger_factory=lambda *_names: structlog.PrintLogger(sys.stderr),
        cache_logger_on_first_use=False,
    )
    _configure_libraries(shared, as_json, max(number, logging.WARNING))


def clean_event(_logger: WrappedLogger, _method: str, event: EventDict) -> EventDict:
    """Return an event whose values hold no secrets and no control characters (a structlog processor)."""
    return {key: clean_value(key, value) for key, value in event.items()}


def clean_value(key: str, value: object) -> object:
    """Return a value fit for a log: texts masked, escaped and cut to MOST_LENGTH; other objects as such texts."""
    if value is None or isinstance(value, bool | int | float) or key in ("exc_info", "stack_info"):
        return value
    if _SECRET_KEY.fullmatch(key):
        return MASK
    if isinstance(value, Mapping):
        return {clean_text(str(name)): clean_value(str(name), part) for name, part in value.items()}
    if isinstance(value, list | tuple | set | frozenset):
        return [clean_value(key, part) for part in value]
    return clean_text(str(value))


def clean_text(text: str) -> str:
    """Return a text of one line, without passwords in URLs and secrets in queries, controls as ``\\u`` escapes."""
    return mask_secrets(text[: 2 * MOST_LENGTH])[:MOST_LENGTH].translate(_VISIBLE)


def mask_secrets(text: str) -> str:
    """Return a text without the passwords of its addresses and the secrets of its queries."""
    for pattern in (_URL_LOGIN, _STORE_LOGIN):
        text = pattern.sub(rf"\1{MASK}@", text)
    return _SECRET_QUERY.sub(rf"\1{MASK}", text)


def _drop_unconfigured(_logger: WrappedLogger, _method: str, event: EventDict) -> EventDict:
    if not structlog.is_configured():
        raise structlog.DropEvent
    return event


def _pass_on(_logger: WrappedLogger, _method: str, event: EventDict) -> tuple[tuple[Any], MutableMapping[str, Any]]:
    """Hand an event to the configured logger as it was called: its name, then its keys."""
    return (event.pop("event"),), event


def _bound_contextvars(ids: Mapping[str, object]) -> AbstractContextManager[None]:
    return cast(AbstractContextManager[None], structlog.contextvars.bound_contextvars(**ids))


def _renderers(as_json: bool) -> list[Processor]:
    if as_json:
        return [structlog.processors.format_exc_info, _clean_traceback, _json_line]
    colours = sys.stderr.isatty() and not os.environ.get("NO_COLOR")
    console = structlog.dev.ConsoleRenderer(colors=colours, pad_event_to=24, exception_formatter=_no_traceback)
    return [structlog.processors.format_exc_info, _clean_traceback, console]


def _json_line(logger: WrappedLogger, method: str, event: EventDict) -> str:
    return str(structlog.processors.JSONRenderer(ensure_ascii=False)(logger, method, event))


def _clean_traceback(_logger: WrappedLogger, _method: str, event: EventDict) -> EventDict:
    if isinstance(event.get("exception"), str):
        event["exception"] = mask_secrets(event["exception"]).translate(_VISIBLE_BUT_LINES)
    return event


def _no_traceback(_stream: object, _error: object) -> None:
    """The traceback is a text by now."""


def _configure_libraries(shared: list[Processor], as_json: bool, level: int) -> None:
    handler = logging.StreamHandler(sys.stderr)
    remove_meta = structlog.stdlib.ProcessorFormatter.remove_processors_meta
    formatter = structlog.stdlib.ProcessorFormatter(
        foreign_pre_chain=[*shared, clean_event], processors=[remove_meta, *_renderers(as_json)]
    )
    handler.setFormatter(formatter)
    logging.basicConfig(handlers=[handler], level=level, force=True)
