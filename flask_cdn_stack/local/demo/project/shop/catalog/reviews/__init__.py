"""What people say: a blueprint inside a blueprint, again with a static folder of its own."""

from __future__ import annotations

from typing import NamedTuple

from flask import Blueprint, render_template


class Review(NamedTuple):
    """One opinion."""

    author: str
    tea: str
    stars: int
    text: str


REVIEWS = (
    Review("Ines", "Fog over hills", 5, "I opened the bag, and the office went quiet."),
    Review("Tomasz", "Two gardens", 4, "Forgiving. I forgot it for ten minutes and it still was tea."),
    Review("Yuki", "Slow evening", 5, "My cat approves of the box, I approve of the rest."),
)

reviews = Blueprint("reviews", __name__, url_prefix="/reviews", static_folder="static", template_folder="templates")


@reviews.get("/")
def index() -> str:
    """Show the reviews."""
    return render_template("reviews/index.html", reviews=REVIEWS)
