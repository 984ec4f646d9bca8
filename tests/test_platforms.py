"""What is not Linux: macOS's names in either case, Windows's junctions, signals, files in use, line ends and imports.

Neither system is at hand here. What each answers is handed in; the workflow in ``.github`` runs there.
"""

from __future__ import annotations

import ast
import os
import re
import signal
from collections.abc import Iterator
from pathlib import Path
from types import SimpleNamespace
from typing import Any, cast

import pytest
from flask import Flask

import flask_cdn_stack
from flask_cdn_stack.assets.collect import _CIRCULAR, Selection, _remark_on, collect_assets
from flask_cdn_stack.cli.serving import ending_signals
from flask_cdn_stack.config_file import put_in_place
from tests.conftest import ROOT, write_files

PACKAGE = Path(flask_cdn_stack.__file__).parent

#: Modules of the standard library that Windows lacks.
POSIX_ONLY = {"fcntl", "grp", "posix", "pty", "pwd", "readline", "resource", "syslog", "termios", "tty"}


def test_own_file_whose_name_is_written_otherwise(tmp_path: Path) -> None:
    """Where names have no case, the manifest is known by another spelling; a second link to a file stands for that."""
    write_files(tmp_path, {"static/cdn_manifest.txt": "", "static/app.css": "a"})
    if not (tmp_path / "static/CDN_Manifest.txt").exists():
        os.link(tmp_path / "static/cdn_manifest.txt", tmp_path / "static/CDN_Manifest.txt")
    own = frozenset({str(tmp_path / "static/CDN_Manifest.txt")})
    found = collect_assets(Flask("shop", root_path=str(tmp_path)), Selection(own=own))
    assert [asset.key for asset in found.assets] == ["static/app.css"]


def test_other_file_whose_name_differs_in_case_only(tmp_path: Path) -> None:
    """Where names have a case, it is published."""
    write_files(tmp_path, {"static/cdn_manifest.txt": ""})
    if (tmp_path / "static/CDN_manifest.txt").exists():
        pytest.skip("Names have no case here.")
    write_files(tmp_path, {"static/CDN_manifest.txt": "a"})
    own = frozenset({str(tmp_path / "static/cdn_manifest.txt")})
    found = collect_assets(Flask("shop", root_path=str(tmp_path)), Selection(own=own))
    assert [asset.key for asset in found.assets] == ["static/CDN_manifest.txt"]


def test_junction_to_a_folder_above(tmp_path: Path) -> None:
    """It is not followed: Windows says of it that it is a folder and no symbolic link, and of what kind it is."""
    (tmp_path / "loop").symlink_to(tmp_path)
    status = SimpleNamespace(st_reparse_tag=0xA0000003)
    entry: Any = SimpleNamespace(name="loop", path=str(tmp_path / "loop"))
    entry.is_symlink, entry.is_dir, entry.stat = lambda: False, lambda: True, lambda follow_symlinks: status
    assert _remark_on(cast("os.DirEntry[str]", entry), (str(tmp_path),), 0) == _CIRCULAR


def test_signals_that_end_a_program() -> None:
    """Each system has its own for a terminal that is closed."""
    term, closed = signal.SIGTERM, signal.SIGABRT
    assert ending_signals({"SIGTERM": term, "SIGHUP": closed, "SIGINT": signal.SIGINT}) == [term, closed]
    assert ending_signals({"SIGTERM": term, "SIGBREAK": closed}) == [term, closed]


def in_use(code: int | None) -> PermissionError:
    error = PermissionError(13, "Permission denied")
    if code is not None:
        cast("Any", error).winerror = code
    return error


@pytest.mark.parametrize("refusals", [0, 3, 7])
def test_file_in_use_is_waited_for(refusals: int, tmp_path: Path) -> None:
    """A web server has the manifest open for moments."""
    answers: list[Exception] = [in_use(32)] * refusals
    waited: list[float] = []

    def replace(name: str, path: Path) -> None:
        if answers:
            raise answers.pop()
        os.replace(name, path)

    write_files(tmp_path, {"new": "new", "old": "old"})
    put_in_place(str(tmp_path / "new"), tmp_path / "old", replace, waited.append)
    assert (tmp_path / "old").read_text("utf-8") == "new"
    assert len(waited) == refusals
    assert sum(waited) <= 2


@pytest.mark.parametrize(("code", "waits"), [(None, 0), (32, 7), (5, 7), (19, 0)])
def test_file_that_stays_in_use(code: int | None, waits: int, tmp_path: Path) -> None:
    """It is an error in the end; where waiting is no use, at once."""
    waited: list[float] = []

    def replace(name: str, path: Path) -> None:
        raise in_use(code)

    with pytest.raises(PermissionError):
        put_in_place("new", tmp_path / "old", replace, waited.append)
    assert len(waited) == waits


def nodes(file: Path) -> Iterator[ast.AST]:
    """Yield what a module does when it is imported, bodies of functions left out."""
    pending: list[ast.AST] = [ast.parse(file.read_bytes())]
    while pending:
        node = pending.pop()
        yield node
        if not isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.Lambda):
            pending += ast.iter_child_nodes(node)


def imported(node: ast.AST) -> set[str]:
    match node:
        case ast.Import(names=names):
            return {name.name for name in names}
        case ast.ImportFrom(module=str(module), level=0):
            return {module}
    return set()


def test_every_module_can_be_imported_on_windows() -> None:
    """What it lacks is imported where it is used, behind a look at the system; so in the tests that run there."""
    job = (ROOT / ".github/workflows/ci.yml").read_text("utf-8")
    tests = {"tests/conftest.py", "tests/forking.py", *re.findall(r"tests/[\w/]+\.py", job)}
    files = [*PACKAGE.rglob("*.py"), *(ROOT / name for name in tests)]
    found = {(file.name, name) for file in files for node in nodes(file) for name in imported(node)}
    assert len(found) > 1000
    assert {entry for entry in found if entry[1] in POSIX_ONLY} == set()


def writes_text(call: ast.Call) -> bool:
    """Say whether a call writes text into a file, by the name of the function and a mode."""
    name = call.func.attr if isinstance(call.func, ast.Attribute) else getattr(call.func, "id", "")
    modes = [arg.value for arg in call.args[1:2] if isinstance(arg, ast.Constant)]
    return name == "write_text" or (name in ("open", "fdopen") and modes[:1] in (["w"], ["x"], ["a"]))


def test_line_ends_are_the_same_everywhere() -> None:
    """A generated file has line feeds on Windows too: a manifest in a repository does not differ by who deployed."""
    calls = [
        (file.name, node.lineno, {keyword.arg for keyword in node.keywords})
        for file in PACKAGE.rglob("*.py")
        for node in ast.walk(ast.parse(file.read_bytes()))
        if isinstance(node, ast.Call) and writes_text(node)
    ]
    assert len(calls) >= 5
    assert [call for call in calls if "newline" not in call[2]] == []
