"""What the bundlers of ``tests/bundlers`` make of its sources."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any, NamedTuple

from tests.conftest import ROOT

_SOURCES = ROOT / "tests" / "bundlers"

#: Seconds for an installation, and for a build.
INSTALL_SECONDS, BUILD_SECONDS = 180, 60

_NPM = ("npm", "install", "--ignore-scripts", "--no-package-lock", "--no-audit", "--no-fund", "--loglevel=error")
_PIP = (sys.executable, "-m", "pip", "install", "--quiet", "--no-deps", "flask-vite==0.6.1", "--target")


class Entry(NamedTuple):
    """What a page loads: a script, as a module or not, and a style sheet, by their names in the static folder.

    Without a style sheet it is Flask-Vite that writes the tags.
    """

    script: str
    style: str
    is_module: bool = True


class Bundler(NamedTuple):
    """How a bundler is run, and how its manifest is read.

    ``carries_hash`` says that the manifest gives the script a name with a hash.
    """

    command: tuple[str, ...]
    find_entry: Callable[[Path], Entry]
    carries_hash: bool = True


def _read(folder: Path, manifest: str) -> Any:
    return json.loads((folder / manifest).read_text("utf-8"))


def _find_vite(static: Path) -> Entry:
    entry = _read(static, "vite/.vite/manifest.json")["src/main.js"]
    return Entry(f"vite/{entry['file']}", f"vite/{entry['css'][0]}")


def _find_webpack(static: Path) -> Entry:
    manifest = _read(static, "webpack/manifest.json")
    return Entry(f"webpack/{manifest['main.js']}", f"webpack/{manifest['main.css']}", is_module=False)


def _find_esbuild(static: Path) -> Entry:
    outputs = _read(static, "esbuild/meta.json")["outputs"]
    script = next(name for name, output in outputs.items() if output.get("entryPoint") == "src/main.js")
    return Entry(script.removeprefix("static/"), outputs[script]["cssBundle"].removeprefix("static/"))


def _find_rollup(static: Path) -> Entry:
    manifest = _read(static, "rollup/manifest.json")
    style = next(name for name in manifest.values() if name.endswith(".css"))
    return Entry(f"rollup/{manifest['main.js']}", f"rollup/{style}")


def _find_parcel(static: Path) -> Entry:
    return Entry("parcel/main.js", "parcel/main.css", is_module=False)


def _find_flask_vite(static: Path) -> Entry:
    dist = static.parent.parent / "vite/dist"
    return Entry(_read(dist, ".vite/manifest.json")["src/main.js"]["file"].removeprefix("assets/"), "")


_ESBUILD = (
    *("esbuild", "src/main.js", "--bundle", "--splitting", "--format=esm", "--loader:.svg=file"),
    *("--outdir=static/esbuild", "--entry-names=[name]-[hash]", "--asset-names=[name]-[hash]"),
    "--metafile=static/esbuild/meta.json",
)
_PARCEL = ("parcel", "build", "src/main.js", "--dist-dir", "static/parcel", "--public-url", "./", "--no-cache")

#: By the name of their page.
BUNDLERS = {
    "vite": Bundler(("vite", "build"), _find_vite),
    "webpack": Bundler(("webpack",), _find_webpack),
    "esbuild": Bundler(_ESBUILD, _find_esbuild),
    "rollup": Bundler(("rollup", "-c"), _find_rollup),
    "parcel": Bundler(_PARCEL, _find_parcel, carries_hash=False),
    "flask-vite": Bundler(("vite", "build", "--outDir", "vite/dist"), _find_flask_vite),
}


def build_all(work: Path) -> None:
    """Install everything into a new folder, and build there."""
    shutil.copytree(_SOURCES, work, dirs_exist_ok=True)
    _run(work, _NPM, INSTALL_SECONDS)
    _run(work, (*_PIP, str(work / "python")), INSTALL_SECONDS)
    # What CSS says is beside it, which Rollup's plugin leaves to the user.
    shutil.copytree(work / "src", work / "static/rollup", ignore=lambda _, names: set(names) - {"picture.svg"})
    for bundler in BUNDLERS.values():
        name, *arguments = bundler.command
        _run(work, (str(work / "node_modules/.bin" / name), *arguments), BUILD_SECONDS)


def _run(folder: Path, command: tuple[str, ...], seconds: float) -> None:
    environment = {**os.environ, "CI": "true", "NO_COLOR": "1", "NO_UPDATE_NOTIFIER": "1"}
    done = subprocess.run(
        command, cwd=folder, env=environment, timeout=seconds, capture_output=True, encoding="utf-8", check=False
    )
    assert done.returncode == 0, f"{' '.join(command)}\n{done.stdout[-2000:]}\n{done.stderr[-2000:]}"
