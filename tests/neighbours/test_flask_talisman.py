"""Flask-Talisman, which sends a Content-Security-Policy and every visitor to https."""

from __future__ import annotations

from contextlib import closing
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from flask import render_template_string

from .conftest import HOST, collect_urls, read_page

NEEDS = "flask_talisman"

if TYPE_CHECKING:
    from flask import Flask

    from .conftest import Install, MakeApp, MakePair

Policy = dict[str, str | list[str]]

POLICY: Policy = {"default-src": "'self'", "script-src": ["'self'", HOST], "style-src": ["'self'", HOST]}

_PAGE = """
    <script src="{{ url_for('static', filename='app.js') }}" nonce="{{ csp_nonce() }}"></script>
    <link rel="stylesheet" href="{{ url_for('static', filename='css/app.css') }}">
    <a href="{{ url_for('index') }}">Shop</a>
"""


def install_with(policy: Policy | None) -> Install:
    """Puts Flask-Talisman with a policy, or with its own default, into an app."""
    options = {"content_security_policy": policy} if policy else {}

    def install(app: Flask) -> None:
        from flask_talisman import Talisman

        Talisman(app, content_security_policy_nonce_in=["script-src"], **options)
        app.add_url_rule("/secure", "secure", lambda: render_template_string(_PAGE))

    return install


def test_pages_over_https_load_from_the_cdn(make_pair: MakePair) -> None:
    """Every static URL of a page over https is at the CDN and https too."""
    pair = make_pair(install_with(POLICY), PREFERRED_URL_SCHEME="https")
    for page in ("/shop/", "/secure"):
        assert pair.compare(page) == {"static"}
        urls = [url for url in collect_urls(read_page(pair.client, page)) if HOST in url]
        assert {urlsplit(url).scheme for url in urls} == {"https"}


def test_behind_a_proxy_cdn_https_keeps_the_page_secure(make_app: MakeApp) -> None:
    """Flask-Talisman believes ``X-Forwarded-Proto``, and Flask does not; ``CDN_HTTPS`` says it for the URLs."""
    schemes = []
    for https in (None, True):
        client = make_app(install_with(POLICY), CDN_HTTPS=https).test_client()
        with closing(client.get("/secure", headers={"X-Forwarded-Proto": "https"})) as answer:
            assert answer.status_code == 200
            schemes.append({urlsplit(url).scheme for url in collect_urls(answer.text) if HOST in url})
    assert schemes == [{"http"}, {"https"}]
