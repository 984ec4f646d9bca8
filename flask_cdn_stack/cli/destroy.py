"""``destroy``: delete the stack, and with ``--empty-bucket`` the published files and their bucket."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from typing import Any

import click

from ..aws.cloudformation import Change
from ..errors import RefusedError
from ..stack.deletion import check_confirmed
from ..stack.destroy import REST, preview_destroy
from ..stack.destroy import destroy as destroy_stack
from ..stack.destroy_values import DestroyOptions, DestroyPlan
from .call import Call
from .completion import complete_resource
from .destroy_view import DestroyView, describe_report
from .group import Command
from .options import aws_options, dry_run_options, json_option, output_options, settings_options, yes_option
from .stack_view import StackView


@click.command("destroy", cls=Command)
@click.option("--stack", "name", metavar="NAME", help="Name of the stack; --yes needs it.")
@click.option(
    "--empty-bucket",
    is_flag=True,
    help="Also delete the published files with all their versions, and then the bucket.",
)
@click.option(
    "--including-foreign",
    is_flag=True,
    help="With --empty-bucket: also delete objects that this project did not put there.",
)
@click.option(
    "--retain-resource",
    "retain",
    multiple=True,
    metavar="ID",
    shell_complete=complete_resource,
    help="After a failed deletion: keep this resource in the account. May be given several times.",
)
@click.option("--force", is_flag=True, help="After a failed deletion: keep every resource that cannot be deleted.")
@yes_option
@dry_run_options
@settings_options
@aws_options
@json_option
@output_options
@click.pass_context
def destroy(
    ctx: click.Context,
    /,
    name: str | None,
    empty_bucket: bool,
    including_foreign: bool,
    retain: tuple[str, ...],
    force: bool,
    yes: bool,
    dry_run: bool,
    exit_code: bool,
    **options: Any,
) -> None:
    """Delete the stack; the app then serves its files itself again.

    Keeps the bucket and its objects unless --empty-bucket is given. Shows what is deleted and what stays, and asks
    for the stack's name. May be interrupted and run again.

    \b
    flask-cdn-stack destroy --dry-run
    flask-cdn-stack destroy --empty-bucket
    flask-cdn-stack destroy --yes --stack shop-cdn
    """
    if including_foreign and not empty_bucket:
        raise click.UsageError("--including-foreign goes with --empty-bucket.", ctx)
    call = Call(options, is_dry=dry_run)
    if not dry_run:
        _check_agreement(call, yes, name)
    wanted = DestroyOptions(empty_bucket, including_foreign, retain, force)
    world = call.surroundings
    view = StackView(call.output, call.project, estimates=not call.connection.is_local, clock=world.clock)
    user = _User(call, view, name if yes else None)
    waiting = replace(view.waiting(), sleep=world.sleep, clock=world.clock, following=lambda: _following(call, view))
    if dry_run:
        report = preview_destroy(call.connection, call.project, wanted, waiting)
        user.show(report.plan, report.costs)
    else:
        report = destroy_stack(call.connection, call.project, user, wanted, waiting)
        user.show_end(report)
    call.output.json(describe_report(report))
    call.say_next("destroy planned" if dry_run else "destroy")
    ctx.exit(3 if dry_run and exit_code and report.plan.does_anything else 0)


def _check_agreement(call: Call, yes: bool, name: str | None) -> None:
    """Check before the first request to AWS that the stack's name is given, or can be asked for.

    :raises RefusedError: it can not, or another stack is named.
    """
    stack = call.project.stack
    if name is not None:
        check_confirmed(stack, name)
    if yes and name is None:
        raise RefusedError(
            "--yes alone deletes no stack.", f"Pass --yes and --stack {stack}; --dry-run shows what would be deleted."
        )
    if not yes and not sys.stdin.isatty():
        raise RefusedError(
            "There is no terminal to ask on.",
            f"Pass --yes and --stack {stack} to answer in advance; --dry-run shows what would be deleted.",
        )


@contextmanager
def _following(call: Call, view: StackView) -> Iterator[None]:
    try:
        with view.following():
            yield
    except click.exceptions.Exit:
        call.output.say(REST)
        raise


class _User(DestroyView):
    """Asks the user for the stack's name, unless it was given in advance."""

    def __init__(self, call: Call, view: StackView, name: str | None) -> None:
        super().__init__(call)
        self._view, self._name = view, name

    def confirm(self, plan: DestroyPlan) -> str:
        """Ask for the stack's name, and return it.

        :raises RefusedError: the user typed another name.
        """
        resources = (*plan.deleted, *plan.kept)
        self._view.progress.expect(Change("Remove", item.logical_id, item.type, "") for item in resources)
        if self._name is not None:
            return self._name
        question = f"Type the name of the stack, {plan.stack}, to go ahead"
        typed = click.prompt(question, err=True, default="", show_default=False)
        if str(typed).strip() != plan.stack:
            raise RefusedError("That is not the stack's name. Aborted; nothing was deleted.")
        return plan.stack
