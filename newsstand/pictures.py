"""The pictures of the docs, taken from the demo's own Airflow by a headless Chromium."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Literal

from newsstand.demo import HOME, Desk, alone, ingest, opened

FOLDER = Path("docs/pictures")
BROWSERS = (Path("/usr/bin/chromium"), Path("/usr/bin/chromium-browser"), Path("/usr/bin/google-chrome"))
# Name, address, width.
PAGES = (
    ("overview", "/plugin/copydesk", 1200),
    ("desk", "/copydesk/", 1200),
    ("stories", "/copydesk/stories", 1200),
    ("story", "/copydesk/story/1", 1200),
    ("copy", "/copydesk/copy/3", 1200),
    ("compare", "/copydesk/compare?first=1&second=3", 1200),
    ("split", "/copydesk/story/1/split?article=3", 1200),
    ("review", "/copydesk/review", 1200),
    ("feeds", "/copydesk/feeds", 1200),
    ("feed", "/copydesk/feed/1", 1200),
    ("new-feeds", "/copydesk/feeds/add", 1200),
    ("outlets", "/copydesk/outlets", 1200),
    ("outlet", "/copydesk/outlet?name=Halden+Post", 1200),
    ("outcomes", "/copydesk/outcomes", 1200),
    ("entries", "/copydesk/entries?stand=failed", 1200),
    ("views", "/copydesk/views", 1200),
    ("history", "/copydesk/history", 1200),
    ("phone", "/copydesk/", 390),
)
SCHEMES: tuple[Literal["light", "dark"], ...] = ("light", "dark")
HEIGHT = 800
QUIET = ["--no-sandbox", "--disable-gpu", "--disable-background-networking", "--disable-component-update"]


def main() -> int:
    """Run the demo's first ingest and take the pictures. Exit 1 where there is no browser."""
    browser = next((path for path in BROWSERS if path.exists()), None)
    if browser is None:
        print("pictures: no Chromium: install the package chromium", file=sys.stderr)
        return 1
    home = HOME.with_name("pictures")
    with alone(home), opened(home, once=True) as desk:
        desk.airflow.wait_ready(("ingest", "maintain", "example_downstream"))
        ingest(desk, "first run")
        take(desk, browser)
    return 0


def take(desk: Desk, browser: Path) -> None:
    """Log in as the demo's admin and photograph each page in both themes, wide, and one narrow."""
    from playwright.sync_api import sync_playwright

    with sync_playwright() as play:
        chromium = play.chromium.launch(executable_path=str(browser), args=QUIET)
        for name, path, width in PAGES:
            for scheme in SCHEMES:
                context = chromium.new_context(viewport={"width": width, "height": HEIGHT}, color_scheme=scheme)
                token = desk.airflow.api.token()
                context.add_cookies([{"name": "_token", "value": token, "url": desk.airflow.url}])
                page = context.new_page()
                page.goto(desk.airflow.url + path)
                page.wait_for_load_state("networkidle")
                if path.startswith("/plugin"):
                    page.frame_locator("iframe").locator("nav.tabs").wait_for()
                page.screenshot(path=FOLDER / f"{name}-{scheme}.png")
                context.close()
        chromium.close()


if __name__ == "__main__":
    sys.exit(main())
