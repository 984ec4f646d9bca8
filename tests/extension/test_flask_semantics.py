"""What Flask does with endpoints, values, hosts and contexts holds for assets on the CDN too."""

from __future__ import annotations

import asyncio
import traceback
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

import flask
import pytest
from flask import Blueprint, Flask, current_app, redirect, render_template_string
from werkzeug.routing import BuildError, Map, Rule

from flask_cdn_stack import CDN, url_for
from flask_cdn_stack.errors import CDNStackError

from .conftest import ask

if TYPE_CHECKING:
    from pathlib import Path

    from .conftest import MakeApp

OFF = {"CDN_TIMESTAMP": False}
HOST = "http://cdn.example.net"


@pytest.fixture
def shop(make_app: MakeApp) -> Flask:
    """An app whose nested blueprint has a page too."""
    app = make_app()
    app.add_url_rule("/parent/page", "parent.page", lambda: "")
    app.add_url_rule("/parent/child/page", "parent.child.page", lambda: "")
    return app


@pytest.mark.parametrize(
    ("page", "filename", "expected"),
    [
        ("/", "bah.js", "/static/bah.js?t=1400000000"),
        ("/admin/page", "adm.js", "/admin/admin_static/adm.js?t=1500000000"),
        ("/parent/child/page", "kid.js", "/parent/child/child_static/kid.js?t=1500000002"),
    ],
)
def test_relative_endpoints(shop: Flask, page: str, filename: str, expected: str) -> None:
    """A leading dot means the blueprint of the page, a nested one too, and the app where it has none."""
    with shop.test_request_context(page):
        assert [url_for(".static", filename=filename) for _ in range(2)] == [HOST + expected] * 2
        assert flask.url_for(".static", filename=filename) == expected.partition("?")[0]


def test_relative_endpoints_without_files(shop: Flask) -> None:
    """A blueprint without static files has none of its parent's or of the app's; without a page there is none."""
    with shop.test_request_context("/parent/page"), pytest.raises(BuildError, match=r"parent\.static"):
        url_for(".static", filename="bah.js")
    with shop.app_context(), pytest.raises(RuntimeError, match="SERVER_NAME"):
        url_for(".static", filename="bah.js")


@pytest.mark.parametrize("filename", ["../static/bah.js", "../admin_static/adm.js", "..", "."])
def test_names_that_leave_the_folder(shop: Flask, filename: str) -> None:
    """Have Flask's URL, also where they come back to a file that is served."""
    with shop.test_request_context():
        assert url_for("admin.static", filename=filename) == f"/admin/admin_static/{filename}"


def test_errors_that_handlers_take(make_app: MakeApp) -> None:
    """Are handed over once, with the values that Flask has for them, with the override too."""
    seen: dict[str, list[tuple[str, dict[str, Any]]]] = {}
    apps = {"plain": Flask("shop"), "ours": make_app(), "override": make_app(CDN_OVERRIDE_FLASK_URL_FOR=True)}
    for name, app in apps.items():
        calls = seen[name] = []
        handler = lambda error, endpoint, values, calls=calls: calls.append((endpoint, values)) or "handled"  # noqa: E731
        app.url_build_error_handlers.append(handler)
        make = flask.url_for if name == "override" else url_for
        with app.test_request_context():
            assert make("static", _anchor="a", x=1) == "handled"
            assert make("nowhere", filename="bah.js") == "handled"
    assert len(seen["plain"]) == 2
    assert seen["ours"] == seen["override"] == seen["plain"]


@pytest.mark.parametrize(
    ("endpoint", "values"),
    [("static", {"filename": "nope.js"}), ("static", {"filename": None}), ("nowhere", {"filename": "a"})],
)
@pytest.mark.parametrize("base", ["http://localhost", None])
def test_errors_tell_one_thing(make_app: MakeApp, endpoint: str, values: dict[str, str], base: str | None) -> None:
    """An error is shown alone, not as one that came up while another was handled."""
    app = make_app(CDN_STRICT=True, SERVER_NAME="localhost")
    context = app.test_request_context(base_url=base) if base else app.app_context()
    with context, pytest.raises((BuildError, CDNStackError)) as caught:
        url_for(endpoint, **values)
    assert "During handling" not in "".join(traceback.format_exception(caught.value))


def test_static_host(root: Path) -> None:
    """With host_matching the path is that of the rule, whichever host shows the page."""
    app = Flask("shop", root_path=str(root), host_matching=True, static_host="static.example.net:8080")
    app.config.update(CDN_DOMAIN="cdn.example.net")
    app.add_url_rule("/<path:filename>", "media", lambda filename: "", host="media.example.net")
    app.config["CDN_ENDPOINTS"] = ["static", "media"]
    CDN(app)
    for host in ("www.example.net", "static.example.net:8080", "media.example.net"):
        assert ask(app, page=f"http://{host}/") == f"{HOST}/static/bah.js?t=1400000000"
        assert ask(app, "pic.png", "media", f"http://{host}/") == f"{HOST}/pic.png"


