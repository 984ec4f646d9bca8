"""A Content-Security-Policy that names the CDN, from Flask-Talisman and without it, in a browser that enforces it."""

from __future__ import annotations

import importlib.util
from typing import TYPE_CHECKING, Any

import pytest
from flask import Flask

from flask_cdn_stack import CDN
from tests.conftest import forget_modules, require, write_files

from .cdn_site import FONT, PATH, Install, Site
from .documented import read_sample, run_sample

if TYPE_CHECKING:
    from pathlib import Path

    from .conftest import MakeSite, Open, Visit

FILES = {
    "app.css": "html { --used: css }\n",
    "app.js": "globalThis.script = 'script'\n",
    "main.js": "globalThis.module = 'module'\n",
    "pot.svg": "<svg xmlns='http://www.w3.org/2000/svg' width='7' height='7'/>",
    "tea.woff2": FONT,
}
PAGE = """
    <link rel="icon" href="/static/pot.svg">
    <link rel="stylesheet" href="{{ url_for('static', filename='app.css') }}">
    <script src="{{ url_for('static', filename='app.js') }}"></script>
    <script type="module" src="{{ url_for('static', filename='main.js') }}"></script>
    <body data-font="{{ url_for('static', filename='tea.woff2') }}">
    <img src="{{ url_for('static', filename='pot.svg') }}">
"""
_USED = """
    new FontFace("Tea", `url(${document.body.dataset.font})`).load().then(() => true, () => false).then(font => ({
        style: getComputedStyle(document.documentElement).getPropertyValue("--used") == "css",
        script: globalThis.script == "script",
        module: globalThis.module == "module",
        font,
        image: document.images[0].naturalWidth == 7,
    }))
"""
_KINDS = ("style", "script", "module", "font", "image")
EVERYTHING, NOTHING = dict.fromkeys(_KINDS, True), dict.fromkeys(_KINDS, False)


def find_used(visit: Visit) -> dict[str, bool]:
    """Return which kinds of files are in use on the page."""
    used: dict[str, bool] = visit.evaluate(_USED)
    return used


def expect_everything(visit: Visit, site: Site) -> None:
    """Expect that all files are in use, come from the CDN, and that nothing was refused."""
    assert find_used(visit) == EVERYTHING
    assert visit.problems == []
    assert sorted(site.cdn.requests) == sorted(site.target(name) for name in FILES)


@pytest.fixture
def talisman() -> dict[str, Any]:
    """What the documentation's sample for Flask-Talisman defines."""
    require(importlib.util.find_spec("flask_talisman"), "flask-talisman")
    return run_sample("policy.py")


def stay_on_http(talisman: Any) -> Any:
    """Let Flask-Talisman serve pages on loopback as they are asked for."""
    talisman.force_https = talisman.session_cookie_secure = False
    return talisman


def send_policy_of(talisman: dict[str, Any]) -> Install:
    """Return what has the sample send its policy."""
    return lambda site: stay_on_http(talisman["send_policy"](site.app))


@pytest.mark.parametrize("https", [False, None], ids=["http", "scheme of the request"])
def test_talisman_lets_the_cdn_in(
    make_site: MakeSite, visit: Open, talisman: dict[str, Any], https: bool | None
) -> None:
    """With the documentation's sample every kind of file is in use."""
    site = make_site(PAGE, FILES, send_policy_of(talisman), CDN_HTTPS=https, **PATH)
    expect_everything(visit(site.address), site)


def test_without_the_source_nothing_comes_in(make_site: MakeSite, visit: Open, talisman: dict[str, Any]) -> None:
    """With the same policy but for the CDN, the browser refuses every kind of file and does not even ask for it."""

    def leave_out(site: Site) -> None:
        stay_on_http(talisman["Talisman"](site.app, content_security_policy={"default-src": "'self'"}))

    site = make_site(PAGE, FILES, leave_out, **PATH)
    opened = visit(site.address)
    assert find_used(opened) == NOTHING
    opened.wait_for_problems("Content Security Policy")
    assert site.cdn.requests == []


@pytest.mark.parametrize("folder", ["/Shop", "/a;b,c/%C3%A9"])
def test_a_cdn_in_a_folder(make_site: MakeSite, visit: Open, talisman: dict[str, Any], folder: str) -> None:
    """The policy allows what lies in the folder of ``CDN_DOMAIN``, whatever characters it has."""

    def move(site: Site) -> None:
        site.move(folder)
        stay_on_http(talisman["send_policy"](site.app))

    site = make_site(PAGE, FILES, move, **PATH)
    opened = visit(site.address)
    expect_everything(opened, site)
    opened.page.evaluate(f"document.images[0].src = '{site.cdn_address}/static/pot.svg'")
    opened.wait_for_problems("Content Security Policy")


