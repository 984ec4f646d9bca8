"""What the shop sells."""

from __future__ import annotations

from typing import NamedTuple


class Tea(NamedTuple):
    """A tea. The picture is a file in the app's static folder."""

    name: str
    price: str
    taste: str
    picture: str


# The names of the pictures are the difficult ones on purpose: a space, a plus sign and an umlaut.
TEAS = (
    Tea("Fog over hills", "7.50", "Green, a little grass, a long quiet finish.", "images/with space.svg"),
    Tea("Two gardens", "9.00", "Black from two estates, malt and citrus peel.", "images/a+b.svg"),
    Tea("Über-morning", "8.20", "Strong enough for the day after tomorrow.", "images/über.svg"),
    Tea("Slow evening", "6.80", "Rooibos, orange and vanilla. No caffeine.", "images/evening.svg"),
)
