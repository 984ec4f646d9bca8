from __future__ import annotations

import subprocess
import sys
import zipfile
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from threading import Barrier
from typing import TYPE_CHECKING, Any

import pytest
from flask import Flask, get_template_attribute, render_template, render_template_string, stream_with_context
from jinja2 import DictLoader

import flask_cdn_stack
from flask_cdn_stack import CDN, url_for
from flask_cdn_stack.config_file import ConfigValues, render_python
from flask_cdn_stack.errors import ManifestError, SettingsError

if TYPE_CHECKING:
    from .conftest import MakeApp, ManifestServer

TEMPLATE = "{{ url_for('static', filename='bah.js') }}"
URL = "http://cdn.example.net/static/bah.js?t=1400000000"


@pytest.fixture
def app(make_app: MakeApp) -> Flask:
    return make_app()


def test_factory(root: Path) -> None:
    """One CDN object serves any number of apps and keeps nothing of them."""
    cdn = CDN()
    urls = []
    for domain in ("one.example", "two.example"):
        app = Flask("shop", root_path=str(root))
        cdn.init_app(app)
        app.config["CDN_DOMAIN"] = domain
        with app.test_request_context():
            urls.append(render_template_string(TEMPLATE))
    assert urls == [URL.replace("cdn.example.net", domain) for domain in ("one.example", "two.example")]
    assert vars(cdn) == {}


def test_two_apps_at_once(make_app: MakeApp) -> None:
    """Apps in one process have their own config, manifest and memory, also one within the other."""
    one, two = make_app(CDN_DOMAIN="one.example"), make_app(CDN_DOMAIN="two.example", CDN_TIMESTAMP=False)
    with one.test_request_context():
        for _ in range(2):
            assert url_for("static", filename="bah.js") == "http://one.example/static/bah.js?t=1400000000"
            with two.test_request_context():
                assert url_for("static", filename="bah.js") == "http://two.example/static/bah.js"


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


def test_config_is_not_touched(root: Path) -> None:
    """Defaults are not written into the app's config."""
    app = Flask("shop", root_path=str(root))
    before = dict(app.config)
    CDN(app)
    with app.test_request_context():
        url_for("static", filename="bah.js")
    assert dict(app.config) == before


def test_late_config(root: Path) -> None:
    """Config set after init_app counts until the first URL, and later only after reload."""
    app = Flask("shop", root_path=str(root))
    CDN(app)
    app.config["CDN_DOMAIN"] = "cdn.example.net"
    with app.test_request_context():
        assert url_for("static", filename="bah.js") == URL
        app.config["CDN_DOMAIN"] = "late.example"
        assert url_for("static", filename="bah.js") == URL
        assert url_for("static", filename="both.js").startswith("http://cdn.example.net/")
        CDN.reload(app)
        assert url_for("static", filename="bah.js").startswith("http://late.example/")


def test_jinja_environment_is_not_created(root: Path) -> None:
    """Options and globals set after init_app still count, and templates have our url_for."""
    app = Flask("shop", root_path=str(root))
    app.config["CDN_DOMAIN"] = "cdn.example.net"
    CDN(app)
    assert "jinja_env" not in vars(app)
    app.jinja_options = {"variable_start_string": "[[", "variable_end_string": "]]"}
    with app.test_request_context():
        assert render_template_string("[[ url_for('static', filename='bah.js') ]]") == URL


def test_existing_jinja_environment(root: Path) -> None:
    """An environment that exists already gets our url_for, for templates compiled before too."""
    app = Flask("shop", root_path=str(root))
    app.config["CDN_DOMAIN"] = "cdn.example.net"
    app.jinja_env.loader = DictLoader({"page.html": TEMPLATE})
    with app.test_request_context():
        assert render_template("page.html") == "/static/bah.js"
    CDN(app)
    with app.test_request_context():
        assert render_template("page.html") == URL


@pytest.mark.parametrize("override", [True, False])
def test_templates(make_app: MakeApp, override: bool) -> None:
    """In a template _scheme=None means a URL without scheme, with the override too; & is escaped once."""
    app = make_app(CDN_OVERRIDE_FLASK_URL_FOR=override)
    with app.test_request_context():
        page = render_template_string(
            "{{ url_for('static', filename='bah.js', v=2) }} {{ url_for('static', filename='bah.js', _scheme=None) }}"
            " {{ url_for('index') }}"
        )
    expected = f"{URL.replace('?', '?v=2&amp;')} {URL.removeprefix('http:')} /"
    assert page == expected


