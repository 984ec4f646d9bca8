"""The demo: the sample project as a user would have it, what is shown of it, and what its buttons do."""

from __future__ import annotations

import gzip
import importlib
import sys
from collections.abc import Iterator, Mapping
from dataclasses import replace
from http.server import BaseHTTPRequestHandler
from pathlib import Path
from typing import cast
from urllib.parse import unquote

import pytest
from flask import Flask
from flask.testing import FlaskClient

from flask_cdn_stack.errors import CDNStackError
from flask_cdn_stack.local.demo import copy_project
from flask_cdn_stack.local.demo.advice import advise
from flask_cdn_stack.local.demo.board import Board, Scene
from flask_cdn_stack.local.demo.demonstration import Demonstration
from flask_cdn_stack.local.demo.shop import Shop
from flask_cdn_stack.local.demo.visits import Distance, SeenFile, Visit, make_visit
from tests.conftest import forget_modules
from tests.servers.loopback import HTTPLoopback

_PAGES = ("/", "/catalog/", "/catalog/reviews/")


@pytest.fixture
def project(tmp_path: Path) -> Path:
    return copy_project(tmp_path / "deeper" / "tea-shop")


@pytest.fixture
def app(project: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Flask]:
    """The app before the first deploy: there is no CDN."""
    (project / "cdn_config.py").write_text("CDN_DOMAIN = None\n")
    monkeypatch.syspath_prepend(project)
    monkeypatch.setattr(sys, "dont_write_bytecode", True)
    app: Flask = importlib.import_module("shop").create_app()
    yield app
    forget_modules("shop", "cdn_config")


@pytest.fixture
def browser(app: Flask) -> FlaskClient:
    return app.test_client()


def static_paths(project: Path) -> set[str]:
    """Return the URL paths of a project's static files."""
    folders = {
        "/static": project / "shop/static",
        "/catalog/static": project / "shop/catalog/static",
        "/catalog/reviews/static": project / "shop/catalog/reviews/static",
    }
    return {
        f"{url}/{path.relative_to(folder).as_posix()}"
        for url, folder in folders.items()
        for path in folder.rglob("*")
        if path.is_file()
    }


def test_the_copy_is_a_project_and_nothing_else(project: Path) -> None:
    """Settings beside the package, no byte code."""
    assert {path.name for path in project.iterdir()} == {"flask-cdn-stack.yml", "shop"}
    assert not list(project.rglob("__pycache__"))


@pytest.mark.parametrize("page", _PAGES)
def test_its_pages_render_without_a_cdn(browser: FlaskClient, page: str) -> None:
    """A developer sees the shop before any account is there."""
    answer = browser.get(page)

    assert answer.status_code == 200
    assert 'href="/static/css/site.css"' in answer.text


def test_the_front_page_names_every_static_file(browser: FlaskClient, project: Path) -> None:
    """Those with a space, a plus sign and an umlaut too."""
    page = unquote(browser.get("/").text)

    paths = static_paths(project)

    assert {path for path in paths if f'href="{path}"' not in page} == set()
    assert {"/static/images/with space.svg", "/static/images/a+b.svg", "/static/images/über.svg"} < paths


def test_every_static_file_is_served_by_the_app(browser: FlaskClient, project: Path) -> None:
    """That is what the CDN will be compared with."""
    for path in static_paths(project):
        with browser.get(path) as answer:
            assert answer.status_code == 200, path


_BODY = b"a { color: green }" * 100
_ANSWERS: Mapping[str, Mapping[str, str]] = {
    "/a.css?c=1": {"X-Cache": "Hit from cloudfront", "Age": "7", "Cache-Control": "public, max-age=60"},
    "/b.css": {"X-Cache": "Miss from cloudfront", "Content-Encoding": "gzip"},
    "/c.css": {"Cache-Control": "no-cache"},
}


class _Handler(BaseHTTPRequestHandler):
    def do_GET(self) -> None:
        headers = _ANSWERS[self.path]
        body = gzip.compress(_BODY) if "Content-Encoding" in headers else _BODY
        self.send_response_only(200)
        for name, value in {**headers, "Content-Length": str(len(body))}.items():
            self.send_header(name, value)
        self.end_headers()
        self.wfile.write(body)


@pytest.fixture(scope="module")
def address() -> Iterator[str]:
    """A server that answers as edges and apps do."""
    with HTTPLoopback(_Handler) as server:
        yield server.url


