"""``init``: files to start from."""

from __future__ import annotations

import os
from typing import Any

import click

from ..config_file import check_writable, is_own_file, render_python, replace_file, write_guarded
from ..settings.load import FILE_NAME, load_project
from ..settings.model import Settings
from ..settings.starter import render_starter
from ..stack.outputs import config_values
from .call import working_folder
from .group import Command
from .options import output_options
from .output import Output


@click.command("init", cls=Command)
@output_options
def init(**options: Any) -> None:
    """Write flask-cdn-stack.yml and a config file to start from.

    The settings are explained by comments, and the config file names no CDN yet. Overwrites nothing.

    \b
    flask-cdn-stack init
    """
    output = Output(verbose=options["verbose"], no_color=options["no_color"])
    folder = working_folder()
    file = folder / FILE_NAME
    if os.path.lexists(file):
        output.say(f"{file} exists; it is left as it is.")
    else:
        check_writable(folder / str(Settings().config_file))
        replace_file(file, render_starter())
        output.say(f"Wrote {file}.")
    project = load_project(folder, file=file)
    config_file = project.config_file
    if config_file and is_own_file(config_file):
        output.say(f"{config_file} exists; it is left as it is.")
    elif config_file:
        write_guarded(config_file, render_python(config_values(project, None, None)))
        module = ".".join(config_file.relative_to(folder).with_suffix("").parts)
        output.say(f"Wrote {config_file}. These lines go into the app:")
        output.say(f"  from flask_cdn_stack import CDN\n  app.config.from_object({module!r})\n  CDN(app)")
    output.say("Next: `flask-cdn-stack provision`, or `flask-cdn-stack local` to try it without an account.")
