"""``provision``: create or update the stack and write the config file."""

from __future__ import annotations

import os
from collections.abc import Sequence
from contextlib import AbstractContextManager
from dataclasses import replace
from typing import Any

import click

from ..aws.cloudformation import Stack
from ..checks.settings import require_stack
from ..config_file import check_writable
from ..settings.model import Settings
from ..stack.advice import PolicyAdvice
from ..stack.differences import Difference
from ..stack.preview import find_notices
from ..stack.provision import ProvisionReport, carry_out, only_look, write_config
from ..stack.provision import provision as provision_stack
from ..stack.recovery import Recovery
from ..stack.stack_plan import StackPlan
from .account_step import explaining_account
from .call import Call
from .change_options import change_options, read_change_options
from .change_view import change_to_json, show_changes, show_notices
from .generated_files import GeneratedFiles, UnwrittenFiles
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
from .recovery_questions import ask_to_recover, told_no
from .serving import end_on_signal
from .stack_outputs import say_address, viewer_outputs
from .stack_view import StackView
from .static_paths import asks_app, resolve_paths, warn_of_no_cache


@click.command("provision", cls=Command)
@yes_option
@dry_run_options
@change_options
@app_option
@settings_options
@aws_options
@json_option
@output_options
@click.pass_context
def provision(ctx: click.Context, /, yes: bool, dry_run: bool, exit_code: bool, **options: Any) -> None:
    """Create or update the S3 bucket and CloudFront distribution.

    Both belong to one CloudFormation stack. Shows what would change and asks first, then writes the config file that
    the app imports. Loads the app only if CloudFront fetches from it and app_origin.paths is not set. If a
    change is under way, waits for its end first. Repairs a stack that is stuck if you agree.

    \b
    flask-cdn-stack provision
    flask-cdn-stack provision --dry-run --exit-code
    """
    how, seconds = read_change_options(options)
    call = Call(options, is_dry=dry_run)
    require_stack(call.project.settings)
    world = call.surroundings
    view = StackView(call.output, call.project, estimates=not call.connection.is_local, clock=world.clock)
    waiting = replace(view.waiting(), sleep=world.sleep, clock=world.clock, timeout=seconds)
    user, reader = (_Spectator(call), only_look) if dry_run else (_User(call, view, asks=not yes), carry_out)
    with explaining_account():
        report = provision_stack(call.connection, call.project, user, waiting, reader, how)
    _advise_on_policy(call, report.policy_advice)
    if report.key_advice:
        call.output.say("Your key's policy must hold this statement, or every file is answered with 403:")
        call.output.say(report.key_advice)
    _report(call, report)
    if not dry_run and report.plan.change_set and report.stack and not report.stack.is_under_way:
        say_address(call, report.stack)
    call.say_next(_what_was_done(report, dry_run))
    ctx.exit(3 if dry_run and exit_code and not report.plan.is_empty else 0)


