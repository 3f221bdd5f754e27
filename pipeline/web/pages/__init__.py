"""The pages, a file a page: its ``add_route`` takes the application and the Site. Every file here is served."""

from __future__ import annotations

from importlib import import_module
from pkgutil import iter_modules

from fastapi import FastAPI

from pipeline.web.site import Site

__all__ = ["add_pages"]


def add_pages(app: FastAPI, site: Site) -> None:
    """Add the routes of every page."""
    for page in iter_modules(__path__):
        import_module(f"{__name__}.{page.name}").add_route(app, site)
