"""Which paths an app's static files have."""

from __future__ import annotations

from typing import Any

import pytest
from flask import Blueprint, Flask

from flask_cdn_stack.assets.static_paths import find_static_paths
from flask_cdn_stack.errors import SettingsError


def make_app(*blueprints: Blueprint, **options: Any) -> Flask:
    """Return an app with blueprints."""
    app = Flask("shop", **options)
    for blueprint in blueprints:
        app.register_blueprint(blueprint)
    return app


def nested() -> Blueprint:
    """Return a blueprint that holds another one, each with files."""
    outer = Blueprint("outer", "shop", url_prefix="/outer", static_folder="s")
    outer.register_blueprint(Blueprint("inner", "shop", url_prefix="/inner", static_folder="s", static_url_path="/x"))
    return outer


@pytest.mark.parametrize(
    ("app", "paths"),
    [
        (make_app(), ("/static/*",)),
        (make_app(static_url_path="/a b"), ("/a%20b/*",)),
        (make_app(Blueprint("admin", "shop", url_prefix="/admin", static_folder="s", static_url_path="/")),
         ("/admin/*", "/static/*")),
        (make_app(nested()), ("/outer/inner/x/*", "/outer/s/*", "/static/*")),
        (make_app(Blueprint("sub", "shop", static_folder="s", static_url_path="/static/sub")), ("/static/*",)),
        (make_app(Blueprint("user", "shop", url_prefix="/<name>", static_folder="s")), ("/static/*",)),
        (make_app(Blueprint("admin", "shop", url_prefix="/admin", static_folder="s"), static_folder=None),
         ("/admin/s/*",)),
    ],
)  # fmt: skip
def test_paths(app: Flask, paths: tuple[str, ...]) -> None:
    """One pattern for each static rule of which the file name is the only variable, unless another covers it."""
    assert find_static_paths(app) == paths


@pytest.mark.parametrize(
    ("app", "words"),
    [
        (make_app(static_url_path=""), "the endpoint static serves its files from /"),
        (make_app(static_folder=None), "no static files"),
    ],
)
def test_what_cannot_be_told(app: Flask, words: str) -> None:
    """Is refused, with the key that says it instead."""
    with pytest.raises(SettingsError, match=words) as caught:
        find_static_paths(app)

    assert caught.value.message.startswith("app_origin.paths: ")
    assert "app_origin.paths" in caught.value.hint
