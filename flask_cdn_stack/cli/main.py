"""The program ``flask-cdn-stack``."""

from __future__ import annotations

import atexit
import gc
import os
from contextlib import suppress
from pathlib import Path

import click

from .group import CommandGroup

#: Number of new objects after which Python collects garbage.
GARBAGE_THRESHOLD = 1_000_000


@click.group(cls=CommandGroup, context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(package_name="flask-cdn-stack", message="%(prog)s %(version)s")
def main() -> None:
    """A Flask app's static files on a CDN of its own: S3 and CloudFront.

    \b
    flask-cdn-stack init         a settings file to start from
    flask-cdn-stack provision    bucket and distribution, and the app's config
    flask-cdn-stack deploy       upload what changed and publish it
    flask-cdn-stack demo         all of it on this machine, without an account
    """
    # Nearly all objects of a command last until its end. To look for garbage among them as often as Python does by
    # default takes a twentieth of its time; a collection at exit takes longer than all else there.
    gc.set_threshold(GARBAGE_THRESHOLD)
    atexit.register(gc.freeze)
    # Before the command's options are read, because their variables, and those of AWS, may be set in .env, too.
    with suppress(FileNotFoundError):  # the working directory is gone; the command says so
        if _has_dotenv():
            _load_dotenv()


def _has_dotenv() -> bool:
    here = Path.cwd()
    return any(os.path.exists(folder / name) for folder in (here, *here.parents) for name in (".env", ".flaskenv"))


def _load_dotenv() -> None:
    # Imports Flask, which takes longer than everything else that many commands do.
    from flask.cli import load_dotenv
    from flask.helpers import get_load_dotenv

    if get_load_dotenv():
        load_dotenv()
