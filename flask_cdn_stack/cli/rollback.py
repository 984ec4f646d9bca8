"""``rollback``: publish an earlier release again, from what the bucket keeps."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import click

from .group import Command
from .options import (
    aws_options,
    dry_run_options,
    json_option,
    output_options,
    settings_options,
    take_over_option,
    yes_option,
)

if TYPE_CHECKING:
    from ..release.rollback import Rollback
    from .bucket import OpenedBucket
    from .call import Call


@click.command("rollback", cls=Command)
@click.argument("release", metavar="[ID]", required=False)
@take_over_option
@yes_option
@dry_run_options
@settings_options
@aws_options
@json_option
@output_options
@click.pass_context
def rollback(
    ctx: click.Context,
    /,
    release: str | None,
    take_over: bool,
    yes: bool,
    dry_run: bool,
    exit_code: bool,
    **options: Any,
) -> None:
    """Publish an earlier release again.

    ID is a release's id or the beginning of it, as `releases` shows it; without one, the release before the published
    one is meant. Needs no files: the bucket keeps the old ones. Shows what would be done and asks first, then writes
    manifest and config file. Refuses a release whose files have other names than the app's URLs.

    \b
    flask-cdn-stack rollback
    flask-cdn-stack rollback 20260131T09 --dry-run
    """
    from ..release.rollback import preview_rollback, roll_back
    from .bucket import OpenedBucket
    from .call import Call
    from .generated_files import GeneratedFiles
    from .serving import end_on_signal

    if release == "":
        raise click.UsageError("The release's id is empty; leave it out for the release before the published one.", ctx)
    call = Call(options)
    files, bucket = GeneratedFiles(call, writes=not dry_run), OpenedBucket(call)
    run = bucket.start_run(take_over)
    plan = preview_rollback(bucket.objects, bucket.versions, bucket.distribution, release, run, bucket.naming)
    changes = plan.publishes
    _show_plan(call, plan, bucket)
    if (plan.publishes or plan.invalidation.paths) and not dry_run:
        if plan.publishes and not yes:
            call.output.confirm(f"Publish release {plan.target.id} again?")
        with end_on_signal():
            plan = roll_back(bucket.objects, bucket.versions, bucket.distribution, plan.target, run, call.output)
        if changes:
            _show_outcome(call, plan, bucket)
    files.write_config(bucket.outputs)
    files.write_manifest(plan.target.manifest)
    call.output.json(_json(call, plan, bucket))
    ctx.exit(3 if dry_run and exit_code and (changes or files.changes) else 0)


def _show_plan(call: Call, plan: Rollback, bucket: OpenedBucket) -> None:
    from ..release.release_naming import find_uncopied
    from .bucket import moment_text
    from .output import CHARGED, count, shorten

    target = plan.target
    if not plan.publishes:
        call.output.say(f"Nothing to do: what release {target.id} consists of is published, as {plan.release}.")
        return
    call.output.say(
        f"Back from release {plan.release} to {target.id} of {moment_text(target.created)}: "
        f"{len(plan.restored):,} of {count(len(target.objects), 'object')} to copy back, the others are there."
    )
    for key in plan.restored:
        call.output.detail(f"  {key}")
    if plan.invalidation.charged and bucket.outputs.distribution_id is not None:
        call.output.warn(CHARGED)
    if uncopied := find_uncopied(target, bucket.naming):
        call.output.warn(
            f"That release has no plain copies (assets.plain_copies): {shorten(uncopied)} will show other files or "
            "none to whoever builds URLs without a checksum."
        )


def _show_outcome(call: Call, plan: Rollback, bucket: OpenedBucket) -> None:
    from ..release.release_naming import names_hold_checksums

    if not plan.publishes:
        call.output.say(f"Another run has published it meanwhile, as release {plan.release}.")
        return
    call.output.say(f"Published release {plan.release}, which is {plan.target.id} again.")
    if names_hold_checksums(plan.target) or bucket.in_path:
        call.output.say(
            "A running app links to it when it next reads its manifest: give it this one, with the config file beside "
            "it, and restart it."
        )
    elif plan.invalidation.paths and bucket.outputs.distribution_id is None:
        call.output.say(
            "Running apps link to it at once, but the CDN may hold copies of what was replaced; see --json."
        )
    elif plan.invalidation.paths:
        call.output.say("Running apps serve it at once, as soon as the invalidation is done.")
    else:
        call.output.say("Running apps serve it at once.")


def _json(call: Call, plan: Rollback, bucket: OpenedBucket) -> dict[str, Any]:
    project = call.project
    return {
        "release": plan.release,
        "rollback_of": plan.target.id,
        "restored": [{"key": key, "bytes": plan.target.objects[key].size} for key in plan.restored],
        "unchanged": len(plan.target.objects) - len(plan.restored),
        "invalidated": list(plan.invalidation.paths),
        "manifest_file": str(project.manifest_file) if project.manifest_file else None,
        "config_file": str(project.config_file) if project.config_file else None,
        **bucket.costs(),
    }
