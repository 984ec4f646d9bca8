"""The front page."""

from __future__ import annotations

from flask import Blueprint, current_app, render_template

from .static_files import list_static_files
from .teas import TEAS

pages = Blueprint("pages", __name__)


@pages.get("/")
def index() -> str:
    """Show the teas, and the files that make up this page."""
    return render_template("index.html", teas=TEAS[:3], static_files=list_static_files(current_app))
