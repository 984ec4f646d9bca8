"""The app in which everything is measured, and the files beside it."""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from hashlib import sha256
from pathlib import Path
from typing import Any

from flask import Blueprint, Flask, current_app

from flask_cdn_stack.manifest import render_manifest

CDN_HOST = "cdn.example.com"
BASE_URL = "https://shop.example"

ASSETS = tuple(f"{kind}/part-{number:03}.{kind}" for number in range(100) for kind in ("css", "js"))
ASSETS_OF_A_PAGE = 40
MANIFEST_LINES = 3000

_VIEWS = 30


def write_shop(folder: Path) -> None:
    """Write the static files, the page and each contender's manifest."""
    static = folder / "static"
    for name in ASSETS:
        (static / name).parent.mkdir(parents=True, exist_ok=True)
        (static / name).write_text(f"/* {name} */\n", "utf-8")
    (static / "cache_manifest.json").write_text(json.dumps({name: _digested(name) for name in ASSETS}), "utf-8")
    links = [f"<link href=\"{{{{ url_for('static', filename='{name}') }}}}\">\n" for name in ASSETS[:ASSETS_OF_A_PAGE]]
    (folder / "templates").mkdir()
    (folder / "templates" / "page.html").write_text("<!doctype html>\n" + "".join(links), "utf-8")
    write_manifest(folder, MANIFEST_LINES)


def write_manifest(folder: Path, lines: int) -> None:
    """Write a manifest with the shop's assets and as many others as it takes."""
    known = [f"{folder}static/{name}" for name in ASSETS for folder in ("", "admin/")]
    paths = known + [f"static/images/product-{number:06}.webp" for number in range(lines - len(known))]
    text = render_manifest({path: sha256(path.encode()).hexdigest() for path in paths})
    (folder / "cdn_manifest.txt").write_text(text, "utf-8")


def build_app(folder: Path, *, url_defaults: Sequence[Callable[[str, dict[str, Any]], None]] = ()) -> Flask:
    """Return the app, without any extension."""
    app = Flask("shop", root_path=str(folder))
    for number in range(_VIEWS):
        app.add_url_rule(f"/section-{number}/<int:item>", f"section_{number}", _view)
    app.add_url_rule("/", "home", _view)
    admin = Blueprint("admin", "shop", root_path=str(folder), static_folder="static", url_prefix="/admin")
    admin.add_url_rule("/", "home", _view)
    app.register_blueprint(admin)
    for function in url_defaults:
        app.url_defaults(function)
    return app


def add_language(endpoint: str, values: dict[str, Any]) -> None:
    """Look at the URL map for each URL, as Flask's documentation does; that takes longer than all else."""
    if current_app.url_map.is_endpoint_expecting(endpoint, "language"):
        values.setdefault("language", "en")


def add_page_size(endpoint: str, values: dict[str, Any]) -> None:
    """Look at the endpoint."""
    if endpoint.endswith(".list"):
        values.setdefault("size", 20)


def add_item(endpoint: str, values: dict[str, Any]) -> None:
    """Look at the endpoint."""
    if endpoint.startswith("section_"):
        values.setdefault("item", 1)


def _view(**values: object) -> str:
    return ""


def _digested(name: str) -> str:
    stem, _, suffix = name.rpartition(".")
    return f"{stem}-{sha256(name.encode()).hexdigest()[:32]}.{suffix}"
