"""``init``: files to start from."""

from __future__ import annotations

from typing import Any

import click

from .group import Command
from .options import output_options


@click.command("init", cls=Command)
@output_options
def init(**options: Any) -> None:
    """Write a commented flask-cdn-stack.yml and a config file without a CDN yet. Overwrites nothing.

    \b
    flask-cdn-stack init
    """
    from pathlib import Path

    from ..config_file import check_writable, is_own_file, render_python, write_guarded
    from ..settings.load import FILE_NAME, load_project
    from ..settings.starter import render_starter
    from ..stack.outputs import config_values
    from .output import Output

    output = Output(verbose=options["verbose"], no_color=options["no_color"])
    file = Path.cwd() / FILE_NAME
    project = load_project(Path.cwd(), file=file if file.exists() else None)
    name = project.settings.config_file
    config_file = Path.cwd() / name if isinstance(name, str) else None
    if config_file:
        check_writable(config_file)
    if file.exists():
        output.say(f"{file} exists; it is left as it is.")
    else:
        file.write_text(render_starter(), "utf-8")
        output.say(f"Wrote {file}.")
    if config_file and is_own_file(config_file):
        output.say(f"{config_file} exists; it is left as it is.")
    elif config_file:
        write_guarded(config_file, render_python(config_values(project, None, None)))
        output.say(f"Wrote {config_file}. Put app.config.from_object({config_file.stem!r}) and CDN(app) into the app.")
    output.say("Next: `flask-cdn-stack provision`, or `flask-cdn-stack local` to try it without an account.")
