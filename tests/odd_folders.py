"""Apps whose ``static_folder`` is not the one folder that Flask has."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

from flask import Blueprint, Flask, Response, current_app, send_from_directory
from werkzeug.exceptions import NotFound
from werkzeug.local import LocalProxy

#: Files of two folders, one of which both have.
FILES = {"public/a.css": "public", "base/a.css": "base", "base/b.css": "base", "own/static/c.css": "own"}


class _Many:
    """As Flask-MultiStatic, and CKAN by it: a list of folders behind a property."""

    @property
    def static_folder(self) -> Any:
        """All folders, which start at the app's root."""
        return ["public", "base", "gone"]

    @static_folder.setter
    def static_folder(self, value: Any) -> None:
        pass

    def send_static_file(self, filename: str) -> Response:
        """Send the first file of that name."""
        for folder in self.static_folder:
            if os.path.isfile(os.path.join(current_app.root_path, folder, filename)):
                return send_from_directory(folder, filename)
        raise NotFound


class ManyFolders(_Many, Flask):
    """An app with a list of folders."""


class PartOfManyFolders(_Many, Blueprint):
    """A blueprint with a list of folders."""


def make_odd(static_folder: Any) -> type[Flask]:
    """Return a class of apps with Flask's own view and another ``static_folder``."""
    return type("Odd", (Flask,), {"static_folder": static_folder})


def fail(app: Flask) -> str:
    """Stand for a property that fails."""
    raise RuntimeError("no request here")


#: What cannot be told, and the words for it.
ODD = [
    (make_odd(["public", "base"]), "is a list"),
    (make_odd(property(fail)), "RuntimeError: no request here"),
    (make_odd(b"public"), "of the type bytes"),
    (make_odd(LocalProxy(lambda: 7)), "of the type LocalProxy"),
    (type("Odd", (Flask,), {"has_static_folder": property(lambda app: app.root_path == "")}), "has_static_folder"),
]


def make_odd_app(kind: type[Flask], root: Path) -> Flask:
    """Return such an app, which has Flask's own rule, and a blueprint with files."""
    app = Flask("shop", root_path=str(root))
    app.__class__ = kind
    own = Blueprint("own", "own", root_path=str(root / "own"), static_folder="static", url_prefix="/own")
    app.register_blueprint(own)
    return app
