"""An app with blueprints and known files, and calls of the peer's ``url_for`` in it."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from flask import Blueprint, Flask, render_template_string

from flask_cdn_stack.compat.flask_s3 import url_for
from tests.conftest import write_files

S3 = "https://foo.s3.amazonaws.com"
GZ = "//foo.s3.amazonaws.com"
NEW = {"FLASKS3_BUCKET_NAME": "foo"}
OLD = {"S3_BUCKET_NAME": "foo"}
BUSTING = {**OLD, "S3_CACHE_BUSTING": True}
TWINS = {**OLD, "USE_GZIP": True}
FILES: Mapping[str, str] = {
    "static/bah.js": "app bah\n",
    "static/css/app.css": "body{}\n",
    "static/site.less": "x\n",
    "static/both.js": "app both\n",
    "admin_static/adm.js": "bp adm\n",
    "admin_static/both.js": "bp both\n",
    "child_static/kid.js": "kid\n",
    "secret.txt": "s\n",
}


def make_app(root: Path) -> Flask:
    """Return an app in a folder of :data:`FILES`, without S3."""
    write_files(root, FILES)
    app = Flask("shop", root_path=str(root))
    admin = Blueprint("admin", "shop", url_prefix="/admin", static_folder="admin_static", root_path=str(root))
    admin.add_url_rule(
        "/bp-page", "page", lambda: render_template_string("{{ url_for('.static', filename='adm.js') }}")
    )
    parent = Blueprint("parent", "shop", url_prefix="/parent", root_path=str(root))
    parent.register_blueprint(
        Blueprint("child", "shop", url_prefix="/child", static_folder="child_static", root_path=str(root))
    )
    app.register_blueprint(admin)
    app.register_blueprint(parent)
    app.add_url_rule("/", "index", lambda: render_template_string("{{ url_for('static', filename='bah.js') }}"))
    app.add_url_rule("/about", "page.static", lambda: "")
    app.testing = True
    return app


def ask(app: Flask, endpoint: str = "static", filename: str | None = "bah.js", **values: Any) -> str:
    """Call ``url_for`` in a request for the app's first page."""
    if filename is not None:
        values["filename"] = filename
    with app.test_request_context("/"):
        return url_for(endpoint, **values)
