"""Which names carry a hash, as bundlers' manifests say."""

from __future__ import annotations

import json
import os
from pathlib import Path
from typing import Any

import pytest

from flask_cdn_stack.assets.bundlers import MANIFESTS, MAX_MANIFEST_BYTES, find_bundled
from flask_cdn_stack.assets.collect import Asset, Selection, collect_assets
from tests.assets.test_collect import blueprint, make_app
from tests.conftest import write_files

HEX = "3bc2b4d9"
LONG = "5f0796534fe2892712053b3a035f585b"


def bundled(root: Path, manifest: object, *names: str, at: str = "static/dist/manifest.json") -> list[str]:
    """Return the names below ``static/dist`` that carry a hash, given a manifest and the files there."""
    text = manifest if isinstance(manifest, str) else json.dumps(manifest)
    write_files(root, {at: text, **{f"static/dist/{name}": name for name in names}})
    found = find_bundled(collect_assets(make_app(root)).assets)
    assert all(key.startswith("static/dist/") for key in found)
    return sorted(key.removeprefix("static/dist/") for key in found)


VITE: dict[str, dict[str, Any]] = {
    "_shared-B7PI925R.js": {
        "file": "assets/shared-B7PI925R.js",
        "name": "shared",
        "css": ["assets/shared-ChJ_j-JJ.css"],
    },
    "_shared-ChJ_j-JJ.css": {"file": "assets/shared-ChJ_j-JJ.css", "src": "_shared-ChJ_j-JJ.css"},
    "logo.svg": {"file": "assets/logo-BuPIv-2h.svg", "src": "logo.svg"},
    "src/main.ts": {
        "file": "assets/shop-BRBmoGS9.js",
        "name": "shop",
        "src": "src/main.ts",
        "css": ["assets/shop-5UjPuW-k.css"],
        "assets": ["assets/logo-BuPIv-2h.svg"],
    },
}
OLD_VITE: dict[str, dict[str, Any]] = {
    "main.js": {
        "file": "assets/main.4889e940.js",
        "src": "main.js",
        "css": ["assets/main.b82dbe22.css"],
        "assets": ["assets/asset.0ab0f9cd.png"],
    },
    "_shared.83069a53.js": {"file": "assets/shared.83069a53.js"},
}
PLAIN_VITE: dict[str, dict[str, Any]] = {
    "src/main.ts": {"file": "assets/shop.js", "name": "shop", "css": ["assets/shop.css", "assets/Constellation.css"]},
    "src/style.scss": {"file": "assets/style.css", "src": "src/style.scss"},
    "_SharedParts.js": {"file": "assets/SharedParts.js", "name": "SharedParts"},
    "src/v1.Utilities2.ts": {"file": "assets/v1.Utilities2.js", "name": "v1.Utilities2"},
}


def outputs(manifest: dict[str, dict[str, Any]]) -> list[str]:
    lists = [[entry["file"], *entry.get("css", ()), *entry.get("assets", ())] for entry in manifest.values()]
    return sorted({path for paths in lists for path in paths})


def esbuild(main: str, chunk: str) -> dict[str, Any]:
    """Return what esbuild says of its build with code splitting, where it was run in the app's folder."""
    built = {
        f"{main}.js": {"entryPoint": "src/main.ts", "cssBundle": f"static/dist/{main}.css", "inputs": {}},
        f"{main}.css": {"inputs": {"src/word.css": {}, "src/main.css": {}}},
        f"{chunk}.js": {"inputs": {"src/main.ts": {}, "src/word.ts": {}}},
        "tea-UEZAF4WB.svg": {"inputs": {"src/tea.svg": {"bytesInOutput": 96}}, "bytes": 96},
    }
    return {"inputs": {}, "outputs": {f"static/dist/{name}": output for name, output in built.items()}}


@pytest.mark.parametrize(
    ("main", "chunk", "hashed"),
    [
        ("main-7XNJ2UDE", "chunk-H3UQ6Q3G", ["main-7XNJ2UDE.css", "main-7XNJ2UDE.js", "chunk-H3UQ6Q3G.js"]),
        ("main", "chunk-H3UQ6Q3G", ["chunk-H3UQ6Q3G.js"]),
    ],
)
def test_esbuild(tmp_path: Path, main: str, chunk: str, hashed: list[str]) -> None:
    """Its metafile says from what each output is made; entry points have no hash unless that is asked for."""
    names = [f"{main}.js", f"{main}.css", f"{chunk}.js", "tea-UEZAF4WB.svg", "teapot-UEZAF4WB.svg"]
    found = bundled(tmp_path, esbuild(main, chunk), *names, at="static/dist/meta.json")
    assert found == sorted([*hashed, "tea-UEZAF4WB.svg"])


