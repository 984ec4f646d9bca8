"""The key that each URL leads to, as the extension builds it."""

from __future__ import annotations

from pathlib import Path
from urllib.parse import unquote, urlsplit

import pytest
from flask import Flask

from flask_cdn_stack import CDN, url_for
from flask_cdn_stack.assets.published_names import Naming, find_naming
from flask_cdn_stack.manifest import render_manifest
from flask_cdn_stack.naming import version_path
from flask_cdn_stack.settings.model import Assets

_FILES = ("css/über a.css", "LICENSE", "app-Bx12.js", "vendor/app-Bx12.js", "sw.js", "js/sw.js")
_MANIFEST = render_manifest(
    {f"static/{name.replace(' ', '%20').replace('ü', '%C3%BC')}": "0123456789abcdef" * 4 for name in _FILES},
    ["static/app-Bx12.js", "static/vendor/app-Bx12.js"],
)


@pytest.mark.parametrize(
    "naming",
    [
        Naming("query", 64, keep_names=("sw.js",)),
        Naming("path", 16, keep_names=("sw.js", "static/vendor/**")),
        Naming("path", 12),
        Naming("query", 20, keep_names=("sw.js",), immutable=True),
        Naming("path", 64, keep_names=("/static/sw.js",)),
    ],
    ids=str,
)
def test_keys_are_those_of_urls(naming: Naming, tmp_path: Path) -> None:
    """Decoded, without the leading slash."""
    (tmp_path / "manifest.txt").write_text(_MANIFEST)
    app = Flask(__name__)
    app.config |= {
        "CDN_DOMAIN": "cdn.example",
        "CDN_MANIFEST": True,
        "CDN_MANIFEST_URL": str(tmp_path / "manifest.txt"),
        "CDN_FINGERPRINT": naming.mode,
        "CDN_CHECKSUM_LENGTH": naming.checksum_length,
        "CDN_KEEP_NAMES": list(naming.keep_names),
    }
    CDN(app)

    with app.test_request_context():
        urls = {name: urlsplit(url_for("static", filename=name)) for name in _FILES}

    assert {url.netloc for url in urls.values()} == {"cdn.example"}
    keys = {f"static/{name}": unquote(url.path).removeprefix("/") for name, url in urls.items()}
    if naming.immutable:  # as the edge asks the bucket
        checksums = {f"static/{name}": url.query.removeprefix("c=") for name, url in urls.items()}
        keys = {key: version_path(key, found) if (found := checksums[key]) else key for key in keys}
    assert naming.find_keys(_MANIFEST) == keys


def test_of_settings() -> None:
    """The length is the mode's own where the settings do not say."""
    assets = Assets(fingerprint="path", prefix="live", keep_names=("a",), plain_copies=False, publish_manifest=True)

    assert find_naming(assets) == Naming("path", 16, "live", ("a",), False, True)
    kept = Assets().keep_names
    assert find_naming(Assets(immutable=True)) == Naming("query", 16, keep_names=kept, immutable=True)
    assert find_naming(Assets(immutable=True, fingerprint="path")) == Naming("path", 16, keep_names=kept)
