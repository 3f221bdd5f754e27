"""Errors of readers as the JSON API names them, and back."""

from __future__ import annotations

from collections.abc import Mapping

from pipeline import errors
from pipeline.errors import CopydeskError, Moved

# ``code`` of a problem (RFC 9457) -> the error that it is.
ERRORS: Mapping[str, type[CopydeskError]] = {
    "usage": errors.UsageError,
    "already-decided": errors.AlreadyDecided,
    "moved": errors.Moved,
    "removed": errors.Removed,
    "not-found": errors.NotStored,
    "cursor-foreign": errors.CursorForeign,
    "cursor-ahead": errors.CursorAhead,
    "cursor-gone": errors.CursorGone,
    "schema-unknown": errors.SchemaUnknown,
    "store-missing": errors.StoreMissing,
    "busy": errors.Busy,
    "write-conflict": errors.WriteConflict,
    "lock-held": errors.LockHeld,
    "store": errors.StoreError,
    "config": errors.ConfigError,
}
_CODES = {kind: code for code, kind in ERRORS.items()}


def code_of(error: CopydeskError) -> str:
    """Return the code of an error: its own, or that of the nearest kind that has one; '' where none has."""
    return next((_CODES[kind] for kind in type(error).__mro__ if kind in _CODES), "")


def error_of(code: str, detail: str, concerns: str, todo: str, to: int = 0) -> CopydeskError:
    """Return the error of a problem; ``to`` is the story that a moved one leads to. A code of a later version is a
    StoreError."""
    kind = ERRORS.get(code, errors.StoreError)
    if kind is Moved:
        return Moved(detail, concerns=concerns, todo=todo, to=to)
    return kind(detail, concerns=concerns, todo=todo)