class _Spectator:
    """Shows what would be done; for a dry run."""

    _files: type[GeneratedFiles] = UnwrittenFiles

    def __init__(self, call: Call) -> None:
        self._call = call

    def resolve(self) -> Settings:
        """Return the settings, with the static paths read from the app if the settings do not name them."""
        call, config_file = self._call, self._call.project.config_file
        if asks_app(call.project.settings) and config_file and not os.path.exists(config_file):
            # The app may import the config file. It names no domain yet, so the app's URLs stay Flask's own.
            self._files(call).write_config(None)
        resolved = resolve_paths(call)
        if resolved.config is not None:
            warn_of_no_cache(call, resolved.config)
        return resolved.settings

    def warn(self, text: str) -> None:
        """Show a warning."""
        self._call.output.warn(text)

    def working(self) -> AbstractContextManager[None]:
        """Let signals end the block as Ctrl-C does."""
        return end_on_signal()

    def agree_to_recover(self, recovery: Recovery) -> None:
        """Do nothing: a dry run recovers no stack."""

    def show(self, plan: StackPlan, differences: Sequence[Difference]) -> None:
        """Show what would change."""
        output = self._call.output
        if plan.protection is not None:
            output.plan(f"Switch the termination protection of the stack {'on' if plan.protection else 'off'}.")
        if plan.change_set is None:
            rest = "nothing to change" if plan.is_empty else "nothing else to change"
            output.say(f"The stack {plan.stack} in {plan.region} is as the settings say; {rest}.")
            return
        verb = "Create" if plan.creates else "Update"
        output.say(f"{verb} the stack {plan.stack} in {plan.region}, account {plan.account}:")
        if plan.changes or differences:
            show_changes(output, plan.changes, differences)
            show_notices(output, plan.changes)
        else:
            output.say(
                "  No resource, output or tag changes; CloudFormation does not say what else in the template does."
            )
        if plan.capabilities:
            output.say("The template creates IAM resources; the change set acknowledges that (CAPABILITY_IAM).")

    def agree(self, plan: StackPlan) -> None:
        """Do nothing: a dry run needs no consent."""

    def write_config(self, stack: Stack | None) -> None:
        """Write the config file, and say so if it changed."""
        project = self._call.project
        if domain := write_config(self._call.connection, project, stack):
            self._call.output.say(f"Wrote {project.config_file} (CDN_DOMAIN is {domain}).")


class _User(_Spectator):
    """Asks the user, unless the answer was given in advance."""

    _files = GeneratedFiles

    def __init__(self, call: Call, view: StackView, asks: bool) -> None:
        super().__init__(call)
        self._view, self._asks = view, asks
        self._no: dict[str, str] = {}

    def resolve(self) -> Settings:
        """Check that the config file can be written, then return the settings."""
        if config_file := self._call.project.config_file:
            check_writable(config_file)
        return super().resolve()

    def agree_to_recover(self, recovery: Recovery) -> None:
        """Say what must be done to the stack, and ask."""
        ask_to_recover(self._call.output, recovery, self._asks, again=bool(self._no))
        self._no = {"no": told_no(recovery)}

    def agree(self, plan: StackPlan) -> None:
        """Ask whether to make the change, if there is one."""
        self._view.progress.expect(plan.changes)
        if self._asks and not plan.is_empty:
            self._call.output.confirm("Go ahead?", **self._no)


def _what_was_done(report: ProvisionReport, dry_run: bool) -> str:
    if dry_run and not report.plan.is_empty:
        return "provision planned"
    return "provision going on" if report.stack and report.stack.is_under_way else "provision"


def _advise_on_policy(call: Call, advice: PolicyAdvice | None) -> None:
    if advice is None:
        return
    if advice.missing == ():
        call.output.say(f"The policy of the bucket {advice.bucket} lets the distribution read it.")
    elif advice.missing is None:
        call.output.say(
            f"The policy of the bucket {advice.bucket} needs these statements; these credentials may not read it:"
        )
        call.output.say(advice.text)
    else:
        call.output.warn(
            f"The policy of the bucket {advice.bucket} lacks these statements; add them to it:\n{advice.text}"
        )
    if advice.is_too_large:
        call.output.warn(
            f"With them the policy of the bucket {advice.bucket} has {advice.size} bytes, and S3 takes no more than 20 "
            'KB (S3 user guide, "Bucket policies and user policies"): merge or remove other statements.'
        )


def _report(call: Call, report: ProvisionReport) -> None:
    plan, stack = report.plan, report.stack
    outputs = dict(stack.outputs) if stack else {}
    if outputs and plan.change_set and not call.output.as_json:
        call.output.table(("Output", "Value"), sorted(viewer_outputs(call, outputs).items()))
    call.output.json(
        {
            "stack": plan.stack,
            "region": plan.region,
            "status": stack.status if stack else None,
            "changes": [change_to_json(change) for change in plan.changes],
            "notices": find_notices(plan.changes),
            "stack_changes": [item._asdict() for item in report.differences],
            "capabilities": list(plan.capabilities if plan.change_set else ()),
            "outputs": outputs,
            "config_file": str(call.project.config_file) if call.project.config_file else None,
        }
    )