@pytest.mark.parametrize(
    ("manifest", "at", "is_hashed"),
    [
        (VITE, ".vite/manifest.json", True),
        (OLD_VITE, "manifest.json", True),
        (PLAIN_VITE, ".vite/manifest.json", False),
    ],
)
def test_vite(tmp_path: Path, manifest: dict[str, Any], at: str, is_hashed: bool) -> None:
    """Everything that it hashed is found, in a hidden folder too; names that are only other ones are not."""
    names = outputs(manifest)
    found = bundled(tmp_path, manifest, *names, "assets/other-BRBmoGS9.js", "favicon.ico", at=f"static/dist/{at}")
    assert found == (names if is_hashed else [])


@pytest.mark.parametrize(
    "manifest",
    [
        {"main.js": f"main.{HEX}.js"},
        {"main.js": f"/somewhere/else/main.{HEX}.js"},
        {"main.js": f"https://cdn.example.net/assets/main.{HEX}.js"},
        {"main.js": {"src": f"/main.{HEX}.js", "integrity": "sha256-AAAA"}},
        {"entrypoints": {"main": {"assets": {"js": [f"main.{HEX}.js"]}}}, "main.js": f"main.{HEX}.js"},
        {"files": {"main.js": f"/main.{HEX}.js", "index.html": "/index.html"}, "entrypoints": [f"main.{HEX}.js"]},
        {"assets": {"main.js": {"file": f"/main.{HEX}.js", "src": "./src/main.js"}}, "entrypoints": {}},
    ],
)
def test_webpack(tmp_path: Path, manifest: object) -> None:
    """Every plugin's form is read, whatever stands in front of the path, under each name."""
    names = (f"main.{HEX}.js", "main.js", "index.html", f"other.{HEX}.js")
    for name in (name for name in MANIFESTS if "/" not in name):
        (folder := tmp_path / name).mkdir()
        assert bundled(folder, manifest, *names, at=f"static/dist/{name}") == [f"main.{HEX}.js"], name


@pytest.mark.parametrize(
    ("logical", "path", "expected"),
    [
        ("main.js", "main.js", False),
        ("main.js", f"main.{HEX}.js", True),
        ("main.js", f"main.{HEX}.min.js", True),
        ("main.js", "main-abcdefgh.js", True),
        ("main.js", "main.D1-0B2xV.js", True),
        ("src/page.vue.ts", "page.vue-BRBmoGS9.js", True),
        ("main", f"main-{LONG}.js", True),
        ("index.js", f"{LONG}.js", True),
        ("main.js", f"{HEX}/main.js", False),
        ("main.js", "main.production.min.js", False),
        ("main.js", "main-3.7.1.js", False),
        ("v1.Utilities2", "v1.Utilities2.js", False),
        ("main.js", "defacade.js", False),
        ("", "main.js", False),
    ],
)
def test_names(tmp_path: Path, logical: str, path: str, expected: bool) -> None:
    """A name counts where it is another one, and what makes it another can be a hash."""
    assert bundled(tmp_path, {logical: path}, path) == [path] * expected


def test_a_name_that_one_entry_calls_plain(tmp_path: Path) -> None:
    """Is plain, whatever else it stands for."""
    name = f"main.{HEX}.js"
    assert bundled(tmp_path, {"a.js": name, name: name}, name) == []
    assert bundled(tmp_path, {name: name, "a.js": name}, name) == []


@pytest.mark.parametrize(
    ("folder", "place", "since_1"),
    [("static/dist", "static/dist", False), ("static", "static/dist", True), (".", "/builder/static/dist", True)],
)
def test_webpack_bundle_tracker(tmp_path: Path, folder: str, place: str, since_1: bool) -> None:
    """Its file may lie above the build, even beside the static folder, and names the files of another machine."""
    names = [f"app-{HEX}.js", f"vendor.{HEX}.css", f"{LONG}.png", "plain.js"]
    files: dict[str, dict[str, str]] = {name: {"name": name, "path": f"{place}/{name}"} for name in names}
    files[f"{LONG}.png"]["sourceFilename"] = "img/tea.png"
    stats: dict[str, object] = {"status": "done", "chunks": {"app": [names[0], names[1]], "plain": ["plain.js"]}}
    if since_1:
        stats["assets"] = files
    else:
        stats["chunks"] = {"app": [files[names[0]], files[names[1]]], "plain": [files["plain.js"]]}

    expected = sorted(names[:3] if since_1 else names[:2])
    assert bundled(tmp_path, stats, *names, at=f"{folder}/webpack-stats.json") == expected


