"""Looking at a manifest again over http, with a real server and real threads."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from http.server import BaseHTTPRequestHandler
from threading import Event
from typing import TYPE_CHECKING, Any

import pytest
from flask import Flask

from flask_cdn_stack import CDN
from flask_cdn_stack.extension.manifest_source import read_manifest
from tests.conftest import wait_until
from tests.extension.shop import on_cdn, open_shop

from .conftest import ask

if TYPE_CHECKING:
    from .conftest import Clock, ManifestServer, Source, Work


def open_real_shop(clock: Clock, url: str, **config: Any) -> Flask:
    """Return an app as its owner would make it, but for the clock."""
    app = Flask("shop")
    app.config.update(CDN_DOMAIN="https://cdn.example.net", CDN_MANIFEST=True, CDN_MANIFEST_URL=url, **config)
    CDN().init_app(app, clock=clock)
    return app


def test_no_page_waits(clock: Clock, server: ManifestServer) -> None:
    """While the server takes its time pages get the URLs that they had, then the new ones."""
    shop = open_real_shop(clock, server.add("/m", b"abc  static/bah.js\n"), CDN_MANIFEST_REFRESH=60)
    assert ask(shop) == on_cdn("abc")
    pages_are_done = Event()

    def reply_late(handler: BaseHTTPRequestHandler) -> None:
        body = b"def  static/bah.js\n" if pages_are_done.wait(20) else b"waited  static/bah.js\n"
        server.add("/late", body)
        server.replies["/late"](handler)

    server.add_reply("/m", reply_late)
    clock.now += 60
    assert {ask(shop) for _ in range(100)} == {on_cdn("abc")}
    pages_are_done.set()
    assert wait_until(lambda: ask(shop) == on_cdn("def"))
    assert server.requests == ["/m", "/m"]


@pytest.mark.parametrize(
    "answer", [b"HTTP/1.0 200 OK\r\n\r\n<html>\n", b"nonsense\r\n"], ids=["a login page", "no http"]
)
def test_unusable_answers(
    clock: Clock, server: ManifestServer, work: Work, caplog: pytest.LogCaptureFixture, answer: bytes
) -> None:
    """Keep the manifest at hand, with one line in the log; the next good one is used."""
    url = server.add("/m", b"abc  static/bah.js\n")
    shop = open_shop(clock, read_manifest, work, CDN_MANIFEST_URL=url, CDN_MANIFEST_REFRESH=600)
    assert shop.ask() == on_cdn("abc")
    server.add_reply("/m", lambda handler: handler.wfile.write(answer))
    for _ in range(2):
        shop.pass_time(600)
        assert shop.ask() == on_cdn("abc")
    [record] = caplog.records
    assert url in record.getMessage()
    moved = server.add("/new", b"def  static/bah.js\n")
    server.add("/m", b"", 307, Location=moved)
    shop.pass_time(600)
    assert shop.ask() == on_cdn("def")


def test_no_page_waits_for_a_reload(clock: Clock, source: Source, work: Work) -> None:
    """Nor does one that notices meanwhile that the manifest is to be looked at again."""
    shop = open_shop(clock, source, work, CDN_MANIFEST_REFRESH=60)
    shop.ask()
    is_reading, may_end = Event(), Event()
    source.text = "def  static/bah.js\n"

    def take_time() -> None:
        is_reading.set()
        may_end.wait(20)

    source.during = take_time
    with ThreadPoolExecutor(2) as pool:
        reloading = pool.submit(CDN.reload, shop)
        assert is_reading.wait(20)
        clock.now += 60
        page = pool.submit(shop.ask)
        try:
            assert page.result(timeout=3) == on_cdn("abc")
        finally:
            may_end.set()
        reloading.result()
    assert shop.ask() == on_cdn("def")
