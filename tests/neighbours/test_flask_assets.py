"""Flask-Assets, which builds bundles into static folders and takes their URLs from ``flask.url_for``."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from flask import Blueprint, render_template_string

from tests.conftest import write_files

from .conftest import HOST, VARIANTS, collect_urls, expect_at_cdn, read_page, read_static

NEEDS = "flask_assets"

if TYPE_CHECKING:
    from pathlib import Path

    from flask import Flask

    from .conftest import Install, MakePair

_PAGE = """
    {% assets "all.js" %}<script src="{{ ASSET_URL }}"></script>{% endassets %}
    {% assets "panel.css" %}<link rel="stylesheet" href="{{ ASSET_URL }}">{% endassets %}
    <a href="{{ url_for('index') }}">Shop</a>
"""


@pytest.fixture
def install(root: Path) -> Install:
    """Puts two bundles, of the shop's own folder and of a blueprint's, into an app and builds them."""
    write_files(root, {"static/b.js": "let b = 2\n", "panel/x.css": "a {}\n", "panel/y.css": "b {}\n"})

    def install(app: Flask) -> None:
        from flask_assets import Bundle, Environment

        app.register_blueprint(Blueprint("panel", "shop", static_folder="panel", url_prefix="/p", root_path=str(root)))
        assets = Environment(app)
        assets.register("all.js", Bundle("app.js", "b.js", output="gen/all.js"))
        assets.register("panel.css", Bundle("panel/x.css", "panel/y.css", output="panel/gen/%(version)s.css"))
        with app.app_context():
            for bundle in assets:
                bundle.build()
        app.add_url_rule("/bundles", "bundles", lambda: render_template_string(_PAGE))

    return install


@pytest.mark.parametrize("in_pieces", [False, True], ids=["bundled", "debug"])
def test_its_bundles_are_at_the_cdn(make_pair: MakePair, install: Install, in_pieces: bool) -> None:
    """Built bundles, and in its debug mode every source, of the shop and of a blueprint, in the page's own scheme."""
    pair = make_pair(install, ASSETS_URL_EXPIRE=False, ASSETS_DEBUG=in_pieces)
    assert pair.compare("/bundles") == {"static", "panel.static"}
    urls = [url for url in collect_urls(read_page(pair.client, "/bundles")) if HOST in url]
    assert {url.partition(HOST)[0] for url in urls} == {"//"}
    assert len(urls) == (4 if in_pieces else 2)


@pytest.mark.parametrize("variant", VARIANTS[:2], indirect=True)
def test_its_own_version_is_put_behind_ours(make_pair: MakePair, install: Install) -> None:
    """By default Flask-Assets adds ``?`` and its version to whatever it was given; the path is still the file's."""
    pair = make_pair(install)
    plain, url = (collect_urls(read_page(client, "/bundles"))[0] for client in (pair.plain, pair.client))
    path, _, version = plain.partition("?")
    assert version
    assert url.endswith(f"?{version}")
    expect_at_cdn(pair.client, url.removesuffix(f"?{version}"), path)


def test_without_the_override_its_bundles_stay_local(make_pair: MakePair, install: Install) -> None:
    """Flask-Assets asks ``flask.url_for``, which is then Flask's own; the app serves the bundles."""
    pair = make_pair(install, ASSETS_URL_EXPIRE=False, CDN_OVERRIDE_FLASK_URL_FOR=False)
    urls = collect_urls(read_page(pair.client, "/bundles"))
    assert urls == collect_urls(read_page(pair.plain, "/bundles"))
    for url in urls[:2]:
        assert read_static(pair.client, url)
    assert pair.compare("/shop/") == {"static"}
