"""A sheet to draw on: boxes, arrows and text, as SVG that reads well by day and by night and loads nothing."""

from __future__ import annotations

from typing import NamedTuple
from xml.etree import ElementTree
from xml.etree.ElementTree import Element, SubElement

#: What is drawn in which colour: yours, this package's, AWS's, and what went well or did not.
KINDS = ("plain", "app", "tool", "aws", "good", "bad")

SMALL, USUAL = 12, 13.5

_LIGHT = {
    "page": "#fbfcfe", "edge": "#d5dbe3", "ink": "#1f2328", "quiet": "#59636e",
    "plain": "#8c959f", "plain-fill": "#eef1f5", "app": "#8250df", "app-fill": "#f5edff",
    "tool": "#0969da", "tool-fill": "#e3f1ff", "aws": "#b35900", "aws-fill": "#fff1e0",
    "good": "#1a7f37", "good-fill": "#def7e4", "bad": "#cf222e", "bad-fill": "#ffebe9",
}  # fmt: skip
_DARK = {
    "page": "#171b21", "edge": "#343b45", "ink": "#e6edf3", "quiet": "#9aa4af",
    "plain": "#7d8590", "plain-fill": "#262c34", "app": "#b392f0", "app-fill": "#2b2140",
    "tool": "#58a6ff", "tool-fill": "#142b47", "aws": "#f0a04b", "aws-fill": "#382611",
    "good": "#4cc263", "good-fill": "#14321d", "bad": "#ff7b72", "bad-fill": "#43191b",
}  # fmt: skip


def _declare(colors: dict[str, str]) -> str:
    return "".join(f"--d-{name}:{color};" for name, color in colors.items())


# A picture that stands alone follows the system; one in a page follows the page's switch too.
_STYLE = (
    f".drawing{{{_declare(_LIGHT)}font-family:system-ui,-apple-system,'Segoe UI',Roboto,'Noto Sans',sans-serif}}"
    f"@media (prefers-color-scheme:dark){{:root.drawing,body:not([data-theme=light]) .drawing{{{_declare(_DARK)}}}}}"
    f"body[data-theme=dark] .drawing{{{_declare(_DARK)}}}"
    "figure .drawing{display:block;margin:auto;width:100%;min-width:560px;max-width:736px}"
    ".drawing .code{font-family:ui-monospace,SFMono-Regular,Menlo,Consolas,'DejaVu Sans Mono',monospace}"
    ".drawing .line{fill:none;stroke-width:1.6}.drawing .dashed{stroke-dasharray:5 4}"
    ".drawing .strong{font-weight:600}.drawing .ink{fill:var(--d-ink)}.drawing .quiet{fill:var(--d-quiet)}"
    + "".join(
        f".drawing .box.{kind}{{fill:var(--d-{kind}-fill);stroke:var(--d-{kind});stroke-width:1.3}}"
        f".drawing .line.{kind}{{stroke:var(--d-{kind})}}.drawing .fill.{kind}{{fill:var(--d-{kind})}}"
        for kind in KINDS
    )
)


class Box(NamedTuple):
    """A rectangle on the sheet."""

    left: float
    top: float
    width: float
    height: float

    @property
    def right(self) -> float:
        """Its right edge."""
        return self.left + self.width

    @property
    def bottom(self) -> float:
        """Its lower edge."""
        return self.top + self.height

    @property
    def middle(self) -> tuple[float, float]:
        """Its centre."""
        return self.left + self.width / 2, self.top + self.height / 2

    def holds(self, other: Box) -> bool:
        """Return whether another one lies within it."""
        return (
            self.left <= other.left
            and self.top <= other.top
            and self.right >= other.right
            and self.bottom >= other.bottom
        )

    def meets(self, other: Box) -> bool:
        """Return whether they have a place in common."""
        return (
            self.left < other.right and other.left < self.right and self.top < other.bottom and other.top < self.bottom
        )


