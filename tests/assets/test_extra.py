"""Files that views of the app serve, and which the settings name."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from flask import Blueprint, Flask, Response, send_from_directory

from flask_cdn_stack.assets.collect import Collection, Selection, collect_assets
from flask_cdn_stack.assets.extra import ExtraFolder
from flask_cdn_stack.assets.static_paths import find_static_paths
from flask_cdn_stack.errors import AssetError, SettingsError
from tests.conftest import write_files

FILES = {
    "themes/core/static/a b+ü.css": "a",
    "themes/core/static/js/x.js": "x",
    "themes/core/templates/page.html": "page",
    "themes/core/.hidden.css": "hidden",
    "images/logo.png": "logo",
    "images/fixed": "fixed",
    "static/s.css": "s",
    "users/eve": "eve",
}


def make_app(root: Path) -> Flask:
    """An app with the rules of CTFd's themes and of Indico's images, which all serve what lies in ``root``."""
    app = Flask("shop", root_path=str(root))
    views, assets = Blueprint("views", "views", url_prefix="/themes"), Blueprint("assets", "assets")

    @views.get("/<theme>/static/<path:path>")
    def themes(theme: str, path: str) -> Response:
        return send_from_directory(root, f"themes/{theme}/static/{path}")

    @assets.get("/<any(css,images):folder>/<path:filename>.<extension>")
    def file(folder: str, filename: str, extension: str) -> Response:
        return send_from_directory(root, f"{folder}/{filename}.{extension}")

    views.add_url_rule("/<theme>/edit", "edit", lambda theme: "")
    views.add_url_rule("/<path:rest>", "posted", lambda rest: "", methods=["POST"])
    assets.add_url_rule("/images/<path:filename>", "image", build_only=True)
    assets.add_url_rule("/static/pictures/<path:filename>", "picture", build_only=True)
    assets.add_url_rule("/images/fixed", "fixed", lambda: "")
    assets.add_url_rule("/users/<name>", "user", lambda name: "")
    for name in ("one", "two"):
        assets.add_url_rule(f"/both/<path:{name}>", name, lambda **path: "")
    app.register_blueprint(views)
    app.register_blueprint(assets)
    return app


def collect(root: Path, *entries: tuple[str, ...], **selection: Any) -> Collection:
    """Collect the files of entries, each a folder, its URL, and perhaps endpoint and argument."""
    extra = tuple(
        ExtraFolder(str(root / folder), *rest, place=f"assets.extra[{number}]")  # type: ignore[misc]
        for number, (folder, *rest) in enumerate(entries)
    )
    return collect_assets(make_app(root), Selection(extra=extra, **selection))


def describe(found: Collection) -> tuple[dict[str, str], tuple[str, ...], tuple[str, ...]]:
    return {asset.key: asset.endpoint for asset in found.assets}, found.shadowed, found.warnings


THEMES = ("themes", "/themes", "views.themes")


def test_what_the_view_serves(tmp_path: Path) -> None:
    """Is published under the URL that the app gives it; the rest of the folder is counted, once it is wanted."""
    write_files(tmp_path, FILES)
    found, app = collect(tmp_path, THEMES), make_app(tmp_path)
    css, js = "themes/core/static/a b+ü.css", "themes/core/static/js/x.js"

    assert describe(found) == (
        {"static/s.css": "static", css: "views.themes", js: "views.themes"},
        (),
        (f"assets.extra[0]: views.themes does not serve 1 file of {tmp_path}/themes below /themes; "
         "they are not published.",),
    )  # fmt: skip
    assert found.assets[1].url_path == "themes/core/static/a%20b%2B%C3%BC.css"
    for asset in found.assets:
        with app.test_client().get(f"/{asset.url_path}") as answer:
            assert answer.data == Path(asset.file).read_bytes()
    assert collect(tmp_path, THEMES, exclude=("**/templates/**",)).warnings == ()
    narrow = ("themes/core/static", "/themes/core/static/", "views.themes", "path")
    assert describe(collect(tmp_path, narrow))[0].keys() == {"static/s.css", css, js}


def test_an_argument_that_says_something_else(tmp_path: Path) -> None:
    """Leaves out what only looks like the view's file."""
    write_files(tmp_path, {"other/one": "1", "static/s.css": ""})
    found = collect(tmp_path, ("other", "/themes/core/static", "views.themes", "theme"))

    assert [asset.key for asset in found.assets] == ["static/s.css"]
    assert "does not serve 1 file of" in found.warnings[0]


