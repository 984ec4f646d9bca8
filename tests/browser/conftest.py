"""A browser, pages of small apps, and what went over the network or wrong while they were opened."""

from __future__ import annotations

import importlib.util
import shutil
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import ExitStack
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from tests.conftest import require

from .cdn_site import Install, Site, open_site
from .demo_run import Demo, running_demo

if TYPE_CHECKING:
    from playwright.sync_api import Browser, ConsoleMessage, Page

_SWITCHES = [
    *("--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage", "--disable-background-networking"),
    *("--no-first-run", "--disable-sync", "--disable-component-update"),
]

#: Seconds in which what a page is expected to do must happen.
PATIENCE = 10


@pytest.fixture(scope="session")
def demo(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Demo]:
    """A running demo; not without a browser, because then it is in vain."""
    _require_browser()
    with running_demo(tmp_path_factory.mktemp("demo")) as running:
        yield running


def _require_browser() -> None:
    require(shutil.which("chromium"), "chromium")
    require(importlib.util.find_spec("playwright"), "playwright")


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    """A browser that talks to this machine only."""
    _require_browser()
    from playwright.sync_api import sync_playwright

    with sync_playwright() as playwright:
        chromium = playwright.chromium.launch(executable_path=shutil.which("chromium"), args=_SWITCHES)
        yield chromium
        chromium.close()


@pytest.fixture(scope="module")
def blank_page(browser: Browser) -> Page:
    """A page for all visits of a module, because a new one takes longer than most of them."""
    return browser.new_page()


class Visit:
    """What is in a page, with the errors and warnings of its console in ``problems``."""

    def __init__(self, page: Page, url: str) -> None:
        self.problems: list[str] = []
        self.page = page
        page.on("pageerror", self._note_error)
        page.on("console", self._note)
        page.goto(url, wait_until="load")

    def leave(self) -> None:
        """Leave the page blank for the next visit."""
        self.page.goto("about:blank")
        self.page.remove_listener("pageerror", self._note_error)
        self.page.remove_listener("console", self._note)

    def _note(self, message: ConsoleMessage) -> None:
        if message.type in ("error", "warning"):
            self.problems.append(message.text)

    def _note_error(self, error: Exception) -> None:
        self.problems.append(str(error))

    def evaluate(self, expression: str) -> Any:
        """Return the value of an expression in the page."""
        return self.page.evaluate(expression)

    def wait(self, expression: str) -> None:
        """Wait until an expression is true in the page."""
        self._wait(lambda: self.evaluate(expression), expression)

    def wait_for_problems(self, *words: str) -> None:
        """Wait until each word stands in a line of the console."""
        self._wait(lambda: all(any(word in line for line in self.problems) for word in words), words)

    def _wait(self, condition: Callable[[], object], expected: object) -> None:
        deadline = time.monotonic() + PATIENCE
        while not condition():
            assert time.monotonic() < deadline, (expected, self.problems)
            self.page.wait_for_timeout(20)


Open = Callable[[str], Visit]


@pytest.fixture
def visit(blank_page: Page) -> Iterator[Open]:
    """Open a URL."""
    with ExitStack() as stack:

        def open_url(url: str) -> Visit:
            opened = Visit(blank_page, url)
            stack.callback(opened.leave)
            return opened

        yield open_url


MakeSite = Callable[..., Site]


@pytest.fixture
def make_site(tmp_path: Path) -> Iterator[MakeSite]:
    """Serve a page, given as a template, with static files by name; config as keywords."""
    with ExitStack() as stack:

        def make(
            page: str, files: Mapping[str, str | bytes], install: Install = lambda site: None, **config: Any
        ) -> Site:
            return stack.enter_context(open_site(tmp_path / "shop", page, files, install, config))

        yield make
