"""Runs ``status`` from the command line."""

from __future__ import annotations

import os
from collections.abc import Callable
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from ..errors import AppError, StackFailedError
from ..stack.attaching import attach
from ..stack.next_steps import next_steps
from ..stack.status import read_status
from .app import names_app
from .app_process import LoadedApp
from .call import Call
from .deploy_assets import asking_for_files
from .stack_view import StackView
from .status_view import show_status, status_json
from .upload_progress import UploadProgress

if TYPE_CHECKING:
    from ..assets.fingerprint import Build
    from ..release.parties import Files


def run_status(app: LoadedApp, options: dict[str, Any]) -> tuple[int, bool]:
    """Show a project's status; return the exit code of the first problem, or 0, and whether anything differs.

    :param app: the process in which the app is loaded.
    """
    call = Call(options)
    failure = _follow(call) if options["follow"] else None
    # Neither the mode in the app's config nor references to missing files matter here; deploy checks them.
    progress = UploadProgress(call.output)
    asking = asking_for_files(call, app, progress, any_config=True, missing="ignore", rehash=False)
    with progress, asking as collect:
        found = read_status(
            call.project, lambda: call.connection, lambda: _build(call, collect), lists_all=options["verify_remote"]
        )
    call.output.json(status_json(call, found))
    if not call.output.as_json:
        show_status(call, found)
    for problem in found.problems:
        call.output.warn(problem.error.text)
    if failure is not None:
        raise failure
    if not found.problems and not next_steps(found):
        call.say_next("status")
    return next((problem.error.exit_code for problem in found.problems), 0), found.differs


def _follow(call: Call) -> StackFailedError | None:
    world = call.surroundings
    view = StackView(call.output, call.project, estimates=not call.connection.is_local, clock=world.clock)
    return attach(call.connection, call.project, replace(view.waiting(), sleep=world.sleep, clock=world.clock))


def _build(call: Call, collect: Callable[[], Files]) -> Build | None:
    config_file = call.project.config_file
    try:
        build = collect().source.build()
    except AppError:
        if not names_app(call.app_place):
            return None
        if config_file is None or os.path.lexists(config_file):
            raise
        call.output.say(f"The app is not compared: it does not load, and {config_file} is not there yet.")
        return None
    for warning in build.warnings:
        call.output.warn(warning)
    return build
