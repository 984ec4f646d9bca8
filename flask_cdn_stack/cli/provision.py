"""``provision``: create or update the stack and write the config file."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import click

from .group import Command
from .options import aws_options, dry_run_options, json_option, output_options, settings_options, yes_option

if TYPE_CHECKING:
    from ..aws.cloudformation import Stack
    from ..stack.provision import StackPlan
    from .call import Call


@click.command("provision", cls=Command)
@yes_option
@dry_run_options
@settings_options
@aws_options
@json_option
@output_options
@click.pass_context
def provision(ctx: click.Context, /, yes: bool, dry_run: bool, exit_code: bool, **options: Any) -> None:
    """Create or update the stack: the S3 bucket and the CloudFront distribution.

    Shows what would change and asks first. Writes the config file that the app imports.

    \b
    flask-cdn-stack provision
    flask-cdn-stack provision --dry-run --exit-code
    """
    from ..config_file import check_writable
    from ..infrastructure.checks import require_stack
    from ..infrastructure.template import render_template
    from ..stack.provision import Waiting, prepare_change
    from .call import Call
    from .serving import end_on_signal

    call = Call(options)
    require_stack(call.project.settings)
    if call.project.config_file and not dry_run:
        check_writable(call.project.config_file)
    waiting = Waiting(on_event=call.output.event)
    template = render_template(call.project.settings)
    agree = None if dry_run else lambda stack: _agree_to_delete(call, stack, ask=not yes)
    with end_on_signal():
        plan = prepare_change(call.connection, call.project, template, waiting, agree)
        _decide(call, plan, dry_run, ask=not yes)
        stack = plan.before if dry_run or plan.change_set is None else _execute(call, plan, waiting)
    if not dry_run:
        _write_config(call, stack)
    _report(call, plan, stack)
    ctx.exit(3 if dry_run and exit_code and plan.changes else 0)


def _agree_to_delete(call: Call, stack: Stack, ask: bool) -> None:
    call.output.say(f"The creation of the stack {stack.name} failed and was undone; what is left of it is empty.")
    if ask:
        call.output.confirm("Delete it and create it again?")


def _decide(call: Call, plan: StackPlan, dry_run: bool, ask: bool) -> None:
    """Show the plan and ask; whatever ends it before the change is begun leaves nothing behind."""
    from ..stack.provision import discard_change

    try:
        _show_plan(call, plan)
        if ask and plan.change_set and not dry_run:
            call.output.confirm("Go ahead?")
    except BaseException:
        discard_change(call.connection, plan)
        raise
    if dry_run:
        discard_change(call.connection, plan)


def _show_plan(call: Call, plan: StackPlan) -> None:
    if plan.change_set is None:
        call.output.say(f"The stack {plan.stack} in {plan.region} is as the settings say; nothing to change.")
        return
    verb = "Create" if plan.creates else "Update"
    call.output.say(f"{verb} the stack {plan.stack} in {plan.region}, account {plan.account}:")
    call.output.changes(plan.changes)


def _execute(call: Call, plan: StackPlan, waiting: Any) -> Stack:
    from ..stack.provision import execute_change

    call.output.say("CloudFormation is at work; a distribution takes some minutes. Ctrl-C leaves it running.")
    try:
        return execute_change(call.connection, plan, waiting)
    except KeyboardInterrupt:
        call.output.say("CloudFormation goes on; run `flask-cdn-stack provision` again when it is done.")
        raise


def _write_config(call: Call, stack: Stack | None) -> None:
    from ..config_file import render_python, write_guarded
    from ..stack.outputs import parse_outputs, provisioned_values

    if stack is None or call.project.config_file is None:
        return
    values = provisioned_values(call.connection, call.project, parse_outputs(stack.name, stack.outputs))
    if write_guarded(call.project.config_file, render_python(values)):
        call.output.say(f"Wrote {call.project.config_file} (CDN_DOMAIN is {values.domain}).")


def _report(call: Call, plan: StackPlan, stack: Stack | None) -> None:
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
            "outputs": outputs,
            "config_file": str(call.project.config_file) if call.project.config_file else None,
        }
    )
