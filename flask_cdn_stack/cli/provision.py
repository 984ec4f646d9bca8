"""``provision``: create or update the stack and write the config file."""

from __future__ import annotations

import os
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import click

from .group import Command
from .options import (
    app_option,
    aws_options,
    dry_run_options,
    json_option,
    output_options,
    settings_options,
    yes_option,
)

if TYPE_CHECKING:
    from ..aws.cloudformation import Stack
    from ..settings.model import Settings
    from ..stack.differences import Difference
    from ..stack.provision import StackPlan
    from ..stack.waiting import Waiting
    from .call import Call


@click.command("provision", cls=Command)
@yes_option
@dry_run_options
@app_option
@settings_options
@aws_options
@json_option
@output_options
@click.pass_context
def provision(ctx: click.Context, /, yes: bool, dry_run: bool, exit_code: bool, **options: Any) -> None:
    """Create or update the stack: the S3 bucket and the CloudFront distribution.

    Shows what would change and asks first. Writes the config file that the app imports. The app is loaded only where
    CloudFront fetches from it and app_origin.paths is not given.

    \b
    flask-cdn-stack provision
    flask-cdn-stack provision --dry-run --exit-code
    """
    from datetime import UTC, datetime

    from ..checks.settings import check_session_region, require_stack
    from ..config_file import check_writable
    from ..infrastructure.template import render_template
    from ..stack.advice import check_cache_policy, check_headers_policy
    from ..stack.certificates import check_certificate
    from ..stack.provision import prepare_change
    from ..stack.waiting import Waiting
    from .call import Call
    from .serving import end_on_signal

    call = Call(options)
    require_stack(call.project.settings)
    check_session_region(call.project.settings, call.connection.region)
    if call.project.config_file and not dry_run:
        check_writable(call.project.config_file)
    waiting = Waiting(on_event=call.output.event, say=call.output.say)
    settings = _resolve(call, dry_run)
    template = render_template(settings)
    for warning in (
        *check_certificate(call.connection, settings.delivery, datetime.now(UTC)),
        *check_cache_policy(call.connection, settings),
    ):
        call.output.warn(warning)
    check_headers_policy(call.connection, settings)
    agree = None if dry_run else lambda stack: _agree_to_delete(call, stack, ask=not yes)
    with end_on_signal():
        plan = prepare_change(call.connection, call.project, template, waiting, agree)
        differences = _find_differences(call, plan, settings)
        _decide(call, plan, differences, waiting, dry_run, ask=not yes)
        stack = plan.before if dry_run or plan.change_set is None else _execute(call, plan, waiting)
    if not dry_run:
        _write_config(call, stack)
    _advise_on_policy(call, stack)
    _advise_on_key(call, stack)
    _report(call, plan, differences, stack)
    ctx.exit(3 if dry_run and exit_code and plan.change_set else 0)


def _resolve(call: Call, dry_run: bool) -> Settings:
    from .generated_files import GeneratedFiles
    from .static_paths import asks_app, resolve_paths, warn_of_no_cache

    config_file = call.project.config_file
    if asks_app(call.project.settings) and config_file and not os.path.exists(config_file):
        # The app may import it; as yet it names no domain, and the app's URLs are Flask's own.
        GeneratedFiles(call, writes=not dry_run).write_config(None)
    resolved = resolve_paths(call)
    if resolved.config is not None:
        warn_of_no_cache(call, resolved.config)
    return resolved.settings


def _agree_to_delete(call: Call, stack: Stack, ask: bool) -> None:
    call.output.say(f"The creation of the stack {stack.name} failed and was undone; what is left of it is empty.")
    if ask:
        call.output.confirm("Delete it and create it again?")


def _find_differences(call: Call, plan: StackPlan, settings: Settings) -> tuple[Difference, ...]:
    from ..infrastructure.template import build_template
    from ..stack.differences import find_differences

    return find_differences(plan, call.project, build_template(settings)) if plan.change_set else ()


def _decide(
    call: Call, plan: StackPlan, differences: Sequence[Difference], waiting: Waiting, dry_run: bool, ask: bool
) -> None:
    """Show the plan and ask; whatever ends it before the change is begun leaves nothing behind."""
    try:
        _show_plan(call, plan, differences)
        if ask and plan.change_set and not dry_run:
            call.output.confirm("Go ahead?")
    except BaseException:
        _discard(call, plan, waiting)
        raise
    if dry_run:
        _discard(call, plan, waiting)


