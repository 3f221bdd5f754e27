"""The pictures of the docs, taken from the demo's own Airflow by a headless Chromium."""

from __future__ import annotations

import sys
from pathlib import Path

from newsstand.demo import HOME, Desk, alone, ingest, opened

FOLDER = Path("docs/pictures")
BROWSERS = (Path("/usr/bin/chromium"), Path("/usr/bin/chromium-browser"), Path("/usr/bin/google-chrome"))
# Name, address, width.
PAGES = (
    ("overview", "/plugin/copydesk", 1200),
    ("feeds", "/copydesk/feeds", 1200),
    ("stories", "/copydesk/stories", 1200),
    ("story", "/copydesk/story/1", 1200),
    ("copy", "/copydesk/copy/3", 1200),
    ("outcomes", "/copydesk/outcomes", 1200),
    ("phone", "/copydesk/", 420),
)
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
    """Log in as the demo's admin and photograph the Copydesk page inside Airflow, wide and narrow."""
    from playwright.sync_api import sync_playwright

    with sync_playwright() as play:
        chromium = play.chromium.launch(executable_path=str(browser), args=QUIET)
        for name, path, width in PAGES:
            context = chromium.new_context(viewport={"width": width, "height": 900})
            token = desk.airflow.api.token()
            context.add_cookies([{"name": "_token", "value": token, "url": desk.airflow.url}])
            page = context.new_page()
            page.goto(desk.airflow.url + path)
            page.wait_for_load_state("networkidle")
            page.screenshot(path=FOLDER / f"{name}.png")
        chromium.close()


if __name__ == "__main__":
    sys.exit(main())
