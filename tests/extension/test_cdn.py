from __future__ import annotations

import subprocess
import sys
import zipapp
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from threading import Barrier
from typing import TYPE_CHECKING, Any

import pytest
from flask import Flask, render_template, render_template_string, stream_with_context
from jinja2 import DictLoader

import flask_cdn_stack
from flask_cdn_stack import CDN, url_for
from flask_cdn_stack.config_file import ConfigValues, render_python
from flask_cdn_stack.errors import ManifestError, SettingsError
from tests.conftest import write_files

from .conftest import ask

if TYPE_CHECKING:
    from .conftest import MakeApp, ManifestServer

TEMPLATE = "{{ url_for('static', filename='bah.js') }}"
URL = "http://cdn.example.net/static/bah.js?t=1400000000"


@pytest.fixture
def app(make_app: MakeApp) -> Flask:
    return make_app()


@pytest.fixture
def bare(root: Path) -> Flask:
    """An app without a CDN, whose config names one."""
    app = Flask("shop", root_path=str(root))
    app.config["CDN_DOMAIN"] = "cdn.example.net"
    return app


def test_factory(root: Path) -> None:
    """One CDN object serves any number of apps and keeps nothing of them; the apps' config stays as it was."""
    cdn = CDN()
    urls = []
    for domain in ("one.example", "two.example"):
        app = Flask("shop", root_path=str(root))
        before = dict(app.config)
        cdn.init_app(app)
        assert dict(app.config) == before
        app.config["CDN_DOMAIN"] = domain
        urls.append(ask(app))
    assert urls == [URL.replace("cdn.example.net", domain) for domain in ("one.example", "two.example")]
    assert vars(cdn) == {}


def test_second_registration(app: Flask) -> None:
    """A second CDN for one app is refused with a sentence."""
    with pytest.raises(RuntimeError, match="'shop' has a CDN already"):
        CDN(app)


def test_wrong_override_leaves_the_app_alone() -> None:
    """An app whose registration fails can be registered again."""
    app = Flask("shop")
    app.config["CDN_OVERRIDE_FLASK_URL_FOR"] = "perhaps"
    with pytest.raises(SettingsError, match="CDN_OVERRIDE_FLASK_URL_FOR"):
        CDN(app)
    app.config["CDN_OVERRIDE_FLASK_URL_FOR"] = False
    CDN(app)


def test_wrong_value(make_app: MakeApp) -> None:
    """A wrong value is reported at each URL until it is corrected, ordinary pages included."""
    app = make_app(CDN_DOMAIN="cdn example")
    with app.test_request_context():
        for endpoint, values in [("static", {"filename": "bah.js"}), ("index", {}), ("index", {})]:
            with pytest.raises(SettingsError, match="CDN_DOMAIN"):
                url_for(endpoint, **values)
        app.config["CDN_DOMAIN"] = "cdn.example.net"
        assert url_for("static", filename="bah.js") == URL


def test_late_config(bare: Flask) -> None:
    """Config set after init_app counts until the first URL, and later only after reload."""
    del bare.config["CDN_DOMAIN"]
    CDN(bare)
    bare.config["CDN_DOMAIN"] = "cdn.example.net"
    assert ask(bare) == URL
    bare.config["CDN_DOMAIN"] = "late.example"
    assert ask(bare) == URL
    assert ask(bare, "both.js").startswith("http://cdn.example.net/")
    CDN.reload(bare)
    assert ask(bare).startswith("http://late.example/")


def test_jinja_environment_is_not_created(bare: Flask) -> None:
    """Options and globals set after init_app still count, and templates have our url_for."""
    CDN(bare)
    assert "jinja_env" not in vars(bare)
    bare.jinja_options = {"variable_start_string": "[[", "variable_end_string": "]]"}
    with bare.test_request_context():
        assert render_template_string("[[ url_for('static', filename='bah.js') ]]") == URL


def test_existing_jinja_environment(bare: Flask) -> None:
    """An environment that exists already gets our url_for, for templates compiled before too."""
    bare.jinja_env.loader = DictLoader({"page.html": TEMPLATE})
    for expected in ("/static/bah.js", URL):
        with bare.test_request_context():
            assert render_template("page.html") == expected
        if expected != URL:
            CDN(bare)


@pytest.mark.parametrize("override", [True, False])
def test_templates(make_app: MakeApp, override: bool) -> None:
    """In a template _scheme=None means a URL without scheme, with the override too; & is escaped once."""
    with make_app(CDN_OVERRIDE_FLASK_URL_FOR=override).test_request_context():
        page = render_template_string(
            "{{ url_for('static', filename='bah.js', v=2) }} {{ url_for('static', filename='bah.js', _scheme=None) }}"
            " {{ url_for('index') }}"
        )
    assert page == f"{URL.replace('?', '?v=2&amp;')} {URL.removeprefix('http:')} /"


@pytest.mark.parametrize("keep", [True, False])
def test_streaming(app: Flask, keep: bool) -> None:
    """A streamed template has the CDN's URLs, with the request's scheme where the context is kept."""

    def stream() -> Iterator[str]:
        yield "start "
        yield app.jinja_env.from_string(TEMPLATE).render()

    app.add_url_rule(
        "/stream", "stream", lambda: app.response_class(stream_with_context(stream()) if keep else stream())
    )
    response = app.test_client().get("/stream", base_url="https://localhost")
    assert response.text == f"start {URL.replace('http:', 'https:') if keep else URL}"


def test_error_page(app: Flask) -> None:
    """The page of an error outside every route has the CDN's URLs."""
    app.register_error_handler(404, lambda error: render_template_string(TEMPLATE))
    assert app.test_client().get("/no/such/page").text == URL


