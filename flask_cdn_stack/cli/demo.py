"""``demo``: provision, deploy and serve a sample app, with a local AWS of its own."""

from __future__ import annotations

import os
from contextlib import ExitStack
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import click

from ..local.cloud import LocalCloud
from ..local.launcher import reserve_port
from .group import Command
from .options import output_options
from .output import Output
from .serving import end_on_signal


@click.command("demo", cls=Command)
@click.option(
    "--once",
    is_flag=True,
    help="Check every URL that the pages name, and exit: 0 if all are right, 1 if not.",
)
@click.option(
    "--port",
    type=click.IntRange(0, 65535),
    default=0,
    help="Port of the sample app; 0 picks a free one.",
)
@click.option(
    "--open/--no-open",
    "opens",
    default=True,
    help="Open the page in a browser, where there is one.",
)
@output_options
@click.pass_context
def demo(ctx: click.Context, /, once: bool, port: int, opens: bool, **options: Any) -> None:
    """Provision, deploy and serve a sample app on this machine.

    No AWS account is used: a local AWS is started for it.

    \b
    flask-cdn-stack demo
    """
    output = Output(verbose=options["verbose"], no_color=options["no_color"])
    port = reserve_port(port)
    with end_on_signal(), TemporaryDirectory(prefix="flask-cdn-stack-demo-") as folder, ExitStack() as ending:
        try:
            aws = LocalCloud(environment=os.environ)
            ending.callback(aws.stop)
            aws.launch()
            from .demo_run import check, publish, show  # while the local AWS starts

            project = ending.enter_context(publish(output, aws, Path(folder).resolve()))
            failed = check(output, project, port) if once else show(output, project, port, opens)
        except KeyboardInterrupt:
            output.say("Ended.")
            output.next("demo")
            ctx.exit(130 if once else 0)
    if failed:
        ctx.exit(1)
    output.next("demo")
