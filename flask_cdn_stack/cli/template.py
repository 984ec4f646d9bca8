"""``template``: print the CloudFormation template, its differences from the stack's, or an IAM policy."""

from __future__ import annotations

from typing import Any, Literal, get_args

import click

from ..checks.quotas import MAX_MANAGED_POLICY
from ..checks.settings import require_stack
from ..errors import AWSError
from ..infrastructure.iam_text import Kind, Names, find_placeholders, measure_policy, names_in_settings, render_policy
from ..infrastructure.launchable import render_launchable
from ..infrastructure.template import render_template
from ..stack.deployed_template import diff_template
from ..stack.iam_names import read_names
from .call import Call
from .group import Command
from .options import app_option, aws_options, exit_code_option, output_options, settings_options
from .static_paths import resolve_paths

_STYLES: dict[str, dict[str, Any]] = {"+": {"fg": "green"}, "-": {"fg": "red"}, "@": {"fg": "cyan"}}


@click.command("template", cls=Command)
@click.option(
    "--format",
    "form",
    type=click.Choice(["yaml", "json"]),
    show_default="yaml",
    help="Format of the template.",
)
@click.option(
    "--parameters",
    is_flag=True,
    help="Print a reusable template, which asks for origin, host name, cache and bucket at launch.",
)
@click.option(
    "--policy",
    type=click.Choice(get_args(Kind)),
    help="Print the IAM policy that this command needs instead, as JSON.",
)
@click.option("--diff", is_flag=True, help="Print the differences from the stack's present template instead.")
@exit_code_option
@click.option("--strict", is_flag=True, help="Treat warnings about settings as errors.")
@app_option
@settings_options
@aws_options
@output_options
@click.pass_context
def template(
    ctx: click.Context,
    /,
    form: Literal["yaml", "json"] | None,
    parameters: bool,
    policy: Kind | None,
    diff: bool,
    exit_code: bool,
    **options: Any,
) -> None:
    """Print the CloudFormation template.

    Loads the app only if CloudFront fetches from it and app_origin.paths is not set. Makes no requests to AWS, except
    that --policy deploy looks up the stack's bucket and distribution, and --diff its template.

    \b
    flask-cdn-stack template > cdn.yaml
    flask-cdn-stack template --parameters > reusable.yaml
    flask-cdn-stack template --policy deploy
    flask-cdn-stack template --diff --exit-code
    """
    if exit_code and not diff:
        raise click.UsageError("--exit-code needs --diff.")
    if diff and (policy or form or parameters):
        raise click.UsageError(
            "--diff compares the template that `provision` sends; it cannot be combined with "
            "--format, --parameters or --policy."
        )
    if policy and (form or parameters):
        raise click.UsageError(
            "A policy is JSON and has no parameters; --format and --parameters go with the template."
        )
    call = Call(options)
    if policy != "deploy":
        require_stack(call.project.settings)
    if policy:
        call.output.data(_render_policy(call, policy))
        call.say_next("template policy")
    elif diff:
        differs = _print_diff(call)
        call.say_next("template diff" if differs else "template same")
        ctx.exit(3 if differs and exit_code else 0)
    else:
        render = render_launchable if parameters else render_template
        call.output.data(render(resolve_paths(call).settings, format=form or "yaml"))
        call.say_next("template")


def _render_policy(call: Call, kind: Kind) -> str:
    settings = call.project.settings
    names = _find_names(call) if kind == "deploy" else names_in_settings(settings)
    text = render_policy(kind, settings, call.project.stack, names)
    if words := find_placeholders(text):
        call.output.say(f"To be replaced in it by hand: {', '.join(words)}.")
    if (size := measure_policy(text)) > MAX_MANAGED_POLICY:
        call.output.warn(
            f"The policy has {size} characters, and IAM takes {MAX_MANAGED_POLICY} in a managed one (IAM user guide, "
            '"IAM and AWS STS quotas"): split it into two policies.'
        )
    return text


def _print_diff(call: Call) -> bool:
    """Print the differences; return whether there are any."""
    project = call.project
    lines = diff_template(call.connection, project, render_template(resolve_paths(call).settings)).splitlines()
    if not lines:
        call.output.say(f"The stack {project.stack} in {call.connection.region} has this template.")
    else:
        call.output.data("\n".join(click.style(line, **_STYLES.get(line[:1], {})) for line in lines))
    return bool(lines)


def _find_names(call: Call) -> Names:
    try:
        return read_names(call.connection, call.project)
    except AWSError as error:
        call.output.say(f"The stack is not looked up: {error.message}")
        return names_in_settings(call.project.settings)
