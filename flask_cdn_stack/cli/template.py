"""``template``: print the CloudFormation template, or an IAM policy for who works with its stack."""

from __future__ import annotations

from typing import Any, Literal, get_args

import click

from ..checks.quotas import MAX_MANAGED_POLICY
from ..checks.settings import require_stack
from ..errors import AWSError
from ..infrastructure.iam_text import Kind, Names, find_placeholders, measure_policy, names_in_settings, render_policy
from ..infrastructure.launchable import render_launchable
from ..infrastructure.template import render_template
from ..stack.iam_names import read_names
from .call import Call
from .group import Command
from .options import app_option, aws_options, output_options, settings_options
from .static_paths import resolve_paths


@click.command("template", cls=Command)
@click.option(
    "--format",
    "form",
    type=click.Choice(["yaml", "json"]),
    show_default="yaml",
    help="Form of the template.",
)
@click.option(
    "--parameters",
    is_flag=True,
    help="Print the reusable form: origin, own name, cache and bucket are asked for at launch.",
)
@click.option(
    "--policy",
    type=click.Choice(get_args(Kind)),
    help="Print instead the IAM policy that this command needs, as JSON.",
)
@click.option("--strict", is_flag=True, help="Refuse settings that are warned of.")
@app_option
@settings_options
@aws_options
@output_options
def template(
    form: Literal["yaml", "json"] | None,
    parameters: bool,
    policy: Kind | None,
    **options: Any,
) -> None:
    """Print the CloudFormation template.

    The app is loaded only where CloudFront fetches from it and app_origin.paths is not given. AWS is asked for nothing,
    except that --policy deploy looks for the stack, to name its bucket and its distribution.

    \b
    flask-cdn-stack template > cdn.yaml
    flask-cdn-stack template --parameters > reusable.yaml
    flask-cdn-stack template --policy deploy
    """
    if policy and (form or parameters):
        raise click.UsageError(
            "A policy is JSON and has no parameters; --format and --parameters go with the template."
        )
    call = Call(options)
    if policy != "deploy":
        require_stack(call.project.settings)
    if policy:
        call.output.data(_render_policy(call, policy))
    else:
        render = render_launchable if parameters else render_template
        call.output.data(render(resolve_paths(call).settings, format=form or "yaml"))


def _render_policy(call: Call, kind: Kind) -> str:
    settings = call.project.settings
    names = _find_names(call) if kind == "deploy" else names_in_settings(settings)
    text = render_policy(kind, settings, call.project.stack, names)
    if words := find_placeholders(text):
        call.output.say(f"To be replaced in it by hand: {', '.join(words)}.")
    if (size := measure_policy(text)) > MAX_MANAGED_POLICY:
        call.output.warn(
            f"The policy has {size} characters, and IAM takes {MAX_MANAGED_POLICY} in a managed one (IAM user guide, "
            '"IAM and AWS STS quotas"): make two of it, each with some of the statements.'
        )
    return text


def _find_names(call: Call) -> Names:
    try:
        return read_names(call.connection, call.project)
    except AWSError as error:
        call.output.say(f"The stack is not looked up: {error.message}")
        return names_in_settings(call.project.settings)