@pytest.mark.parametrize(
    "manifest",
    [
        "",
        "{",
        "1" * 10_000,
        '["main.3bc2b4d9.js"]',
        '{"main.js": "\\u0000main.3bc2b4d9.js", "\\ud800": "\\ud800.3bc2b4d9.js"}',
        {"name": "Shop", "start_url": "main.js", "icons": [{"src": f"main.{HEX}.js", "sizes": "64x64"}]},
        {"main.js": [f"main.{HEX}.js"], "a": None, "b": 1, "c": {"d": f"main.{HEX}.js"}},
        {"main.js": {"file": "main.js", "name": 1, "css": f"main.{HEX}.js", "assets": [1, None]}},
        {"files": [f"main.{HEX}.js"], "assets": 1},
        {"status": "done", "chunks": {"main": f"main.{HEX}.js", "a": [1, None, {}, []]}, "assets": [1]},
        {"main.js": f"../main.{HEX}.js", "a.js": f"b/../main.{HEX}.js", "b.js": ""},
        {"main.js": "/" * 100_000 + f"main.{HEX}.js"},
    ],
)
def test_what_is_no_manifest(tmp_path: Path, manifest: object) -> None:
    """Is passed over: what is damaged, what others call so too, and what is not understood."""
    assert bundled(tmp_path, manifest, f"main.{HEX}.js", "main.js") == []


def test_manifests_that_cannot_be_read(tmp_path: Path) -> None:
    """Say nothing: a folder, a pipe, bytes, a link to itself, one of unlikely size."""
    dist = tmp_path / "static/dist"
    write_files(tmp_path, {f"static/dist/main.{HEX}.js": ""})
    (dist / "manifest.json").mkdir()
    os.mkfifo(dist / "asset-manifest.json")
    (dist / "assets-manifest.json").write_bytes(b"\xff\xfe\x00")
    (dist / "parcel-manifest.json").symlink_to("parcel-manifest.json")
    (dist / "webpack-stats.json").write_text(json.dumps({"main.js": f"main.{HEX}.js"}) + " " * MAX_MANIFEST_BYTES)
    asset = Asset(f"static/dist/main.{HEX}.js", f"static/dist/main.{HEX}.js", "static", f"{dist}/main.{HEX}.js")
    assert find_bundled([asset]) == frozenset()


def test_only_collected_files_count(tmp_path: Path) -> None:
    """What was left out, lies elsewhere or is not there is not found; the manifest itself may be left out."""
    write_files(tmp_path, {f"static/{name}.{HEX}.js": "" for name in ("in", "out")} | {f"secret.{HEX}.js": ""})
    names = ("in", "out", "gone", "secret")
    (tmp_path / "static/manifest.json").write_text(json.dumps({f"{name}.js": f"/{name}.{HEX}.js" for name in names}))
    found = collect_assets(make_app(tmp_path), Selection(exclude=("out.*", "*.json")))
    assert find_bundled(found.assets) == {f"static/in.{HEX}.js"}


def test_a_folder_at_two_urls(tmp_path: Path) -> None:
    """Gives both keys, percent-decoded; the static folder's own name need not be in the URL."""
    name = f"té a.{HEX}.js"
    write_files(
        tmp_path, {f"admin/static/js/{name}": "", "admin/static/manifest.json": json.dumps({"té a.js": f"js/{name}"})}
    )
    app = make_app(tmp_path, admin := blueprint("admin", tmp_path, url_prefix="/admin", static_url_path="/files"))
    app.register_blueprint(admin, name="again", url_prefix="/again")
    assert find_bundled(collect_assets(app).assets) == {f"admin/files/js/{name}", f"again/files/js/{name}"}


def test_a_folder_that_a_view_serves(tmp_path: Path) -> None:
    """Its URL need not say what it is called; the manifest lies where the bundler built, which is one folder above."""
    write_files(tmp_path, {"dist/.vite/manifest.json": json.dumps(VITE), "dist/assets/shop-BRBmoGS9.js": "1"})
    key, file = "_vite/shop-BRBmoGS9.js", tmp_path / "dist/assets/shop-BRBmoGS9.js"

    assert find_bundled([Asset(key, key, "vite.static", str(file))]) == {key}
