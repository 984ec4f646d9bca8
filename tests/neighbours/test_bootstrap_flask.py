"""Bootstrap-Flask, which writes the tags of its static files in Python, and those of its icons in a template."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from flask import render_template_string

from .conftest import VARIANTS

NEEDS = "flask_bootstrap"

if TYPE_CHECKING:
    from flask import Flask

    from .conftest import MakePair

_PAGE = """
    {% from 'bootstrap5/utils.html' import render_icon, render_static %}
    {{ bootstrap.load_css() }}{{ bootstrap.load_js() }}
    {{ render_static('css', 'css/app.css') }}{{ render_icon('heart') }}
    <a href="{{ url_for('index') }}">Shop</a>
"""


def install(app: Flask) -> None:
    from flask_bootstrap import Bootstrap5

    Bootstrap5(app)
    app.add_url_rule("/form", "form", lambda: render_template_string(_PAGE))


def test_files_served_locally_are_at_the_cdn(make_pair: MakePair) -> None:
    """``BOOTSTRAP_SERVE_LOCAL`` means "from this app", and so from its CDN; the icon's fragment stays."""
    pair = make_pair(install, BOOTSTRAP_SERVE_LOCAL=True)
    assert pair.compare("/form") == {"static", "bootstrap.static"}


@pytest.mark.parametrize("variant", VARIANTS[:2], indirect=True)
def test_files_of_the_public_cdn_stay_there(make_pair: MakePair) -> None:
    """Without ``BOOTSTRAP_SERVE_LOCAL`` only the icons and the shop's own files are from the shop's CDN."""
    pair = make_pair(install)
    assert pair.compare("/form") == {"static", "bootstrap.static"}
    assert "https://cdn.jsdelivr.net/npm/bootstrap@" in pair.client.get("/form").text