def _discard(call: Call, plan: StackPlan, waiting: Waiting) -> None:
    from ..stack.provision import discard_change

    if kept := discard_change(call.connection, plan, waiting):
        call.output.warn(kept)


def _show_plan(call: Call, plan: StackPlan, differences: Sequence[Difference]) -> None:
    from ..aws.cloudformation import Change
    from ..stack.bucket_policy import refuse_kept_policy
    from ..stack.former_keys import find_former_key
    from ..stack.quotas import warn_of_quotas

    if plan.change_set is None:
        call.output.say(f"The stack {plan.stack} in {plan.region} is as the settings say; nothing to change.")
        return
    verb = "Create" if plan.creates else "Update"
    call.output.say(f"{verb} the stack {plan.stack} in {plan.region}, account {plan.account}:")
    if plan.changes or differences:
        call.output.changes([*plan.changes, *(Change(item.action, item.name, item.kind, "") for item in differences)])
    else:
        call.output.say("  No resource, output or tag; CloudFormation does not say what else of the template changes.")
    for warning in warn_of_quotas(call.connection, plan.changes):
        call.output.warn(warning)
    refuse_kept_policy(call.connection, call.project.settings, plan.changes)
    if former := find_former_key(call.connection, call.project.settings, plan.before, plan.changes):
        call.output.warn(former)


def _execute(call: Call, plan: StackPlan, waiting: Waiting) -> Stack:
    from ..stack.provision import GOES_ON, execute_change

    call.output.say("CloudFormation is at work; a distribution takes some minutes. Ctrl-C leaves it running.")
    try:
        return execute_change(call.connection, plan, waiting)
    except KeyboardInterrupt:
        call.output.say(GOES_ON)
        raise


def _write_config(call: Call, stack: Stack | None) -> None:
    from ..config_file import render_python, write_guarded
    from ..stack.outputs import parse_outputs, provisioned_values

    if stack is None or call.project.config_file is None:
        return
    values = provisioned_values(call.connection, call.project, parse_outputs(stack.name, stack.outputs))
    if write_guarded(call.project.config_file, render_python(values)):
        call.output.say(f"Wrote {call.project.config_file} (CDN_DOMAIN is {values.domain}).")


def _advise_on_policy(call: Call, stack: Stack | None) -> None:
    from ..stack.advice import find_policy_advice

    advice = find_policy_advice(call.connection, call.project.settings, stack) if stack else None
    if advice is None:
        return
    if advice.missing == ():
        call.output.say(f"The policy of the bucket {advice.bucket} lets the distribution read it.")
    elif advice.missing is None:
        call.output.say(
            f"These statements belong into the policy of the bucket {advice.bucket}, which may not be read:"
        )
        call.output.say(advice.text)
    else:
        call.output.warn(f"The policy of the bucket {advice.bucket} lacks these statements; add them to it:")
        call.output.say(advice.text)
    if advice.is_too_large:
        call.output.warn(
            f"With them the policy of the bucket {advice.bucket} has {advice.size} bytes, and S3 takes no more than 20 "
            'KB (S3 user guide, "Bucket policies and user policies"): join or remove others of its statements.'
        )


def _advise_on_key(call: Call, stack: Stack | None) -> None:
    from ..stack.advice import find_key_advice

    if stack and (statement := find_key_advice(call.project.settings, stack)):
        call.output.say("Your key's policy must hold this statement, or every file is answered with 403:")
        call.output.say(statement)


def _report(call: Call, plan: StackPlan, differences: Sequence[Difference], stack: Stack | None) -> None:
    outputs = dict(stack.outputs) if stack else {}
    if outputs and not call.output.as_json:
        call.output.table(("Output", "Value"), sorted(outputs.items()))
    call.output.json(
        {
            "stack": plan.stack,
            "region": plan.region,
            "status": stack.status if stack else None,
            "changes": [
                {
                    "action": change.action,
                    "logical_id": change.logical_id,
                    "type": change.type,
                    "replacement": change.replacement,
                }
                for change in plan.changes
            ],
            "stack_changes": [item._asdict() for item in differences],
            "outputs": outputs,
            "config_file": str(call.project.config_file) if call.project.config_file else None,
        }
    )
