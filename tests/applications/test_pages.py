"""Real applications, deployed by the program beside them and opened: their own views say what is right."""

from __future__ import annotations

import http.client
import json
import runpy
import subprocess
import time
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import unquote, urlsplit

import pytest

from flask_cdn_stack.local.launcher import LocalAWS, reserve_port
from tests.applications.conftest import Install, run
from tests.browser.test_demo_page import Visit
from tests.conftest import ROOT, program_environment, write_files

if TYPE_CHECKING:
    from playwright.sync_api import Browser

pytestmark = pytest.mark.installs

# esbuild's chunks, workers and WebAssembly; URLs with a value of their own, from a template global.
_FAVA = """
    from pathlib import Path

    from fava.application import create_app as make_app
    from flask_cdn_stack import CDN

    def create_app():
        app = make_app([str(Path(__file__).with_name("ledger.beancount"))], load=True)
        app.config.from_object("cdn_config")
        CDN(app)
        return app
"""
_LEDGER = """\
option "title" "Tea"
2026-01-01 open Assets:Cash
2026-01-01 open Expenses:Tea
2026-01-02 * "Tea"
  Expenses:Tea  3 EUR
  Assets:Cash
"""
# A build of Vite's, served by a view; the page names it by hand.
_LOCUST = """
    from pathlib import Path

    from flask_cdn_stack import CDN
    from locust import User
    from locust.env import Environment
    from locust.html import DEFAULT_BUILD_PATH

    def create_app(folder=DEFAULT_BUILD_PATH):
        environment = Environment(user_classes=[User])
        environment.create_local_runner()
        app = environment.create_web_ui("127.0.0.1", 0, delayed_start=True, build_path=str(folder)).app
        app.config.from_object("cdn_config")
        CDN(app)
        return app

    def create_named():
        folder = Path(__file__).parent / "pages"
        folder.mkdir(exist_ok=True)
        page = (Path(DEFAULT_BUILD_PATH) / "index.html").read_text()
        for name in Path(DEFAULT_BUILD_PATH, "assets").iterdir():
            url = "{{ url_for('locust.send_assets', path='" + name.name + "') }}"
            page = page.replace(f"./assets/{name.name}", url)
        (folder / "index.html").write_text(page)
        return create_app(folder)
"""


def test_the_oldest_versions_stay(install: Install) -> None:
    """Every package that this one needs may be as old as it promises, and then is not replaced."""
    pins = [line for line in (ROOT / ".ci/minimum.txt").read_text().splitlines() if not line.startswith("#")]
    assert "AWS::CloudFront::Distribution" in run(install(*pins), "-m", "flask_cdn_stack", "template")


class Application:
    """An application in a folder of its own, and the Python of its environment."""

    def __init__(self, python: Path, folder: Path, aws: LocalAWS, app: str, settings: str) -> None:
        self._python, self._folder, self._app = python, folder, app
        self._environment = {**program_environment(aws), "XDG_CACHE_HOME": str(folder.parent / "cache")}
        write_files(folder, {"flask-cdn-stack.yml": f"app: {app}\nstack: {folder.name}\n{settings}"})

    def run(self, *arguments: str) -> str:
        """Run the program to its end; return its data."""
        done = subprocess.run(
            [self._python, "-m", "flask_cdn_stack", *arguments],
            cwd=self._folder,
            env=self._environment,
            capture_output=True,
            encoding="utf-8",
            timeout=120,
        )
        assert done.returncode == 0, done.stderr
        return done.stdout

    @contextmanager
    def serve(self, app: str = "") -> Iterator[str]:
        """Serve it for real; the value is host and port."""
        port = reserve_port(0)
        # Not by Flask's command, whose arguments Locust would take for its own.
        module, _, factory = (app or self._app).partition(":")
        code = f"from {module} import {factory} as make; make().run(port={port}, debug=False, threaded=True)"
        command = [str(self._python), "-c", code]
        with subprocess.Popen(command, cwd=self._folder, env=self._environment, stderr=subprocess.DEVNULL) as process:
            try:
                for _ in range(600):
                    try:
                        ask(f"127.0.0.1:{port}", "/")
                        break
                    except OSError:
                        time.sleep(0.1)
                yield f"127.0.0.1:{port}"
            finally:
                process.terminate()


