"""Extensions that bring their own static files and build their own URLs: Flask-Admin and Bootstrap-Flask."""

from __future__ import annotations

import hashlib
import importlib.util
from collections.abc import Callable
from pathlib import Path
from urllib.parse import unquote, urlsplit

from flask_cdn_stack.assets.media_types import media_type
from flask_cdn_stack.verify import check_url
from tests.conftest import Program, require, write_files
from tests.end_to_end.published import cdn_host, connect, crawl, read_manifest

#: The folder that each blueprint publishes.
_FOLDERS = {"admin": "flask_admin/static", "bootstrap": "flask_bootstrap/static/bootstrap5"}

#: A folder of more than a thousand icons of one kind, which no page loads; they are left out.
_ICONS = "svgs"

_APP = """
    import importlib.util
    import os

    from flask import Flask, render_template_string
    from flask_admin import Admin, BaseView, expose
    from flask_admin.contrib.fileadmin import FileAdmin
    from flask_bootstrap import Bootstrap5

    from flask_cdn_stack import CDN


    class Report(BaseView):
        @expose("/")
        def index(self):
            return self.render("report.html")


    def create_app():
        app = Flask(__name__)
        app.config.from_object("cdn_config")
        app.config.update(SECRET_KEY="test", BOOTSTRAP_SERVE_LOCAL=True)
        CDN(app)
        Bootstrap5(app)
        if importlib.util.find_spec("flask_babel"):
            # Where it is installed, Flask-Admin translates its pages with it and needs it set up.
            from flask_babel import Babel

            Babel(app)
        admin = Admin(app, name="Shop")
        admin.add_view(Report(name="Report"))
        admin.add_view(FileAdmin(os.path.dirname(__file__), name="Files"))

        @app.get("/")
        def index():
            return render_template_string(
                "<a href='/admin/'>Admin</a><a href='/admin/report/'>Report</a><a href='/admin/fileadmin/'>Files</a>"
                "{{ bootstrap.load_css() }}{{ bootstrap.load_js() }}"
            )

        return app
"""


def test_every_static_file_of_theirs_comes_from_the_cdn(
    tmp_path: Path, make_program: Callable[[Path], Program]
) -> None:
    """All of their files but the icons are published, and each that a page loads arrives with its bytes and type."""
    require(importlib.util.find_spec("flask_admin"), "flask-admin")
    require(importlib.util.find_spec("flask_bootstrap"), "bootstrap-flask")
    write_files(
        tmp_path,
        {
            "flask-cdn-stack.yml": f"app: shop:create_app\nstack: packaged-{abs(hash(str(tmp_path))) % 10**9}\n"
            f"assets: {{exclude: ['**/{_ICONS}/**']}}\n",
            "shop/__init__.py": _APP,
            "shop/templates/report.html": "{% extends 'admin/master.html' %}{% block body %}Report{% endblock %}",
            "shop/static/own.css": "body {}",
        },
    )
    program = make_program(tmp_path)
    program.ok("provision", "--yes")

    report = program.ok("deploy", "--json").json
    loaded = crawl(program)

    files = [path for folder in _FOLDERS.values() for path in _installed(folder).rglob("*") if path.is_file()]
    theirs = sum(1 for path in files if _ICONS not in path.parts)
    assert len(report["uploaded"]) == theirs + 1 > 200
    manifest = {unquote(path): checksum for path, checksum in read_manifest(program).items()}
    assert len(manifest) == len(report["uploaded"])
    assert len(loaded) > 10
    host, find_address = cdn_host(program), connect(program).connect_address
    for url in loaded:
        assert urlsplit(url).netloc == host, url
        key = unquote(urlsplit(url).path).removeprefix("/")
        checked = check_url(url, manifest[key], media_type(key), find_address)
        assert checked.problem == "", url
        owner, _, name = key.split("/", 2)
        file = _installed(_FOLDERS[owner]) / name
        if not key.endswith(".css"):  # where references have their checksum
            assert manifest[key] == hashlib.sha256(file.read_bytes()).hexdigest()
    assert {urlsplit(url).path.split("/")[1] for url in loaded} == set(_FOLDERS)


def _installed(folder: str) -> Path:
    package, _, name = folder.partition("/")
    spec = importlib.util.find_spec(package)
    assert spec is not None
    assert spec.origin is not None
    return Path(spec.origin).parent / name
