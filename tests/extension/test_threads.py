"""Many threads at once: no URL is ever a wrong one, and no memory grows with what is asked for."""

from __future__ import annotations

import os
import sys
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from threading import Event
from typing import TYPE_CHECKING, Any

import pytest
from flask import Flask
from werkzeug.routing import PathConverter

from flask_cdn_stack import CDN, url_for
from flask_cdn_stack.errors import MissingAssetError
from flask_cdn_stack.extension.cdn import install
from flask_cdn_stack.extension.manifest_source import ManifestText
from flask_cdn_stack.extension.state import MAX_REMEMBERED, MAX_REPORTED
from flask_cdn_stack.extension.state_holder import StateHolder
from flask_cdn_stack.extension.urls import CDNUrls

if TYPE_CHECKING:
    from pathlib import Path

    from .conftest import Clock, MakeApp

NAMES = [f"f{number}.js" for number in range(20)]
SCHEMES = ("http", "https")


@pytest.fixture(autouse=True)
def _quick_switches() -> Iterator[None]:
    """Let threads take turns as often as they can."""
    interval = sys.getswitchinterval()
    sys.setswitchinterval(1e-6)
    yield
    sys.setswitchinterval(interval)


def work_at_once(work: Callable[[int], object], disturb: Callable[[], None], threads: int = 6) -> None:
    """Let threads work while one disturbs them; the first error of any is raised."""
    done = Event()

    def go_on_disturbing() -> None:
        while not done.is_set():
            disturb()

    with ThreadPoolExecutor(threads + 1) as pool:
        disturbing = pool.submit(go_on_disturbing)
        try:
            list(pool.map(work, range(threads)))
        finally:
            done.set()
        disturbing.result()


class Editions:
    """A manifest that is another one at each reading, in which every file has the edition's number as its checksum."""

    def __init__(self) -> None:
        self.number = 0

    def __call__(self, *location: str, **limits: Any) -> ManifestText:
        self.number += 1
        edition = f"e{self.number}"
        return ManifestText("".join(f"{edition}  static/{name}\n" for name in NAMES), (edition,))


def test_reload_and_refresh_at_once(clock: Clock) -> None:
    """Every URL is of an edition that was there when it was asked for, never of an earlier one than was seen."""
    app, editions = Flask("shop"), Editions()
    app.config.update(CDN_DOMAIN="cdn.example.net", CDN_MANIFEST=True, CDN_MANIFEST_URL="m", CDN_STRICT=True)
    app.config.update(CDN_MANIFEST_REFRESH=1)
    install(app, CDNUrls(app, StateHolder(app, clock=clock, read=editions)))

    def work(thread: int) -> None:
        seen = 0
        for number in range(400):
            scheme, name = SCHEMES[(number + thread) % 2], NAMES[number % len(NAMES)]
            with app.test_request_context(base_url=f"{scheme}://localhost/"):
                url = url_for("static", filename=name)
            start = f"{scheme}://cdn.example.net/static/{name}?c=e"
            assert url.startswith(start)
            edition = int(url.removeprefix(start))
            assert seen <= edition <= editions.number
            seen = edition

    def disturb() -> None:
        clock.now += 0.6
        if int(clock.now) % 3 == 0:
            CDN.reload(app)

    work_at_once(work, disturb)
    assert editions.number > 10


def test_config_and_manifest_change_as_one(make_app: MakeApp, root: Path) -> None:
    """No URL, integrity value or import map has a domain of one reading and a checksum of another."""
    app = make_app(CDN_MANIFEST=True, CDN_FINGERPRINT="path", CDN_STRICT=True)
    digests = {name: letter * 64 for name, letter in (("one", "a"), ("two", "b"))}
    for name, digest in digests.items():
        (root / f"{name}.txt").write_text(f"{digest}  static/bah.js\n")
    wanted = {f"http://{name}.example/static/bah.{digest}.js" for name, digest in digests.items()}
    make_map: Callable[[], str] = app.jinja_env.globals["cdn_importmap"]  # type: ignore[assignment]

    def reload() -> None:
        for name in digests:
            app.config.update(CDN_DOMAIN=f"{name}.example", CDN_MANIFEST_URL=f"{name}.txt")
            CDN.reload(app)

    def work(thread: int) -> None:
        with app.test_request_context():
            for _ in range(300):
                assert url_for("static", filename="bah.js") in wanted
                plain, versioned = make_map().partition('{"imports":{"')[2].partition('"}}')[0].split('":"')
                assert versioned in wanted
                assert plain.partition("/static")[0] == versioned.partition("/static")[0]

    reload()
    work_at_once(work, reload)


