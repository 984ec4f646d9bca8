"""``verify``: every published URL through the CDN, as browsers get it."""

from __future__ import annotations

from contextlib import nullcontext
from pathlib import Path
from typing import Any

import click

from .app_process import open_app
from .group import Command
from .options import app_option, aws_options, json_option, output_options, settings_options


@click.command("verify", cls=Command)
@click.option(
    "--page",
    "pages",
    multiple=True,
    metavar="PATH|URL",
    help="A page whose files are looked at, too: a path of the app, with the pages that it links to, or a URL. May be "
    "repeated.",
)
@click.option(
    "--sample", type=click.IntRange(min=1), metavar="N", help="Look at N of the files only, the same ones each time."
)
@click.option(
    "--junit",
    type=click.Path(path_type=Path, dir_okay=False),
    metavar="FILE",
    help="Write the report into a file as JUnit XML too, for a CI server.",
)
@app_option
@settings_options
@aws_options
@json_option
@output_options
@click.pass_context
def verify(ctx: click.Context, /, pages: tuple[str, ...], **options: Any) -> None:
    """Look at every published URL as viewers get it.

    Status, bytes, content type, cache and CORS headers of each; compression, copies at the edge, certificate, plain
    http, and what nobody should see, by a few. Changes nothing. The exit code is 1 where something is wrong, and each
    finding comes with what to do.

    \b
    flask-cdn-stack verify
    flask-cdn-stack verify --page / --junit verify.xml
    flask-cdn-stack verify --sample 100 --page https://shop.example/
    """
    paths = tuple(page for page in pages if page.startswith("/"))
    if other := next((page for page in pages if not page.startswith(("/", "http://", "https://"))), ""):
        raise click.UsageError(f"--page {other} is neither a path such as / nor a URL.", ctx)
    with open_app() if paths else nullcontext() as app:
        from .verify_run import run_verify  # its imports take as long as those of the app's process

        is_right = run_verify(app, paths, tuple(page for page in pages if page not in paths), options)
    ctx.exit(0 if is_right else 1)
