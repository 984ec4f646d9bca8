"""Numbers in sentences: one of a thing is not called many."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

import flask_cdn_stack
from flask_cdn_stack.quantities import count, size_text

_THINGS = (
    *("object", "file", "upload", "release", "version", "path", "line", "byte", "change", "resource"),
    *("URL", "request", "second", "minute", "hour", "day", "marker", "page", "invalidation", "warning"),
)
_MANY = re.compile(rf" (of (the|them|its) )?(other |more |new )?({'|'.join(_THINGS)})s\b")
_LIMIT = re.compile(r" (takes|works on) ")
_PACKAGE = Path(flask_cdn_stack.__file__).parent


@pytest.mark.parametrize(
    ("number", "text"), [(0, "0 objects"), (1, "1 object"), (2, "2 objects"), (1234567, "1,234,567 objects")]
)
def test_counts(number: int, text: str) -> None:
    """One is one, and all else many; thousands are set apart."""
    assert count(number, "object") == text


@pytest.mark.parametrize(
    ("size", "text"),
    [
        (1, "1 byte"),
        (1000, "1.0 kB"),
        (10**13, "10,000.0 GB"),
    ],
)
def test_sizes(size: int, text: str) -> None:
    """In the largest unit that leaves them at one or more."""
    assert size_text(size) == text


def _find_plurals(file: Path) -> Iterator[str]:
    for node in ast.walk(ast.parse(file.read_text("utf-8"))):
        for number, words in zip(node.values, node.values[1:], strict=False) if isinstance(node, ast.JoinedStr) else ():
            if not (isinstance(number, ast.FormattedValue) and isinstance(words, ast.Constant)):
                continue
            if all(name.id.isupper() for name in ast.walk(number.value) if isinstance(name, ast.Name)):
                continue  # the package's own constant
            text = str(words.value)
            if _MANY.match(text) and not _LIMIT.search(text):
                yield f"{file.relative_to(_PACKAGE)}: {{{ast.unparse(number.value)}}}{text}"


def test_no_number_is_followed_by_many_of_a_thing() -> None:
    """Of all texts in the package: a number goes through ``count``, unless it is more than a limit that is named."""
    found = [text for file in sorted(_PACKAGE.rglob("*.py")) for text in _find_plurals(file)]

    assert found == []
