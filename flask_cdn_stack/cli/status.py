"""``status``: what there is, what is going on, and what differs."""

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
    help="Compare the whole bucket with its record, by one request for 1,000 objects, not only up to 1,000 objects.",
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

    Changes nothing, and asks AWS for six things at most. Says what it could not find out, and then exits with 1; a
    stack that does not exist yet is no error.

    \b
    flask-cdn-stack status --app shop
    flask-cdn-stack status --follow
    flask-cdn-stack status --json --exit-code
    """
    with open_app() as app:
        from .status_run import run_status  # its imports take as long as those of the app's process

        code, differs = run_status(app, options)
    ctx.exit(code or (3 if exit_code and differs else 0))
