"""Looking at a manifest again over http, with a real server and real threads."""

from __future__ import annotations

import time
from concurrent.futures import ThreadPoolExecutor
from http.server import BaseHTTPRequestHandler
from threading import Event
from typing import TYPE_CHECKING, Any

import pytest
from flask import Flask

from flask_cdn_stack import CDN
from flask_cdn_stack.extension.manifest_source import read_manifest
from tests.conftest import wait_until
from tests.extension.shop import LOCAL, on_cdn, open_shop

from .conftest import ask, drip

if TYPE_CHECKING:
    from collections.abc import Callable

    from .conftest import Clock, ManifestServer, Source, Work

DATE = "Fri, 20 Nov 2026 10:00:00 GMT"
CONDITIONS = ("If-None-Match", "If-Modified-Since")


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


def test_conditional_requests(clock: Clock, server: ManifestServer, work: Work) -> None:
    """The server sees which manifest is known, and 304 keeps it."""
    url = server.add_version("/m", b"abc  static/bah.js\n", '"1"', DATE)
    shop = open_shop(clock, read_manifest, work, CDN_MANIFEST_URL=url, CDN_MANIFEST_REFRESH=60)
    seen = [shop.ask()]
    for etag in ('"1"', '"1"', '"2"', '"2"'):
        server.add_version("/m", b"abc  static/bah.js\n" if etag == '"1"' else b"def  static/bah.js\n", etag, DATE)
        shop.pass_time(60)
        seen.append(shop.ask())
    conditions = [tuple(headers.get(name) for name in CONDITIONS) for headers in server.headers]
    assert conditions == [(None, None), ('"1"', DATE), ('"1"', DATE), ('"1"', DATE), ('"2"', DATE)]
    assert seen == [on_cdn("abc")] * 3 + [on_cdn("def")] * 2


FAILURES: dict[str, Callable[[ManifestServer], object]] = {
    "an error": lambda server: server.add("/m", b"", 500),
    "304 to nothing known": lambda server: server.add("/m", b"", 304),
    "a login page": lambda server: server.add("/m", b"<html>\n"),
    "cut off in its last line": lambda server: server.add("/m", b"# flask-cdn-stack manifest\ndef  static/bah.js"),
    "dripping bytes": lambda server: server.add_reply("/m", drip),
    "no http": lambda server: server.add_reply("/m", lambda handler: handler.wfile.write(b"nonsense\r\n")),
}


@pytest.mark.parametrize("failure", FAILURES)
def test_unusable_answers(
    clock: Clock, server: ManifestServer, work: Work, caplog: pytest.LogCaptureFixture, failure: str
) -> None:
    """Keep the manifest at hand, with one line in the log; the next good one is used."""
    url = server.add("/m", b"abc  static/bah.js\n")
    timeout = 0.6 if failure == "dripping bytes" else 5
    limits = {"CDN_MANIFEST_TIMEOUT": timeout, "CDN_MANIFEST_MAX_BYTES": 100}
    shop = open_shop(clock, read_manifest, work, CDN_MANIFEST_URL=url, CDN_MANIFEST_REFRESH=600, **limits)
    assert shop.ask() == on_cdn("abc")
    FAILURES[failure](server)
    for _ in range(2):
        shop.pass_time(600)
        assert shop.ask() == on_cdn("abc")
    [record] = caplog.records
    assert url in record.getMessage()
    moved = server.add("/new", b"def  static/bah.js\n")
    server.add("/m", b"", 307, Location=moved)
    shop.pass_time(600)
    assert shop.ask() == on_cdn("def")


def test_a_silent_server_at_the_start(clock: Clock, server: ManifestServer) -> None:
    """The first page waits for as long as is allowed; no other waits, and URLs are the CDN's when it answers."""
    url = server.add_reply("/m", lambda handler: time.sleep(4))
    shop = open_real_shop(clock, url, CDN_MANIFEST_TIMEOUT=0.6)
    started = time.monotonic()
    assert ask(shop) == LOCAL
    first = time.monotonic()
    assert {ask(shop) for _ in range(50)} == {LOCAL}
    assert 0.5 < first - started < 3
    assert time.monotonic() - first < 2
    assert len(server.requests) == 1
    server.add("/m", b"abc  static/bah.js\n")
    clock.now += 10
    assert ask(shop) == LOCAL
    assert wait_until(lambda: ask(shop) == on_cdn("abc"))


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
