"""Every tea, with a static folder of its own."""

from __future__ import annotations

from flask import Blueprint, render_template

from ..teas import TEAS
from .reviews import reviews

catalog = Blueprint("catalog", __name__, url_prefix="/catalog", static_folder="static", template_folder="templates")
catalog.register_blueprint(reviews)


@catalog.get("/")
def index() -> str:
    """Show every tea."""
    return render_template("catalog/index.html", teas=TEAS)
