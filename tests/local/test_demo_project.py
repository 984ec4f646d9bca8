"""The sample project, as a user would have it."""

from __future__ import annotations

import importlib
import sys
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import unquote

import pytest
from flask import Flask
from flask.testing import FlaskClient

from flask_cdn_stack.local.demo import copy_project
from tests.conftest import forget_modules

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
