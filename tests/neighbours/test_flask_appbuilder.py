"""Flask-AppBuilder, whose templates load its static files, and its pages before and after signing in."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import ExitStack
from typing import TYPE_CHECKING

import pytest

from .conftest import VARIANTS, Pair

NEEDS = "flask_appbuilder"

pytestmark = pytest.mark.installs

if TYPE_CHECKING:
    from flask import Flask

    from .conftest import Install, MakePair

CONFIG = {
    "SQLALCHEMY_DATABASE_URI": "sqlite://",
    "WTF_CSRF_ENABLED": False,
    "FAB_PASSWORD_HASH_METHOD": "pbkdf2:sha256:1",
}


@pytest.fixture
def install() -> Iterator[Install]:
    """Puts Flask-AppBuilder with a database in memory and one user into an app."""
    from flask_appbuilder import AppBuilder
    from flask_appbuilder.utils.legacy import get_sqla_class

    with ExitStack() as databases:

        def install(app: Flask) -> None:
            database = get_sqla_class()()
            with app.app_context():
                database.init_app(app)
                builder = AppBuilder(app, database.session)
                databases.callback(database.engine.dispose)
                manager = builder.sm
                manager.add_user("ann", "Ann", "Lee", "ann@example.org", manager.find_role("Admin"), "secret")

        yield install


def sign_in(pair: Pair) -> Pair:
    for client in (pair.plain, pair.client):
        assert client.post("/login/", data={"username": "ann", "password": "secret"}).status_code == 302
    return pair


@pytest.mark.parametrize("variant", [VARIANTS[3]], indirect=True)
# Its search forms use what newer WTForms deprecates.
@pytest.mark.filterwarnings("ignore:'DateTimeField' renders:DeprecationWarning")
@pytest.mark.filterwarnings("ignore:Yielding raw tuples from iter_choices:DeprecationWarning")
def test_its_static_files_are_at_the_cdn(make_pair: MakePair, install: Install) -> None:
    """A visitor's pages and an administrator's list and form load every static file from the CDN."""
    pair = make_pair(install, **CONFIG)
    assert pair.compare("/shop/") == {"static"}
    assert pair.compare("/login/") == {"appbuilder.static"}
    sign_in(pair)
    for page in ("/", "/users/list/", "/users/show/1", "/users/edit/1", "/roles/add"):
        assert pair.compare(page) == {"appbuilder.static"}
