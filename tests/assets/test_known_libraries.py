"""Files that known libraries look for by name: in both modes they are where the library looks."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from flask_cdn_stack.manifest import parse_sought
from flask_cdn_stack.naming import version_path
from tests.assets.published import make_release, split
from tests.assets.test_fingerprint import expect_consistent, sha256

LEAFLET = """
    .leaflet-control-layers-toggle { background-image: url({folder}layers.png) }
    /* Default icon URLs */
    .leaflet-default-icon-path { /* used only in path-guessing heuristic */
        background-image: url({quote}{folder}marker-icon.png{quote});
        }
"""
ICONS = ("marker-icon.png", "marker-icon-2x.png", "marker-shadow.png")


def leaflet(folder: str, quote: str = "") -> str:
    return LEAFLET.replace("{folder}", folder).replace("{quote}", quote)


@pytest.mark.parametrize(
    ("mode", "sheet", "text", "folder"),
    [
        ({"fingerprint": "query"}, "lib/leaflet.css", leaflet("images/"), "lib/images/"),
        ({"fingerprint": "path"}, "css/leaflet-1.9.min.css", leaflet("../img/", '"'), "img/"),
        ({"immutable": True}, "css/leaflet.css", leaflet("/static/", "'"), ""),
    ],
)
def test_pictures_that_a_script_finds_by_a_style_sheet(
    tmp_path: Path, mode: dict[str, Any], sheet: str, text: str, folder: str
) -> None:
    """The reference stays as it is written, and leads to an object, as do those that the script makes of it."""
    files: dict[str, str | bytes] = {sheet: text, **{f"{folder}{name}": name for name in (*ICONS, "layers.png")}}
    release = make_release(tmp_path, files, plain_copies=False, **mode)
    keys = tuple(f"static/{folder}{name}" for name in ICONS)
    published = release.bytes_of(split(*release.urls(sheet))[0]).decode()

    assert "marker-icon.png" in published
    assert "layers.png)" not in published
    assert [release.bytes_of(key).decode() for key in keys] == list(ICONS)
    assert [(found.library, found.key, found.keys) for found in release.build.sought] == [
        ("Leaflet", f"static/{sheet}", keys)
    ]
    assert "marker-shadow.png keep their names" in str(*release.build.sought)
    expect_consistent(release)
    short = sha256("marker-icon.png")[: release.settings.url_checksum_length]
    assert release.urls(f"{folder}marker-icon.png") == [f"https://cdn.example.net/{keys[0]}?c={short}"]
    # Where the edge asks for versions, there is that one as well.
    assert (version_path(keys[0], short) in release.objects) is ("immutable" in mode)


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("ck/ckeditor.js", r"var a=/(^|.*[\\\/])ckeditor\.js(?:\?.*|;.*)?$/i"),
        ("Cesium.js", r"var cesiumScriptRegex = /((?:.*\/)|^)Cesium\.js(?:\?|\#|$)/;"),
        ("dojo.js", r"match = src.match(/(((.*)\/)|^)dojo\.js(\W|$)/i)"),
        ("js/elfinder.full.js", r"this.src.match(/js\/elfinder(?:-[a-z0-9_-]+)?\.(?:min|full)\.js(?:$|\?)/i)"),
        ("MathJax.js", "MathJax.Hub.Startup"),
        ("pdf.min.js", r't.replace(/(\.(?:min\.)?js)(\?.*)?$/i,".worker$1$2")'),
        ("prism-1.30.js", r"/\bplugins\/autoloader\/prism-autoloader\.(?:min\.)?js(?:\?[^\r\n/]*)?$/i"),
        ("scriptaculous.js", r"s.src.match(/scriptaculous\.js(\?.*)?$/)"),
        ("shoelace-autoloader.js", 'import { getBasePath } from "./chunks/chunk.3Y6SB6QS.js"'),
        ("webawesome.loader.js", 'import { getBasePath } from "./chunks/chunk.LPC2ARO3.js"'),
        ("webcomponents-loader.js", """document.querySelector('script[src*="' + name + '"]')"""),
    ],
)
def test_scripts_that_find_themselves_by_name(tmp_path: Path, name: str, text: str) -> None:
    """They keep their names where others get a checksum there; the app knows it from the manifest alone."""
    other = name.replace(".js", "x.js").replace("/", "/x")
    files: dict[str, str | bytes] = {name: text, other: text, f"mine/{name}": "nothing of a library's"}
    release = make_release(tmp_path, files, fingerprint="path")
    key = f"static/{name}"

    assert release.kinds[key] == "kept"
    assert release.kinds[f"static/mine/{name}"] == "copy"
    assert split(*release.urls(name)) == (key, f"c={sha256(text)[:16]}")
    assert [str(found) for found in release.build.sought if found.key == key] == [
        f"{release.build.sought[0].library} looks for its own script by name: {key} keeps its name."
    ]
    assert key in parse_sought(release.build.manifest)
    assert release.build.naming is not None
    assert release.build.naming.find_keys(release.build.manifest)[key] == key
    expect_consistent(release)
    assert make_release(tmp_path, files).build.sought == ()


def test_what_carries_a_hash_goes_before(tmp_path: Path) -> None:
    """A name that the settings say to carry a hash needs no query, whoever looks for it."""
    files: dict[str, str | bytes] = {"dojo.js": r"/dojo\.js/"}
    release = make_release(tmp_path, files, fingerprint="path", hashed_names=["dojo.js"])

    assert split(*release.urls("dojo.js")) == ("static/dojo.js", "")


@pytest.mark.parametrize(
    ("rewrite", "expected"),
    [(True, set()), (False, {"app.css", "lib/theme.css"}), ({"except": ["static/lib/**"]}, {"lib/theme.css"})],
)
def test_style_sheets_that_stay_as_they_are(tmp_path: Path, rewrite: Any, expected: set[str]) -> None:
    """All, none, or those that globs name."""
    text = "a { b: url(/static/a.png) }"
    files: dict[str, str | bytes] = {"app.css": text, "lib/theme.css": text, "a.png": "1"}
    release = make_release(tmp_path, files, rewrite_css=rewrite)

    assert {name for name in files if release.bytes_of(f"static/{name}") == text.encode()} == expected
    expect_consistent(release)
