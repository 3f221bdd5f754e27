"""Every address that an application serves, and what it answers there, asked without a server or a network."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator, Mapping, Sequence
from typing import Any
from urllib.parse import urlencode

from fastapi import FastAPI
from fastapi.routing import APIRoute
from starlette.routing import BaseRoute

# Where the rest of an address is any path: files of exports, and what is nowhere.
_ANY_PATH = "{path:path}", "{file:path}"


def readable_addresses(
    routes: Sequence[BaseRoute], values: Mapping[str, str], queries: Mapping[str, str], prefix: str = ""
) -> Iterator[str]:
    """Yield each address that can be read: ``values`` are those of the parts of paths and of the parameters that have
    to be given, 1 where there is none; ``queries`` more of an address's own, each asked for too."""
    for route in routes:
        if not isinstance(route, APIRoute):
            inner = getattr(route, "routes", None) or []
            yield from readable_addresses(inner, values, queries, prefix + getattr(route, "path", ""))
        elif "GET" in route.methods and not route.path.endswith(_ANY_PATH):
            parts = [values.get(part.strip("{}"), "1") if "{" in part else part for part in route.path.split("/")]
            required = [field.name for field in route.dependant.query_params if field.field_info.is_required()]
            query = urlencode([(name, values.get(name, "1")) for name in required])
            address = prefix + "/".join(parts)
            yield f"{address}?{query}" if query else address
            if more := queries.get(prefix + route.path):
                yield f"{address}?{more}"


def get_text(app: FastAPI, address: str) -> str:
    """Return the body that is answered to a GET."""
    return asyncio.run(_get(app, address)).decode("utf-8", "replace")


async def _get(app: FastAPI, address: str) -> bytes:
    path, _, query = address.partition("?")
    scope = {
        "type": "http", "asgi": {"version": "3.0"}, "http_version": "1.1", "method": "GET", "scheme": "http",
        "path": path, "raw_path": path.encode(), "query_string": query.encode(), "root_path": "",
        "headers": [(b"host", b"localhost")], "client": ("localhost", 0), "server": ("localhost", 80),
    }  # fmt: skip
    parts: list[bytes] = []
    requests = iter([{"type": "http.request", "body": b"", "more_body": False}])

    async def receive() -> dict[str, Any]:
        # Whoever asks again waits for the reader to go, which it never does.
        return next(requests, None) or await asyncio.Future[dict[str, Any]]()

    async def send(message: Mapping[str, Any]) -> None:
        parts.append(message.get("body", b""))

    await app(scope, receive, send)
    return b"".join(parts)
