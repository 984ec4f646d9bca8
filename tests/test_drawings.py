"""The documentation's drawings: nothing lies upon anything else, they load nothing, and they say what is."""

from __future__ import annotations

import itertools
import re

import pytest
from drawings import DRAWINGS, README_DRAWING
from sheet import Sheet
from speed_chart import Bar, draw_chart, read_bars, read_speed

from flask_cdn_stack.infrastructure.template import build_template
from flask_cdn_stack.settings.model import Settings

BARS = [
    Bar("First deploy, MiniStack", "s5cmd", "1/4", 4, (3, 5), 2),
    Bar("First deploy, rclone serve s3", "s5cmd", "5 times", 0.2, (0.19, 0.21), None),
    Bar(
        "A page whose name is so long that it does not stand in one line of the chart",
        "Flask",
        "1/40",
        40,
        (40, 40),
        50,
    ),
]
SHEETS = {name: draw() for name, draw in DRAWINGS.items()} | {
    f"chart by {group}": draw_chart(BARS, group) for group in ("work", "against")
}


@pytest.mark.parametrize("sheet", SHEETS.values(), ids=SHEETS)
def test_texts_have_room(sheet: Sheet) -> None:
    """In the widest of fonts each stays on the sheet, within its box, and off the others."""
    assert [words for words, place in sheet.texts if not sheet.area.holds(place)] == []
    pairs = itertools.combinations(sheet.texts, 2)
    assert [(words, other) for (words, place), (other, there) in pairs if place.meets(there)] == []
    crossing = [
        words for words, place in sheet.texts for box in sheet.boxes if place.meets(box) and not box.holds(place)
    ]
    assert crossing == []


@pytest.mark.parametrize("sheet", SHEETS.values(), ids=SHEETS)
def test_drawings_load_nothing(sheet: Sheet) -> None:
    """They name no address but SVG's own, and have colours for the night, stand-alone and in a page."""
    markup = re.sub(r"<text .*?</text>", "", sheet.to_svg("Words."))
    assert set(re.findall(r"\w+://[^\s\"')]+", markup)) == {"http://www.w3.org/2000/svg"}
    assert "@import" not in markup
    assert markup.count(":root.drawing") == markup.count("[data-theme=dark] .drawing") == 1


def test_all_that_is_created_is_drawn() -> None:
    """Each resource of a stack with the defaults is in the drawing of them."""
    drawn = " ".join(words for words, _ in SHEETS["resources"].texts).lower()
    for name in build_template(Settings())["Resources"]:
        assert re.sub(r"(?<!^)(?=[A-Z])", " ", name).lower() in drawn


def test_the_readme_shows_the_drawing(request: pytest.FixtureRequest) -> None:
    """The file is what is drawn today; with --write-pictures, it is drawn anew."""
    markup = SHEETS["path"].to_svg() + "\n"
    if request.config.getoption("--write-pictures"):
        README_DRAWING.write_text(markup, "utf-8")
    assert README_DRAWING.read_text("utf-8") == markup


@pytest.mark.parametrize(
    ("words", "speed"), [("1/16", 16), ("5.00 times", 0.2), ("1.25", 0.8), ("5.58 ms", None), ("", None)]
)
def test_ratios_are_read(words: str, speed: float | None) -> None:
    """A share of the time is how many times as fast; what has a unit is no ratio."""
    assert read_speed(words) == speed


def test_rows_become_bars() -> None:
    """Rows that are held against nothing, and those with units, have none; spreads go from slow to fast."""
    rows = [
        ["Work", "Flask's own", "1/2", "1/4 to 1.25 times", "1 times", "met"],
        ["Work", "s5cmd", "1 times", "", "", ""],
        ["Import", "", "5 ms", "4 ms to 6 ms", "5 ms", "met"],
        ["Requests", "", "1", "1 to 1", "1", "met"],
    ]
    assert read_bars(rows) == [
        Bar("Work", "Flask's own", "1/2", 2, (0.8, 4), 1),
        Bar("Work", "s5cmd", "1 times", 1, (1, 1), None),
    ]
