"""``rollback``: publish an earlier release again, from the versions that the bucket keeps."""

from __future__ import annotations

from typing import Any

import click

from ..quantities import count
from ..release.failures import shorten
from ..release.release_naming import find_uncopied, names_hold_checksums
from ..release.rollback import RollbackReport, carry_out, only_look
from ..release.rollback import rollback as roll_back
from ..release.rollback_plan import Rollback
from ..stack.site import Site
from .call import Call
from .completion import complete_release
from .generated_files import GeneratedFiles, UnwrittenFiles
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
from .output import CHARGED, moment_text
from .plan_lines import PlanLine
from .site import costs, open_site
from .upload_progress import UploadProgress


@click.command("rollback", cls=Command)
@click.argument("release", metavar="[ID]", required=False, shell_complete=complete_release)
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

    ID is a release's id, or the beginning of it, as `releases` shows it; the default is the release before the
    published one. Needs no files: the bucket keeps the old ones. Shows what would change and asks first, then writes
    the manifest and the config file. Refuses a release whose file names do not match the app's URLs.

    \b
    flask-cdn-stack rollback
    flask-cdn-stack rollback 20260131T09 --dry-run
    """
    if release == "":
        raise click.UsageError("The release's id is empty; leave it out for the release before the published one.", ctx)
    call = Call(options, is_dry=dry_run)
    files, site = (UnwrittenFiles if dry_run else GeneratedFiles)(call), open_site(call)

    def show(plan: Rollback) -> None:
        _show_plan(call, plan, site)

    def agree(plan: Rollback) -> None:
        show(plan)
        if plan.publishes and not yes:
            call.output.confirm(f"Publish release {plan.target.id} again?")

    def write_files(report: RollbackReport) -> None:
        if report.plan.publishes and not dry_run:
            _show_outcome(call, report.done, site)
        files.write_config(site.outputs)
        files.write_manifest(report.done.target.manifest)

    report = roll_back(
        site,
        release,
        show if dry_run else agree,
        UploadProgress(call.output),
        write_files,
        take_over=take_over,
        reader=only_look if dry_run else carry_out,
    )
    if dry_run:
        write_files(report)
    call.output.json(_json(call, report.done, site))
    call.say_next("rollback planned" if dry_run and report.plan.publishes else "rollback")
    ctx.exit(3 if dry_run and exit_code and (report.plan.publishes or files.changes) else 0)


def _show_plan(call: Call, plan: Rollback, site: Site) -> None:
    target = plan.target
    if not plan.publishes:
        call.output.say(f"Nothing to do: the files of release {target.id} are published, as {plan.release}.")
        return
    call.output.say(
        f"Back from release {plan.release} to {target.id} of {moment_text(target.created)}: "
        f"{len(plan.keys):,} of {count(len(target.objects), 'object')} to copy back, the others are in place."
    )
    call.output.plan_lines([PlanLine("changed", f"  {key}") for key in plan.keys])
    if plan.invalidation.charged and site.asks_cdn:
        call.output.warn(CHARGED)
    if uncopied := find_uncopied(target, site.naming):
        call.output.warn(
            f"That release has no plain copies (assets.plain_copies): {shorten(uncopied)} will show other files or "
            "none at URLs without a checksum."
        )


def _show_outcome(call: Call, plan: Rollback, site: Site) -> None:
    if not plan.publishes:
        call.output.say(f"Another run has published it meanwhile, as release {plan.release}.")
        return
    call.output.done(f"Published release {plan.release}, which is {plan.target.id} again.")
    if names_hold_checksums(plan.target) or site.in_path:
        call.output.say(
            "A running app uses it once it has read the new manifest: ship that with the config file, and restart "
            "the app."
        )
    elif plan.invalidation.paths and not site.asks_cdn:
        call.output.say(
            "Running apps use it at once, but the CDN may still serve copies of replaced files; see --json."
        )
    elif plan.invalidation.paths:
        call.output.say("Running apps serve it as soon as the invalidation is done.")
    else:
        call.output.say("Running apps serve it at once.")


def _json(call: Call, plan: Rollback, site: Site) -> dict[str, Any]:
    project = call.project
    return {
        "release": plan.release,
        "rollback_of": plan.target.id,
        "restored": [{"key": key, "bytes": plan.target.objects[key].size} for key in plan.keys],
        "unchanged": len(plan.target.objects) - len(plan.keys),
        "invalidated": list(plan.invalidation.paths),
        "manifest_file": str(project.manifest_file) if project.manifest_file else None,
        "config_file": str(project.config_file) if project.config_file else None,
        **costs(call, site),
    }
