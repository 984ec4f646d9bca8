"""``template``: print the CloudFormation template."""

from __future__ import annotations

from typing import Any, Literal

import click

from .group import Command
from .options import output_options, settings_options


@click.command("template", cls=Command)
@click.option(
    "--format",
    "form",
    type=click.Choice(["yaml", "json"]),
    default="yaml",
    show_default=True,
    help="Form of the template.",
)
@settings_options
@output_options
def template(form: Literal["yaml", "json"], **options: Any) -> None:
    """Print the CloudFormation template.

    \b
    flask-cdn-stack template > cdn.yaml
    """
    from ..infrastructure.checks import require_stack
    from ..infrastructure.template import render_template
    from .call import Call

    call = Call(options)
    require_stack(call.project.settings)
    call.output.data(render_template(call.project.settings, format=form))
