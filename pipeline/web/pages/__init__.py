"""The pages, a file a page: its ``add_route`` reads the store and renders its template. Every file here is served."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from importlib import import_module
from pkgutil import iter_modules

from fastapi import FastAPI

from pipeline.store import Store

__all__ = ["add_pages"]


def add_pages(app: FastAPI, open_store: Callable[[], Store], clock: Callable[[], datetime]) -> None:
    """Add the route of every page; ``open_store`` gives the store at each request, ``clock`` the time in UTC."""
    for page in iter_modules(__path__):
        import_module(f"{__name__}.{page.name}").add_route(app, open_store, clock)
