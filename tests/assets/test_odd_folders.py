"""Apps whose ``static_folder`` is a list, a descriptor, or fails."""

from __future__ import annotations

import functools
from pathlib import Path
from typing import Any

import pytest
from flask import Flask, Response

from flask_cdn_stack.assets.collect import Selection, collect_assets
from flask_cdn_stack.assets.extra import ExtraFolder
from flask_cdn_stack.assets.static_paths import find_static_paths
from tests.assets.test_collect import make_app
from tests.conftest import write_files
from tests.odd_folders import FILES, ODD, ManyFolders, PartOfManyFolders, make_odd_app


@pytest.mark.parametrize(("kind", "words"), ODD)
def test_what_cannot_be_told(tmp_path: Path, kind: type[Flask], words: str) -> None:
    """Is left to Flask, and why is said once; what else there is, is published."""
    write_files(tmp_path, FILES)
    app = make_odd_app(kind, tmp_path)
    found = collect_assets(app)

    assert [asset.key for asset in found.assets] == ["own/static/c.css"]
    (warning,) = found.warnings
    assert warning.startswith("static: its ")
    assert words in warning
    assert find_static_paths(app) == ("/own/static/*",)


def test_a_list_of_folders(tmp_path: Path) -> None:
    """Of an app and of a blueprint: each file is the one that the app sends."""
    write_files(tmp_path, FILES)
    app = make_odd_app(ManyFolders, tmp_path)
    app.register_blueprint(PartOfManyFolders("part", "part", url_prefix="/part", static_url_path="/files"))
    found = collect_assets(app)
    bodies = {asset.key: Path(asset.file).read_text(encoding="utf-8") for asset in found.assets}

    assert bodies == {
        "own/static/c.css": "own",
        **{"part/files/a.css": "public", "part/files/b.css": "base"},
        **{"static/a.css": "public", "static/b.css": "base"},
    }
    for key, body in bodies.items():
        with app.test_client().get(f"/{key}") as answer:
            assert answer.data.decode() == body
    assert found.warnings[0] == f"static: there is no static folder {tmp_path}/gone."
    assert find_static_paths(app) == ("/own/static/*", "/part/files/*", "/static/*")


def test_named_in_the_settings(tmp_path: Path) -> None:
    """A folder that cannot be told is published where the settings name it."""
    write_files(tmp_path, FILES)
    extra = ExtraFolder(str(tmp_path / "public"), "/static", "static")
    found = collect_assets(make_odd_app(ODD[1][0], tmp_path), Selection(extra=(extra,)))

    assert [asset.key for asset in found.assets] == ["own/static/c.css", "static/a.css"]


def test_a_view_of_the_apps_own(tmp_path: Path) -> None:
    """Is warned of; one around Flask's is not."""
    write_files(tmp_path, {"static/a.css": ""})
    app = make_app(tmp_path)
    flasks: Any = app.view_functions["static"]
    around: Any = functools.wraps(flasks)(lambda **values: flasks(**values))

    def own(**values: Any) -> Response:
        return Response()

    for view, number in ((around, 0), (functools.partial(app.send_static_file), 0), (own, 1)):
        app.view_functions["static"] = view
        found = collect_assets(app)
        assert [asset.key for asset in found.assets] == ["static/a.css"]
        assert len(found.warnings) == number
