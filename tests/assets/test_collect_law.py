"""The law of naming: what Flask serves at a path is what is published under it."""

from __future__ import annotations

import contextlib
import tempfile
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest
from flask import Blueprint, Flask, url_for
from hypothesis import given, settings
from hypothesis import strategies as st

from flask_cdn_stack.assets.collect import Asset, Selection, collect_assets
from flask_cdn_stack.errors import AssetError
from tests.conftest import write_files

_ODD_NAMES = [
    "a b", "a+b", "a%b", "a%20b", "a%2Fb", "a#b", "a?b", "a&b=c", "über", "u\u0308ber", "日本", "a'b", 'a"b', "a\\b",
    "a:b", "a;b", "a,b", "a|b", "{x}", "<x>", "[1]", "^`~", "$@!*()", " lead", "trail ", "a..", "\u2028", "\xa0", "-",
    "a\tb", "a\x7f\x85",
]  # fmt: skip


def host_of(app: Flask, endpoint: str) -> str:
    """Return the host at which Flask serves an endpoint."""
    rule = next(app.url_map.iter_rules(endpoint))
    if app.url_map.host_matching:
        return rule.host or "localhost"
    return f"{rule.subdomain}.shop.example" if rule.subdomain else app.config["SERVER_NAME"] or "localhost"


def assert_law(app: Flask, folders: dict[str, Path]) -> list[str]:
    """Check every collected asset against Flask's client and its ``url_for``; return the keys."""
    found = collect_assets(app, Selection(hidden=True))
    for asset in found.assets:
        base = f"http://{host_of(app, asset.endpoint)}"
        with app.test_client().get("/" + asset.url_path, base_url=base) as answer:
            assert (answer.status_code, answer.data) == (200, Path(asset.file).read_bytes()), asset
        assert "/" + asset.url_path == _flask_path(app, asset, folders[asset.endpoint], base)
    return [asset.key for asset in found.assets]


def _flask_path(app: Flask, asset: Asset, folder: Path, base: str) -> str:
    with app.test_request_context(base_url=base):
        url = url_for(asset.endpoint, filename=Path(asset.file).relative_to(folder).as_posix(), _external=True)
    return urlsplit(url).path.replace("+", "%2B")


@pytest.mark.parametrize("static_url_path", [None, "", "/assets/", "/ü a+b%20?", "//x"])
def test_odd_names_below_any_path(tmp_path: Path, static_url_path: str | None) -> None:
    """Each is published at the path at which Flask serves it."""
    files = {f"static/{name}.css": name for name in _ODD_NAMES}
    write_files(tmp_path, {**files, "static/a b/über/+.css": "in folders"})
    app = Flask("shop", root_path=str(tmp_path), static_url_path=static_url_path)

    assert len(assert_law(app, {"static": tmp_path / "static"})) == len(files) + 1


@pytest.mark.parametrize(
    ("options", "registration", "key"),
    [
        ({"static_url_path": "/admin-files"}, {}, "admin-files/a.css"),
        ({}, {"url_prefix": "/two"}, "two/static/a.css"),
        ({"url_prefix": "/one"}, {"url_prefix": "/two"}, "two/static/a.css"),
        ({"url_prefix": "/one/", "static_url_path": "/files/"}, {}, "one/files/a.css"),
        ({"url_prefix": "/one", "static_url_path": ""}, {}, "one/a.css"),
    ],
)
def test_where_a_blueprint_gets_its_prefix(
    tmp_path: Path, options: dict[str, Any], registration: dict[str, Any], key: str
) -> None:
    """From its constructor, its registration, or neither."""
    write_files(tmp_path, {"static/a.css": "app", "admin/static/a.css": "admin"})
    app = Flask("shop", root_path=str(tmp_path))
    admin = Blueprint("admin", "admin", root_path=str(tmp_path / "admin"), static_folder="static", **options)
    app.register_blueprint(admin, **registration)

    folders = {"static": tmp_path / "static", "admin.static": tmp_path / "admin/static"}
    assert assert_law(app, folders) == sorted(["static/a.css", key])


def test_a_static_host(tmp_path: Path) -> None:
    """The host is dropped from the key."""
    write_files(tmp_path, {"static/a.css": "app"})
    app = Flask("shop", root_path=str(tmp_path), host_matching=True, static_host="files.example:8080")

    assert assert_law(app, {"static": tmp_path / "static"}) == ["static/a.css"]


