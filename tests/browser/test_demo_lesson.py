"""The demo's page on what a CDN does: what it shows of the shop's files, and what its buttons do to them."""

from __future__ import annotations

import base64
import http.client
import re
import shutil
import subprocess
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Literal
from urllib.parse import urlsplit

import pytest

from tests.conftest import ROOT, require
from tests.local.test_demo import static_paths

from .conftest import PATIENCE
from .demo_run import Demo

if TYPE_CHECKING:
    from playwright.sync_api import Browser, Page

PICTURES = ROOT / "docs" / "pictures"
_STYLES = {"/static/css/palette.css", "/static/css/site.css"}
_INJECTION = "<img src=x onerror=document.title=1>.svg"

_TO_WEBP = """async (url) => {
  const image = new Image();
  image.src = url;
  await image.decode();
  const canvas = document.createElement("canvas");
  [canvas.width, canvas.height] = [image.naturalWidth, image.naturalHeight];
  canvas.getContext("2d").drawImage(image, 0, 0);
  return canvas.toDataURL("image/webp", 0.92);
}"""


class Lesson:
    """The page, with what went wrong on it in ``problems``."""

    def __init__(
        self, browser: Browser, url: str, scheme: Literal["light", "dark"] = "light", width: int = 1280
    ) -> None:
        self.problems: list[str] = []
        self.page: Page = browser.new_page(viewport={"width": width, "height": 1030}, color_scheme=scheme)
        self.page.set_default_timeout(PATIENCE * 3000)
        self.page.on("pageerror", lambda error: self.problems.append(str(error)))
        self.page.on("console", lambda message: self.problems.append(message.text))
        self.page.goto(url)
        self.page.locator('body.connected[data-busy=""]').wait_for()

    def expect(self, text: str) -> None:
        """Wait until nothing is under way and the page says this of what is to be seen."""
        self.page.locator(f'body[data-busy=""]:has(#next:text("{text}"))').wait_for()

    def do(self, action: str, text: str) -> None:
        """Press a button, and expect what is said then."""
        self.page.click(f"[data-action={action}]")
        self.expect(text)

    def paths(self, result: str) -> set[str]:
        """Return the paths of the files that came so."""
        return set(self.page.locator(f"tr[data-result={result}] .path").all_text_contents())

    def row(self, path: str) -> Mapping[str, str]:
        """Return what is said of a file, by the names of the columns."""
        row = self.page.locator("tbody tr", has=self.page.locator(f'.path:text-is("{path}")'))
        names = ("host", "version", "badge", "sent", "unpacked", "kept")
        return {name: str(row.locator(f".{name}").text_content()) for name in names}

    def color(self, address: str) -> str:
        """Return the colour of the shop in the page, once it is there."""
        self.page.locator("#preview[aria-busy=false]").wait_for()
        (shop,) = [frame for frame in self.page.frames if frame.url == address]
        return str(shop.evaluate("getComputedStyle(document.querySelector('.hero')).backgroundColor"))


def test_what_a_cdn_does(browser: Browser, demo: Demo, request: pytest.FixtureRequest) -> None:
    """Misses, then hits; a change that waits for its deploy, with two new versions; and back."""
    lesson = Lesson(browser, demo.page)
    lesson.do("invalidate", "The edge had forgotten every file")
    assert len(lesson.paths("Miss")) == len(static_paths(demo.folder))
    lesson.page.click("#again")
    lesson.expect("Every file was a hit")
    assert lesson.paths("Hit") > _STYLES
    site = lesson.row("/static/css/site.css")
    assert re.fullmatch(r"d\w+\.cloudfront\.localhost:\d+", site["host"])
    assert re.fullmatch(r"\?c=\w{8}\u2026", site["version"])
    assert (site["badge"], site["kept"]) == ("Hit", "1 hour")
    assert site["unpacked"].endswith(" kB")
    assert site["sent"] != site["unpacked"]
    green = lesson.color(demo.shop)
    write_pictures(browser, demo, request)

    lesson.do("change", "palette.css and site.css changed")
    assert set(lesson.page.locator("tr.changed .path").all_text_contents()) == _STYLES
    assert lesson.color(demo.shop) == green
    lesson.do("deploy", "Only palette.css and site.css had a new version")
    assert lesson.paths("Miss") == _STYLES
    assert lesson.color(demo.shop) != green
    lesson.do("roll-back", "The earlier release is published again")
    assert lesson.color(demo.shop) == green

    lesson.page.locator("[value=cdn]").press("ArrowLeft")
    lesson.expect("palette.css and site.css changed")
    assert len(lesson.paths("App")) == 16
    own = lesson.row("/static/css/site.css")
    assert (own["version"], own["kept"], own["sent"] == own["unpacked"]) == ("", "asks each time", True)
    assert lesson.problems == []
    lesson.page.close()


