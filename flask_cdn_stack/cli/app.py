"""Loading the user's Flask app as the ``flask`` command does."""

from __future__ import annotations

import os
import sys
import traceback
from contextlib import redirect_stdout
from pathlib import Path
from typing import TYPE_CHECKING

import click

from ..errors import AppError

if TYPE_CHECKING:
    from flask import Flask
    from flask.cli import ScriptInfo


def load_app(import_path: str | None, settings_path: str | None, folder: Path) -> Flask:
    """Load the app.

    :param import_path: what ``--app`` or its variable says; starts at the working directory.
    :param settings_path: what the settings file says; starts at its ``folder``.
    :raises AppError: it does not import, with its own error.
    """
    info = _script_info(import_path, settings_path, folder)
    try:
        # Some apps print while they are built; standard output is for our data.
        with redirect_stdout(sys.stderr):
            return info.load_app()
    except click.UsageError as error:
        raise AppError(_first_and_last(error.message), _HINT) from error
    except Exception as error:
        raise AppError(f"The app {info.app_import_path or ''} did not load: {_describe(error)}", _HINT) from error
    except SystemExit as error:
        raise AppError(f"The app {info.app_import_path or ''} ended the program while it was loaded.", _HINT) from error


_HINT = "Name the app with --app, FLASK_APP or the key app in flask-cdn-stack.yml, as for `flask --app`."


def _script_info(import_path: str | None, settings_path: str | None, folder: Path) -> ScriptInfo:
    from flask.cli import ScriptInfo, load_dotenv

    context = click.get_current_context(silent=True)
    given = context.find_object(ScriptInfo) if context else None
    if given is None:
        load_dotenv()
    elif import_path is None and (given.app_import_path or given.create_app):
        return given
    import_path = import_path or os.environ.get("FLASK_APP")
    if import_path is None and settings_path is not None:
        # ScriptInfo reads a path that begins at a folder as well as a dotted name.
        import_path = str(folder / settings_path)
    return ScriptInfo(app_import_path=import_path)


def _describe(error: Exception) -> str:
    text = f"{type(error).__name__}: {error}"
    frames = traceback.extract_tb(error.__traceback__)
    return f"{text} ({frames[-1].filename}, line {frames[-1].lineno})" if frames else text


def _first_and_last(message: str) -> str:
    # Flask's message carries a whole traceback where the app's own import failed.
    head, mark, trace = message.partition("Traceback (most recent call last)")
    if not mark:
        return message
    return f"{head.strip().rstrip(':')}: {trace.strip().splitlines()[-1]}"
