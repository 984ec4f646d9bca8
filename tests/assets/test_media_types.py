"""Content types."""

from __future__ import annotations

import mimetypes

import pytest

from flask_cdn_stack.assets.media_types import MEDIA_TYPES, UNKNOWN_MEDIA_TYPE, media_type, media_type_finder


@pytest.mark.parametrize(
    ("path", "kind"),
    [
        ("static/app.css", "text/css; charset=utf-8"),
        ("static/app.JS", "text/javascript; charset=utf-8"),
        ("static/app.js.map", "application/json"),
        ("feed.xml", "application/xml; charset=utf-8"),
        ("archive.tar.gz", "application/gzip"),
        ("static/README", UNKNOWN_MEDIA_TYPE),
        ("static.css/README", UNKNOWN_MEDIA_TYPE),
        (".well-known/js", UNKNOWN_MEDIA_TYPE),
        ("static/a.css.", UNKNOWN_MEDIA_TYPE),
        ("", UNKNOWN_MEDIA_TYPE),
    ],
)
def test_by_extension(path: str, kind: str) -> None:
    """The last one, in any case, and only after a dot."""
    assert media_type(path) == kind


def test_the_table_is_in_order() -> None:
    """Lower-case extensions without dots; a charset where and only where it is text."""
    for extension, kind in MEDIA_TYPES.items():
        assert extension == extension.lower().strip(".")
        assert kind.startswith("text/") <= kind.endswith("; charset=utf-8")
        assert kind.count("/") == 1


@pytest.mark.parametrize("extension", ["css", "html", "jpg", "json", "mp4", "pdf", "png", "svg", "txt", "wasm", "zip"])
def test_pythons_own_table_agrees(extension: str) -> None:
    """On the common types, as Python has them without the machine's files."""
    own = mimetypes.MimeTypes(()).guess_type(f"a.{extension}")[0]

    assert MEDIA_TYPES[extension].partition(";")[0] == own


@pytest.mark.parametrize(
    ("overrides", "path", "kind"),
    [
        ({}, "a.css", "text/css; charset=utf-8"),
        ({"*.css": "text/x-css"}, "static/deep/a.css", "text/x-css"),
        ({"static/*": "a/b"}, "static/deep/a.css", "text/css; charset=utf-8"),
        ({"*.css": "a/first", "static/**": "a/last"}, "static/a.css", "a/last"),
        ({"apple-app-site-association": "application/json"}, ".well-known/apple-app-site-association",
         "application/json"),
    ],
)  # fmt: skip
def test_overrides(overrides: dict[str, str], path: str, kind: str) -> None:
    """By glob; of several the last wins, and the table has the rest."""
    assert media_type_finder(overrides)(path) == kind
