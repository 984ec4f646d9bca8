"""Libraries that look for their files by name: a style sheet tells one, the page's scripts the other."""

from __future__ import annotations

import base64
from typing import TYPE_CHECKING, Any

import pytest

from .cdn_site import PATH, QUERY

if TYPE_CHECKING:
    from .conftest import MakeSite, Open

# A pixel.
_PNG = base64.b64decode("iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAQAAAC1HAwCAAAAC0lEQVR42mNkYAAAAAYAAjCB0C8AAAAASUVORK5CYII=")

# What Leaflet 1.9 does to find its pictures, in short.
_MAP = """
    const probe = document.createElement("div")
    probe.className = "leaflet-default-icon-path"
    document.body.append(probe)
    const url = getComputedStyle(probe).backgroundImage.match(/^url\\((['"])?(.+)\\1\\)$/)[2]
    const folder = url.match(/^(.*)marker-icon\\.png$/)?.[1]
    for (const name of ["marker-icon.png", "marker-icon-2x.png", "marker-shadow.png"])
      document.body.append(Object.assign(new Image(), { src: folder + name }))
"""
# What CKEditor 4 does to find its files.
_EDITOR = """
    const own = /(^|.*[\\\\\\/])ckeditor\\.js(?:\\?.*|;.*)?$/i
    const base = [...document.scripts].map(script => script.src.match(own)).find(Boolean)
    globalThis.base = base && base[1]
"""
FILES: dict[str, str | bytes] = {
    "lib/leaflet.css": ".leaflet-default-icon-path { background-image: url(images/marker-icon.png) }",
    "lib/images/marker-icon.png": _PNG,
    "lib/images/marker-icon-2x.png": _PNG,
    "lib/images/marker-shadow.png": _PNG,
    "js/map.js": _MAP,
    "editor/ckeditor.js": _EDITOR,
}
_PAGE = """
    <!doctype html><link rel="icon" href="data:,">
    <link rel="stylesheet" href="{{ url_for('static', filename='lib/leaflet.css') }}">
    <script src="{{ url_for('static', filename='editor/ckeditor.js') }}"></script>
    <body><script src="{{ url_for('static', filename='js/map.js') }}"></script>
"""


@pytest.mark.parametrize("mode", [PATH, QUERY], ids=["path", "query"])
def test_libraries_find_their_files(make_site: MakeSite, visit: Open, mode: dict[str, Any]) -> None:
    """On the CDN, each where it looks, though no file has a plain copy."""
    site = make_site(_PAGE, FILES, **mode)
    opened = visit(site.address)
    opened.wait("document.images.length == 3 && [...document.images].every(image => image.complete)")

    assert opened.evaluate("[...document.images].map(image => image.naturalWidth)") == [1, 1, 1]
    assert opened.evaluate("globalThis.base") == f"{site.cdn_address}/static/editor/"
    assert (opened.problems, site.cdn.missing) == ([], [])
