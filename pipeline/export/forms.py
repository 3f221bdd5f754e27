"""The exports by their names."""

from __future__ import annotations

from collections.abc import Callable
from importlib import import_module

from pipeline.errors import UsageError, needs_extra
from pipeline.export.files import Manifest
from pipeline.read import Reader

# Of a reader, an address and a cursor ('' for all): writes, and returns the manifest.
Exporter = Callable[[Reader, str, str], Manifest]
FORMS = ("jsonl", "ninjs", "parquet")


def exporter(form: str) -> Exporter:
    """Return what writes an export of this form. Raises UsageError where there is none, or its library is missing."""
    if form not in FORMS:
        raise UsageError("no such export", concerns=form, todo=f"take one of {', '.join(FORMS)}")
    with needs_extra("parquet", concerns=form):
        module = import_module(f"pipeline.export.{form}")
    write: Exporter = getattr(module, f"export_{form}")
    return write