def test_a_policy_made_later(make_site: MakeSite, visit: Open, talisman: dict[str, Any]) -> None:
    """Config that is known after all is read again, and Flask-Talisman is given another policy."""

    def learn_late(site: Site) -> None:
        domain, site.app.config["CDN_DOMAIN"] = site.app.config["CDN_DOMAIN"], None
        sending = stay_on_http(talisman["send_policy"](site.app))
        assert "http" not in str(sending.content_security_policy)
        site.app.config["CDN_DOMAIN"] = domain
        run_sample("later.py", CDN=CDN, app=site.app, talisman=sending, make_policy=talisman["make_policy"])

    site = make_site(PAGE, FILES, learn_late, **PATH)
    expect_everything(visit(site.address), site)


def test_a_policy_for_each_response(make_site: MakeSite, visit: Open) -> None:
    """Made while the response is, the policy names the CDN exactly when URLs do."""
    site = make_site(PAGE, FILES, lambda site: run_sample("each_response.py", CDN=CDN, app=site.app), **PATH)
    assert (
        site.app.test_client().get("/").headers["Content-Security-Policy"] == f"default-src 'self' {site.cdn_address}"
    )
    expect_everything(visit(site.address), site)
    site.app.debug = True
    assert site.app.test_client().get("/").headers["Content-Security-Policy"] == "default-src 'self' "
    site.cdn.requests.clear()
    opened = visit(site.address)
    assert (find_used(opened), opened.problems, site.cdn.requests) == (EVERYTHING, [], [])


def test_a_policy_in_the_template(make_site: MakeSite, visit: Open) -> None:
    """A ``meta`` element with ``cdn_csp_source`` lets the CDN in."""
    site = make_site(read_sample("templates/policy.html") + PAGE, FILES, **PATH)
    expect_everything(visit(site.address), site)


_MODULE_FILES = {"main.js": "import './lib.js'\n", "lib.js": "globalThis.done = true\n", "pot.svg": FILES["pot.svg"]}
_MODULE = """
    <link rel="icon" href="/static/pot.svg">
    <script type="module" src="{{ url_for('static', filename='main.js') }}"></script>
"""


def test_a_nonce_lets_the_import_map_in(make_site: MakeSite, visit: Open, talisman: dict[str, Any]) -> None:
    """With the nonce that Flask-Talisman makes, modules find each other."""
    page = read_sample("nonce=csp_nonce()") + _MODULE
    site = make_site(page, _MODULE_FILES, send_policy_of(talisman), **PATH)
    opened = visit(site.address)
    opened.wait("globalThis.done")
    assert opened.problems == []
    assert site.cdn.requests == [site.target("main.js"), site.target("lib.js")]


def test_without_a_nonce_the_import_map_is_refused(make_site: MakeSite, visit: Open, talisman: dict[str, Any]) -> None:
    """It is an inline script, so the module's neighbour is asked for by its plain name."""
    site = make_site("{{ cdn_importmap() }}" + _MODULE, _MODULE_FILES, send_policy_of(talisman), **PATH)
    visit(site.address).wait_for_problems("Content Security Policy", "404")
    assert site.cdn.requests == [site.target("main.js"), "/static/lib.js"]


def test_the_sample_factory(
    talisman: dict[str, Any], tmp_path: Path, monkeypatch: pytest.MonkeyPatch, request: pytest.FixtureRequest
) -> None:
    """The factory that the documentation shows has a policy with the CDN of its config in it."""
    write_files(tmp_path, {"cdn_config.py": "CDN_DOMAIN = 'd111111abcdef8.cloudfront.net'"})
    monkeypatch.syspath_prepend(tmp_path)
    request.addfinalizer(lambda: forget_modules("cdn_config"))
    forget_modules("cdn_config")
    names = run_sample("def create_app", __name__="shop", Flask=Flask, CDN=CDN, send_policy=talisman["send_policy"])
    header = names["create_app"]().test_client().get("/", base_url="https://localhost").headers
    assert "script-src 'self' d111111abcdef8.cloudfront.net" in header["Content-Security-Policy"]
