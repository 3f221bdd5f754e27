"""Airflow served below a path: what its frame asks for lies below it, and what the page links to as well."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
# A process of its own: Airflow reads its settings when it is imported. The outer application is as Airflow makes its
# own: the path of its address is the application's root, below which plugins are mounted.
PROBE = """
import json, sys
from urllib.parse import urlsplit
sys.path.insert(0, sys.argv[1])
from airflow.api_fastapi.app import API_ROOT_PATH
from fastapi import FastAPI
from fastapi.testclient import TestClient
from copydesk_plugin import CopydeskPlugin
from pipeline.airflow_provider.plugin import PREFIX, open_store
from pipeline.web.app import create_app
(view,) = CopydeskPlugin.external_views
outer = FastAPI(root_path=API_ROOT_PATH.removesuffix("/"))
outer.mount(PREFIX, create_app(open_store, lambda: None))
client = TestClient(outer)
page, icon = client.get(view["href"]), client.get(view["icon"])
print("RESULT" + json.dumps({"view": view, "page": page.text, "codes": [page.status_code, icon.status_code]}))
"""


@pytest.mark.parametrize(
    ("base_url", "path"),
    [
        ("https://desk.example/tools/airflow", "/tools/airflow"),
        ("https://desk.example/airflow/", "/airflow"),
        ("https://desk.example", ""),
        ("", ""),
    ],
)
def test_page_icon_and_links_lie_below_airflows_own_path(tmp_path: Path, base_url: str, path: str) -> None:
    env = {name: value for name, value in os.environ.items() if not name.startswith(("AIRFLOW", "COPYDESK"))}
    (tmp_path / "feeds.toml").write_text(f'home = "{tmp_path}/home"\n')
    env |= {
        "AIRFLOW_HOME": str(tmp_path / "airflow"),
        "AIRFLOW__API__BASE_URL": base_url,
        "COPYDESK_FEEDS": str(tmp_path / "feeds.toml"),
    }
    process = subprocess.run(
        [sys.executable, "-c", PROBE, str(ROOT / "plugins")], env=env, capture_output=True, text=True, timeout=120
    )
    lines = [line for line in process.stdout.splitlines() if line.startswith("RESULT")]
    assert lines, process.stderr[-2000:]
    answer = json.loads(lines[0].removeprefix("RESULT"))
    assert (answer["view"]["href"], answer["view"]["icon"]) == (f"{path}/copydesk/", f"{path}/copydesk/static/icon.svg")
    assert answer["codes"] == [200, 200]
    assert f'href="{path}/copydesk/static/copydesk.css"' in answer["page"]
    assert answer["page"].count('href="/') == answer["page"].count(f'href="{path}/copydesk/')
