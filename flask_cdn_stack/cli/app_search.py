"""Finds a project's Flask app by its source, without importing it."""

from __future__ import annotations

import ast
import warnings
from collections.abc import Iterator
from pathlib import Path

from ..regular_files import read_regular

#: Largest module, in bytes, that is read.
MAX_BYTES = 1024 * 1024

# As `flask` looks for them (Flask API reference, "Command Line Interface", "Application Discovery").
_FILES = ("wsgi.py", "app.py")
_INSTANCES = {"app", "application"}
_FACTORIES = {"create_app", "make_app"}


def find_app(folder: Path) -> str | None:
    """Return the name of a project's app, as ``flask --app`` takes it in that folder; None if no app is found.

    The modules and packages in the folder and in ``src`` are searched, first those that ``flask`` finds by itself.
    """
    return next((name for name, file in _list_modules(folder) if _holds_app(file)), None)


def _list_modules(folder: Path) -> Iterator[tuple[str, Path]]:
    for place, start in ((folder, ""), (folder / "src", "src/")):
        modules = sorted(place.glob("*.py"), key=lambda file: (file.name not in _FILES, file.name != _FILES[0], file))
        yield from ((start + file.stem, file) for file in modules)
        yield from ((start + file.parent.name, file) for file in sorted(place.glob("[!.]*/__init__.py")))


def _holds_app(file: Path) -> bool:
    try:
        with warnings.catch_warnings(action="ignore"):  # Python shows warnings about the source when it runs
            tree = ast.parse(read_regular(file, MAX_BYTES))
    except (OSError, SyntaxError, ValueError, RecursionError, MemoryError):
        return False
    return any(map(_is_app, tree.body))


def _is_app(node: ast.stmt) -> bool:
    match node:
        case ast.Assign(targets=[ast.Name(id=name)], value=ast.Call() as call):
            return name in _INSTANCES or _makes_flask(call)
        case ast.AnnAssign(target=ast.Name(id=name), value=ast.Call() as call):
            return name in _INSTANCES or _makes_flask(call)
        case ast.FunctionDef(name=name, args=arguments):
            wanted = len(arguments.posonlyargs) + len(arguments.args) - len(arguments.defaults)
            return name in _FACTORIES and wanted == 0 and None not in arguments.kw_defaults
    return False


def _makes_flask(call: ast.Call) -> bool:
    return ast.unparse(call.func).rpartition(".")[2] == "Flask"
