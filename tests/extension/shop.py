"""An app whose manifest comes over http, or from whatever stands for it in a test."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from flask import Flask

from flask_cdn_stack import url_for
from flask_cdn_stack.extension.cdn import install
from flask_cdn_stack.extension.manifest_source import ManifestText
from flask_cdn_stack.extension.state_holder import StateHolder
from flask_cdn_stack.extension.urls import CDNUrls

from .conftest import Clock, Work

LOCAL = "/static/bah.js"


def on_cdn(checksum: str) -> str:
    return f"https://cdn.example.net/static/bah.js?c={checksum}"


class CountedUrls(CDNUrls):
    """The URLs of an app, counting those that were built rather than remembered."""

    built = 0

    def build_new(self, endpoint: str, values: dict[str, Any]) -> str:
        self.built += 1
        return super().build_new(endpoint, values)


class Shop(Flask):
    """An app of one page, its clock, and what it begins in the background."""

    clock: Clock
    work: Work

    @property
    def built(self) -> int:
        """The number of URLs that were built rather than remembered."""
        urls: CountedUrls = self.extensions["cdn"]
        return urls.built

    def ask(self, filename: str = "bah.js") -> str:
        """Return an asset's URL, as a page would."""
        with self.test_request_context():
            return url_for("static", filename=filename)

    def pass_time(self, seconds: float) -> None:
        """Let time pass, a page notice it, and what that begins be done."""
        self.clock.now += seconds
        self.ask()
        self.work.run()


def open_shop(clock: Clock, source: Callable[..., ManifestText | None], work: Work, **config: Any) -> Shop:
    """Return an app whose manifest comes over http, from ``source``."""
    app = Shop("shop")
    app.clock, app.work = clock, work
    defaults = {"CDN_DOMAIN": "cdn.example.net", "CDN_HTTPS": True, "CDN_MANIFEST": True}
    app.config.update(defaults | {"CDN_MANIFEST_URL": "https://example.net/m"} | config)
    install(app, CountedUrls(app, StateHolder(app, clock=clock, read=source, start=work)))
    return app
