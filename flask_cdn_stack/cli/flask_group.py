"""``flask cdn``: the same commands, with Flask's own ``--app``.

Flask imports this module for every ``flask`` command, so it must import little.
"""

from __future__ import annotations

import click

from .group import CommandGroup


@click.group(cls=CommandGroup, context_settings={"help_option_names": ["-h", "--help"]})
def cdn() -> None:
    """The app's static files on a CDN of its own: S3 and CloudFront."""
