"""``prune``: remove releases that are no longer kept, and the objects that no kept release needs."""

from __future__ import annotations

from contextlib import AbstractContextManager
from typing import Any

import click

from ..quantities import count
from ..release.prune import Pruning, carry_out, only_look
from ..release.prune import prune as prune_releases
from .call import Call
from .group import Command
from .options import (
    aws_options,
    dry_run_options,
    json_option,
    max_deletes_option,
    output_options,
    settings_options,
    take_over_option,
    yes_option,
)
from .output import CHARGED, Output
from .plan_lines import PlanLine, color_kind
from .serving import end_on_signal
from .site import costs, open_site


@click.command("prune", cls=Command)
@max_deletes_option
@take_over_option
@yes_option
@dry_run_options
@settings_options
@aws_options
@json_option
@output_options
@click.pass_context
def prune(
    ctx: click.Context,
    /,
    max_deletes: int | None,
    take_over: bool,
    yes: bool,
    dry_run: bool,
    exit_code: bool,
    **options: Any,
) -> None:
    """Remove old releases, and the objects that only they need.

    Keeps the published release, the newest releases (assets.keep_releases) and all that are younger than
    assets.keep_days. Shows what would be deleted and asks first. A versioned bucket keeps deleted objects for
    bucket.noncurrent_days.

    \b
    flask-cdn-stack prune --dry-run
    flask-cdn-stack prune --yes
    """
    call = Call(options, is_dry=dry_run)
    site, narrator = open_site(call), _Narrator(call.output)

    def agree(plan: Pruning) -> None:
        narrator.show(plan)
        if plan.deletes and not yes:
            call.output.confirm("Delete them?")

    done = prune_releases(
        site,
        narrator.show if dry_run else agree,
        narrator,
        max_deletes=max_deletes,
        take_over=take_over,
        reader=only_look if dry_run else carry_out,
    )
    if done.invalidation.charged:
        call.output.warn(CHARGED)
    report = {"releases": list(done.releases), "deleted": list(done.keys), "kept": list(done.kept)}
    report["invalidated"] = list(done.invalidation.paths)
    call.output.json({**report, **costs(call, site)})
    call.say_next("prune planned" if dry_run and done.deletes else "prune")
    ctx.exit(3 if dry_run and exit_code and (done.deletes or done.owes) else 0)


class _Narrator:
    """Shows what would be deleted, and what was."""

    def __init__(self, output: Output) -> None:
        self._output = output

    def show(self, plan: Pruning) -> None:
        """Say what would be deleted."""
        say, kept = self._output.say, count(len(plan.kept), "release")
        if not plan.deletes and not plan.kept:
            say("Nothing to delete: nothing has been published yet.")
        elif not plan.deletes:
            say(f"Nothing to delete: {kept} kept, and every object is needed.")
        if plan.owes:
            say("What an earlier run deleted or replaced has still to be invalidated.")
        if plan.deletes:
            say(f"To delete: {_count(plan)}. {kept} kept.")
        for kind, names in (("release ", plan.releases), ("", plan.keys)):
            red = [PlanLine("deleted", "  " + color_kind("deleted", kind + name)) for name in names]
            self._output.plan_lines(red)

    def working(self) -> AbstractContextManager[None]:
        """Let signals end the block as Ctrl-C does."""
        return end_on_signal()

    def deleted(self, done: Pruning) -> None:
        """Say what was deleted."""
        self._output.done(f"Deleted {_count(done)}.")


def _count(plan: Pruning) -> str:
    return f"{count(len(plan.releases), 'release')} and {count(len(plan.keys), 'object')}"
