"""The pages that a new owner reads first: they name what is there."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from pathlib import Path

import house
import pytest

from tests.conftest import ROOT
from tests.test_layers import PACKAGE, name_of

PAGES = [ROOT / "docs" / "explanation" / "architecture.rst", ROOT / "CONTRIBUTING.rst"]

# A path, and what a page says to be in there.
_PLACE = re.compile(r"``([\w./-]+/|[\w./-]+\.(?:csv|json|py|rst))(?::\s+([\w.]+))?``")


def names_in(tree: ast.AST, outer: str = "") -> Iterator[str]:
    """Yield the functions, classes and constants of a module, those of a class with its name in front."""
    for node in ast.iter_child_nodes(tree):
        if isinstance(node, ast.ClassDef | ast.FunctionDef):
            yield outer + node.name
        if isinstance(node, ast.ClassDef):
            yield from names_in(node, f"{outer}{node.name}.")
        if isinstance(node, ast.Assign):
            yield from (outer + target.id for target in node.targets if isinstance(target, ast.Name))


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.stem)
def test_what_it_names(page: Path) -> None:
    """Every path is there, seen from the package or from the checkout, and so is what it says to be in it."""
    places = set(_PLACE.findall(page.read_text("utf-8")))
    assert len(places) > 5
    for path, name in places:
        file = next((root / path for root in (PACKAGE, ROOT) if (root / path).exists()), None)
        assert file is not None, path
        assert not name or name in set(names_in(ast.parse(file.read_text("utf-8")))), (path, name)


def test_the_picture() -> None:
    """It shows every subpackage, and an arc from each to each that it imports."""
    imports = house.count_imports()
    names = {name_of(module).partition("/")[0].removesuffix(".py") for module in PACKAGE.rglob("*.py")}
    rooms = sorted(name for name in names if not name.startswith("_"))
    picture = house.draw_house(house.read_rooms(rooms, imports), imports)

    assert [room for room in rooms if f">{room}</tspan>" not in picture] == []
    assert picture.count("<path") == len([pair for pair in imports if set(pair) <= set(rooms)])
