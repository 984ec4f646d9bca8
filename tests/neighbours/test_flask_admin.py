"""Flask-Admin, whose own pages build URLs of its static files with ``flask.url_for`` in Python."""

from __future__ import annotations

import importlib.util
from typing import TYPE_CHECKING

import pytest

from .conftest import VARIANTS

NEEDS = "flask_admin"

pytestmark = pytest.mark.installs

if TYPE_CHECKING:
    from flask import Flask

    from .conftest import MakePair

PAGES = ("/shop/", "/admin/", "/admin/files/")


def install(app: Flask) -> None:
    from flask_admin import Admin
    from flask_admin.contrib.fileadmin import FileAdmin

    if importlib.util.find_spec("flask_babel"):
        from flask_babel import Babel

        Babel(app)  # Flask-Admin translates as soon as Flask-Babel is installed.
    admin = Admin(app, name="Shop")
    admin.add_view(FileAdmin(app.static_folder, base_url="/static/", name="Files", endpoint="files"))


def test_its_static_files_are_at_the_cdn(make_pair: MakePair) -> None:
    """Its pages load all of theirs from the CDN, and the shop's page all of its own; every other link stays."""
    pair = make_pair(install)
    assert [pair.compare(page) for page in PAGES] == [{"static"}, {"admin.static"}, {"admin.static"}]


@pytest.mark.parametrize("variant", VARIANTS[:2], indirect=True)
def test_without_the_override_its_static_files_stay_local(make_pair: MakePair) -> None:
    """Templates' ``url_for`` alone does not reach what Flask-Admin builds in Python; the app serves those files."""
    pair = make_pair(install, CDN_OVERRIDE_FLASK_URL_FOR=False)
    assert [pair.compare(page, own_only=True) for page in PAGES] == [{"static"}, set(), set()]
