"""The laws of the house: who may import whom, and who may speak to the outside."""

from __future__ import annotations

import ast
import re
import subprocess
import sys
import sysconfig
import tomllib
from collections.abc import Iterator
from functools import cache
from pathlib import Path

import pytest

from tests.conftest import ROOT

PACKAGE = ROOT / "flask_cdn_stack"
SAMPLE_APP = PACKAGE / "local" / "demo" / "project"
MODULES = sorted(path for path in PACKAGE.rglob("*.py") if SAMPLE_APP not in path.parents)

MOST_LINES_OF_A_FILE = 320
MOST_LINES_OF_A_FUNCTION = 60

#: The command line talks to the user. The session reads what AWS clients read. The local AWS is a program of its own,
#: and fixtures are called by nobody who could hand them anything.
OUTSPOKEN = {
    "aws/session.py": {"os.environ"},
    "local/server.py": {"os.environ", "SystemExit"},
    "testing/__init__.py": {"os.environ"},
}
#: Packages that are a part of what is declared: Flask's and boto3's own words are theirs.
OF_OTHERS = {
    "botocore": "boto3",
    "jinja2": "flask",
    "markupsafe": "flask",
    "werkzeug": "flask",
    "yaml": "pyyaml",
    "yarl": "aiohttp",
}

#: Packages whose users name our module in their settings, and so have them.
OF_USERS = {"flask_debugtoolbar", "pytest"}

#: What the command line imports in functions.
LATE = {
    "cli/app.py": {"flask.cli"},
    "cli/app_process.py": {"fcntl", "flask.cli", "..assets", "..extension"},
    # For the app's process, which has Flask and looks at templates.
    "cli/app_questions.py": {"..assets.template_scan", "..extension.fast_path", "..verify.app_pages"},
    "cli/browser.py": {"webbrowser"},
    "cli/call.py": {"..aws.account"},
    # Loaded with every command, for a shell alone.
    "cli/completion.py": {
        "..aws.credentials",
        "..aws.regions",
        "..aws.session",
        "..infrastructure.template",
        "..release.ownership",
        "..settings.load",
        "..settings.stages",
        "..stack.findings",
        "..stack.site",
    },
    "cli/demo.py": {".demo_run"},
    "cli/deploy.py": {".deploy_run"},
    "cli/deploy_assets.py": {"..release.files"},
    "cli/deploy_run.py": {
        "..release.deploy",
        ".consent",
        ".deploy_assets",
        ".deploy_report",
        ".site",
        ".upload_progress",
        ".verify_run",
    },
    "cli/destroy_view.py": {"rich.progress"},
    "cli/group.py": {"click.shell_completion", "difflib"},
    "cli/main.py": {"flask.cli", "flask.helpers"},
    "cli/output.py": {"rich.console", "rich.table", "rich.text"},
    "cli/stack_view.py": {".stack_table"},
    "cli/status.py": {".status_run"},
    "cli/upload_progress.py": {".upload_bar"},
    "cli/verify.py": {".verify_run"},
    "cli/verify_progress.py": {".verify_bar"},
}

OUTSIDE = {
    *("print", "input", "exit", "quit", "SystemExit"),
    *("sys.exit", "sys.stdin", "sys.stdout", "sys.stderr", "os._exit", "os.environ", "os.getenv"),
}


def name_of(module: Path) -> str:
    """Return a module's path within the package."""
    return module.relative_to(PACKAGE).as_posix()


@cache
def parse(module: Path) -> ast.Module:
    """Return a module's tree, which nobody changes."""
    return ast.parse(module.read_text("utf-8"))


def is_main_guard(node: ast.AST) -> bool:
    """Say whether a statement runs only where the module is the program."""
    return isinstance(node, ast.If) and ast.unparse(node.test) == "__name__ == '__main__'"


def outside_names(tree: ast.Module) -> Iterator[str]:
    """Name the ways out that a module uses when it is imported and called."""
    for node in (part for statement in tree.body if not is_main_guard(statement) for part in ast.walk(statement)):
        match node:
            case ast.Name(id=name) if name in OUTSIDE:
                yield name
            case ast.Attribute(value=ast.Name(id=owner), attr=attribute) if f"{owner}.{attribute}" in OUTSIDE:
                yield f"{owner}.{attribute}"
            case ast.ImportFrom(module=("os" | "sys") as owner, names=names):
                yield from (found for alias in names if (found := f"{owner}.{alias.name}") in OUTSIDE)


def imported(tree: ast.AST) -> Iterator[str]:
    """Name the packages that a module imports, wherever in it."""
    for node in ast.walk(tree):
        match node:
            case ast.Import(names=names):
                yield from (alias.name.partition(".")[0] for alias in names)
            case ast.ImportFrom(module=str(name), level=0):
                yield name.partition(".")[0]


def function_lengths(tree: ast.AST) -> Iterator[tuple[str, int]]:
    """Name the functions of a module, each with its number of lines."""
    for node in ast.walk(tree):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            yield node.name, (node.end_lineno or node.lineno) - node.lineno + 1


