"""The JSON API: an application of its own, mounted at ``/api/v1`` below the pages, whose errors are problems.

Every route stands behind the same guard as the pages, its description (``openapi.json``) and addresses that no route
serves too.
"""

from __future__ import annotations

import re
from http import HTTPStatus
from importlib import import_module
from pkgutil import iter_modules
from typing import Any

from fastapi import Depends, FastAPI, Request
from fastapi.dependencies.models import Dependant
from fastapi.routing import APIRoute
from starlette.routing import Match

from pipeline.errors import UsageError
from pipeline.web.api.problems import Problem, add_handlers, no_route
from pipeline.web.site import Dependency, Site, identify_by

__all__ = ["add_api"]

PREFIX = "/api/v1"
METHODS = ["GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"]


def add_api(app: FastAPI, site: Site, guard: Dependency, person: Dependency) -> None:
    """Mount the API below the pages."""
    app.mount(PREFIX, create_api(site, guard, person))
    _take_every_address(app.routes[-1])


def _take_every_address(route: Any) -> None:
    """Let a route take addresses with line breaks too, which the framework's pattern does not: they would be answered
    before the guard is asked."""
    route.path_regex = re.compile(route.path_regex.pattern, re.DOTALL)


def create_api(site: Site, guard: Dependency, person: Dependency) -> FastAPI:
    """Return the application of the API; ``guard`` and ``person`` are as :func:`pipeline.web.app.create_app` has
    them."""
    api = FastAPI(
        title="Copydesk",
        version="1",
        dependencies=[Depends(guard), Depends(identify_by(person)), Depends(refuse_unknown_parameters)],
        docs_url=None,
        redoc_url=None,
        openapi_url=None,
    )
    add_handlers(api)
    for module in iter_modules(__path__):
        subject = import_module(f"{__name__}.{module.name}")
        if hasattr(subject, "add_route"):
            subject.add_route(api, site)
    _add_description(api)
    _add_rest(api)
    return api


def refuse_unknown_parameters(request: Request) -> None:
    """Raise UsageError for a parameter of the query that the route does not have: with a misspelt filter left out, a
    list would have what was not asked for."""
    route = request.scope["route"]
    if not isinstance(route, APIRoute) or not route.include_in_schema:
        return
    allowed = _query_parameters(route.dependant)
    if unknown := sorted(set(request.query_params) - allowed):
        todo = f"leave it out, or take one of {', '.join(sorted(allowed))}" if allowed else "leave it out"
        raise UsageError("there is no such parameter here", concerns=", ".join(map(repr, unknown)), todo=todo)


def _query_parameters(dependant: Dependant) -> set[str]:
    names = {field.alias for field in dependant.query_params}
    return names.union(*map(_query_parameters, dependant.dependencies))


def _add_description(api: FastAPI) -> None:
    @api.get("/openapi.json", include_in_schema=False)
    def describe() -> dict[str, Any]:
        return description(api)


def description(api: FastAPI) -> dict[str, Any]:
    """Return the OpenAPI document of the routes."""
    from pydantic import TypeAdapter

    document = api.openapi()
    schemas = document.setdefault("components", {}).setdefault("schemas", {})
    schemas.setdefault("Problem", TypeAdapter(Problem).json_schema())
    # A path that names nothing is 404, a parameter out of range 400: FastAPI's 422 never comes.
    for path in document["paths"].values():
        for operation in path.values():
            operation["responses"].pop("422", None)
    document["servers"] = [{"url": "."}]
    return document


def _add_rest(api: FastAPI) -> None:
    """Answer addresses that no route serves, behind the guard: whether there is one is not for everybody."""
    routes = [route for route in api.routes if isinstance(route, APIRoute)]

    @api.api_route("/{path:path}", methods=METHODS, include_in_schema=False)
    def refuse(request: Request) -> None:
        allowed = {
            method
            for route in routes
            if route.matches(dict(request.scope) | {"path_params": {}})[0] is Match.PARTIAL
            for method in route.methods or ()
        }
        status = HTTPStatus.METHOD_NOT_ALLOWED if allowed else HTTPStatus.NOT_FOUND
        raise no_route(status, ", ".join(sorted(allowed)))

    _take_every_address(api.routes[-1])
