"""The checks of ``doctor`` on this machine: settings, versions of packages, files, and the app."""

from __future__ import annotations

import platform
import re
from collections.abc import Callable
from contextlib import ExitStack
from importlib.metadata import PackageNotFoundError, requires, version
from typing import Any

from ..assets.collect import select_files
from ..aws.abilities import find_missing
from ..checks.settings import check_settings
from ..config_file import check_writable
from ..errors import AppError, CDNStackError
from ..settings.load import load_project
from ..settings.model import Project
from ..stack.findings import Finding, find
from .app import find_place
from .app_process import open_app
from .app_questions import look_over
from .call import working_folder
from .output import count

# Packages whose versions are always shown; others are shown only if they are missing or too old.
_SHOWN = ("flask", "boto3", "botocore", "obstore", "click", "ministack")

_INSTALL = "Run: pip install --upgrade flask-cdn-stack"
_UPDATE = "Run: pip install --upgrade boto3"
_EXTEND = "Add CDN(app), from flask_cdn_stack, after app.config.from_object(...) with the config file."
_REQUIREMENT = re.compile(r"(?P<name>[\w.-]+)(?:\[[\w,-]+\])?(?:>=(?P<least>[\d.]+))?")


def load_settings(options: dict[str, Any]) -> tuple[Project | None, Finding]:
    """Return the project, None if its settings are invalid, and the finding on them."""
    loaded: list[Project] = []

    def check() -> Finding:
        region = options["region"]
        flags = {"region": region} if region else {}
        project = load_project(working_folder(), file=options["settings"], stage=options["stage"], flags=flags)
        warnings = check_settings(project.settings)
        loaded.append(project)
        place = project.file or "There is no flask-cdn-stack.yml, so the defaults apply"
        stage = f", stage {project.stage}" if project.stage else ""
        message = f"{place}: project {project.name}{stage}, stack {project.stack}."
        if warnings:
            remedy = "Change the settings that are not as you meant them."
            return Finding("settings", "warning", " ".join([message, *warnings]), remedy)
        return Finding("settings", "ok", message)

    finding = find("settings", check)
    return (loaded[0] if loaded else None), finding


def find_version(name: str) -> str | None:
    """Return the version of a package; None if it is not installed."""
    try:
        return version(name)
    except PackageNotFoundError:
        return None


def check_versions(find_version: Callable[[str], str | None] = find_version) -> Finding:
    """Compare the installed packages with the required versions.

    :param find_version: returns the installed version of a package, or None.
    """
    found = {"python": platform.python_version(), **{name: find_version(name) for name in _SHOWN}}
    text = ", ".join(f"{name} {number or 'missing'}" for name, number in found.items())
    needed = [_REQUIREMENT.match(line) for line in requires("flask-cdn-stack") or () if "extra ==" not in line]
    old = [
        f"{item['name']}>={item['least']}"
        for item in needed
        if item and _is_old(find_version(item["name"]), item["least"])
    ]
    if old:
        return Finding("versions", "wrong", f"Missing, or too old: {', '.join(old)}. Installed: {text}.", _INSTALL)
    if lost := find_missing():
        return Finding("versions", "warning", f"{text}. This botocore has no {' and no '.join(lost)}.", _UPDATE)
    if not found["ministack"]:
        remedy = "For `local` and `demo`, run: pip install 'flask-cdn-stack[local]'"
        return Finding("versions", "ok", f"{text}.", remedy)
    return Finding("versions", "ok", f"{text}.")


def check_files(project: Project) -> Finding:
    """Check that config file and manifest can be written.

    :raises RefusedError: a file that this tool did not write is in the place of one of them.
    :raises LocalFileError: one of them cannot be written.
    """
    files = [file for file in (project.config_file, project.manifest_file) if file]
    for file in files:
        check_writable(file)
    names = " and ".join(file.name for file in files)
    return Finding("files", "ok", f"{names or 'None'} can be written in {project.folder}.")


def begin_app_check(running: ExitStack, project: Project | None, options: dict[str, Any]) -> Callable[[], Finding]:
    """Start to load the app in a process of its own, and return a function that waits for it.

    :param running: the stack whose end also ends the process.
    """
    if project is None:
        return lambda: Finding("app", "skipped", "The settings cannot be used.")
    app = open_app()
    try:
        running.enter_context(app)
    except CDNStackError as error:
        failure = Finding("app", "wrong", error.message, error.hint, error)
        return lambda: failure
    assets = project.settings.assets
    place = find_place(options["app"], project.settings.app, project.folder)
    app.ask(place, look_over, select_files(project), assets.prefix, assets.fingerprint)

    def check() -> Finding:
        try:
            facts = app.answer()
        except AppError as error:
            return _judge_failure(project, error)
        message = f"It loads, with {count(facts.files, 'static file')}."
        if not facts.has_extension:
            return Finding(
                "app", "warning", f"{message} It has no CDN, so its pages link to the app's own files.", _EXTEND
            )
        if facts.warnings:
            return Finding("app", "warning", f"{message} {' '.join(facts.warnings)}", "Look at these files.")
        return Finding("app", "ok", message)

    return check


def _judge_failure(project: Project, error: AppError) -> Finding:
    config = project.config_file
    if config and not config.exists() and config.stem in error.message:
        hint = (
            f"{config.name} is not there yet: `flask-cdn-stack init` writes one, as `provision` and `deploy` do first."
        )
        return Finding("app", "warning", error.message, hint, error)
    return Finding("app", "wrong", error.message, error.hint, error)


def _is_old(found: str | None, least: str | None) -> bool:
    return found is None or (least is not None and _numbers(found) < _numbers(least))


def _numbers(text: str) -> tuple[int, ...]:
    return tuple(int(part) for part in re.findall(r"\d+", text.partition("+")[0])[:3])