def test_import_contracts() -> None:
    """Rooms import only from rooms below, and each dependency is named only in its room."""
    command = [str(Path(sysconfig.get_path("scripts"), "lint-imports")), "--no-cache", "--no-logo"]
    run = subprocess.run(command, cwd=ROOT, capture_output=True, encoding="utf-8", check=False, timeout=120)
    assert run.returncode == 0, run.stdout + run.stderr


def without_types(tree: ast.Module) -> ast.Module:
    """Leave out what a module imports for types alone."""
    return ast.Module([part for part in tree.body if not ast.unparse(part).startswith("if TYPE_CHECKING:")], [])


def test_flask_is_a_type_elsewhere() -> None:
    """Rooms that are handed a Flask name it in types, which contracts cannot tell from what is loaded."""
    loading = (path for path in MODULES if "flask" in imported(without_types(parse(path))))
    assert {path.relative_to(PACKAGE).parts[0] for path in loading} == {"cli", "extension", "local"}


def test_what_is_imported_is_declared() -> None:
    """A package that only comes along with another one may be gone with its next version."""
    project = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["project"]
    extras = project["optional-dependencies"]
    declared = [*project["dependencies"], *extras["edge"], *extras["local"]]
    names = {re.split("[=<>]", requirement)[0].lower() for requirement in declared} - {"flask-cdn-stack[edge]"}
    used = {name for module in MODULES for name in imported(parse(module))}
    others = {OF_OTHERS.get(name, name) for name in used - sys.stdlib_module_names - {"flask_cdn_stack"} - OF_USERS}
    assert others == names


def test_only_the_command_line_speaks() -> None:
    """Below ``cli`` nothing prints, asks, exits or reads the environment, and nobody is let who does not."""
    below = [path for path in MODULES if PACKAGE / "cli" not in path.parents]
    used = {name_of(module): set(outside_names(parse(module))) for module in below}
    assert {name: names for name, names in used.items() if names} == OUTSPOKEN


def test_modules_are_short() -> None:
    """A file, and each function in it, can be read in one go."""
    assert [path for path in MODULES if len(path.read_text("utf-8").splitlines()) > MOST_LINES_OF_A_FILE] == []
    functions = [(name_of(module), *found) for module in MODULES for found in function_lengths(parse(module))]
    assert [found for found in functions if found[2] > MOST_LINES_OF_A_FUNCTION] == []


def late_imports(tree: ast.Module) -> Iterator[str]:
    """Name what the functions of a module import."""
    for node in (part for part in ast.walk(tree) if isinstance(part, ast.FunctionDef) for part in ast.walk(part)):
        match node:
            case ast.Import(names=names):
                yield from (alias.name for alias in names)
            case ast.ImportFrom(module=module, level=level):
                yield "." * level + (module or "")


def test_commands_import_at_the_top() -> None:
    """A command is imported when it is run; what waits even longer stands here, with its reason where it is."""
    modules = [path for path in MODULES if PACKAGE / "cli" in path.parents]
    late = {name_of(module): set(late_imports(parse(module))) for module in modules}
    assert {name: names for name, names in late.items() if names} == LATE


def test_one_logger() -> None:
    """Who wants to hear of the package, or not, names one logger, or one below it; users decide what it does."""
    calls = [
        (name_of(module), ast.unparse(node))
        for module in MODULES
        for node in ast.walk(parse(module))
        if isinstance(node, ast.Call) and ast.unparse(node.func).endswith(("getLogger", "addHandler", "setLevel"))
    ]
    others = [
        call for call in calls if not re.fullmatch(r"(logging\.)?getLogger\('flask_cdn_stack[a-z_.]*'\)", call[1])
    ]
    # The demo serves its app itself, and says on its own what is asked for; to the edge, what is no request is no news.
    assert set(others) == {
        ("local/demo/serving.py", "logging.getLogger('werkzeug')"),
        ("local/demo/serving.py", "logging.getLogger('werkzeug').setLevel(logging.ERROR)"),
        ("local/edge/server.py", "_LOG.addHandler(logging.NullHandler())"),
    }


def callers(method: str) -> Iterator[tuple[str, str]]:
    """Name module and function of every place in the package that mentions a method."""
    for module in MODULES:
        for node in ast.walk(parse(module)):
            if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef) and any(
                isinstance(part, ast.Attribute) and part.attr == method for part in ast.walk(node)
            ):
                yield name_of(module), node.name


@pytest.mark.parametrize(
    ("method", "places"),
    [
        # The second by the user's own word.
        ("delete_stack", {"stack/deletion.py": {"delete_dead_stack", "delete_confirmed_stack"}}),
        ("delete_change_set", {"stack/change_sets.py": {"discard", "execute"}}),
    ],
)
def test_stacks_are_deleted_in_one_place(method: str, places: dict[str, set[str]]) -> None:
    """What asks whether a stack lives cannot be passed by; change sets are deleted where they are made."""
    expected = {("aws/cloudformation.py", method)} | {(module, name) for module in places for name in places[module]}
    assert set(callers(method)) == expected
