"""Whether the store answers, for load balancers and supervisors: the one address of the pages without a login."""

from __future__ import annotations

from starlette.requests import Request
from starlette.responses import JSONResponse

from pipeline.errors import CopydeskError
from pipeline.web.site import Endpoint, OpenStore

NOT_KEPT = {"Cache-Control": "no-store"}


def health_endpoint(open_store: OpenStore) -> Endpoint:
    """Return what answers 200 where the store can be read, and 503 where not; it says no more than that."""

    def health(_request: Request) -> JSONResponse:
        is_healthy = _answers(open_store)
        word = "ok" if is_healthy else "unavailable"
        return JSONResponse({"status": word}, 200 if is_healthy else 503, headers=NOT_KEPT)

    return health


def _answers(open_store: OpenStore) -> bool:
    try:
        return open_store().is_available()
    except CopydeskError:
        return False
