"""``deploy``: upload changed files, publish them, and write manifest and config file."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import click

from .app_process import open_app
from .group import Command
from .options import (
    app_option,
    aws_options,
    dry_run_options,
    json_option,
    max_deletes_option,
    output_options,
    settings_options,
    take_over_option,
    yes_option,
)

_NETWORK = ("verify_remote", "delete", "wait", "invalidate", "take_over", "verify")


@click.command("deploy", cls=Command)
@click.option("--offline", is_flag=True, help="Only write the manifest and the config file, without the network.")
@click.option(
    "--expect-manifest",
    type=click.Path(path_type=Path, dir_okay=False, exists=True),
    metavar="FILE",
    help="Publish only if the files are those of this manifest.",
)
@click.option(
    "--allow-missing",
    is_flag=True,
    help="Allow references to missing files in style sheets, whatever the settings say.",
)
@click.option("--strict", is_flag=True, help="Treat warnings about settings and references to missing files as errors.")
@click.option("--rehash", is_flag=True, help="Read and hash every file again, without the cache of earlier runs.")
@click.option("--verify-remote", is_flag=True, help="List the bucket and repair what was changed there by hand.")
@click.option("--delete", is_flag=True, help="Delete from the bucket what is not published any more.")
@max_deletes_option
@take_over_option
@click.option("--invalidate", multiple=True, metavar="PATH", help="URL path to invalidate. May be given several times.")
@click.option("--wait", is_flag=True, help="Wait until the invalidation is done.")
@click.option(
    "--verify",
    is_flag=True,
    help="Wait for the invalidation, then check the uploaded files as a viewer gets them; exit with 1 if something "
    "is wrong.",
)
@yes_option
@dry_run_options
@app_option
@settings_options
@aws_options
@json_option
@output_options
@click.pass_context
def deploy(ctx: click.Context, /, exit_code: bool, **options: Any) -> None:
    """Upload the app's static files and publish them.

    Uploads what changed since the last deploy, publishes it as a release, and writes the manifest that the app reads.

    \b
    flask-cdn-stack deploy --app shop
    flask-cdn-stack deploy --app shop --dry-run
    """
    if options["offline"] and (given := next((name for name in _NETWORK if options[name]), "")):
        raise click.UsageError(f"--{given.replace('_', '-')} needs the network; leave --offline out.", ctx)
    if options["strict"] and options["allow_missing"]:
        raise click.UsageError("--strict refuses what --allow-missing allows; leave one of them out.", ctx)
    if options["verify"] and options["dry_run"]:
        raise click.UsageError("--verify looks at what was published; leave --dry-run out.", ctx)
    with open_app() as app:
        from .deploy_run import run_deploy  # imported while the app's process starts

        changes, is_right = run_deploy(ctx, app, options)
    ctx.exit((3 if exit_code and changes else 0) if is_right else 1)