def test_a_blueprint_that_no_host_reaches(tmp_path: Path) -> None:
    """With host matching a rule without a host never answers, so its files are not published."""
    write_files(tmp_path, {"static/a.css": "app", "admin/static/b.css": "admin"})
    app = Flask("shop", root_path=str(tmp_path), host_matching=True, static_host="files.example")
    admin = Blueprint("admin", "admin", root_path=str(tmp_path / "admin"), static_folder="static", url_prefix="/admin")
    app.register_blueprint(admin)

    assert assert_law(app, {"static": tmp_path / "static"}) == ["static/a.css"]
    assert collect_assets(app).shadowed == ("admin/static/b.css",)


_SEGMENT = st.text(
    st.characters(exclude_characters="/\ufffe\uffff", exclude_categories=("Cs", "Cc"), include_characters="\t\x7f\x85"),
    min_size=1,
    max_size=12,
)
_SEGMENTS = (st.sampled_from(["static", "a", "b.css", "admin", *_ODD_NAMES]) | _SEGMENT).filter(
    lambda text: text not in (".", "..") and len(text.encode()) <= 60
)
_PATHS = st.lists(_SEGMENTS, min_size=1, max_size=3).map("/".join)
_URL_PATHS = st.sampled_from([None, "", "/", "/static", "/a", "/a/b.css", "/a b", "/admin/"])
_PREFIXES = st.sampled_from([None, "/", "/a", "/admin", "/static", "/ü/x"])


@dataclass(frozen=True)
class Part:
    """The app or a blueprint: its static URL path, its prefix in the constructor and at registration, its files."""

    static_url_path: str | None
    prefix: str | None
    registered: str | None
    names: frozenset[str]


@dataclass(frozen=True)
class Shape:
    """An app with two blueprints, of which the second lies in the first or beside it."""

    app: Part
    one: Part
    two: Part
    nested: bool
    subdomain: str | None

    def build(self, root: Path) -> Flask:
        """Build the app over files that all differ."""
        _write(root, self.app.names)
        app = Flask("shop", root_path=str(root), static_url_path=self.app.static_url_path, subdomain_matching=True)
        app.config["SERVER_NAME"] = "shop.example"
        one = _blueprint("one", self.one, root, self.subdomain)
        two = _blueprint("two", self.two, root, None)
        if self.nested:
            one.register_blueprint(two, **_options(self.two))
        app.register_blueprint(one, **_options(self.one))
        if not self.nested:
            app.register_blueprint(two, **_options(self.two))
        return app


def _blueprint(name: str, part: Part, root: Path, subdomain: str | None) -> Blueprint:
    _write(root / name, part.names)
    urls: dict[str, Any] = {"static_url_path": part.static_url_path, "url_prefix": part.prefix, "subdomain": subdomain}
    return Blueprint(name, name, root_path=str(root / name), static_folder="static", **urls)


def _options(part: Part) -> dict[str, str]:
    return {"url_prefix": part.registered} if part.registered else {}


def _write(root: Path, names: Iterable[str]) -> None:
    for number, name in enumerate(sorted(names)):
        file = root / "static" / name
        try:
            file.parent.mkdir(parents=True, exist_ok=True)
            file.write_bytes(f"{root.name} {number} {name}".encode())
        except OSError:
            continue  # one name is a folder in another


_PARTS = st.builds(Part, _URL_PATHS, _PREFIXES, _PREFIXES, st.frozensets(_PATHS, max_size=3))
_SHAPES = st.builds(Shape, _PARTS, _PARTS, _PARTS, st.booleans(), st.sampled_from([None, "cdn"]))


@settings(max_examples=40)
@given(_SHAPES)
def test_any_app(shape: Shape) -> None:
    """Whatever its prefixes and names: an asset's bytes are those that Flask serves at its path."""
    with tempfile.TemporaryDirectory() as folder:
        app = shape.build(Path(folder))
        owners = {endpoint: app.blueprints.get(endpoint.rpartition(".")[0], app) for endpoint in app.view_functions}
        with contextlib.suppress(AssetError):  # two files for one URL
            assert_law(app, {endpoint: Path(owner.static_folder or "") for endpoint, owner in owners.items()})
