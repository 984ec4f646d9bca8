"""Check what is in a wheel and a source archive: ``python check_archives.py dist``.

Both are built once more, from what the source archive unpacks to: with the same ``SOURCE_DATE_EPOCH``, another folder,
other times and a tighter umask make the same bytes.
"""

from __future__ import annotations

import os
import subprocess
import sys
import tarfile
import tempfile
import zipfile
from collections.abc import Iterable
from pathlib import Path

PACKAGE = "flask_cdn_stack"
IN_SOURCE_ONLY = (
    *("README.rst", "CHANGES.rst", "CONTRIBUTING.rst", "LICENSE.txt", "SECURITY.md", "CODE_OF_CONDUCT.md"),
    *("tests/conftest.py", "docs/conf.py", ".ci/run", ".ci/audit.txt", ".github/workflows/ci.yml", ".editorconfig"),
)
# The sample project has a font, and file names with a space, a plus sign and an umlaut.
IN_BOTH = (
    f"{PACKAGE}/py.typed",
    f"{PACKAGE}/settings/flask-cdn-stack.schema.json",
    f"{PACKAGE}/local/demo/project/flask-cdn-stack.yml",
    f"{PACKAGE}/local/demo/project/shop/static/fonts/tea-dots.woff2",
    f"{PACKAGE}/local/demo/project/shop/static/images/with space.svg",
    f"{PACKAGE}/local/demo/project/shop/static/images/a+b.svg",
    f"{PACKAGE}/local/demo/project/shop/static/images/über.svg",
)


def main(folder: Path) -> int:
    """Return the number of problems, and print each."""
    (wheel,), (source,) = folder.glob("*.whl"), folder.glob("*.tar.gz")
    with zipfile.ZipFile(wheel) as archive:
        in_wheel = set(archive.namelist())
    with tarfile.open(source) as archive_of_source:
        in_source = {name.partition("/")[2] for name in archive_of_source.getnames()}
    expected = {path.as_posix() for path in package_files(Path(PACKAGE))}
    problems = [
        *missing(wheel, in_wheel, {*IN_BOTH, *expected}),
        *missing(source, in_source, {*IN_BOTH, *IN_SOURCE_ONLY, *expected}),
        *(f"{wheel.name} has {name}" for name in in_wheel if not belongs(name)),
        *differing(folder, source),
    ]
    print("\n".join(problems or [f"{wheel.name}: {len(in_wheel)} files, {source.name}: {len(in_source)} entries"]))
    return len(problems)


def package_files(folder: Path) -> Iterable[Path]:
    """Return the package's files in the checkout."""
    return (path for path in folder.rglob("*") if path.is_file() and "__pycache__" not in path.parts)


def missing(archive: Path, names: set[str], wanted: set[str]) -> list[str]:
    """Name what an archive lacks."""
    return [f"{archive.name} lacks {name}" for name in sorted(wanted - names)]


def differing(folder: Path, source: Path) -> list[str]:
    """Name the archives that are others when they are built elsewhere and at another time."""
    with tempfile.TemporaryDirectory() as elsewhere:
        with tarfile.open(source) as archive:
            archive.extractall(elsewhere, filter="data")
        (root,) = Path(elsewhere).iterdir()
        for path in root.rglob("*"):
            os.utime(path, (1_000_000_000, 1_000_000_000))
        before = os.umask(0o077)
        try:
            command = [sys.executable, "-m", "build", "--outdir", "built", "."]
            subprocess.run(command, cwd=root, check=True, stdout=subprocess.DEVNULL)
        finally:
            os.umask(before)
        built = {path.name: path.read_bytes() for path in Path(root, "built").iterdir()}
    first = {path.name: path.read_bytes() for path in folder.iterdir()}
    return [f"{name} is another one when it is built again" for name in sorted(first) if first[name] != built.get(name)]


def belongs(name: str) -> bool:
    """Say whether a file may be in the wheel."""
    own = name.startswith(f"{PACKAGE}/") and "__pycache__" not in name
    return own or name.partition("/")[0].endswith(".dist-info")


if __name__ == "__main__":
    sys.exit(main(Path(sys.argv[1])))