@pytest.mark.parametrize("host", ["shop.example", "adm.shop.example", "other.shop.example"])
def test_subdomains(root: Path, host: str) -> None:
    """The subdomain of a blueprint is no part of the path; one with a variable is left to Flask."""
    app = Flask("shop", root_path=str(root), subdomain_matching=True)
    app.config.update(CDN_DOMAIN="cdn.example.net", SERVER_NAME="shop.example")
    for name, subdomain in (("admin", "adm"), ("user", "<user>")):
        folder = {"static_folder": "admin_static", "root_path": str(root)}
        app.register_blueprint(Blueprint(name, "shop", url_prefix=f"/{name}", subdomain=subdomain, **folder))  # type: ignore[arg-type]
    CDN(app)
    with app.test_request_context(base_url=f"http://{host}/"):
        assert url_for("static", filename="bah.js") == f"{HOST}/static/bah.js?t=1400000000"
        assert url_for("admin.static", filename="adm.js") == f"{HOST}/admin/admin_static/adm.js?t=1500000000"
        expected = flask.url_for("user.static", filename="adm.js", user="me")
        assert url_for("user.static", filename="adm.js", user="me") == expected
        assert urlsplit(expected).netloc == "me.shop.example"


def test_where_the_app_is_mounted(make_app: MakeApp) -> None:
    """Neither SCRIPT_NAME nor APPLICATION_ROOT is part of an asset's path; both still are of other URLs."""
    app = make_app(APPLICATION_ROOT="/root", SERVER_NAME="shop.example", PREFERRED_URL_SCHEME="https")
    asset = "://cdn.example.net/static/bah.js?t=1400000000"
    with app.test_request_context(base_url="http://shop.example/sub/"):
        assert [url_for("static", filename="bah.js") for _ in range(2)] == [f"http{asset}"] * 2
        assert url_for("static", filename="nope.js") == "/sub/static/nope.js"
    with app.app_context():
        assert [url_for("static", filename="bah.js") for _ in range(2)] == [f"https{asset}"] * 2
        assert url_for("static", filename="nope.js") == "https://shop.example/root/static/nope.js"
        assert url_for("index") == "https://shop.example/root/"


def test_async_views(make_app: MakeApp) -> None:
    """An async view has the URLs of its own request, after a pause and in tasks too."""
    app = make_app()

    async def build() -> str:
        await asyncio.sleep(0)
        return url_for("static", filename="bah.js")

    @app.get("/async")
    async def page() -> str:
        return " ".join([await build(), *await asyncio.gather(build(), build())])

    for scheme in ("http", "https"):
        urls = app.test_client().get("/async", base_url=f"{scheme}://localhost").text.split()
        assert urls == [f"{scheme}://cdn.example.net/static/bah.js?t=1400000000"] * 3


def test_another_apps_context(make_app: MakeApp) -> None:
    """Within one app's request, the context of another app says whose URLs are built."""
    one, two = make_app(CDN_DOMAIN="one.example"), make_app(CDN_DOMAIN="two.example")
    bare = Flask("bare", static_url_path="/bare")
    hosts = []
    with one.test_request_context():
        for _ in range(2):
            with two.app_context():
                hosts.append(urlsplit(url_for("static", filename="bah.js")).netloc)
            hosts.append(urlsplit(url_for("static", filename="bah.js")).netloc)
            with bare.test_request_context():
                assert url_for("static", filename="bah.js") == "/bare/bah.js"
    assert hosts == ["two.example", "one.example"] * 2


def test_another_url_map(make_app: MakeApp) -> None:
    """Rules that come later count, those of a map that replaces the app's too."""
    app = make_app(CDN_ENDPOINTS=["static", "late"], **OFF)
    assert ask(app) == f"{HOST}/static/bah.js"
    with pytest.raises(BuildError):
        ask(app, "a", "late")
    app.add_url_rule("/late/<path:filename>", "late", build_only=True)
    assert ask(app, "a", "late") == f"{HOST}/late/a"
    app.url_map = Map([Rule("/new/<path:filename>", endpoint="static")])
    CDN.reload(app)
    assert [ask(app), ask(app, "both.js")] == [f"{HOST}/new/bah.js", f"{HOST}/new/both.js"]


@pytest.mark.parametrize(("override", "flasks"), [(True, f"{HOST}/static/bah.js"), (False, "/static/bah.js")])
def test_every_way_to_ask(make_app: MakeApp, override: bool, flasks: str) -> None:
    """Flask's own ways give the CDN's URLs with the override, and only then; ours always does."""
    app = make_app(CDN_OVERRIDE_FLASK_URL_FOR=override, **OFF)
    app.add_url_rule("/ours", "ours", lambda: redirect(url_for("static", filename="bah.js")))
    app.add_url_rule("/flasks", "flasks", lambda: redirect(flask.url_for("static", filename="bah.js")))
    client = app.test_client()
    for _ in range(2):
        assert client.get("/ours").location == f"{HOST}/static/bah.js"
        assert client.get("/flasks").location == flasks
    with app.test_request_context():
        made = (flask.url_for, current_app.url_for, app.url_for)
        assert [make("static", filename="bah.js") for make in made] == [flasks] * 3
        assert [make("index", _external=True, _anchor="a", _scheme="https") for make in made] == [
            "https://localhost/#a"
        ] * 3


def test_keywords(make_app: MakeApp) -> None:
    """The endpoint may be given by name, in templates too, and unpacked values may hold it."""
    app = make_app(CDN_OVERRIDE_FLASK_URL_FOR=True, **OFF)
    call: dict[str, Any] = {"endpoint": "static", "filename": "bah.js"}
    with app.test_request_context():
        for make in (url_for, flask.url_for, app.url_for):
            assert make(**call) == f"{HOST}/static/bah.js"
        assert render_template_string("{{ url_for(**call) }}", call=call) == f"{HOST}/static/bah.js"
        assert render_template_string("{{ url_for(endpoint='index', x=1) }}") == "/?x=1"
