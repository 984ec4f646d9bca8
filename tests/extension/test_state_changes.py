"""What is remembered when config, manifest or process change while URLs are being built."""

from __future__ import annotations

import os
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from threading import Event, Thread
from typing import Any

import pytest
from flask import Blueprint, Flask

from flask_cdn_stack import CDN, url_for
from tests.conftest import wait_until
from tests.extension.shop import LOCAL, on_cdn, open_shop

from .conftest import Clock, ManifestServer, Source, Work, ask


def test_a_reload_while_a_page_waits_for_its_manifest(clock: Clock, source: Source, work: Work) -> None:
    """The page gets a URL of the new config, and so does every later one."""
    shop = open_shop(clock, source, work)
    waiting, may_go = Event(), Event()

    def hold() -> None:
        waiting.set()
        assert may_go.wait(10)

    source.during = hold
    with ThreadPoolExecutor(2) as pool:
        page = pool.submit(shop.ask)
        assert waiting.wait(10)
        shop.config["CDN_DOMAIN"] = None
        reload = pool.submit(CDN.reload, shop)
        may_go.set()
        reload.result(10)
        assert page.result(10) in (LOCAL, on_cdn("abc"))
    assert [shop.ask(), shop.ask()] == [LOCAL, LOCAL]


@pytest.mark.skipif(not hasattr(os, "fork"), reason="processes are not forked here")
@pytest.mark.filterwarnings("ignore:.*fork.*:DeprecationWarning")
def test_a_fork_during_a_reading(server: ManifestServer) -> None:
    """The child reads the manifest itself, though the thread that was about to is not there."""
    begun, may_answer = Event(), Event()

    def answer(handler: Any) -> None:
        first = not begun.is_set()
        begun.set()
        if first:
            may_answer.wait(10)
        server.add("/answer", b"abc  static/bah.js\n")
        server.replies["/answer"](handler)

    app = Flask("shop")
    app.config.update(CDN_DOMAIN="https://cdn.example.net", CDN_MANIFEST=True, CDN_MANIFEST_TIMEOUT=20)
    app.config.update(CDN_MANIFEST_URL=server.add_reply("/m", answer))
    CDN(app)

    reading = Thread(target=ask, args=(app,))
    reading.start()
    assert begun.wait(10)
    child = os.fork()
    if child == 0:
        os._exit(0 if ask(app) == on_cdn("abc") else 1)
    status: list[int] = []

    def has_ended() -> bool:
        pid, code = os.waitpid(child, os.WNOHANG)
        status.extend([code] if pid else [])
        return bool(pid)

    if not wait_until(has_ended):
        os.kill(child, 9)
        os.waitpid(child, 0)
    may_answer.set()
    reading.join()
    assert status == [0]


def test_two_names_for_one_url(root: Path, clock: Clock) -> None:
    """Each name finds out by itself that the file has changed."""
    app = Flask("shop", root_path=str(root), static_folder=None)
    app.config.update(CDN_DOMAIN="cdn.example.net")
    files = Blueprint("files", "shop", static_folder="static", static_url_path="/files", root_path=str(root))
    app.register_blueprint(files, name="one")
    app.register_blueprint(files, name="two")
    CDN().init_app(app, clock=clock)
    with app.test_request_context():
        for mtime in (1400000000, 1500000000):
            os.utime(root / "static/bah.js", (mtime, mtime))
            clock.now += 5
            for endpoint in ("one.static", "two.static", "one.static"):
                assert url_for(endpoint, filename="bah.js").endswith(f"/files/bah.js?t={mtime}")


def test_an_app_with_its_own_way_to_add_defaults(root: Path) -> None:
    """It is asked each time, though no function is registered."""

    class Tongues(Flask):
        tongue = ""

        def inject_url_defaults(self, endpoint: str, values: dict[str, Any]) -> None:
            if self.tongue:
                values["lang"] = self.tongue

    app = Tongues("shop", root_path=str(root))
    app.config.update(CDN_DOMAIN="https://cdn.example.net", CDN_TIMESTAMP=False)
    CDN(app)
    plain = "https://cdn.example.net/static/bah.js"
    assert [ask(app), ask(app)] == [plain] * 2
    app.tongue = "de"
    assert ask(app) == f"{plain}?lang=de"


def test_a_reload_from_a_dead_server(clock: Clock, source: Source, work: Work) -> None:
    """The manifest at hand goes on being used, and pages that only show remembered URLs ask for the next one."""
    shop = open_shop(clock, source, work)
    assert shop.ask() == on_cdn("abc")
    source.failure = "503"
    CDN.reload(shop)
    assert [shop.ask(), shop.ask()] == [on_cdn("abc")] * 2
    source.failure, source.text = "", "def  static/bah.js\n"
    shop.pass_time(60)
    assert shop.ask() == on_cdn("def")
    source.failure = "503"
    shop.config["CDN_MANIFEST_URL"] = "https://example.net/other"
    CDN.reload(shop)
    assert shop.ask() == LOCAL, "it is not the one of another place"
