"""``init``: write a settings file and a config file to start from."""

from __future__ import annotations

import os
import sys
from pathlib import Path
from typing import Any

import click

from ..config_file import check_writable, is_own_file, render_python, replace_file, write_guarded, write_new
from ..naming import OWN_FOLDER
from ..settings.load import FILE_NAME, load_project
from ..settings.model import Project, Settings
from ..settings.schema import render_schema
from ..settings.starter import SCHEMA_FILE, render_starter
from ..stack.outputs import config_values
from .app import find_place
from .app_search import find_app
from .call import working_folder
from .gitignore import add_ignored, find_unignored
from .group import Command
from .init_questions import Answers, ask_settings
from .options import app_option, output_options, yes_option
from .output import Output
from .own_folder import make_own_folder


@click.command("init", cls=Command)
@yes_option
@app_option
@output_options
def init(yes: bool, **options: Any) -> None:
    """Write flask-cdn-stack.yml and a config file to start from.

    At a terminal, asks for the app, which it tries to find by itself, the origin, the region and a stage. With --yes,
    or without a terminal, asks nothing. Comments in the settings file explain each key. The config file names no CDN
    yet. Overwrites nothing.

    \b
    flask-cdn-stack init
    flask-cdn-stack init --yes --app shop
    """
    output = Output(verbose=options["verbose"], no_color=options["no_color"])
    folder, asks = working_folder(), sys.stdin.isatty() and not yes
    file, stage = folder / FILE_NAME, None
    if os.path.lexists(file):
        output.say(f"{file} exists; it is left as it is.")
    else:
        check_writable(folder / str(Settings().config_file))
        stage = _write_settings(output, file, _name_app(options["app"], folder), asks)
    project = load_project(folder, file=file)
    _write_config(output, project)
    schema = make_own_folder(folder, "Change its permissions, then retry.").parent / SCHEMA_FILE
    replace_file(schema, render_schema())
    _keep_from_git(output, project, asks, yes)
    output.next("init", stage)


def _name_app(given: str | None, folder: Path) -> str | None:
    return find_place(given, None, folder).import_path or os.environ.get("FLASK_APP") or find_app(folder)


def _write_settings(output: Output, file: Path, app: str | None, asks: bool) -> str | None:
    """Write the settings file, and return the stage that the user named, if any."""
    found = Answers({"app": app} if app else {})
    answers = ask_settings(app) if asks else found
    write_new(file, render_starter(answers.values, answers.stage))
    said = ", ".join(f"{key} is {value}" for key, value in answers.values.items())
    output.say(f"Wrote {file}{f' ({said})' if said else ''}.")
    return answers.stage


def _write_config(output: Output, project: Project) -> None:
    config_file = project.config_file
    if config_file is None:
        return
    if is_own_file(config_file):
        output.say(f"{config_file} exists; it is left as it is.")
        return
    write_guarded(config_file, render_python(config_values(project, None, None)))
    module = ".".join(config_file.relative_to(project.folder).with_suffix("").parts)
    output.say(f"Wrote {config_file}. These lines go into the app:")
    output.say(f"  from flask_cdn_stack import CDN\n  app.config.from_object({module!r})\n  CDN(app)")


def _keep_from_git(output: Output, project: Project, asks: bool, yes: bool) -> None:
    """Add the generated files to ``.gitignore``, if the user agrees."""
    manifest = [project.manifest_file.relative_to(project.folder).as_posix()] if project.manifest_file else []
    names = find_unignored(project.folder, [*manifest, f"{OWN_FOLDER}/"])
    if not names:
        return
    what = " and ".join(names)
    if asks:
        yes = click.confirm(f"Add {what} to .gitignore? They are generated", default=True, err=True)
    if yes:
        output.say(f"Added {what} to {add_ignored(project.folder, names)}.")
    else:
        output.say(f"Not in .gitignore: {what}, which are generated.")
