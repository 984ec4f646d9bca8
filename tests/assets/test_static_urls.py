"""The URLs of static files are those of Flask's own map, whatever else the map has."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from flask import Flask
from hypothesis import given
from hypothesis import strategies as st
from werkzeug.exceptions import HTTPException
from werkzeug.routing import PathConverter, Rule

from flask_cdn_stack.assets.static_urls import StaticURLs

#: What an app may have beside its static rule.
ROUTES = (
    "/", "/about", "/static", "/static/about.css", "/static/<name>", "/static/css/<name>", "/static<path:rest>",
    "/<path:rest>", "/<name>", "/st<path:rest>", "/<name>/about.css", "/stat", "//static/a.css", "/static/css/",
    "/<any(static, files):folder>/<name>", "/css/<path:rest>", "/files/<path:rest>",
)  # fmt: skip

NAMES = st.lists(
    st.sampled_from(["a", "css", "about.css", "a.css", "A~-_.9", "a b", "a+b", "é", "%41", "a?b", "a#b", "a&b", "~"]),
    min_size=1,
    max_size=3,
).map("/".join)


def make_app(*routes: str, **options: Any) -> Flask:
    app = Flask("shop", **options)
    for number, route in enumerate(routes):
        app.add_url_rule(route, f"view{number}", lambda **values: "")
    return app


def ask_flask(app: Flask, name: str) -> tuple[str, bool]:
    """Return a file's path and whether the static endpoint serves it, from Flask alone."""
    with app.test_request_context():
        path = app.url_for("static", filename=name)
    urls = app.url_map.bind("localhost")
    try:
        served = urls.match(f"{app.static_url_path}/{name}", method="GET")
    except HTTPException:
        return path, False
    return path, served == ("static", {"filename": name})


def ask_ours(app: Flask, name: str) -> tuple[str, bool]:
    urls = StaticURLs(app, "static")
    return "/" + urls.build(name).replace("%2B", "+"), urls.serves(f"{app.static_url_path}/{name}".lstrip("/"), name)


@given(st.lists(st.sampled_from(ROUTES), max_size=3, unique=True), NAMES, st.sampled_from([None, "", "/files", "/a/b"]))
def test_flask_says_the_same(routes: list[str], name: str, static_url_path: str | None) -> None:
    """For any file among any other routes."""
    app = make_app(*routes, static_url_path=static_url_path)

    assert ask_ours(app, name) == ask_flask(app, name)


class Upper(PathConverter):
    """Writes a file's name in capitals."""

    def to_url(self, value: str) -> str:
        return super().to_url(value).upper()


def add_rule(app: Flask, rule: str, **options: Any) -> Flask:
    app.add_url_rule(rule, "static", **options)
    return app


def use_converter(app: Flask) -> Flask:
    app.url_map.converters["path"] = Upper
    return add_rule(app, "/static/<path:filename>")


@pytest.mark.parametrize(
    "change",
    [
        lambda app: add_rule(app, "/static/<path:filename>", methods=["POST"]),
        lambda app: add_rule(app, "/static/<path:filename>", build_only=True),
        lambda app: add_rule(app, "/static/<path:filename>", redirect_to="/elsewhere"),
        lambda app: add_rule(app, "/static/<filename>"),
        lambda app: add_rule(app, "/static/<path:filename>/raw"),
        lambda app: add_rule(add_rule(app, "/old/<path:filename>"), "/static/<path:filename>"),
        use_converter,
    ],
    ids=["POST", "build only", "redirect", "no slashes", "suffix", "two rules", "converter"],
)
def test_rules_that_only_look_like_flasks(change: Callable[[Flask], Flask]) -> None:
    """Are left to Flask's map."""
    app = change(Flask("shop", static_folder=None))
    app.static_folder = "static"
    for name in ("a.css", "css/a.css"):
        try:
            expected = ask_flask(app, name)
        except Exception as error:  # what Flask cannot build, we cannot
            with pytest.raises(type(error)):
                ask_ours(app, name)
        else:
            assert ask_ours(app, name) == expected


class DatedRule(Rule):
    """Adds a query to every URL."""

    def build(self, values: Any, append_unknown: bool = True) -> Any:
        built = super().build(values, append_unknown)
        return built and (built[0], built[1] + "?v=1")


class DatedFlask(Flask):
    url_rule_class = DatedRule


def test_rules_of_the_apps_own() -> None:
    """Are asked for every name."""
    app = DatedFlask("shop")

    assert ask_ours(app, "a.css") == ("/static/a.css?v=1", True)
    assert ask_flask(app, "a.css") == ("/static/a.css?v=1", True)


def test_an_app_below_a_subdomain() -> None:
    """Flask serves nothing at a rule without one then."""
    app = make_app()
    app.url_map.default_subdomain = "www"

    assert not StaticURLs(app, "static").serves("static/a.css", "a.css")


def test_the_map_is_not_asked_for_plain_names(monkeypatch: pytest.MonkeyPatch) -> None:
    """That is what makes it quick."""
    urls = StaticURLs(make_app("/", "/about", "/shop/<name>"), "static")
    monkeypatch.delattr(urls, "_urls")
    monkeypatch.delattr(urls, "_requests")

    assert urls.build("css/a-1.css") == "static/css/a-1.css"
    assert urls.serves("static/css/a-1.css", "css/a-1.css")
    with pytest.raises(AttributeError):
        urls.build("css/a 1.css")
