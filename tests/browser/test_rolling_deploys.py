"""A new version of an app that takes the place of the old one while pages are open: what of each they show."""

from __future__ import annotations

import importlib.util
import socket
import subprocess
import sys
from collections.abc import Iterator, Mapping
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from flask_cdn_stack.local.edge.origins import Surroundings
from flask_cdn_stack.local.edge.server import EdgeServer
from flask_cdn_stack.local.launcher import LocalAWS
from tests.conftest import Program, program_environment, require, write_files
from tests.servers.round_robin import RoundRobin

if TYPE_CHECKING:
    from playwright.sync_api import Browser, Page

_APP = """
    from flask import Flask, render_template
    from flask_cdn_stack import CDN

    app = Flask(__name__)
    app.config.from_object("cdn_config")
    app.add_url_rule("/", "index", lambda: render_template("index.html", version="{version}"))
    CDN(app)
"""

_PAGE = """
    <!doctype html>
    <link rel="icon" href="data:,">
    {{ cdn_importmap() }}
    <link rel="stylesheet" href="{{ url_for('static', filename='css/early.css') }}">
    <script>
      const shown = { page: "{{ version }}" }
      const read = name => getComputedStyle(document.documentElement).getPropertyValue(name)
      async function finish() {
        const link = document.createElement("link")
        Object.assign(link, { rel: "stylesheet", href: "{{ url_for('static', filename='css/late.css') }}" })
        await new Promise((resolve, reject) => {
          Object.assign(link, { onload: resolve, onerror: reject })
          document.head.append(link)
        })
        const late = await import("{{ url_for('static', filename='js/late.js') }}")
        return { ...shown, early: read("--early"), late: read("--late"), more: read("--more"), ...late }
      }
    </script>
"""


def _files(version: str) -> dict[str, str | bytes]:
    static = {
        "css/early.css": f":root {{ --early: {version} }}",
        "css/late.css": f'@import "more.css"; :root {{ --late: {version} }}',
        "css/more.css": f":root {{ --more: {version} }}",
        "js/late.js": f"export {{ word }} from './word.js'; export const script = '{version}'",
        "js/word.js": f"export const word = '{version}'",
    }
    return {
        "shop/__init__.py": _APP.format(version=version),
        "shop/templates/index.html": _PAGE,
        **{f"shop/static/{name}": text for name, text in static.items()},
        # What it would open for commands is in the user's home.
        "gunicorn.conf.py": "control_socket_disable = True\n",
    }


@contextmanager
def _serve(folder: Path, environment: Mapping[str, str]) -> Iterator[str]:
    """Let gunicorn serve the app of a folder, with the config and manifest there; the value is its host and port."""
    with (
        socket.create_server(("127.0.0.1", 0)) as listener,
        open(folder / "gunicorn.log", "w", encoding="utf-8") as log,
    ):
        (host, port), number = listener.getsockname(), listener.fileno()
        command = [sys.executable, "-m", "gunicorn", f"--bind=fd://{number}", "shop:app"]
        master = subprocess.Popen(
            command, cwd=folder, env=environment, pass_fds=[number], stdin=subprocess.DEVNULL, stdout=log, stderr=log
        )
    with master:
        try:
            yield f"{host}:{port}"
        finally:
            master.terminate()


class _Rollout:
    """The program in the folders of two versions, and a browser before the processes that serve them."""

    def __init__(self, browser: Browser, stack: ExitStack, environment: dict[str, str], folder: Path) -> None:
        self._browser, self._stack, self._environment, self._folder = browser, stack, environment, folder
        self._front = stack.enter_context(RoundRobin([]))
        self._instances: list[ExitStack] = []

    def bring_out(self, version: str, settings: str) -> Program:
        """Deploy a version, and let a process of its own take turns with those that are there."""
        program = Program(self._folder / version, self._environment)
        write_files(program.folder, {"flask-cdn-stack.yml": settings, **_files(version)})
        if not self._instances:
            program.ok("provision", "--yes")
        program.ok("deploy")
        self._instances.append(instance := self._stack.enter_context(ExitStack()))
        self._front.backends.append(instance.enter_context(_serve(program.folder, self._environment)))
        return program

    def retire(self) -> None:
        """End the oldest process."""
        del self._front.backends[0]
        self._instances.pop(0).close()

    def open(self) -> Page:
        """Open the page, as a new visitor with an empty cache, as far as it loads by itself."""
        context = self._browser.new_context()
        self._stack.callback(context.close)
        page = context.new_page()
        page.goto(self._front.url, wait_until="load")
        return page


@pytest.fixture
def rollout(browser: Browser, local_aws: LocalAWS, tmp_path: Path) -> Iterator[_Rollout]:
    """Behind an edge that caches."""
    require(importlib.util.find_spec("gunicorn"), "gunicorn")
    with ExitStack() as stack:
        edge = stack.enter_context(EdgeServer(Surroundings(local_aws.endpoint_url)))
        environment = {**program_environment(local_aws), "AWS_ENDPOINT_URL": f"http://127.0.0.1:{edge.port}"}
        yield _Rollout(browser, stack, environment, tmp_path)


def _finish(page: Page) -> str:
    """Let a page load the rest; return the versions of the page, of what it had loaded, and of what it loads then."""
    shown = page.evaluate("finish()")
    page_itself, early, *rest = shown.pop("page"), shown.pop("early"), *sorted(set(shown.values()))
    assert len(shown) == 4
    return " ".join([page_itself, early, *rest])


@pytest.mark.parametrize(
    ("assets", "mixed"),
    [
        pytest.param("fingerprint: path", False, id="path", marks=pytest.mark.long),
        pytest.param("immutable: true", False, id="immutable"),
        pytest.param("fingerprint: query", True, id="query"),
    ],
)
def test_versions_side_by_side(rollout: _Rollout, assets: str, mixed: bool) -> None:
    """Pages whose URLs lead to their own bytes for ever never mix them; of the others the documentation says when."""
    settings = f"app: shop\nstack: rolling-{assets.split(' ')[1]}\nassets: {{{assets}}}\n"
    rollout.bring_out("v1", settings)
    begun = rollout.open()
    new = rollout.bring_out("v2", settings)

    assert _finish(begun) == ("v1 v1 v2" if mixed else "v1 v1 v1")
    assert {_finish(rollout.open()) for _ in range(2)} == {"v1 v2 v2" if mixed else "v1 v1 v1", "v2 v2 v2"}
    rollout.retire()
    begun = rollout.open()
    new.ok("rollback", "--yes")
    assert _finish(begun) == ("v2 v2 v1" if mixed else "v2 v2 v2")