class Sheet:
    """What is drawn, the first at the bottom; lengths are pixels at the width of a page's column."""

    def __init__(self, width: float, height: float) -> None:
        self.area = Box(0, 0, width, height)
        #: Every text with the place that it is thought to take, and the boxes, for those who look for overlaps.
        self.texts: list[tuple[str, Box]] = []
        self.boxes: list[Box] = []
        self._image = Element("svg", xmlns="http://www.w3.org/2000/svg", viewBox=f"0 0 {width:g} {height:g}")
        self._image.set("class", "drawing")
        self._image.set("role", "img")
        SubElement(self._image, "style").text = _STYLE
        page = self._rectangle(Box(0.5, 0.5, width - 1, height - 1), "", 10)
        page.set("style", "fill:var(--d-page);stroke:var(--d-edge)")

    def box(self, place: Box, *lines: str, kind: str = "plain", code: str = "") -> Box:
        """Draw a box with a name in it, lines below the name in small, and one of them as code; return its place."""
        self.boxes.append(place)
        self._rectangle(place, f"box {kind}", 7)
        rows = [(line, "quiet" if number else "ink strong") for number, line in enumerate(lines)]
        rows += [(code, "quiet code")] if code else []
        x, y = place.middle[0], place.middle[1] - 8.5 * (len(rows) - 1) + 4.5
        for words, look in rows:
            self.text(x, y, words, look, size=USUAL if "strong" in look else SMALL, anchor="middle")
            y += 17
        return place

    def frame(self, place: Box, words: str, kind: str = "aws") -> Box:
        """Draw a broken line around a region, with its name at the top left."""
        self._rectangle(place, f"line dashed {kind}", 9)
        self.text(place.left + 12, place.top + 19, words, f"strong fill {kind}", size=SMALL)
        return place

    def band(self, place: Box, kind: str = "plain") -> None:
        """Draw a ground for what is drawn later."""
        rectangle = self._rectangle(place, f"fill {kind}", 7)
        rectangle.set("style", f"fill:var(--d-{kind}-fill)")

    def bar(self, place: Box, kind: str) -> None:
        """Draw a bar of a chart."""
        self._rectangle(place, f"fill {kind}", 2)

    def dot(self, x: float, y: float, number: str, kind: str) -> None:
        """Draw a number in a disc."""
        disc = SubElement(self._image, "circle", cx=f"{x:g}", cy=f"{y:g}", r="9")
        disc.set("class", f"fill {kind}")
        text = SubElement(self._image, "text", {"text-anchor": "middle", "font-size": "11"}, x=f"{x:g}", y=f"{y + 4:g}")
        text.set("style", "fill:var(--d-page);font-weight:700")
        text.text = number

    def line(self, *points: tuple[float, float], kind: str = "plain", dashed: bool = False, width: float = 1.6) -> None:
        """Draw a line through points."""
        path = " L".join(f"{x:g},{y:g}" for x, y in points)
        element = SubElement(self._image, "path", d=f"M{path}")
        element.set("class", f"line {kind}{' dashed' if dashed else ''}")
        if width != 1.6:
            element.set("style", f"stroke-width:{width:g}")

    def arrow(self, *points: tuple[float, float], kind: str = "plain", dashed: bool = False) -> None:
        """Draw a line through points, with a tip at the last."""
        (x, y), (before_x, before_y) = points[-1], points[-2]
        across, down = (x > before_x) - (x < before_x), (y > before_y) - (y < before_y)
        self.line(*points[:-1], (x - 5 * across, y - 5 * down), kind=kind, dashed=dashed)
        left = (x - 8 * across + 4.5 * down, y - 8 * down + 4.5 * across)
        right = (x - 8 * across - 4.5 * down, y - 8 * down - 4.5 * across)
        tip = " ".join(f"{a:g},{b:g}" for a, b in ((x, y), left, right))
        SubElement(self._image, "polygon", points=tip).set("class", f"fill {kind}")

    def text(
        self, x: float, y: float, words: str, look: str = "ink", *, size: float = SMALL, anchor: str = "start"
    ) -> None:
        """Write a line of text.

        :param y: of its base line.
        :param look: ``ink``, ``quiet``, or ``fill`` with a kind, and ``strong`` and ``code`` besides.
        """
        width = measure(words, size, "code" in look, "strong" in look)
        left = x - width * {"start": 0, "middle": 0.5, "end": 1}[anchor]
        self.texts.append((words, Box(left, y - 0.8 * size, width, size)))
        element = SubElement(
            self._image, "text", {"font-size": f"{size:g}", "text-anchor": anchor}, x=f"{x:g}", y=f"{y:g}"
        )
        element.set("class", look)
        element.text = words

    def to_svg(self, words: str = "") -> str:
        """Return the markup.

        :param words: what stands for the picture where it cannot be seen.
        """
        if words:
            self._image.set("aria-label", words)
        return ElementTree.tostring(self._image, "unicode")

    def to_figure(self, words: str) -> str:
        """Return the markup for a page; on a narrow screen it can be scrolled."""
        return f'<figure style="margin:1.5em 0;overflow-x:auto">{self.to_svg(" ".join(words.split()))}</figure>'

    def _rectangle(self, place: Box, look: str, radius: float) -> Element:
        sizes = {"x": place.left, "y": place.top, "width": place.width, "height": place.height, "rx": radius}
        rectangle = SubElement(self._image, "rect", {name: f"{size:g}" for name, size in sizes.items()})
        rectangle.set("class", look)
        return rectangle


def measure(words: str, size: float, is_code: bool = False, is_strong: bool = False) -> float:
    """Return how wide a text may be in the widest of the fonts that systems have."""
    if is_code:
        return 0.61 * size * len(words)
    narrow = sum(words.count(letter) for letter in "iljtfrI.,:;'|()[]/ ")
    return size * (0.34 * narrow + (0.6 if is_strong else 0.57) * (len(words) - narrow))
