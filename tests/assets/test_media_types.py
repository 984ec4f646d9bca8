"""Content types."""

from __future__ import annotations

import mimetypes
from pathlib import Path
from typing import Any

import msgspec
import pytest
from flask import Flask

from flask_cdn_stack.assets.headers import headers_finder
from flask_cdn_stack.assets.media_types import (
    MEDIA_TYPES,
    UNKNOWN_MEDIA_TYPE,
    content_encoding,
    media_finder,
    media_type,
)
from flask_cdn_stack.settings.model import Assets


@pytest.mark.parametrize(
    ("path", "kind"),
    [
        ("static/app.css", "text/css; charset=utf-8"),
        ("static/app.JS", "text/javascript; charset=utf-8"),
        ("static/app.js.map", "application/json"),
        ("archive.tar.gz", "application/gzip"),
        ("static/README", UNKNOWN_MEDIA_TYPE),
        ("static.css/README", UNKNOWN_MEDIA_TYPE),
        ("static/a.css.", UNKNOWN_MEDIA_TYPE),
    ],
)
def test_by_extension(path: str, kind: str) -> None:
    """The last one, in any case, and only after a dot."""
    assert media_type(path) == kind


@pytest.mark.parametrize("inner", ["js", "data"])
@pytest.mark.parametrize(("extension", "coding"), [("gz", "gzip"), ("br", "br")])
def test_what_pages_load_packed(tmp_path: Path, inner: str, extension: str, coding: str) -> None:
    """Has the type of what is in it, and its coding, as Flask's own static view has it, and keeps its bytes."""
    name = f"Game.{inner.upper()}.{extension}"
    app = Flask("shop", root_path=str(tmp_path))
    (tmp_path / "static").mkdir()
    (tmp_path / "static" / name).write_bytes(b"packed")
    with app.test_client().get(f"/static/{name}") as served:
        assert served.headers["Content-Encoding"] == content_encoding(f"static/{name}") == coding
        if inner in MEDIA_TYPES:
            assert served.mimetype == media_type(f"static/{name}").partition(";")[0]
    headers = headers_finder(Assets(gzip=True))(f"static/{name}", "query")
    assert (headers.others, headers.gzip) == ((("Content-Encoding", coding),), False)


@pytest.mark.parametrize(
    ("path", "kind", "coding"),
    [
        ("logo.svgz", "image/svg+xml", "gzip"),
        ("app.js.zst", "text/javascript; charset=utf-8", "zstd"),
        ("app.tar.gz", "application/gzip", ""),
        ("rows.csv.zst", "application/zstd", ""),
        (".js.gz", "application/gzip", ""),
    ],
)
def test_other_packed_files(path: str, kind: str, coding: str) -> None:
    """What is there to be saved stays as it is."""
    assert (media_type(path), content_encoding(path)) == (kind, coding)


def test_what_the_settings_say_of_packed_files() -> None:
    """A type of packed files leaves them as they are, any other goes with the coding, and a header counts more."""

    def find(**settings: Any) -> tuple[str, tuple[tuple[str, str], ...]]:
        headers = headers_finder(msgspec.convert(settings, Assets))("static/a.js.gz", "query")
        return headers.content_type, headers.others

    assert find(media_types={"*.js.gz": "application/gzip"}) == ("application/gzip", ())
    assert find(media_types={"*.gz": "text/javascript"}) == ("text/javascript", (("Content-Encoding", "gzip"),))
    coding = {"match": "*.gz", "set": {"content-encoding": "identity"}}
    assert find(headers=[coding])[1] == (("Content-Encoding", "identity"),)


def test_the_table_is_in_order() -> None:
    """Lower-case extensions without dots; a charset where and only where it is text."""
    for extension, kind in MEDIA_TYPES.items():
        assert extension == extension.lower().strip(".")
        assert kind.startswith("text/") <= kind.endswith("; charset=utf-8")
        assert kind.count("/") == 1


# Where one Python or another has a type that is not the one of IANA's registry today.
_OTHERWISE = {
    "3g2": "video/3gpp2", "3gp": "video/3gpp", "3gpp": "video/3gpp", "3gpp2": "video/3gpp2",
    "js": "text/javascript", "mjs": "text/javascript", "opus": "audio/ogg", "rdf": "application/rdf+xml",
    "srt": "application/x-subrip", "toml": "text/plain", "wav": "audio/wav", "wsdl": "application/wsdl+xml",
    "xml": "application/xml",
}  # fmt: skip


def test_pythons_own_table() -> None:
    """Has the same type for every extension in both, as far as it is a registered one."""
    own = {extension[1:]: kind for extension, kind in mimetypes.MimeTypes(()).types_map[True].items()}
    shared = {name for name, kind in own.items() if name in MEDIA_TYPES and "/x-" not in kind} - {"obj"}

    assert len(shared) > 60
    for extension in sorted(shared):
        known = MEDIA_TYPES[extension].partition(";")[0]
        assert known in (own[extension], _OTHERWISE.get(extension)), extension


@pytest.mark.parametrize(
    ("overrides", "path", "kind"),
    [
        ({"static/*": "a/b"}, "static/deep/a.css", "text/css; charset=utf-8"),
        ({"*.css": "text/x-css"}, "static/deep/a.css", "text/x-css"),
        ({"*.css": "a/first", "static/**": "a/last"}, "static/a.css", "a/last"),
    ],
)
def test_overrides(overrides: dict[str, str], path: str, kind: str) -> None:
    """By glob; of several the last wins, and the table has the rest."""
    assert media_finder(overrides)(path)[0] == kind
