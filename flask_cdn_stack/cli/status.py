"""``status``: show the stack and the release, and what differs from the app."""

from __future__ import annotations

from typing import Any

import click

from .app_process import open_app
from .group import Command
from .options import app_option, aws_options, exit_code_option, json_option, output_options, settings_options


@click.command("status", cls=Command)
@click.option(
    "--follow",
    is_flag=True,
    help="Follow a change of the stack to its end, then show the status; exit with 1 if it failed.",
)
@click.option(
    "--verify-remote",
    is_flag=True,
    help="Compare the bucket with its record even if it has over 1,000 objects; one request per 1,000 objects.",
)
@exit_code_option
@app_option
@settings_options
@aws_options
@json_option
@output_options
@click.pass_context
def status(ctx: click.Context, /, exit_code: bool, **options: Any) -> None:
    """Show the stack and the release, and what differs from the app.

    Changes nothing, and makes six requests to AWS at most. If it could not find something out, it says so and exits
    with 1. A stack that does not exist yet is no error.

    \b
    flask-cdn-stack status --app shop
    flask-cdn-stack status --follow
    flask-cdn-stack status --json --exit-code
    """
    with open_app() as app:
        from .status_run import run_status  # imported while the app's process starts

        code, differs = run_status(app, options)
    ctx.exit(code or (3 if exit_code and differs else 0))
