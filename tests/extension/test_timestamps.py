from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from flask_cdn_stack.extension.static_folders import find_static_folders, read_mtime

if TYPE_CHECKING:
    from .conftest import MakeApp


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


@pytest.mark.parametrize("endpoint", ["parent.static", "tongue.static", "media"])
def test_no_folder(make_app: MakeApp, endpoint: str) -> None:
    """A blueprint without static files has none, and neither has what is no blueprint's."""
    assert find_static_folders(make_app(), endpoint) == ((), "")
