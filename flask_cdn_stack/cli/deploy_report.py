"""What a deploy says at its end: in words, and as JSON."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from .output import CHARGED, NOT_ASKED, count, shorten, size_text

if TYPE_CHECKING:
    from ..assets.collect import Collection
    from ..settings.model import Project
    from .call import Call
    from .deploy import Done, Wishes


def narrate(call: Call, done: Done, collection: Collection, wishes: Wishes) -> None:
    """Say what was done, or would be."""
    outcome, output, say = done.outcome, call.output, call.output.say
    for warning in outcome.build.warnings:
        output.warn(warning)
    if lost := outcome.plan.lost:
        output.warn(
            f"Deleted or changed by hand, and not in this release: {shorten(list(lost))}. A deploy of files that have "
            "them sends them again."
        )
    total = count(len(collection.assets), "file")
    if wishes.offline:
        say(f"{total} in the manifest; nothing {'would be' if wishes.dry_run else 'was'} sent.")
        return
    if not call.project.settings.has_bucket:
        say(f"{total} in the manifest; the edge fetches them from the app.")
        _tell_invalidations(call, done, wishes)
        return
    for item in outcome.uploads if wishes.dry_run or output.verbose else ():
        say(f"  {item.reason:<11}  {size_text(item.asset.size):>10}  {item.asset.key}")
    for key in done.deleted if wishes.dry_run or output.verbose else ():
        say(f"  {'deleted':<11}  {'':>10}  {key}")
    uploads = f"{len(outcome.uploads):,} of {count(len(outcome.build.objects), 'object')}"
    if wishes.dry_run and outcome.plan.publishes:
        say(f"Would upload {uploads} and publish.")
    elif not outcome.uploads and not outcome.plan.publishes:
        since = "" if wishes.dry_run else f" since release {outcome.release}"
        say(f"Nothing to do: {total} unchanged{since}.")
    else:
        say(f"Published release {outcome.release}: {uploads} uploaded.")
    _tell_invalidations(call, done, wishes)
    if done.deleted:
        say(f"{'Would delete' if wishes.dry_run else 'Deleted'} {count(len(done.deleted), 'object')}.")


def _tell_invalidations(call: Call, done: Done, wishes: Wishes) -> None:
    if done.invalidated:
        paths = count(len(done.invalidated), "path")
        call.output.say(f"{'Would ask' if wishes.dry_run else 'Asked'} the edge to forget {paths}.")
        if done.charged or done.outcome.invalidation.charged:
            call.output.warn(CHARGED)
    elif done.outcome.invalidation.paths:
        call.output.say(NOT_ASKED)


def report_json(project: Project, done: Done, collection: Collection) -> dict[str, Any]:
    """Return what ``--json`` prints, but for what it cost."""
    outcome = done.outcome
    return {
        "release": outcome.release,
        "uploaded": [
            {"key": item.asset.key, "reason": item.reason, "bytes": item.asset.size} for item in outcome.uploads
        ],
        "unchanged": len(set(outcome.plan.unchanged) - {item.asset.key for item in outcome.uploads}),
        "shadowed": list(collection.shadowed),
        "deleted": list(done.deleted),
        "invalidated": list(done.invalidated),
        "manifest_file": str(project.manifest_file) if project.manifest_file else None,
        "config_file": str(project.config_file) if project.config_file else None,
    }