def test_a_rule_that_is_only_built(tmp_path: Path) -> None:
    """Is found by itself; whichever view has variables there serves its files, a page of a name does not."""
    write_files(tmp_path, FILES)

    assert describe(collect(tmp_path, ("images", "/images"))) == (
        {"static/s.css": "static", "images/logo.png": "assets.image"},
        ("images/fixed",),
        (),
    )


def test_urls_that_no_view_has(tmp_path: Path) -> None:
    """Are the web server's, beside views below the same URL that answer for none of the files."""
    write_files(tmp_path, FILES | {"users/ada/pic.png": "ada"})
    found = collect(tmp_path, ("images", "/media/deep"), ("users", "/users"), exclude=("static/**", "users/eve"))
    media = dict.fromkeys(["media/deep/fixed", "media/deep/logo.png"], "assets.extra[0]")

    assert describe(found) == (media | {"users/ada/pic.png": "assets.extra[1]"}, (), ())


@pytest.mark.parametrize(
    ("entry", "place", "words"),
    [
        (("nowhere", "/x"), "folder", "there is no folder"),
        (("themes/core/.hidden.css", "/x"), "folder", "there is no folder"),
        (("themes", "/themes"), "", "cannot be told: views.themes answers for 2 files of it"),
        (("users", "/users"), "", "assets.user answers for 1 file of it"),
        (("themes", "/both"), "", "assets.one, assets.two has the rule /both/<path>"),
        (("themes", "/themes", "views.thems"), "endpoint", "views.thems"),
        (("themes", "/themes", "views.themes", "file"), "argument", "path, theme"),
        (("themes", "/static"), "", "its own static folder"),
    ],
)
def test_what_is_refused(tmp_path: Path, entry: tuple[str, ...], place: str, words: str) -> None:
    """With the place in the settings, before any file is looked at."""
    write_files(tmp_path, FILES)
    with pytest.raises(SettingsError) as caught:
        collect(tmp_path, ("images", "/images"), entry)

    assert caught.value.message.startswith(f"assets.extra[1]{place and f'.{place}'}: ")
    assert words in caught.value.message
    assert caught.value.hint


def test_folders_that_overlap(tmp_path: Path) -> None:
    """One file may have several URLs, and equal files one; different files for one URL are refused."""
    write_files(tmp_path, FILES | {"other/logo.png": "logo", "static/in/a.css": "a"})
    images, within = ("images", "/images"), ("static/in", "/in")
    files = describe(collect(tmp_path, images, ("other", "/images/"), images, within))[0]

    assert files.keys() == {"images/logo.png", "in/a.css", "static/in/a.css", "static/s.css"}
    for url in ("/static/in", "/static/pictures"):
        assert describe(collect(tmp_path, ("static/in", url)))[1] == (f"{url[1:]}/a.css",)
    write_files(tmp_path, {"other/logo.png": "other"})
    with pytest.raises(AssetError, match="Two files for one URL, /images/logo") as caught:
        collect(tmp_path, images, ("other", "/images"))
    assert "assets.extra" in caught.value.hint


def test_the_apps_own_paths(tmp_path: Path) -> None:
    """For a CDN that asks the app, the extra URLs are beside the static ones; not the root."""
    app = make_app(tmp_path)
    extra = [ExtraFolder("/x", "/themes/"), ExtraFolder("/y", "/static/in"), ExtraFolder("/z", "/a b")]

    assert find_static_paths(app, extra) == ("/a%20b/*", "/static/*", "/themes/*")
    assert find_static_paths(Flask("shop", static_folder=None), extra[:1]) == ("/themes/*",)
    with pytest.raises(SettingsError, match=r"the folder of assets.extra\[0\] serves its files from /"):
        find_static_paths(app, [ExtraFolder("/x", "/")])
