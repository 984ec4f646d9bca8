"""``prune``: remove the releases that are not kept any more, and the objects that no kept one needs."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import click

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

if TYPE_CHECKING:
    from ..release.prune import Pruning
    from .call import Call

# Objects that are listed by name without --verbose.
_LISTED = 20


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

    Kept are the published release, the newest ones (assets.keep_releases) and all younger than assets.keep_days. Shows
    what would be deleted and asks first. A versioned bucket keeps what is deleted for bucket.noncurrent_days.

    \b
    flask-cdn-stack prune --dry-run
    flask-cdn-stack prune --yes
    """
    from ..release.prune import preview_prune
    from ..release.prune import prune as prune_releases
    from .bucket import OpenedBucket
    from .call import Call
    from .output import CHARGED
    from .serving import end_on_signal

    call = Call(options)
    bucket = OpenedBucket(call)
    run = bucket.start_run(take_over)
    ceiling = bucket.ceiling(max_deletes)
    done = preview_prune(bucket.objects, bucket.keep, ceiling, run)
    changes = bool(done.releases or done.keys)
    invalidated: tuple[str, ...] = ()
    _show_plan(call, done)
    if changes and not dry_run:
        if not yes:
            call.output.confirm("Delete them?")
        with end_on_signal():
            done = prune_releases(bucket.objects, done, bucket.keep, ceiling, run)
        call.output.say(f"Deleted {_count(done)}.")
    if (changes or done.owes) and not dry_run:
        forgotten = bucket.settle_owed(run)
        invalidated = forgotten.paths
        if forgotten.charged:
            call.output.warn(CHARGED)
    report = {"releases": list(done.releases), "deleted": list(done.keys), "kept": list(done.kept)}
    report["invalidated"] = list(invalidated)
    call.output.json({**report, **bucket.costs()})
    ctx.exit(3 if dry_run and exit_code and (changes or done.owes) else 0)


def _show_plan(call: Call, plan: Pruning) -> None:
    from .output import count

    say = call.output.say
    if not plan.releases and not plan.keys:
        say(f"Nothing to delete: {count(len(plan.kept), 'release')} kept, and every object is needed.")
    if plan.owes:
        say("The edge has still to forget what an earlier run deleted or replaced.")
    if not plan.releases and not plan.keys:
        return
    say(f"To delete: {_count(plan)}. {count(len(plan.kept), 'release')} kept.")
    for release in plan.releases:
        say(f"  release {release}")
    shown = plan.keys if call.output.verbose else plan.keys[:_LISTED]
    for key in shown:
        say(f"  {key}")
    if len(shown) < len(plan.keys):
        say(f"  ... and {len(plan.keys) - len(shown):,} more (--verbose shows all)")


def _count(plan: Pruning) -> str:
    from .output import count

    return f"{count(len(plan.releases), 'release')} and {count(len(plan.keys), 'object')}"
