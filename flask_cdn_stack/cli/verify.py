"""``verify``: check every published URL through the CDN, as browsers get it."""

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
    help="Page whose files to check too: a path of the app, with the pages that it links to, or a URL. May be given "
    "several times.",
)
@click.option(
    "--sample", type=click.IntRange(min=1), metavar="N", help="Check only N of the files, the same ones each time."
)
@click.option(
    "--junit",
    type=click.Path(path_type=Path, dir_okay=False),
    metavar="FILE",
    help="Also write the report to a file as JUnit XML, for a CI server.",
)
@app_option
@settings_options
@aws_options
@json_option
@output_options
@click.pass_context
def verify(ctx: click.Context, /, pages: tuple[str, ...], **options: Any) -> None:
    """Check every published URL as a viewer gets it.

    Checks status, bytes, content type, cache and CORS headers of each; and, with a few requests, compression, caching
    at the edge, the certificate, plain http and what must stay private. Changes nothing. Exits with 1 if something is
    wrong, and says what to do about each finding.

    \b
    flask-cdn-stack verify
    flask-cdn-stack verify --page / --junit verify.xml
    flask-cdn-stack verify --sample 100 --page https://shop.example/
    """
    paths = tuple(page for page in pages if page.startswith("/"))
    if other := next((page for page in pages if not page.startswith(("/", "http://", "https://"))), ""):
        raise click.UsageError(f"--page {other} is neither a path such as / nor a URL.", ctx)
    with open_app() if paths else nullcontext() as app:
        from .verify_run import run_verify  # imported while the app's process starts

        is_right = run_verify(app, paths, tuple(page for page in pages if page not in paths), options)
    ctx.exit(0 if is_right else 1)
