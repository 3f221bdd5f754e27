"""The Copydesk page in the Airflow UI, behind Airflow's own login, and the address that hubs call, which has none.

Airflow mounts a plugin's application with no authentication, so each route of the page asks Airflow's own.
The application itself is ``pipeline.web``. Airflow finds this by the package's entry point, or by the one file of its
plugins folder; a second plugin of the same name is passed over.
"""

from __future__ import annotations

import os
from contextlib import suppress
from functools import cache, lru_cache
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from airflow.api_fastapi.app import get_auth_manager
from airflow.api_fastapi.auth.managers.models.resource_details import AccessView, TeamDetails
from airflow.api_fastapi.core_api.security import GetUserDep, requires_access_view
from airflow.configuration import conf
from airflow.plugins_manager import AirflowPlugin

from pipeline.airflow_provider.metrics import send_from_server
from pipeline.airflow_provider.task_link import CopydeskLink
from pipeline.airflow_provider.traces import trace_server
from pipeline.config import Config, feeds_file, load
from pipeline.web.app import create_app
from pipeline.web.site import Person
from pipeline.web.websub import create_websub

if TYPE_CHECKING:
    from pipeline.store import Store

PREFIX = "/copydesk"
ADMINISTRATORS = "copydesk-administrators"
# Where Airflow is served below a path, its frame's addresses begin with it; routes do not.
BASE = urlsplit(conf.get("api", "base_url", fallback="") or "").path.rstrip("/")
ADDRESS = BASE + PREFIX
# Of the pages in their frame.
FRAMED = f"{BASE}/plugin/copydesk{PREFIX}"


def config() -> Config:
    """The config, read again when its file has changed: pages add feeds to it."""
    path = feeds_file(None, os.environ)
    return _config_of(path.stat().st_mtime_ns if path.exists() else 0)


@lru_cache(maxsize=1)
def _config_of(_changed_at: int) -> Config:
    return load(None, os.environ)


@cache
def open_store() -> Store:
    """The store of the config, opened at the first request and kept."""
    from pipeline.store import open_store as at

    return at(config().store, migrate=config().migrate)


def person(user: GetUserDep) -> Person:
    """Who asks. Acting is for those who may change pools: Airflow's role Op, and Admin. Removing is for the team
    ADMINISTRATORS, to which Airflow's administrators belong where its login knows teams."""
    manager, may_remove = get_auth_manager(), False
    with suppress(NotImplementedError):
        may_remove = manager.is_authorized_team(method="PUT", details=TeamDetails(ADMINISTRATORS), user=user)
    return Person(user.get_name(), manager.is_authorized_pool(method="PUT", user=user), may_remove)


send_from_server()
trace_server()


class CopydeskPlugin(AirflowPlugin):
    """Hands Airflow's guard to the application, and its address to the navigation."""

    name = "copydesk"
    fastapi_apps = [  # noqa: RUF012 - as the base class has it
        # Before the pages, whose prefix holds it; no login, since hubs have none: it knows its callers by token.
        {"app": create_websub(open_store, config), "url_prefix": f"{PREFIX}/websub", "name": "Copydesk WebSub"},
        {
            "app": create_app(open_store, requires_access_view(AccessView.PLUGINS), person=person, open_config=config),
            "url_prefix": PREFIX,
            "name": "Copydesk",
        },
    ]
    # A global link, since a task that a decorator makes has no operator of ours; tasks of other DAGs get none.
    global_operator_extra_links = [CopydeskLink(FRAMED)]  # noqa: RUF012
    external_views = [  # noqa: RUF012
        {
            "name": "Copydesk",
            "href": f"{ADDRESS}/",
            "url_route": "copydesk",
            "destination": "nav",
            "nav_top_level": True,
            "icon": f"{ADDRESS}/static/icon.svg",
        }
    ]
