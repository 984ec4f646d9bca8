"""``status``: what there is, what is going on, and what differs."""

from __future__ import annotations

from typing import Any

import click

from .app_process import open_app
from .group import Command
from .options import app_option, aws_options, exit_code_option, json_option, output_options, settings_options


@click.command("status", cls=Command)
@click.option(
    "--follow", is_flag=True, help="Follow what CloudFormation is doing to the stack, then show how it is; 1 if failed."
)
@click.option(
    "--verify-remote",
    is_flag=True,
    help="Compare the whole bucket with its record, with a request for each thousand objects, not only up to a "
    "thousand.",
)
@exit_code_option
@app_option
@settings_options
@aws_options
@json_option
@output_options
@click.pass_context
def status(ctx: click.Context, /, exit_code: bool, **options: Any) -> None:
    """Show what there is, and what differs from the app.

    Changes nothing, and asks AWS for six things at most. What cannot be found out is said and ends with 1; that there
    is no stack yet does not.

    \b
    flask-cdn-stack status --app shop
    flask-cdn-stack status --follow
    flask-cdn-stack status --json --exit-code
    """
    with open_app() as app:
        from .status_run import run_status  # its imports take as long as those of the app's process

        code, differs = run_status(app, options)
    ctx.exit(code or (3 if exit_code and differs else 0))
