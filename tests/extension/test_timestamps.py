from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from flask_cdn_stack.extension.static_folders import read_mtime

if TYPE_CHECKING:
    pass


@pytest.mark.parametrize(
    ("filename", "expected"),
    [
        ("frac.js", "1400000123"),
        ("nope.js", ""),
        ("../secret.txt", ""),
        ("a\0b", ""),
        ("\udcff.js", ""),
    ],
)
def test_mtime(root: Path, filename: str, expected: str) -> None:
    """Whole seconds are read from inside the folder only."""
    assert read_mtime([str(root / "static")], filename) == expected
    os.utime(root / "static/bah.js", (0, 0))
    assert read_mtime([str(root / "static")], "bah.js") == "0", "the first second of 1970 is a time"
