"""Reading the pages of a Flask app with its own test client, without a server."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from .crawl import Crawler, Fetch, Fetched, FetchError
from .model import Page

if TYPE_CHECKING:
    from flask import Flask


def read_app_pages(app: Flask, paths: Iterable[str]) -> tuple[Page, ...]:
    """Return the pages at these paths and the app's pages that they link to, at most a hundred.

    :param paths: with a leading slash each.
    """
    host, root = app.config["SERVER_NAME"] or "localhost", _root(app)
    start = f"{app.config['PREFERRED_URL_SCHEME']}://{host}{root}"
    named = (path.removeprefix(root) if path.startswith(f"{root}/") else path for path in paths)
    return Crawler(_fetch_from(app), follows=True).read(start + path for path in named)


def _root(app: Flask) -> str:
    return str(app.config["APPLICATION_ROOT"]).rstrip("/")


def _fetch_from(app: Flask) -> Fetch:
    client, root = app.test_client(), _root(app)

    def fetch(url: str) -> Fetched:
        parts = urlsplit(url)
        # The test client puts the application root in front of a path.
        path = parts.path.removeprefix(root) if parts.path.startswith(f"{root}/") else parts.path
        try:
            with client.get(parts._replace(path=path or "/").geturl()) as answer:
                kind = answer.content_type or ""
                text = answer.get_data(as_text=True) if kind.startswith("text/html") else ""
                return Fetched(answer.status_code, answer.headers.get("Location", ""), kind, text)
        except Exception as error:  # an app in debug mode raises its errors to the client
            raise FetchError(f"{type(error).__name__}: {error}") from error

    return fetch
