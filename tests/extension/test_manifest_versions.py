"""Which manifest was read: what tells its source that it need not be read again."""

from __future__ import annotations

import os
import zipfile
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from flask_cdn_stack.errors import ManifestError
from flask_cdn_stack.extension.manifest_source import ManifestText, read_manifest

if TYPE_CHECKING:
    from collections.abc import Callable

    from .conftest import ManifestServer

TEXT = "abc  static/a.js\n"
DATE = "Fri, 20 Nov 2026 10:00:00 GMT"


def read_again(location: str, known: tuple[str, ...] = ()) -> ManifestText | None:
    return read_manifest(location, "/", timeout=5, max_bytes=1000, known=known)


def read_version(location: str) -> tuple[str, ...]:
    found = read_again(location)
    assert found is not None
    return found.version


def write_in_place(file: Path) -> None:
    file.write_text("def  b.js\n", encoding="utf-8")


def write_with_the_same_time(file: Path) -> None:
    found = file.stat()
    file.write_text("abc  longer.js\n", encoding="utf-8")
    os.utime(file, ns=(found.st_atime_ns, found.st_mtime_ns))


def replace_by_the_like(file: Path) -> None:
    found, new = file.stat(), file.with_name("new")
    new.write_text("def  b.js\n")
    os.utime(new, ns=(found.st_atime_ns, found.st_mtime_ns))
    new.replace(file)


@pytest.mark.parametrize("change", [write_in_place, write_with_the_same_time, replace_by_the_like])
def test_versions_of_a_file(tmp_path: Path, change: Callable[[Path], None]) -> None:
    """A file is read again when its time, its size or the file itself is another."""
    file = tmp_path / "m.txt"
    file.write_text("abc  a.js\n")
    os.utime(file, (1400000000, 1400000000))
    known = read_version(str(file))
    assert read_again(str(file), known) is None
    assert read_again(file.as_uri(), known) is None
    change(file)
    found = read_again(str(file), known)
    assert found is not None
    assert found.text == file.read_text()
    assert read_again(str(file), found.version) is None


def test_versions_of_an_archive(tmp_path: Path) -> None:
    """A file in an archive is read again when the archive is another."""
    location = tmp_path / "app.pyz" / "m.txt"
    known: tuple[str, ...] = ()
    for number in range(2):
        with zipfile.ZipFile(tmp_path / "app.pyz", "w") as archive:
            archive.writestr("m.txt", f"{number}{'0' * number}  a.js\n")
        found = read_again(str(location), known)
        assert found is not None
        known = found.version
        assert read_again(str(location), known) is None


@pytest.mark.parametrize(
    ("etag", "modified", "through"), [('"1"', DATE, ""), ('W/"1"', "", "redirect"), ("", DATE, "redirect")]
)
def test_versions_over_http(server: ManifestServer, etag: str, modified: str, through: str) -> None:
    """The request names the version that is known, through redirects too, and 304 says that it still is the one."""
    url = server.add_version("/m", TEXT.encode(), etag, modified)
    if through:
        url = server.add("/old", b"", 302, Location=url)
    known = read_version(url)
    assert read_again(url, known) is None
    requests = 2 if through else 1
    conditions = [
        (headers.get("If-None-Match", ""), headers.get("If-Modified-Since", "")) for headers in server.headers
    ]
    assert conditions == [("", "")] * requests + [(etag, modified)] * requests
    server.add_version("/m", b"def  b.js\n", etag and '"2"', modified and "Sat, 21 Nov 2026 10:00:00 GMT")
    found = read_again(url, known)
    assert found is not None
    assert found.text == "def  b.js\n"


def test_servers_without_versions(server: ManifestServer) -> None:
    """Are asked without a condition, and have none that is not asked for."""
    url = server.add("/m", TEXT.encode())
    known = read_version(url)
    assert known
    assert read_again(url, known) == ManifestText(TEXT, known)
    assert not any(name.startswith("If-") for headers in server.headers for name in headers)
    with pytest.raises(ManifestError, match="answers 304"):
        read_again(server.add("/m", b"", 304), known)