def ask(host: str, target: str) -> tuple[int, bytes, str | None, str | None]:
    """Return status, body, content type and encoding of an answer."""
    with closing(http.client.HTTPConnection("127.0.0.1", int(host.rpartition(":")[2]), timeout=20)) as connection:
        connection.request("GET", target, headers={"Host": host})
        with connection.getresponse() as answer:
            return answer.status, answer.read(), answer.headers["Content-Type"], answer.headers["Content-Encoding"]


def expect_the_views_answers(folder: Path, host: str) -> None:
    """Compare what lies at the CDN with what the application itself serves; style sheets lead elsewhere in bytes."""
    cdn = runpy.run_path(str(folder / "cdn_config.py"))["CDN_DOMAIN"]
    paths = [line.split()[1] for line in (folder / "cdn_manifest.txt").read_text().splitlines()[1:] if line[0] != "#"]
    assert len(paths) >= 8
    for path in paths:
        (status, body, kind, encoding), own = ask(cdn, f"/{path}"), ask(host, f"/{path}")
        assert (status, encoding) == (200, own[3]), path
        # What the machine of the application does not know, as source maps, has a type at the CDN, and scripts have
        # that of RFC 9239, whose older name Locust asks for.
        shown = (own[2] or "").replace("application/javascript", "text/javascript")
        assert shown in (kind, "application/octet-stream"), path
        assert body == own[1] or path.endswith(".css"), path


@pytest.mark.parametrize("mode", ["query", "path"])
def test_fava(browser: Browser, install: Install, local_aws: LocalAWS, tmp_path: Path, mode: str) -> None:
    """Modules and their chunks, a worker's WebAssembly, fonts and styles come from the CDN, and work."""
    folder = tmp_path / f"fava-{mode}"
    write_files(folder, {"site_app.py": _FAVA, "ledger.beancount": _LEDGER})
    settings = f"assets: {{fingerprint: {mode}}}\n"
    # boto3 itself takes no later dateutil.
    python = install("fava==1.30.16", "python-dateutil<3")
    application = Application(python, folder, local_aws, "site_app:create_app", settings)
    application.run("provision", "--yes")
    application.run("deploy")

    with application.serve() as host:
        expect_the_views_answers(folder, host)
        for page in ("tea/income_statement/", "tea/editor/"):
            visit = Visit(browser, f"http://{host}/{page}")
            assert (visit.problems, [answer.url for answer in visit.responses if not answer.ok]) == ([], [])
            assert all("/static/" not in urlsplit(url).path for url in from_the_app(visit, host))
            scripts = [unquote(answer.url) for answer in visit.responses if answer.url.endswith("js")]
            assert len(scripts) == len(set(scripts))
            assert "Tea" in visit.page.inner_text("body")
            visit.page.close()


@pytest.mark.parametrize("mode", ["query", "path"])
def test_locust(browser: Browser, install: Install, local_aws: LocalAWS, tmp_path: Path, mode: str) -> None:
    """Its page is as before where it names its build by hand, and comes from the CDN where it asks for the URLs."""
    folder = tmp_path / f"locust-{mode}"
    write_files(folder, {"site_app.py": _LOCUST})
    python = install("locust==2.47.0")
    build = next(python.parent.parent.glob("lib/python*/site-packages/locust/webui/dist/assets"))
    extra = f"assets: {{fingerprint: {mode}, extra: [{{folder: {json.dumps(str(build))}, url: /assets}}]}}\n"
    application = Application(python, folder, local_aws, "site_app:create_named", extra)
    application.run("provision", "--yes")
    application.run("deploy")

    for app, comes_from_the_cdn in (("site_app:create_app", False), ("site_app:create_named", True)):
        with application.serve(app) as host:
            expect_the_views_answers(folder, host)
            visit = Visit(browser, f"http://{host}/")
            assert (visit.problems, [answer.url for answer in visit.responses if not answer.ok]) == ([], [])
            own = [url for url in from_the_app(visit, host) if "/assets/" in url]
            assert (own == []) == comes_from_the_cdn
            assert visit.page.inner_text("body").strip()
            visit.page.close()


def from_the_app(visit: Visit, host: str) -> list[str]:
    """Return what the page loaded from the application itself."""
    return [answer.url for answer in visit.responses if urlsplit(answer.url).netloc == host]
