"""A real browser on the pages, held to this machine, and what an accessibility check finds."""

import shutil
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import urlsplit

import pytest

WORDS = (
    "--no-sandbox", "--disable-background-networking", "--disable-component-update",
    "--disable-sync", "--no-first-run",
)  # fmt: skip
LAPTOP, PHONE = {"width": 1280, "height": 800}, {"width": 390, "height": 780}
GRAVE = ("serious", "critical")


@dataclass
class Visitor:
    """A browser that opens pages and notes what they ask for and what goes wrong.

    Attributes:
        asked: Addresses of all requests, but those inside the page (data:).
        wrong: Errors of scripts, and what the console calls an error.
    """

    browser: Any
    asked: list[str] = field(default_factory=list)
    wrong: list[str] = field(default_factory=list)

    def open(self, address: str, size: dict[str, int] = LAPTOP, scheme: str = "light") -> Any:
        """Open an address in a window of its own."""
        context = self.browser.new_context(viewport=size, color_scheme=scheme)
        context.set_default_timeout(20_000)
        context.on("request", lambda request: self._note(request.url))
        page = context.new_page()
        page.on("pageerror", lambda error: self.wrong.append(str(error)))
        page.on("console", lambda m: m.type == "error" and self.wrong.append(m.text))
        page.goto(address)
        return page

    def hosts(self) -> set[str]:
        """Return whom the pages asked: "" is this machine's disk."""
        return {urlsplit(address).netloc for address in self.asked}

    def _note(self, address: str) -> None:
        if not address.startswith(("data:", "blob:")):
            self.asked.append(address)


@contextmanager
def visitor() -> Iterator[Visitor]:
    """Start Chromium; skip where there is none."""
    path = shutil.which("chromium")
    if path is None:
        pytest.skip("needs Chromium: apt-get install chromium")
    from playwright.sync_api import sync_playwright

    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=path, headless=True, args=[*WORDS])
        yield Visitor(browser)
        browser.close()


def grave_findings(page: Any) -> list[str]:
    """Return what axe finds serious or worse, in a line each."""
    from axe_playwright_python.sync_playwright import Axe

    found = Axe().run(page).response["violations"]
    return [
        f"{v['impact']} {v['id']}: {node['html'][:160]}"
        for v in found if v["impact"] in GRAVE for node in v["nodes"]
    ]  # fmt: skip


def shown_at(page: Any) -> float:
    """When the picture that the player shows was taken."""
    page.locator("dialog.player video[data-time]").wait_for()
    return float(page.locator("dialog.player video").get_attribute("data-time"))


def wait_until_shown(page: Any, time_s: float) -> None:
    """Wait for the picture of a time of the run."""
    video = page.locator("dialog.player video")
    until(video, f"v => Math.abs(v.dataset.time - {time_s}) < 0.01")


def until(found: Any, true_of_it: str) -> None:
    """Wait until it is true of an element; the pages' policy forbids Playwright's own way."""
    last = time.monotonic() + 30
    while not found.evaluate(true_of_it):
        assert time.monotonic() < last, f"never {true_of_it}: {found.evaluate('e => e.outerHTML')}"
        found.page.wait_for_timeout(20)
