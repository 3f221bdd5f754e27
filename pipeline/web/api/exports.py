"""Exports in the folder that ``[api] exports`` names: what there is, and their files."""

from __future__ import annotations

from typing import Annotated, Any

from fastapi import FastAPI, Response
from fastapi import Path as InPath
from fastapi.responses import StreamingResponse

from pipeline.errors import NotStored
from pipeline.export.offered import list_manifests, read_chunks
from pipeline.web.api.answers import json_answer
from pipeline.web.api.problems import answers
from pipeline.web.parameters import PRINTABLE
from pipeline.web.site import Site

Name = Annotated[str, InPath(max_length=200, pattern=PRINTABLE)]
MEDIA_TYPES = {"jsonl": "application/x-ndjson", "json": "application/json"}


def add_route(api: FastAPI, site: Site) -> None:
    """Serve ``/exports`` and the files below it."""

    @api.get("/exports", responses=answers(dict[str, dict[str, Any]]))
    def list_exports() -> Response:
        """The manifests of all whole exports, by their names."""
        return json_answer(list_manifests(site.open_config().api.exports))

    @api.get(
        "/exports/{name}/{file:path}",
        response_class=Response,
        responses=answers(None, 404, forms=MEDIA_TYPES.values()),
    )
    def download(name: Name, file: Name) -> Response:
        """A file of an export, as its manifest names it."""
        address = site.open_config().api.exports
        manifest = list_manifests(address).get(name)
        # Only what a manifest names is opened: no path is made of what a client says.
        entry = next((entry for entry in manifest["files"] if entry["name"] == file), None) if manifest else None
        if entry is None:
            raise NotStored("no such file of an export", concerns=f"{name}/{file}"[:100], todo="see /exports")
        headers = {"Content-Length": str(entry["bytes"]), "ETag": '"{sha256}"'.format(**entry)}
        media_type = MEDIA_TYPES.get(file.rpartition(".")[2], "application/octet-stream")
        return StreamingResponse(read_chunks(address, name, file), media_type=media_type, headers=headers)
