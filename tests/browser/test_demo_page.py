"""The sample shop in a browser: everything arrives from the CDN's origin, and works there."""

from __future__ import annotations

import re
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

import pytest

from .demo_run import Demo

if TYPE_CHECKING:
    from playwright.sync_api import Browser, Page, Response


@pytest.fixture(scope="module")
def address(demo: Demo) -> str:
    """The address of the shop."""
    return demo.shop


class Visit:
    """A page as it was opened, with everything that went over the network or wrong."""

    def __init__(self, browser: Browser, url: str) -> None:
        self.responses: list[Response] = []
        self.problems: list[str] = []
        self.page: Page = browser.new_page(viewport={"width": 1200, "height": 900})
        self.page.on("response", lambda response: self.responses.append(response))
        self.page.on("requestfailed", lambda request: self.problems.append(f"{request.url}: {request.failure}"))
        self.page.on("pageerror", lambda error: self.problems.append(str(error)))
        self.page.on("console", lambda message: self._note(message.type, message.text))
        self.page.goto(url, wait_until="networkidle")
        self.page.evaluate("() => document.fonts.ready.then(() => true)")

    def _note(self, kind: str, text: str) -> None:
        if kind in ("error", "warning"):
            self.problems.append(text)

    def expect_everything_from_the_cdn(self, app_host: str) -> None:
        """Every answer is a success; the page is the app's, and all else the CDN's."""
        assert self.problems == []
        assert [response.url for response in self.responses if not response.ok] == []
        hosts = {urlsplit(response.url).netloc for response in self.responses[1:]}
        assert urlsplit(self.responses[0].url).netloc == app_host
        assert len(hosts) == 1
        assert re.fullmatch(r"d[a-z0-9]+\.cloudfront\.localhost:\d+", hosts.pop())


@pytest.mark.parametrize("path", ["", "catalog/", "catalog/reviews/"])
def test_a_page_works_from_the_cdn(browser: Browser, address: str, path: str, tmp_path: Path) -> None:
    """No failed request and no error; styles, module, font and pictures are in use."""
    visit = Visit(browser, address + path)
    page = visit.page

    visit.expect_everything_from_the_cdn(urlsplit(address).netloc)
    kinds = {response.request.resource_type for response in visit.responses}
    assert {"document", "stylesheet", "script", "font"} <= kinds
    assert page.evaluate("document.documentElement.dataset.module") == "ran"
    assert page.evaluate("document.querySelector('[data-module-host]').textContent").endswith(
        urlsplit(visit.responses[1].url).netloc
    )
    assert page.evaluate("document.fonts.check('16px \"Tea Dots\"')")
    assert page.evaluate("[...document.fonts].map(font => font.status)") == ["loaded"]
    assert page.evaluate("getComputedStyle(document.querySelector('.bar')).display") == "flex"
    # A variable of palette.css, which site.css imports from the CDN.
    assert page.evaluate("getComputedStyle(document.body).backgroundColor") == "rgb(251, 246, 236)"
    assert page.evaluate("[...document.images].every(image => image.complete && image.naturalWidth > 0)")
    page.screenshot(path=tmp_path / "page.png", full_page=True)
    page.close()


def test_the_module_reacts(browser: Browser, address: str) -> None:
    """A module that another one imports is at work: the cart counts."""
    visit = Visit(browser, address)

    visit.page.click("[data-add] >> nth=0")
    visit.page.click("[data-add] >> nth=1")

    assert visit.page.inner_text("[data-cart-count]") == "2"
    assert visit.problems == []
    visit.page.close()