def test_macro_without_context(app: Flask) -> None:
    """A macro imported without context has our url_for."""
    app.jinja_env.loader = DictLoader(
        {
            "macros.html": "{% macro script(name) %}{{ url_for('static', filename=name) }}{% endmacro %}",
            "page.html": "{% from 'macros.html' import script %}{{ script('bah.js') }}",
        }
    )
    with app.test_request_context():
        assert render_template("page.html") == URL
        assert get_template_attribute("macros.html", "script")("bah.js") == URL


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


def test_without_cdn(root: Path) -> None:
    """In an app without a CDN, url_for is Flask's own and reload refuses."""
    app = Flask("shop", root_path=str(root))
    with app.test_request_context():
        assert url_for("static", filename="bah.js", _anchor="x") == "/static/bah.js#x"
        assert url_for("static", filename="bah.js", _external=True) == "http://localhost/static/bah.js"
    with pytest.raises(RuntimeError, match="'shop' has no CDN"):
        CDN.reload(app)


def test_subclass_with_its_own_url_for(root: Path) -> None:
    """An app class that builds URLs itself keeps doing so for what is not on the CDN."""

    class Shop(Flask):
        def url_for(self, /, endpoint: str, **values: Any) -> str:
            return "shop:" + super().url_for(endpoint, **values)

    app = Shop("shop", root_path=str(root))
    app.config.update(CDN_DOMAIN="cdn.example.net", CDN_OVERRIDE_FLASK_URL_FOR=True)
    CDN(app)
    with app.test_request_context():
        assert url_for("static", filename="nope.js") == "shop:/static/nope.js"
        assert url_for("static", filename="bah.js") == URL


def test_rule_variables_of_any_name(make_app: MakeApp) -> None:
    """Rules may have variables that are called as Python's own arguments are."""
    app = make_app(CDN_OVERRIDE_FLASK_URL_FOR=True)
    app.add_url_rule("/<app>/<values>", "odd", lambda **values: "")
    with app.test_request_context():
        assert render_template_string("{{ url_for('odd', app=2, values=3) }}") == "/2/3"
        assert url_for(endpoint="static", filename="bah.js") == URL


def test_reload_keeps_the_state_on_errors(make_app: MakeApp, root: Path) -> None:
    """A reload that fails leaves the app with what it had."""
    (root / "m.txt").write_text("abc  static/bah.js\n")
    app = make_app(CDN_MANIFEST=True, CDN_MANIFEST_URL="m.txt", CDN_STRICT=True)
    expected = "http://cdn.example.net/static/bah.js?c=abc"
    with app.test_request_context():
        assert url_for("static", filename="bah.js") == expected
        (root / "m.txt").unlink()
        with pytest.raises(ManifestError):
            CDN.reload(app)
        assert url_for("static", filename="bah.js") == expected
        app.config["CDN_HTTPS"] = "perhaps"
        with pytest.raises(SettingsError):
            CDN.reload(app)
        assert url_for("static", filename="bah.js") == expected


def test_reload_forgets(make_app: MakeApp, root: Path, caplog: pytest.LogCaptureFixture) -> None:
    """After a reload no URL of the old manifest is given, and missing assets are logged again."""
    (root / "m.txt").write_text("abc  static/bah.js\n")
    app = make_app(CDN_MANIFEST=True, CDN_MANIFEST_URL="m.txt")
    with app.test_request_context():
        for checksum in ("abc", "def"):
            (root / "m.txt").write_text(f"{checksum}  static/bah.js\n")
            CDN.reload(app)
            for _ in range(2):
                assert url_for("static", filename="bah.js").endswith(f"?c={checksum}")
                assert url_for("static", filename="nope.js") == "/static/nope.js"
    assert len(caplog.records) == 2


def test_threads_read_the_manifest_once(make_app: MakeApp, server: ManifestServer) -> None:
    """Many threads at the first URL fetch one manifest and all get its URLs."""
    url = server.add("/m", b"abc  static/bah.js\ndef  static/both.js\n")
    app = make_app(CDN_MANIFEST=True, CDN_MANIFEST_URL=url)
    start = Barrier(16)

    def work(number: int) -> set[str]:
        start.wait(10)
        with app.test_request_context():
            return {url_for("static", filename=name) for name in ("bah.js", "both.js") for _ in range(50)}

    with ThreadPoolExecutor(16) as pool:
        results = list(pool.map(work, range(16)))
    assert server.requests == ["/m"]
    assert results == [{f"http://cdn.example.net/static/{end}" for end in ("bah.js?c=abc", "both.js?c=def")}] * 16


