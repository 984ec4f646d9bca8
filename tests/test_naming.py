from __future__ import annotations

import pytest
from flask import Blueprint, Flask
from werkzeug.routing import BuildError, Map, Rule

from flask_cdn_stack.naming import (
    asset_key,
    bind_urls,
    build_url_path,
    has_static_rule,
    names_endpoint,
    plain_path,
    version_path,
)


@pytest.mark.parametrize(
    ("endpoint", "names", "expected"),
    [
        ("static", ["static"], True),
        ("admin.static", ["static"], True),
        ("mystatic", ["static"], False),
        ("static.more", ["static"], False),
        ("media", ["static", "media"], True),
        ("admin.static", ["admin.static"], True),
        ("other.static", ["admin.static"], False),
    ],
)
def test_names_endpoint(endpoint: str, names: list[str], expected: bool) -> None:
    """A name stands for the endpoint of that name, in the app and in every blueprint."""
    assert names_endpoint(endpoint, names) is expected


@pytest.mark.parametrize(
    ("rules", "expected"),
    [
        ([Rule("/static/<path:filename>", endpoint="static")], True),
        ([Rule("/static/<filename>", endpoint="static"), Rule("/s/<path:filename>", endpoint="static")], True),
        ([Rule("/<lang>/static/<path:filename>", endpoint="static")], False),
        ([Rule("/<lang>/<path:filename>", endpoint="static"), Rule("/s/<path:filename>", endpoint="static")], False),
        ([Rule("/<path:filename>", endpoint="static", subdomain="<user>")], False),
        ([Rule("/<path:filename>", endpoint="static", defaults={"lang": "en"})], False),
        ([Rule("/other/<path:filename>", endpoint="other")], False),
    ],
)
def test_has_static_rule(rules: list[Rule], expected: bool) -> None:
    """A static rule has its file name as its one variable."""
    assert has_static_rule(Map(rules), "static") is expected


@pytest.mark.parametrize(
    ("values", "expected"),
    [
        ({"filename": "a b/ü.js"}, "/static/a%20b/%C3%BC.js"),
        ({"filename": "a?b#c%20"}, "/static/a%3Fb%23c%2520"),
        ({"filename": "a+.js", "v": "a b", "c": ["1", "2"], "n": None}, "/static/a%2B.js?v=a+b&c=1&c=2"),
    ],
)
def test_build_url_path(values: dict[str, object], expected: str) -> None:
    """The path and query are Flask's own, but for the + in the path."""
    app = Flask("shop")
    assert build_url_path(bind_urls(app.url_map), "static", values) == expected


def test_host_and_mount_point_are_left_out() -> None:
    """Neither the host of a rule nor where the app is mounted is part of the path."""
    app = Flask("shop", host_matching=True, static_host="static.example.net")
    app.config["APPLICATION_ROOT"] = "/mounted"
    assert build_url_path(bind_urls(app.url_map), "static", {"filename": "a.js"}) == "/static/a.js"
    subdomain = Flask("shop", subdomain_matching=True)
    subdomain.register_blueprint(
        Blueprint("admin", "shop", subdomain="adm", url_prefix="/admin", static_folder="files")
    )
    assert build_url_path(bind_urls(subdomain.url_map), "admin.static", {"filename": "a.js"}) == "/admin/files/a.js"


def test_build_error() -> None:
    """What has no rule is werkzeug's own error."""
    with pytest.raises(BuildError):
        build_url_path(bind_urls(Flask("shop").url_map), "static", {})
    with pytest.raises(BuildError):
        build_url_path(bind_urls(Flask("shop").url_map), "nothing", {"filename": "a"})


@pytest.mark.parametrize(
    ("path", "key"),
    [
        ("/static/a%2Bb%20c.js", "static/a+b c.js"),
        ("/static/a+b.js", "static/a+b.js"),
        ("//a.js", "/a.js"),
        ("/a%2525", "a%25"),
    ],
)
def test_asset_key(path: str, key: str) -> None:
    """The key is the path decoded once, without its first slash."""
    assert asset_key(path) == key


@pytest.mark.parametrize(
    "path", ["static/a.min.js", "LICENSE", "a.b/LICENSE", ".well-known/x", "a.", "%C3%BC/a%20b.css"]
)
def test_viewers_ask_for_versions_at_the_plain_path(path: str) -> None:
    """That of any other path is the path itself."""
    assert plain_path(version_path(path, "0123456789abcdef")) == plain_path(path) == path
