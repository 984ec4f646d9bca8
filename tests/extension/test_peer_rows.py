"""What an app that comes from Flask-CDN or Flask-CDN-NG must see unchanged."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest
from flask import render_template_string

if TYPE_CHECKING:
    from pathlib import Path

    from .conftest import MakeApp

OFF = {"CDN_TIMESTAMP": False}
LISTED = OFF | {"CDN_MANIFEST": True, "CDN_MANIFEST_URL": "m.txt"}
HTTPS = "https://localhost/"
CHECKSUM = "afb9d1dccb6ae4b29df7a48dbd65fc4e"


@pytest.mark.parametrize(
    ("config", "call", "page", "expected"),
    [
        (OFF, "'static', filename='bah.js'", "/", "http://cdn.example.net/static/bah.js"),
        (OFF, "'static', filename='bah.js'", HTTPS, "https://cdn.example.net/static/bah.js"),
        (OFF | {"CDN_HTTPS": True}, "'static', filename='bah.js'", "/", "https://cdn.example.net/static/bah.js"),
        (OFF | {"CDN_HTTPS": False}, "'static', filename='bah.js'", HTTPS, "http://cdn.example.net/static/bah.js"),
        ({}, "'static', filename='bah.js'", "/", "http://cdn.example.net/static/bah.js?t=1400000000"),
        ({}, "'static', filename='css/app.css'", "/", "http://cdn.example.net/static/css/app.css?t=1400000001"),
        ({}, "'static', filename='frac.js'", "/", "http://cdn.example.net/static/frac.js?t=1400000123"),
        ({}, "'static', filename='bah.js', t='mine'", "/", "http://cdn.example.net/static/bah.js?t=1400000000"),
        (
            {},
            "'static', filename='bah.js', v='2'",
            "/",
            "http://cdn.example.net/static/bah.js?v=2&amp;t=1400000000",
        ),
        (OFF, "'static', filename='bah.js', v=['1', '2']", "/", "http://cdn.example.net/static/bah.js?v=1&amp;v=2"),
        (OFF, "'static', filename='bah.js', v=None", "/", "http://cdn.example.net/static/bah.js"),
        (OFF, "'static', filename='with space.js'", "/", "http://cdn.example.net/static/with%20space.js"),
        (OFF, "'static', filename='pct%20.js'", "/", "http://cdn.example.net/static/pct%2520.js"),
        (OFF, "'static', filename='bah.js', _scheme='https'", "/", "https://cdn.example.net/static/bah.js"),
        (OFF, "'static', filename='bah.js', _scheme=None", "/", "//cdn.example.net/static/bah.js"),
        (OFF, "'static', filename='bah.js', _scheme=''", HTTPS, "//cdn.example.net/static/bah.js"),
        (OFF, "'media', filename='pic.png'", "/", "/media/pic.png"),
        (
            OFF | {"CDN_ENDPOINTS": ["static", "media"]},
            "'media', filename='pic.png'",
            "/",
            "http://cdn.example.net/media/pic.png",
        ),
        (OFF | {"CDN_ENDPOINTS": ["media"]}, "'static', filename='bah.js'", "/", "/static/bah.js"),
        (OFF, "'admin.static', filename='adm.js'", "/", "http://cdn.example.net/admin/admin_static/adm.js"),
        (LISTED, "'static', filename='bah.js'", "/", f"http://cdn.example.net/static/bah.js?c={CHECKSUM}"),
        (LISTED, "'static', filename='bah.js', c='mine'", "/", f"http://cdn.example.net/static/bah.js?c={CHECKSUM}"),
        (
            LISTED,
            "'static', filename='bah.js', v='1'",
            "/",
            f"http://cdn.example.net/static/bah.js?v=1&amp;c={CHECKSUM}",
        ),
        (LISTED, "'static', filename='with space.js'", "/", "http://cdn.example.net/static/with%20space.js?c=7fde"),
        (
            LISTED | {"CDN_TIMESTAMP": True},
            "'static', filename='bah.js'",
            "/",
            "http://cdn.example.net/static/bah.js?t=1400000000",
        ),
        ({"CDN_DEBUG": True}, "'static', filename='bah.js'", "/", "/static/bah.js"),
        ({"DEBUG": True}, "'static', filename='bah.js'", "/", "/static/bah.js"),
        ({"DEBUG": True, "CDN_DEBUG": False} | OFF, "'static', filename='a'", "/", "http://cdn.example.net/static/a"),
        ({"CDN_DOMAIN": ""}, "'static', filename='bah.js'", "/", "/static/bah.js"),
        ({"CDN_DOMAIN": "x.net/assets"} | OFF, "'static', filename='a'", "/", "http://x.net/assets/static/a"),
        ({"CDN_DOMAIN": "X.net:8443"} | OFF, "'static', filename='a'", "/", "http://x.net:8443/static/a"),
    ],
)
def test_row(make_app: MakeApp, root: Path, config: dict[str, Any], call: str, page: str, expected: str) -> None:
    """A call in a template gives the URL that these peers were seen to give."""
    (root / "m.txt").write_text(f"{CHECKSUM}  static/bah.js\n7fde static/with%20space.js\n")
    with make_app(**config).test_request_context(page):
        assert render_template_string("{{ url_for(" + call + ") }}") == expected