def test_threads_log_a_dead_manifest_once(
    make_app: MakeApp, server: ManifestServer, caplog: pytest.LogCaptureFixture
) -> None:
    """Many threads at the first URL log one missing manifest."""
    app = make_app(CDN_MANIFEST=True, CDN_MANIFEST_URL=server.add("/m", b"", 503))
    start = Barrier(16)

    def work(_: int) -> str:
        start.wait(10)
        with app.test_request_context():
            return url_for("static", filename="bah.js")

    with ThreadPoolExecutor(16) as pool:
        assert set(pool.map(work, range(16))) == {"/static/bah.js"}
    assert (len(server.requests), len(caplog.records)) == (1, 1)


def test_threads_reload(make_app: MakeApp, root: Path) -> None:
    """While one thread reloads, every URL is whole: the old one or the new one."""
    (root / "m.txt").write_text("abc  static/bah.js\n")
    app = make_app(CDN_MANIFEST=True, CDN_MANIFEST_URL="m.txt", CDN_STRICT=True)

    def work(_: int) -> set[str]:
        with app.test_request_context():
            return {url_for("static", filename="bah.js") for _ in range(2000)}

    def reload() -> None:
        for number in range(50):
            app.config.update(CDN_DOMAIN=f"cdn{number % 2}.example.net", CDN_VERSION=number % 2)
            CDN.reload(app)

    reload()
    with ThreadPoolExecutor(9) as pool:
        reloading = pool.submit(reload)
        results = set[str]().union(*pool.map(work, range(8)))
        reloading.result()
    assert results <= {f"http://cdn{n}.example.net/static/bah.js?c=abc&v={n}" for n in (0, 1)}


def load(program: str) -> set[str]:
    """Run a program in a fresh interpreter and return the modules that it prints."""
    folder = Path(flask_cdn_stack.__file__).parent.parent
    command = [sys.executable, "-c", program]
    return set(subprocess.run(command, cwd=folder, capture_output=True, text=True, check=True).stdout.split())


def test_what_is_loaded() -> None:
    """A web server that uses the extension loads nothing heavy, and no network code before it is needed."""
    loaded = load("import flask_cdn_stack, sys; flask_cdn_stack.CDN; print(*sys.modules)")
    heavy = {"boto3", "botocore", "obstore", "troposphere", "yaml", "msgspec", "pydantic", "rich", "urllib.request"}
    assert "flask_cdn_stack.extension.urls" in loaded
    assert heavy & loaded == heavy & load("import flask, sys; print(*sys.modules)")


def test_what_is_loaded_beside_flask() -> None:
    """Beside Flask, the extension loads the standard library and a few rooms of this package only."""
    loaded = load(
        "import flask, sys; before = set(sys.modules); import flask_cdn_stack; flask_cdn_stack.CDN;"
        "print(*sorted(set(sys.modules) - before))"
    )
    own = {name for name in loaded if name.startswith("flask_cdn_stack")}
    rooms = {name.split(".")[1] for name in own if "." in name}
    assert {name.partition(".")[0] for name in loaded - own} <= sys.stdlib_module_names
    assert rooms == {"errors", "naming", "manifest", "domain", "config_keys", "regular_files", "extension"}


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


@pytest.mark.parametrize(
    ("way", "archived"),
    [("object", False), ("pyfile", False), ("import", False), ("object", True), ("import", True)],
)
def test_generated_config(root: Path, tmp_path: Path, way: str, archived: bool) -> None:
    """The generated file finds the manifest beside itself however it is loaded, in a zip archive too."""
    config = render_python(ConfigValues("cdn.example.net", https=True, manifest="cdn_manifest.txt"))
    files = {
        "__main__.py": GENERATED,
        "cdn_config.py": config,
        "cdn_manifest.txt": "# flask-cdn-stack manifest\nabc  static/bah.js\n",
    }
    target = _write_archive(tmp_path, files) if archived else _write_folder(tmp_path, files)
    done = subprocess.run(
        [sys.executable, str(target), way, str(root), str(target / "cdn_config.py")],
        cwd=tmp_path,
        capture_output=True,
        text=True,
        check=True,
        env={"PYTHONPATH": str(Path(flask_cdn_stack.__file__).parent.parent)},
    )
    assert done.stdout == "https://cdn.example.net/static/bah.js?c=abc\n"


def _write_folder(parent: Path, files: dict[str, str]) -> Path:
    folder = parent / "project"
    folder.mkdir()
    for name, text in files.items():
        (folder / name).write_text(text)
    return folder


def _write_archive(parent: Path, files: dict[str, str]) -> Path:
    with zipfile.ZipFile(parent / "shop.pyz", "w") as archive:
        for name, text in files.items():
            archive.writestr(name, text)
    return parent / "shop.pyz"
