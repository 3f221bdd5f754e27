"""Every page for everybody: nothing for axe to find, no layout jump, little to load, the keyboard alone is enough."""

from __future__ import annotations

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Page

from tests.browser.conftest import PHONE, WIDE, Desk

pytestmark = pytest.mark.browser
PAGES = (
    "", "stories", "stories?q=nothing-has-this", "story/1", "story/1/merge", "story/1/merge?other_id=2",
    "story/1/split", "story/1/withdraw", "feeds", "feeds?state=failing", "feed/1", "copy/1", "copy/1?show=off",
    "feeds/add", "outlets", "outlet?name=Halden+Post", "outcomes", "review", "compare?first=1&second=2", "story/99999",
    "entries", "entries?stand=read", "entries?stand=failed", "views", "history",
)  # fmt: skip
# Of the WCAG 2.2 and axe's own best practice: everything.
JUMPS = """() => new Promise((done) => {
  let sum = 0;
  new PerformanceObserver((list) => { for (const shift of list.getEntries()) sum += shift.value; })
    .observe({ type: "layout-shift", buffered: true });
  requestAnimationFrame(() => requestAnimationFrame(() => done(sum)));
})"""
MOST_JUMP, MOST_BYTES = 0.02, 100_000


def loaded_bytes(page: Page, path: str) -> int:
    """Open the page. Return what came over the wire for it, headers included."""
    protocol = page.context.new_cdp_session(page)
    sizes: list[int] = []
    protocol.send("Network.enable")
    protocol.on("Network.loadingFinished", lambda event: sizes.append(int(event["encodedDataLength"])))
    page.goto(path, wait_until="networkidle")
    protocol.detach()
    return sum(sizes)


@pytest.mark.parametrize(("width", "scheme"), [(WIDE, "light"), (WIDE, "dark"), (PHONE, "dark")])
def test_axe_finds_nothing_and_nothing_jumps(desk: Desk, width: int, scheme: str) -> None:
    context = desk.session("admin", width, scheme)
    problems = []
    for path in PAGES:
        page = context.new_page()
        size = loaded_bytes(page, path)
        violations = Axe().run(page).response["violations"]
        problems += [(path, rule["id"], node["html"][:120]) for rule in violations for node in rule["nodes"]]
        problems += [(path, "jumps", jump)] if (jump := page.evaluate(JUMPS)) >= MOST_JUMP else []
        problems += [(path, "bytes", size)] if size > MOST_BYTES else []
        wide = page.evaluate("document.documentElement.scrollWidth - innerWidth")
        problems += [(path, "scrolls sideways", wide)] if wide > 0 else []
        page.close()
    context.close()
    assert problems == []
