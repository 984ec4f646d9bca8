"""The pytest plugin for users' suites."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from flask import Flask

from flask_cdn_stack import CDN
from flask_cdn_stack.local.launcher import LocalAWS
from flask_cdn_stack.settings.load import load_project
from flask_cdn_stack.testing.deployed import DeployedApp, LocalStack
from tests.conftest import ROOT, Program, program_environment, write_files
from tests.test_docs import read_blocks

pytest_plugins = ["pytester"]

_PAGES = {
    "/right/": '<link rel="stylesheet" href="{}"><script src="/static/sw.js"></script>',
    "/own/": '{}<img src="/static/logo.svg">',
    "/absent/": '{}<img src="//{host}/static/absent.svg">',
    "/earlier/": '{}<img src="//{host}/static/logo.svg?c=0000">',
    "/broken/": '{}<img src="/nowhere.svg">',
    "/none/": "<p>Tea</p>",
}


@pytest.fixture(scope="module")
def shop(local_aws: LocalAWS, tmp_path_factory: pytest.TempPathFactory) -> Iterator[DeployedApp]:
    """A shop with a right page and wrong ones, deployed."""
    folder = tmp_path_factory.mktemp("tested") / "shop"
    write_files(
        folder,
        {
            "static/app.css": "body {}\n",
            "static/logo.svg": "<svg></svg>\n",
            "static/sw.js": "",
            "flask-cdn-stack.yml": "",
        },
    )
    app = Flask("shop", root_path=str(folder))
    CDN(app)
    for path, text in _PAGES.items():
        app.add_url_rule(path, path, lambda text=text: _write_page(app, text))
    with LocalStack(local_aws.endpoint_url, load_project(folder)).deployed(app) as deployed:
        yield deployed
    with app.test_request_context():
        assert app.jinja_env.globals["url_for"]("static", filename="app.css") == "/static/app.css"  # type: ignore[operator]


def _write_page(app: Flask, text: str) -> str:
    url = app.jinja_env.globals["url_for"]("static", filename="app.css")  # type: ignore[operator]
    return text.format(url, host=app.config["CDN_DOMAIN"])


def test_a_right_page(shop: DeployedApp) -> None:
    """It names what was published, and leaves with the app what browsers take from there; the CDN has the bytes."""
    shop.assert_published("/right/")
    sheet = next(url for url in shop.urls if "app.css" in url)
    assert shop.get(sheet).body == b"body {}\n"


@pytest.mark.parametrize(
    ("path", "problem"),
    [
        ("/own/", "logo.svg: is the app's own URL"),
        ("/absent/", "absent.svg: is not published"),
        ("/earlier/", "logo.svg?c=0000: has another checksum"),
        ("/broken/", "nowhere.svg: answers 404"),
        ("/none/", "no page names a URL of the CDN"),
        ("/gone/", "it answers 404"),
    ],
)
def test_wrong_pages(shop: DeployedApp, path: str, problem: str) -> None:
    """Each is refused, with page, URL and what is wrong."""
    with pytest.raises(AssertionError) as raised:
        shop.assert_published(path)
    assert problem in str(raised.value)
    assert path in str(raised.value)


def test_the_documented_suite(pytester: pytest.Pytester) -> None:
    """The example of the page runs as it stands: its page names what is published, and the CDN has it."""
    blocks = {block.caption: block.text for block in read_blocks(ROOT / "docs" / "how-to" / "testing.rst")}
    files = {name: text for name, text in blocks.items() if name.endswith((".py", ".yml"))}
    write_files(pytester.path, {**files, "shop/static/app.css": "body {}\n"})

    pytester.runpytest_subprocess("-q").assert_outcomes(passed=2)

    assert {path.name for path in pytester.path.glob("cdn_*")} == set()


def test_loading_it_costs_nothing(tmp_path: Path) -> None:
    """Nothing but pytest and the standard library is imported before a fixture is asked for."""
    code = (
        "import pytest, sys; before = {*sys.modules}; import flask_cdn_stack.testing; print(*{*sys.modules} - before)"
    )
    result = Program(tmp_path, program_environment(None)).run_python("-c", code)
    loaded = {name for name in result.stdout.split() if name.partition(".")[0] not in sys.stdlib_module_names}
    assert loaded == {"flask_cdn_stack", "flask_cdn_stack.testing"}, result.stderr
