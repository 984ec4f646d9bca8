"""``local``: run a local AWS on this machine until Ctrl-C."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

import click

from ..local.cloud import LocalCloud
from .call import Call
from .group import Command
from .options import json_option, output_options, settings_options
from .own_folder import make_own_folder
from .serving import end_on_signal, wait_for_end


@click.command("local", cls=Command)
@click.option(
    "--port",
    type=click.IntRange(0, 65535),
    default=4566,
    show_default=True,
    envvar="FLASK_CDN_STACK_PORT",
    show_envvar=True,
    help="Port on 127.0.0.1; 0 picks a free one.",
)
@click.option(
    "--state",
    type=click.Path(path_type=Path, file_okay=False),
    metavar="FOLDER",
    help="Folder for its state. Default: .flask-cdn-stack/local beside the settings file.",
)
@settings_options
@json_option
@output_options
def local(port: int, state: Path | None, **options: Any) -> None:
    """Run a local AWS on this machine until Ctrl-C.

    It has S3, CloudFormation, and CloudFront with an edge that caches and compresses as AWS's does, on one port.
    Prints the variables that another terminal needs.

    \b
    flask-cdn-stack local
    """
    call = Call({"region": None, **options})
    folder = state or make_own_folder(call.project.folder, "Name another folder with --state.") / "local"
    with end_on_signal(), LocalCloud(port, folder, environment=os.environ) as aws:
        call.output.say(f"Local AWS at {aws.endpoint_url}, state in {folder}. In another terminal:")
        if call.output.as_json:
            call.output.json({"endpoint_url": aws.endpoint_url, "environment": aws.environment})
        else:
            call.output.data("".join(f"export {name}={value}\n" for name, value in aws.environment.items()))
        call.output.say("Ctrl-C ends it.")
        wait_for_end()
    call.output.say("Ended; the state is kept.")
    call.say_next("local")