def test_a_visit(address: str) -> None:
    """A hit waits for the edge, a miss for edge and bucket, a file of the app's for the app."""
    seen: dict[str, SeenFile] = {}
    urls = {path[1]: address + path for path in _ANSWERS}

    visit = make_visit(urls, Distance(0.02, 0.01), lambda host: None, lambda file: seen.update({file.key: file}))

    shown = {key: (file.result, file.age, file.kept, file.distance, file.version) for key, file in seen.items()}
    assert shown == {
        "a": ("Hit", 7, 60, 0.01, "c=1"),
        "b": ("Miss", 0, None, 0.03, ""),
        "c": ("App", 0, None, 0.02, ""),
    }
    assert (seen["b"].wire, seen["b"].decoded) == (len(gzip.compress(_BODY)), len(_BODY))
    assert visit.results == {"Hit": 1, "Miss": 1, "App": 1}
    assert 0 < visit.measured < visit.seconds
    assert visit.seconds >= 0.03


class _FakeShop:
    """A shop of one file, which cannot be deployed."""

    def __init__(self, address: str) -> None:
        self.stamps = {"a.css": 1}
        self.address = address
        self.find_address = lambda host: None

    def find_urls(self, source: str) -> dict[str, str]:
        return {"a.css": f"{self.address}/a.css?c=1"}

    def read_stamps(self) -> dict[str, int]:
        return dict(self.stamps)

    def find_changed(self) -> tuple[str, ...]:
        return ("a.css",)

    def deploy(self) -> object:
        raise CDNStackError("It is full.", "Make room.")


@pytest.fixture
def shop(address: str) -> _FakeShop:
    """The shop."""
    return _FakeShop(address)


@pytest.fixture
def demonstration(shop: _FakeShop) -> Demonstration:
    """What shows it."""
    return Demonstration(cast(Shop, shop), pause=lambda seconds: None)


def test_the_opening(demonstration: Demonstration) -> None:
    """It is shown once, however many look; and then both times are there."""
    demonstration.open()
    demonstration.open()
    while demonstration.board.scene.busy:
        demonstration.board.wait(-1, 0.01)

    assert set(demonstration.board.scene.visits) == {"app", "cdn"}
    assert demonstration.board.scene.before is not None


def test_a_failure_is_shown(demonstration: Demonstration) -> None:
    """With what to do; and the next button works."""
    assert demonstration.do("deploy")

    said = demonstration.board.scene.said[-1]
    assert (said.text, said.failed) == ("It is full.\nMake room.", True)
    assert demonstration.do("distance-here")
    assert demonstration.board.scene.visits["cdn"].results == {"Hit": 1}


def test_one_button_at_a_time(demonstration: Demonstration) -> None:
    """Another one that is pressed meanwhile does nothing."""
    answers: list[bool] = []
    demonstration.actions["app"] = lambda: answers.append(demonstration.do("cdn"))

    assert demonstration.do("app")
    assert (answers, demonstration.board.scene.busy) == ([False], "")


def test_an_edit_is_seen(demonstration: Demonstration, shop: _FakeShop) -> None:
    """Once a file has another time than before."""
    demonstration.look_for_edits()
    before = demonstration.board.scene.changed
    shop.stamps["a.css"] = 2
    demonstration.look_for_edits()

    assert (before, demonstration.board.scene.changed) == ((), ("a.css",))


def test_who_waits_is_told() -> None:
    """At once where there is something new, and else when the time is over."""
    board = Board(Scene())
    number, _ = board.wait(-1, 10)

    assert board.wait(number, 0.01)[0] == number
    board.show(busy="deploy")
    assert board.wait(number, 10)[1].busy == "deploy"


_HIT, _MISS = SeenFile("a/b.css", "", "", "", 200, "Hit", 0, 0, 0, "", 0, 0, 0), Visit(1, 1, {"Hit": 1, "Miss": 1})
_SEEN = Scene("cdn", visits={"cdn": _MISS}, files={"a/b.css": _HIT, "c.js": replace(_HIT, key="c.js", result="Miss")})


@pytest.mark.parametrize(
    ("scene", "words"),
    [
        (Scene(), "first the app, then the CDN"),
        (replace(_SEEN, busy="deploy"), "first the app, then the CDN"),
        (_SEEN, "1 of 2 were a miss"),
        (replace(_SEEN, last="deploy"), "Only c.js had a new version"),
        (replace(_SEEN, last="invalidate"), "had forgotten every file"),
        (replace(_SEEN, last="change", changed=("a/b.css", "c", "d")), "b.css, c and 1 more changed."),
        (replace(_SEEN, visits={"cdn": Visit(1, 1, {"Hit": 2})}), "Every file was a hit"),
        (replace(_SEEN, source="app", visits={"app": Visit(1, 1, {"App": 2})}), "Switch to the CDN"),
    ],
)
def test_what_is_said(scene: Scene, words: str) -> None:
    """What has just been seen is put into words."""
    assert words in advise(scene)