def write_pictures(browser: Browser, demo: Demo, request: pytest.FixtureRequest) -> None:
    """Take the pictures for the documentation anew, where that is asked for."""
    if request.config.getoption("--write-pictures"):
        for scheme in ("light", "dark"):
            picture = Lesson(browser, demo.page, scheme)
            picture.expect("Every file was a hit")
            picture.color(demo.shop)
            (PICTURES / f"demo-{scheme}.webp").write_bytes(to_webp(browser, picture.page.screenshot()))
            picture.page.close()


def to_webp(browser: Browser, png: bytes) -> bytes:
    """Return a picture as WebP, which takes half the bytes."""
    page = browser.new_page()
    url = page.evaluate(_TO_WEBP, "data:image/png;base64," + base64.b64encode(png).decode())
    page.close()
    return base64.b64decode(url.partition(",")[2])


@pytest.mark.parametrize("width", [320, 760, 1800])
def test_it_fits(browser: Browser, demo: Demo, width: int) -> None:
    """Nothing is wider than the window."""
    lesson = Lesson(browser, demo.page, width=width)

    assert lesson.page.evaluate("document.documentElement.scrollWidth") == width
    lesson.page.close()


def test_names_are_text(browser: Browser, demo: Demo) -> None:
    """A file that is added by hand is seen at once, and what its name says is not carried out."""
    lesson = Lesson(browser, demo.page)
    file = demo.folder / "shop/static/images" / _INJECTION
    file.write_text("<svg/>")
    lesson.page.locator("tr.changed .path", has_text=_INJECTION).wait_for()

    lesson.do("deploy", "had a new version")

    lesson.color(demo.shop)
    assert lesson.page.locator("img").count() == 0
    assert "1" not in [frame.title() for frame in lesson.page.frames]
    assert lesson.problems == []
    file.unlink()
    lesson.page.close()


def _ask(address: str, method: str, path: str, headers: Mapping[str, str]) -> http.client.HTTPResponse:
    connection = http.client.HTTPConnection(urlsplit(address).netloc, timeout=PATIENCE)
    connection.request(method, path, headers={"Host": urlsplit(address).netloc, **headers})
    return connection.getresponse()


def test_pages_of_others_press_no_button(demo: Demo) -> None:
    """Without the page's token, or from another site, or by another name for this machine."""
    text = _ask(demo.page, "GET", "/", {}).read().decode()
    token = {"X-Demo-Token": re.findall(r'name="token" content="([^"]+)"', text)[0]}

    def press(headers: Mapping[str, str], path: str = "/actions/distance-nowhere") -> int:
        return _ask(demo.page, "POST", path, headers).status

    assert press(token) == 404
    assert press({}) == 403
    assert press({"X-Demo-Token": "\xe9"}) == 403
    assert press({**token, "Origin": demo.shop.rstrip("/")}) == 403
    assert press({**token, "Origin": "null"}) == 403
    assert press({**token, "Host": "shop.example"}) == 403
    assert _ask(demo.page, "GET", "/events", {"Host": "shop.example"}).status == 403
    assert "frame-ancestors 'none'" in str(_ask(demo.page, "GET", "/", {}).headers["Content-Security-Policy"])


@pytest.mark.installs
@pytest.mark.parametrize(("scheme", "width"), [("light", 1280), ("dark", 1280), ("light", 320)])
def test_axe_finds_nothing(
    browser: Browser, demo: Demo, tmp_path_factory: pytest.TempPathFactory, scheme: Literal["light", "dark"], width: int
) -> None:
    """Everybody can read and use the page, and the shop, as far as axe can tell."""
    axe = _install_axe(tmp_path_factory.getbasetemp() / "axe").read_text("utf-8")
    page = Lesson(browser, demo.page, scheme, width).page
    for address in (demo.page, *(f"{demo.shop}{path}" for path in ("", "catalog/", "catalog/reviews/"))):
        page.goto(address)
        page.locator("body.connected[data-busy=''], [data-module=ran]").wait_for()
        page.evaluate(axe)
        found = page.evaluate("axe.run({iframes: false})")
        assert [(item["id"], [node["html"] for node in item["nodes"]]) for item in found["violations"]] == []
        assert len(found["passes"]) > 10
    page.close()


def _install_axe(folder: Path) -> Path:
    npm = shutil.which("npm")
    require(npm, "npm")
    script = folder / "node_modules/axe-core/axe.min.js"
    if not script.exists():
        options = ("--prefix", str(folder), "--no-audit", "--no-fund", "--ignore-scripts")
        subprocess.run([str(npm), "install", *options, "axe-core"], check=True, capture_output=True)
    return script
