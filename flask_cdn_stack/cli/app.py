"""Loads the user's Flask app as the ``flask`` command does."""

from __future__ import annotations

import os
import sys
import traceback
from collections.abc import Iterator
from contextlib import contextmanager, redirect_stdout
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

import click
from click.core import ParameterSource

from ..errors import AppError, CDNStackError

if TYPE_CHECKING:
    from flask import Flask
    from flask.cli import ScriptInfo


class AppPlace(NamedTuple):
    """Where to import the app from.

    ``import_path`` is the value of ``--app`` or its variable, relative to the working directory; ``settings_path`` is
    the value in the settings file, relative to its ``folder``.
    """

    import_path: str | None
    settings_path: str | None
    folder: Path


def find_place(import_path: str | None, settings_path: str | None, folder: Path) -> AppPlace:
    """Return where to import the app from; an app that the ``flask`` command was given comes before the others."""
    given = find_given()
    return AppPlace(given.app_import_path if given else import_path, settings_path, folder)


def names_app(place: AppPlace) -> bool:
    """Return whether an option, a variable or the settings name the app, so that a missing app is an error."""
    return bool(place.import_path or place.settings_path or os.environ.get("FLASK_APP") or find_given())


def load_app(place: AppPlace) -> Flask:
    """Load the app.

    :raises AppError: the app is not found or does not import; the message contains its own error.
    """
    info = _script_info(*place)
    name = f"The app {info.app_import_path}" if info.app_import_path else "The app"
    try:
        with _shield_stdout():
            return info.load_app()
    except click.UsageError as error:
        raise _not_found(error.message) from error
    except CDNStackError:
        raise
    except Exception as error:
        raise AppError(f"{name} did not load: {_describe(error)}", SEE_TRACEBACK) from error
    except SystemExit as error:
        raise AppError(f"{name} ended the program while it was loaded: {error.code}", SEE_TRACEBACK) from error
    except KeyboardInterrupt:
        raise
    except BaseException as error:
        raise AppError(f"{name} did not load: {type(error).__name__}: {error}", SEE_TRACEBACK) from error


_NAME_IT = "Name the app with --app, FLASK_APP or the key app in flask-cdn-stack.yml, as for `flask --app`."
SEE_TRACEBACK = "Fix it there. `flask routes` loads the app too, and shows the whole traceback."


def find_given() -> ScriptInfo | None:
    """Return the app that the ``flask`` command was given; None if it was not, or this command's ``--app`` is set."""
    context, flask_cli = click.get_current_context(silent=True), sys.modules.get("flask.cli")
    if context is None or flask_cli is None or context.get_parameter_source("app") is ParameterSource.COMMANDLINE:
        return None
    given: ScriptInfo | None = context.find_object(flask_cli.ScriptInfo)
    return given if given and (given.app_import_path or given.create_app) else None


def _script_info(import_path: str | None, settings_path: str | None, folder: Path) -> ScriptInfo:
    if given := find_given():
        return given
    from flask.cli import ScriptInfo  # imported only to load an app, which deploy does in another process

    import_path = import_path or os.environ.get("FLASK_APP")
    if import_path is None and settings_path is not None:
        # ScriptInfo accepts an absolute path as well as a dotted name.
        import_path = str(folder / settings_path)
    return ScriptInfo(app_import_path=import_path)


@contextmanager
def _shield_stdout() -> Iterator[None]:
    # Some apps print while they load, or start programs that do; standard output is for the command's data.
    if sys.stdout is not None:
        sys.stdout.flush()
    kept = os.dup(1)
    os.dup2(2, 1)
    try:
        with redirect_stdout(sys.stderr):
            yield
    finally:
        os.dup2(kept, 1)
        os.close(kept)


def _describe(error: Exception) -> str:
    if isinstance(error, SyntaxError):
        return f"{type(error).__name__}: {error.msg} ({error.filename}, line {error.lineno})"
    frames = traceback.extract_tb(error.__traceback__)
    return f"{type(error).__name__}: {error} ({frames[-1].filename}, line {frames[-1].lineno})"


def _not_found(message: str) -> AppError:
    # Flask's message contains a whole traceback if an import in the app failed.
    head, mark, trace = message.partition("Traceback (most recent call last)")
    if not mark:
        return AppError(message, _NAME_IT)
    return AppError(f"{head.strip().rstrip(':')}: {trace.strip().splitlines()[-1]}", SEE_TRACEBACK)
