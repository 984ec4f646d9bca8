"""A tea shop whose style sheets, scripts, fonts and pictures come from a CDN."""

from __future__ import annotations

from flask import Flask

from flask_cdn_stack import CDN

from .catalog import catalog
from .pages import pages


def create_app() -> Flask:
    """Build the app. ``cdn_config`` is the file that ``flask-cdn-stack`` writes beside this package."""
    app = Flask(__name__)
    app.config.from_object("cdn_config")
    CDN(app)
    app.register_blueprint(pages)
    app.register_blueprint(catalog)
    return app
