"""Loading the user's Flask app as the ``flask`` command does."""

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
    """Where the app is.

    ``import_path`` is what ``--app`` or its variable says, and starts at the working directory; ``settings_path`` is
    what the settings file says, and starts at its ``folder``.
    """

    import_path: str | None
    settings_path: str | None
    folder: Path


def find_place(import_path: str | None, settings_path: str | None, folder: Path) -> AppPlace:
    """Return where the app is, for the ``flask`` command, too."""
    given = find_given()
    return AppPlace(given.app_import_path if given else import_path, settings_path, folder)


def names_app(place: AppPlace) -> bool:
    """Say whether anything names the app, so that its absence is an error."""
    return bool(place.import_path or place.settings_path or os.environ.get("FLASK_APP") or find_given())


def load_app(place: AppPlace) -> Flask:
    """Load the app.

    :raises AppError: it does not import, with its own error.
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
    """Return what the ``flask`` command says of the app, unless an option of ours says otherwise."""
    context, flask_cli = click.get_current_context(silent=True), sys.modules.get("flask.cli")
    if context is None or flask_cli is None or context.get_parameter_source("app") is ParameterSource.COMMANDLINE:
        return None
    given: ScriptInfo | None = context.find_object(flask_cli.ScriptInfo)
    return given if given and (given.app_import_path or given.create_app) else None


def _script_info(import_path: str | None, settings_path: str | None, folder: Path) -> ScriptInfo:
    if given := find_given():
        return given
    from flask.cli import ScriptInfo  # only where an app is loaded, which a deploy leaves to another process

    import_path = import_path or os.environ.get("FLASK_APP")
    if import_path is None and settings_path is not None:
        # ScriptInfo reads a path that begins at a folder as well as a dotted name.
        import_path = str(folder / settings_path)
    return ScriptInfo(app_import_path=import_path)


@contextmanager
def _shield_stdout() -> Iterator[None]:
    # Some apps print while they are built, or start programs that do; standard output is for our data.
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
    # Flask's message carries a whole traceback where the app's own import failed.
    head, mark, trace = message.partition("Traceback (most recent call last)")
    if not mark:
        return AppError(message, _NAME_IT)
    return AppError(f"{head.strip().rstrip(':')}: {trace.strip().splitlines()[-1]}", SEE_TRACEBACK)