def test_without_context() -> None:
    """Without an application context the error says what to do."""
    with pytest.raises(RuntimeError, match=r"with app\.app_context\(\)"):
        url_for("static", filename="bah.js")


def test_without_cdn(bare: Flask) -> None:
    """In an app without a CDN, url_for is Flask's own and reload refuses."""
    assert ask(bare, _anchor="x") == "/static/bah.js#x"
    assert ask(bare, _external=True) == "http://localhost/static/bah.js"
    for call in (CDN.reload, CDN.csp_source):
        with pytest.raises(RuntimeError, match="'shop' has no CDN"):
            call(bare)


def test_subclass_with_its_own_url_for(root: Path) -> None:
    """An app class that builds URLs itself keeps doing so for what is not on the CDN."""

    class Shop(Flask):
        def url_for(self, /, endpoint: str, **values: Any) -> str:
            return "shop:" + super().url_for(endpoint, **values)

    app = Shop("shop", root_path=str(root))
    app.config.update(CDN_DOMAIN="cdn.example.net", CDN_OVERRIDE_FLASK_URL_FOR=True)
    CDN(app)
    assert [ask(app, "nope.js"), ask(app)] == ["shop:/static/nope.js", URL]


def test_rule_variables_of_any_name(make_app: MakeApp) -> None:
    """Rules may have variables that are called as Python's own arguments are."""
    app = make_app(CDN_OVERRIDE_FLASK_URL_FOR=True)
    app.add_url_rule("/<app>/<values>", "odd", lambda **values: "")
    with app.test_request_context():
        assert render_template_string("{{ url_for('odd', app=2, values=3) }}") == "/2/3"


def test_reload_keeps_the_state_on_errors(make_app: MakeApp, root: Path) -> None:
    """A reload that fails leaves the app with what it had."""
    (root / "m.txt").write_text("abc  static/bah.js\n")
    app = make_app(CDN_MANIFEST=True, CDN_MANIFEST_URL="m.txt", CDN_STRICT=True)
    expected = "http://cdn.example.net/static/bah.js?c=abc"
    assert ask(app) == expected
    (root / "m.txt").unlink()
    with pytest.raises(ManifestError):
        CDN.reload(app)
    assert ask(app) == expected
    app.config["CDN_HTTPS"] = "perhaps"
    with pytest.raises(SettingsError):
        CDN.reload(app)
    assert ask(app) == expected


def test_reload_forgets(make_app: MakeApp, root: Path, caplog: pytest.LogCaptureFixture) -> None:
    """After a reload no URL of the old manifest is given, and missing assets are logged again."""
    app = make_app(CDN_MANIFEST=True, CDN_MANIFEST_URL="m.txt")
    for checksum in ("abc", "def"):
        (root / "m.txt").write_text(f"{checksum}  static/bah.js\n")
        CDN.reload(app)
        for _ in range(2):
            assert ask(app).endswith(f"?c={checksum}")
            assert ask(app, "nope.js") == "/static/nope.js"
    assert len(caplog.records) == 2


@pytest.mark.parametrize(
    ("status", "logged", "expected"),
    [(200, 0, {f"http://cdn.example.net/static/{end}" for end in ("bah.js?c=abc", "both.js?c=def")}), (503, 1, None)],
)
def test_threads_at_the_first_url(
    make_app: MakeApp,
    server: ManifestServer,
    caplog: pytest.LogCaptureFixture,
    status: int,
    logged: int,
    expected: set[str] | None,
) -> None:
    """Many threads fetch one manifest and all get its URLs, or log once that it is missing."""
    url = server.add("/m", b"abc  static/bah.js\ndef  static/both.js\n", status)
    app = make_app(CDN_MANIFEST=True, CDN_MANIFEST_URL=url)
    start = Barrier(16)

    def work(number: int) -> set[str]:
        start.wait(10)
        return {ask(app, name) for name in ("bah.js", "both.js") for _ in range(20)}

    with ThreadPoolExecutor(16) as pool:
        results = list(pool.map(work, range(16)))
    assert (server.requests, len(caplog.records)) == (["/m"], logged)
    assert results == [expected or {"/static/bah.js", "/static/both.js"}] * 16


GENERATED = """\
import sys
from flask import Flask
from flask_cdn_stack import CDN, url_for

app = Flask("shop", root_path=sys.argv[2])
if sys.argv[1] == "object":
    app.config.from_object("cdn_config")
elif sys.argv[1] == "pyfile":
    app.config.from_pyfile(sys.argv[3])
else:
    import cdn_config
    import os
    os.chdir("/")
    app.config.from_object(cdn_config)
CDN(app)
with app.test_request_context():
    print(url_for("static", filename="bah.js"))
"""


@pytest.mark.parametrize(("way", "archived"), [("object", False), ("pyfile", False), ("import", True)])
def test_generated_config(root: Path, tmp_path: Path, way: str, archived: bool) -> None:
    """The generated file finds the manifest beside itself however it is loaded, in a zip archive too."""
    config = render_python(ConfigValues("cdn.example.net", https=True, manifest="cdn_manifest.txt"))
    files = {
        "__main__.py": GENERATED,
        "cdn_config.py": config,
        "cdn_manifest.txt": "# flask-cdn-stack manifest\nabc  static/bah.js\n",
    }
    target = tmp_path / "project"
    write_files(target, files)
    if archived:
        target = tmp_path / "shop.pyz"
        zipapp.create_archive(tmp_path / "project", target)
    done = subprocess.run(
        [sys.executable, str(target), way, str(root), str(target / "cdn_config.py")],
        cwd=tmp_path,
        capture_output=True,
        text=True,
        check=True,
        env={"PYTHONPATH": str(Path(flask_cdn_stack.__file__).parent.parent)},
    )
    assert done.stdout == "https://cdn.example.net/static/bah.js?c=abc\n"
