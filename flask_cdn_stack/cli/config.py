"""``config``: print or rewrite the config values."""

from __future__ import annotations

from typing import Any

import click

from .group import Command
from .options import aws_options, output_options, settings_options


@click.command("config", cls=Command)
@click.option(
    "--format",
    "form",
    type=click.Choice(["python", "env", "json"]),
    default="python",
    show_default=True,
    help="python: the config file's text. env: variables for Config.from_prefixed_env. json: one object.",
)
@click.option(
    "--write",
    is_flag=True,
    help="Rewrite the config file instead of printing.",
)
@settings_options
@aws_options
@output_options
def config(form: str, write: bool, **options: Any) -> None:
    """Print the Flask config values of the provisioned stack, or rewrite the config file.

    \b
    flask-cdn-stack config --format env >> .env
    """
    from ..config_file import render_env, render_json, render_python, write_guarded
    from ..stack.outputs import provisioned_values, read_outputs
    from .call import Call

    call = Call(options)
    project = call.project
    values = provisioned_values(call.connection, project, read_outputs(call.connection, project))
    folder = (project.config_file or project.folder / "x").parent
    if write:
        if form != "python" or project.config_file is None:
            raise click.UsageError("--write writes the Python config file; it needs config_file and no other --format.")
        changed = write_guarded(project.config_file, render_python(values))
        call.output.say(f"{'Wrote' if changed else 'Nothing to do:'} {project.config_file}.")
    elif form == "python":
        call.output.data(render_python(values))
    else:
        call.output.data((render_env if form == "env" else render_json)(values, folder))