def test_time_stamps_at_once(make_app: MakeApp, root: Path, clock: Clock) -> None:
    """While files are touched, a URL has a time that its own file had, and not long ago."""
    app = make_app(clock)
    files = [root / "static" / name for name in NAMES]
    times = [0]

    def touch() -> None:
        times[0] += 1
        for number, file in enumerate(files):
            os.utime(file, (times[0], times[0] * 100 + number))
        clock.now += 1

    for file in files:
        file.touch()
    touch()

    def work(thread: int) -> None:
        with app.test_request_context():
            for turn in range(600):
                number = (turn + thread) % len(NAMES)
                oldest = times[0] - 2
                time = int(url_for("static", filename=NAMES[number]).partition("?t=")[2])
                assert time % 100 == number
                assert oldest <= time // 100 <= times[0]

    work_at_once(work, touch)


def count_names(app: Flask) -> int:
    remembered = app.extensions["cdn"].states.get().remembered
    return sum(len(names) for known in remembered.values() for names in known.values())


@pytest.mark.parametrize(
    ("config", "limit"),
    [
        ({"CDN_TIMESTAMP": False}, MAX_REMEMBERED),
        ({"CDN_MANIFEST": True, "CDN_MANIFEST_URL": "m.txt"}, 2),
        ({"CDN_MANIFEST": True, "CDN_MANIFEST_URL": "m.txt", "CDN_FINGERPRINT": "path", "CDN_STRICT": True}, 2),
        ({"CDN_MANIFEST": True, "CDN_MANIFEST_URL": "nothing.txt"}, 0),
    ],
)
def test_memory(make_app: MakeApp, root: Path, config: dict[str, Any], limit: int) -> None:
    """Names that users make up do not fill it, asked for by several threads in both schemes."""
    (root / "m.txt").write_text("abc  static/bah.js\n")
    app = make_app(**config)

    def ask(name: str) -> None:
        with suppress(MissingAssetError):
            url_for("static", filename=name)

    def work(thread: int) -> None:
        with app.test_request_context(base_url=f"{SCHEMES[thread % 2]}://localhost/"):
            for number in range(MAX_REMEMBERED // 3):
                ask(f"made-up/{thread}/{number}.js")
                ask("bah.js")

    with ThreadPoolExecutor(4) as pool:
        list(pool.map(work, range(4)))
    state = app.extensions["cdn"].states.get()
    assert count_names(app) <= limit
    assert len(state.until) <= min(limit, MAX_REMEMBERED)
    assert len(state._reported) <= MAX_REPORTED


class Folded(PathConverter):
    """File names in which capitals do not count."""

    def to_url(self, value: str) -> str:
        return super().to_url(value.lower())


def test_memory_of_many_names_for_one_file(make_app: MakeApp, root: Path) -> None:
    """Neither do the many ways to write one name, where a rule of the app takes them."""
    (root / "m.txt").write_text("abc  folded/abcdefghijklmn\n")
    app = make_app(CDN_ENDPOINTS="folded", CDN_MANIFEST=True, CDN_MANIFEST_URL="m.txt")
    app.url_map.converters["folded"] = Folded
    app.add_url_rule("/folded/<folded:filename>", "folded", build_only=True)
    letters = "abcdefghijklmn"
    with app.test_request_context():
        for number in range(MAX_REMEMBERED + 1000):
            name = "".join(c.upper() if number >> place & 1 else c for place, c in enumerate(letters))
            assert url_for("folded", filename=name).startswith("http://cdn.example.net/folded/abcdefghijklmn")
    assert count_names(app) <= MAX_REMEMBERED
