"""The error tree. Each error says what it concerns, what to do, and when to try again.

CopydeskError
├── UsageError            the caller's words are off (exit 2)
├── ConfigError           feeds.toml or the environment is wrong (exit 1)
├── StoreError            the store cannot be opened, read or written
│   ├── WriteConflict     the transaction met another one and was undone
│   ├── LockHeld          another process is placing articles
│   ├── StoreMissing      there is no store yet
│   ├── SchemaUnknown     the store's schema is another version's
│   ├── CursorForeign     a cursor is of another log
│   ├── CursorAhead       a cursor lies beyond the end of the change log
│   ├── CursorGone        a cursor lies before the lines that the log still has
│   ├── Busy              another process held the database for too long
│   ├── AlreadyDecided    a person was faster, or what was asked about has changed
│   └── NotStored         nothing has that id
│       ├── Moved         the story was merged into another
│       └── Removed       its text is not to be used
├── FeedError             the bytes are not a feed
├── ExtractError          no article came out of a page
│   ├── NotAnArticle      the page was read and holds no article
│   └── ExtractionKilled  the child process ran out of time or memory, or died
└── UnknownAgency         an agencies file names something twice or not at all
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from enum import StrEnum


class Retry(StrEnum):
    """Whether the same work is worth another try."""

    LATER = "later"
    NEVER = "never"


class CopydeskError(Exception):
    """The root: ``concerns`` names the thing (a URL, a file, an id), ``todo`` what a person can do."""

    retry: Retry = Retry.NEVER

    def __init__(self, message: str, *, concerns: str = "", todo: str = "") -> None:
        super().__init__(message)
        self.message = message
        self.concerns = concerns
        self.todo = todo

    def __str__(self) -> str:
        parts = [f"{self.concerns}: {self.message}" if self.concerns else self.message]
        return " - ".join([*parts, self.todo] if self.todo else parts)

    def __reduce__(self) -> tuple[object, ...]:
        # Keyword-only arguments are lost by the default reduction, and errors cross process borders.
        return (_rebuild, (type(self), self.message, self.concerns, self.todo))


def _rebuild(kind: type[CopydeskError], message: str, concerns: str, todo: str) -> CopydeskError:
    return kind(message, concerns=concerns, todo=todo)


class UsageError(CopydeskError):
    """The command was called in a way that cannot work."""


class ConfigError(CopydeskError):
    """A setting is missing, misspelt or of the wrong type."""


class StoreError(CopydeskError):
    """The store could not be opened, read or written."""

    retry = Retry.LATER


class WriteConflict(StoreError):
    """The transaction met another writer and was undone; the same work may be tried again at once."""


class LockHeld(StoreError):
    """Another process is placing articles."""


class StoreMissing(StoreError):
    """There is no store at the address, and none was to be made."""

    retry = Retry.NEVER


class NotStored(StoreError):
    """The store holds nothing under that id."""

    retry = Retry.NEVER


class AlreadyDecided(StoreError):
    """Another person decided it meanwhile, or what was to be decided has changed: nothing was done."""

    retry = Retry.NEVER


class Moved(NotStored):
    """The story was merged: ``to`` is the one in force that has its copies."""

    def __init__(self, message: str, *, concerns: str = "", todo: str = "", to: int = 0) -> None:
        super().__init__(message, concerns=concerns, todo=todo)
        self.to = to

    def __reduce__(self) -> tuple[object, ...]:
        return (_rebuild_moved, (self.message, self.concerns, self.todo, self.to))


def _rebuild_moved(message: str, concerns: str, todo: str, to: int) -> Moved:
    return Moved(message, concerns=concerns, todo=todo, to=to)


class Removed(NotStored):
    """The story's text was withdrawn or removed: what others have of it is to be dropped."""


class Busy(StoreError):
    """Another process held the database for longer than a reader waits."""


class SchemaUnknown(StoreError):
    """The store's schema is not this version's, and was not to be migrated."""

    retry = Retry.NEVER


class CursorForeign(StoreError):
    """The cursor is of another store's log, of one that went another way since, or no cursor at all."""

    retry = Retry.NEVER


class CursorAhead(StoreError):
    """The cursor lies beyond the end of the change log: it was read from another one."""

    retry = Retry.NEVER


class CursorGone(StoreError):
    """The lines after the cursor were compacted: the log begins later."""

    retry = Retry.NEVER


class FeedError(CopydeskError):
    """The bytes that came are not a feed."""

    retry = Retry.LATER


class ExtractError(CopydeskError):
    """No article came out of a page."""


class NotAnArticle(ExtractError):
    """The page was read to its end and holds no article text."""


class ExtractionKilled(ExtractError):
    """The child process went over its time or memory, or died. Worth another try: the machine may have been busy."""

    retry = Retry.LATER


class UnknownAgency(ConfigError):
    """An agencies file repeats a name or leaves one out."""


@contextmanager
def needs_extra(extra: str, *, concerns: str) -> Iterator[None]:
    """Raise UsageError where a library is missing that this extra of the package brings."""
    try:
        yield
    except ModuleNotFoundError as error:
        todo = f"pip install 'copydesk[{extra}]'"
        raise UsageError(f"{error.name} is not installed", concerns=concerns, todo=todo) from error
