from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from flask_cdn_stack.extension.timestamps import find_static_folder, read_mtime

if TYPE_CHECKING:
    from .conftest import MakeApp


@pytest.mark.parametrize(
    ("endpoint", "folder"),
    [
        ("static", "static"),
        ("admin.static", "admin_static"),
        ("again.static", "admin_static"),
        ("parent.child.static", "child_static"),
        ("parent.static", None),
        ("child.static", None),
        ("tongue.static", None),
        ("media", None),
        ("admin.media", None),
    ],
)
def test_folder(make_app: MakeApp, root: Path, endpoint: str, folder: str | None) -> None:
    """The folder is that of the endpoint's own blueprint, whatever page is shown."""
    assert find_static_folder(make_app(), endpoint) == (str(root / folder) if folder else None)


@pytest.mark.parametrize(
    ("filename", "expected"),
    [
        ("bah.js", "1400000000"),
        ("frac.js", "1400000123"),
        ("unié.js", "1400000004"),
        ("css/", ""),
        ("", ""),
        ("nope.js", ""),
        ("../secret.txt", ""),
        ("css/../../secret.txt", ""),
        ("/etc/hosts", ""),
        ("a\0b", ""),
        ("x" * 5000, ""),
        ("\udcff.js", ""),
    ],
)
def test_mtime(root: Path, filename: str, expected: str) -> None:
    """Whole seconds are read from inside the folder only."""
    assert read_mtime(str(root / "static"), filename) == expected


def test_epoch_is_a_time(root: Path) -> None:
    """A file from the first second of 1970 is not a missing one."""
    os.utime(root / "static/bah.js", (0, 0))
    assert read_mtime(str(root / "static"), "bah.js") == "0"
