"""The table of what is lost when something goes wrong: each row names tests that exist."""

from __future__ import annotations

import ast
import re

from tests.conftest import ROOT

TITLE = "What is lost when something goes wrong"
NAMED = re.compile(r"``(tests/[\w/]+\.py)::(\w+)``")


def read_rows() -> list[str]:
    """Return the rows of the table below its head, as they are written."""
    page = (ROOT / "docs" / "explanation" / "deploys.rst").read_text("utf-8")
    section = page.partition(f"\n{TITLE}\n---")[2].partition("\n---")[0]
    return re.split(r"(?m)^   \* - ", section)[2:]


def is_test(file: str, name: str) -> bool:
    """Say whether a file of the tests has a test of this name, without running it."""
    path = ROOT / file
    tree = ast.parse(path.read_bytes() if path.is_file() else b"")
    functions = {node.name for node in tree.body if isinstance(node, ast.FunctionDef)}
    return path.name.startswith("test_") and name.startswith("test_") and name in functions


def test_every_row_names_its_tests() -> None:
    """Each promise has at least one, and each of them is there to be collected."""
    rows = read_rows()
    assert len(rows) > 10
    assert [row for row in rows if not NAMED.search(row)] == []
    assert [found for row in rows for found in NAMED.findall(row) if not is_test(*found)] == []
