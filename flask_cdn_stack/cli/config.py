"""``config``: print or rewrite the config values, and explain those of an app."""

from __future__ import annotations

from typing import Any

import click

from ..config_file import render_env, render_json, render_python, write_guarded
from ..stack.outputs import provisioned_values, read_outputs
from .call import Call
from .explanation import explain_app
from .group import Command
from .options import app_option, aws_options, json_option, output_options, settings_options


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
    help="Rewrite the config file instead of printing. With --explain: write a settings file from the settings that "
    "were understood.",
)
@click.option(
    "--explain",
    is_flag=True,
    help="Say what the settings in the app's config mean, also those of Flask-CDN and Flask-S3. Needs no stack.",
)
@settings_options
@app_option
@aws_options
@output_options
@json_option
def config(form: str, write: bool, explain: bool, **options: Any) -> None:
    """Print the app's config values, or rewrite the config file.

    The values come from the provisioned stack, or from the target in the settings.

    \b
    flask-cdn-stack config --format env >> .env
    flask-cdn-stack config --explain --app shop
    flask-cdn-stack config --explain --write --app shop
    """
    call = Call(options)
    if explain:
        explain_app(call, write)
    elif options["as_json"]:
        raise click.UsageError("--json goes with --explain; for the config values write --format json.")
    else:
        _show_values(call, form, write)


def _show_values(call: Call, form: str, write: bool) -> None:
    project = call.project
    values = provisioned_values(call.connection, project, read_outputs(call.connection, project))
    folder = project.config_file.parent if project.config_file else project.folder
    if write:
        if form != "python" or project.config_file is None:
            raise click.UsageError("--write writes the Python config file; it needs config_file and no other --format.")
        changed = write_guarded(project.config_file, render_python(values))
        call.output.say(
            f"Wrote {project.config_file}." if changed else f"Nothing to do: {project.config_file} has these values."
        )
        call.say_next("config written")
        return
    if form == "python":
        call.output.data(render_python(values))
    else:
        call.output.data((render_env if form == "env" else render_json)(values, folder))
    call.say_next("config")
