"""``.. house::`` draws the subpackages by layer and what imports what, from the import contract and the imports."""

from __future__ import annotations

import ast
import sys
import tomllib
from collections import Counter
from pathlib import Path
from typing import NamedTuple
from xml.etree import ElementTree
from xml.etree.ElementTree import Element, SubElement

import grimp
from docutils import nodes
from sphinx.application import Sphinx
from sphinx.util.docutils import SphinxDirective

PACKAGE = "flask_cdn_stack"

_ROOT = Path(__file__).parents[2]

_WIDTH, _BOXES, _ROW, _GAP = 960, 640, 46, 8
_LINE = "stroke:currentColor;fill:none"


class Room(NamedTuple):
    """A folder or a module of the package: its name, what it is for, and the packages of others that it imports."""

    name: str
    purpose: str
    dependencies: tuple[str, ...]


def count_imports() -> Counter[tuple[str, str]]:
    """Return how many modules of a subpackage import something of another one, or of another project's package."""
    graph = grimp.build_graph(
        PACKAGE, include_external_packages=True, exclude_type_checking_imports=True, cache_dir=None
    )
    found = {
        (importer, _find_room(imported))
        for importer in graph.modules
        for imported in graph.find_modules_directly_imported_by(importer)
    }
    pairs = Counter((_find_room(importer), imported) for importer, imported in found)
    return Counter({(room, other): count for (room, other), count in pairs.items() if room and other and room != other})


def _find_room(module: str) -> str:
    package, _, place = module.partition(".")
    return place.partition(".")[0] if package == PACKAGE else package


def read_rooms(layers: list[str], imports: Counter[tuple[str, str]]) -> list[list[Room]]:
    """Return the subpackages, a list for each layer, the highest first.

    :param layers: those of the import contract.
    """
    return [[_read_room(name.strip(), imports) for name in storey.split("|")] for storey in layers]


def _read_room(name: str, imports: Counter[tuple[str, str]]) -> Room:
    module = _ROOT / PACKAGE / name
    file = module / "__init__.py" if module.is_dir() else module.with_suffix(".py")
    words = ast.get_docstring(ast.parse(file.read_text("utf-8"))) or ""
    purpose = words.partition("\n\n")[0].partition(". ")[0].rstrip(".").replace("``", "")
    own = {path.stem for path in (_ROOT / PACKAGE).iterdir()} | sys.stdlib_module_names
    return Room(name, purpose, tuple(sorted(other for room, other in imports if room == name and other not in own)))


def draw_house(storeys: list[list[Room]], imports: Counter[tuple[str, str]]) -> str:
    """Return the picture as SVG: a box for each subpackage, and an arc to each that it imports."""
    places = {room.name: number for number, storey in enumerate(storeys) for room in storey}
    height = len(storeys) * (_ROW + _GAP)
    image = Element("svg", xmlns="http://www.w3.org/2000/svg", viewBox=f"0 0 {_WIDTH} {height}", role="img")
    SubElement(image, "title").text = "The subpackages, layer by layer, and which of them import which"
    for number, storey in enumerate(storeys):
        width = (_BOXES - _GAP * (len(storey) - 1)) / len(storey)
        for place, room in enumerate(storey):
            _draw_room(image, room, place * (width + _GAP), number * (_ROW + _GAP), width, len(storey) == 1)
    between: Counter[tuple[int, int]] = Counter()
    for (importer, imported), count in imports.items():
        if importer in places and imported in places and places[importer] != places[imported]:
            between[places[importer], places[imported]] += count
    for (above, below), count in sorted(between.items()):
        names = " and ".join(room.name for room in storeys[above])
        others = ", ".join(room.name for room in storeys[below])
        _draw_arc(image, above, below, count, len(storeys), f"{count} modules of {names} import {others}")
    return ElementTree.tostring(image, "unicode")


def _draw_room(image: Element, room: Room, left: float, top: float, width: float, is_wide: bool) -> None:
    box = SubElement(image, "g")
    SubElement(box, "title").text = room.purpose
    SubElement(
        box, "rect", x=f"{left:.0f}", y=f"{top:.0f}", width=f"{width:.0f}", height=f"{_ROW}", rx="5", style=_LINE
    )
    words = {
        "x": f"{left + (10 if is_wide else 6):.0f}",
        "fill": "currentColor",
        "font-size": "15" if is_wide else "10",
    }
    line = SubElement(box, "text", words, y=f"{top + 19:.0f}")
    SubElement(line, "tspan", {"font-weight": "bold"}).text = room.name
    if room.dependencies:
        SubElement(line, "tspan", dx="10", opacity="0.6").text = ", ".join(room.dependencies)
    if is_wide:
        words["font-size"] = "12"
        SubElement(box, "text", words, y=f"{top + 37:.0f}").text = room.purpose


def _draw_arc(image: Element, above: int, below: int, count: int, storeys: int, words: str) -> None:
    # An arc begins in the lower half of one box and ends in the upper half of another.
    start, end = above * (_ROW + _GAP) + _ROW * 0.7, below * (_ROW + _GAP) + _ROW * 0.3
    reach = _BOXES + 20 + 1.25 * (_WIDTH - _BOXES - 20) * (below - above) / storeys
    line = f"M{_BOXES},{start:.0f} C{reach:.0f},{start:.0f} {reach:.0f},{end:.0f} {_BOXES},{end:.0f}"
    arc = SubElement(image, "path", d=line)
    arc.set("style", f"{_LINE};stroke-width:{min(1 + count / 8, 4):.1f};opacity:0.5")
    SubElement(arc, "title").text = words
    tip = f"{_BOXES},{end:.0f} {_BOXES + 8},{end - 4:.0f} {_BOXES + 8},{end + 4:.0f}"
    SubElement(image, "polygon", points=tip, fill="currentColor", opacity="0.7")


class HouseDirective(SphinxDirective):
    """The picture, as a part of the page: so its lines have the colour of the page's text, by day and by night."""

    def run(self) -> list[nodes.Node]:
        """Return the nodes."""
        file = _ROOT / "pyproject.toml"
        self.env.note_dependency(str(file))
        contracts = tomllib.loads(file.read_text("utf-8"))["tool"]["importlinter"]["contracts"]
        layers = next(contract["layers"] for contract in contracts if contract.get("containers") == [PACKAGE])
        imports = count_imports()
        return [nodes.raw("", draw_house(read_rooms(layers, imports), imports), format="html")]


def setup(app: Sphinx) -> dict[str, bool]:
    """Register the directive."""
    app.add_directive("house", HouseDirective)
    return {"parallel_read_safe": True}
