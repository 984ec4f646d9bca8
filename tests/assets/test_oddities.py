"""Files that are not what they seem."""

from __future__ import annotations

from pathlib import Path

import pytest

from flask_cdn_stack.assets.hashes import FileHashes
from flask_cdn_stack.assets.oddities import ODDITIES, describe_oddities, find_oddity

from .published import make_release

LFS = b"version https://git-lfs.github.com/spec/v1\noid sha256:4d7a\nsize 12345\n"
PAGE = b"\n<!DOCTYPE html>\n<title>404</title>"
MERGE = b"let a = 1\n<<<<<<< HEAD\nlet b\n=======\nlet c\n>>>>>>> other\n"


@pytest.mark.parametrize(
    ("name", "head", "kind"),
    [
        ("a.png", LFS, "lfs"),
        ("a.woff2", b"/annex/objects/SHA256E-s1--ab.woff2\n", "annex"),
        ("a.PNG", b"", "empty"),
        ("a.js", PAGE, "page"),
        ("a.svg", b"\xef\xbb\xbf<html>", "page"),
        ("a.css", MERGE, "merge"),
        ("a.py", b"import os", "source"),
        ("base.html.j2", b"", "source"),
        # As they seem.
        ("a.txt", b"", ""),
        ("__init__.js", b"", ""),
        ("a.html", PAGE, ""),
        ("a.svg", b"<svg/>", ""),
        ("a.md", MERGE, ""),
        ("a.js", b"// <<<<<<< begin\n", ""),
    ],
)
def test_kinds(name: str, head: bytes, kind: str) -> None:
    """Each is known by name and first bytes; what only looks a little like it is not."""
    assert find_oddity(f"/static/{name}", head) == kind


def test_a_release(tmp_path: Path) -> None:
    """Says once for each kind which files they are, also where an earlier run has hashed them; all are published."""
    files: dict[str, str | bytes] = {"a.png": LFS, "b.png": LFS, "c.js": PAGE, "d.js": "1"}
    first = make_release(tmp_path, files, hashes := FileHashes(now=lambda: 2e10))
    second = make_release(tmp_path, files, FileHashes(hashes.lasting))

    assert first.build.warnings == (
        "Published, but pointers of Git LFS, and not the files themselves; run `git lfs pull`: static/a.png, "
        "static/b.png.",
        "Published, but HTML pages, though their names say otherwise; perhaps saved error pages: static/c.js.",
    )
    assert second.build.warnings in (first.build.warnings, ())
    assert len(first.objects) == 4


def test_many() -> None:
    """Ten are named, the others counted."""
    files = [(f"static/{number:02}.png", f"/{number:02}.png") for number in range(12)]
    (text,) = describe_oddities({file: "empty" for _, file in files}, files)

    assert text.startswith(f"Published, but {ODDITIES['empty']}: static/00.png, ")
    assert text.endswith("static/09.png and 2 more.")
