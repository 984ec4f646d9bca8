"""Reports the result of a deploy, in words and as JSON."""

from __future__ import annotations

from typing import Any

from ..quantities import count, size_text
from ..release.deploy import DeployReport
from ..release.edge import NOT_ASKED
from ..release.failures import shorten
from ..settings.model import Project
from .call import Call
from .output import CHARGED, Output
from .plan_lines import PlanLine, color_kind


def narrate(call: Call, report: DeployReport, is_offline: bool, is_dry: bool) -> None:
    """Say what was done, or in a dry run what would be."""
    output, say = call.output, call.output.say
    for warning in report.build.warnings:
        output.warn(warning)
    for found in report.build.sought:
        say(str(found))
    if lost := report.plan.lost:
        output.warn(
            f"Deleted or changed by hand, and not in this release: {shorten(list(lost))}. A deploy with these files "
            "uploads them again."
        )
    total = count(len(report.collection.assets), "file")
    if is_offline:
        say(f"{total} in the manifest; nothing {'would be' if is_dry else 'was'} sent.")
        return
    if not call.project.settings.has_bucket:
        say(f"{total} in the manifest; the edge fetches them from the app.")
        _tell_invalidations(output, report, is_dry)
        return
    if is_dry or output.verbose:
        output.plan_lines(_plan_lines(report))
    uploads = f"{len(report.uploads):,} of {count(len(report.build.objects), 'object')}"
    if is_dry and report.plan.publishes:
        say(f"Would upload {uploads} and publish.")
    elif not report.uploads and not report.plan.publishes:
        since = "" if is_dry else f" since release {report.release}"
        say(f"Nothing to do: {total} unchanged{since}.")
    else:
        output.done(f"Published release {report.release}: {uploads} uploaded.")
        if call.project.manifest_file:
            say("A running app uses it once it has read the new manifest: ship that, and restart the app.")
    _tell_invalidations(output, report, is_dry)
    if report.deleted:
        say(f"{'Would delete' if is_dry else 'Deleted'} {count(len(report.deleted), 'object')}.")


def _plan_lines(report: DeployReport) -> list[PlanLine]:
    lines = [_plan_line(item.reason, size_text(item.asset.size), item.asset.key) for item in report.uploads]
    return lines + [_plan_line("deleted", "", item.key) for item in report.deleted]


def _plan_line(kind: str, size: str, key: str) -> PlanLine:
    return PlanLine(kind, f"  {color_kind(kind, f'{kind:<11}')}  {size:>10}  {key}")


def _tell_invalidations(output: Output, report: DeployReport, is_dry: bool) -> None:
    if report.invalidated:
        paths = count(len(report.invalidated), "path")
        output.say(f"{'Would invalidate' if is_dry else 'Invalidated'} {paths}.")
        if report.charged:
            output.warn(CHARGED)
    elif report.invalidation.paths:
        output.say(NOT_ASKED)


def report_json(project: Project, report: DeployReport) -> dict[str, Any]:
    """Return the object that ``--json`` prints, without the keys of :func:`~.site.costs`."""
    return {
        "release": report.release,
        "uploaded": [
            {"key": item.asset.key, "reason": item.reason, "bytes": item.asset.size} for item in report.uploads
        ],
        "unchanged": len(set(report.plan.unchanged) - {item.asset.key for item in report.uploads}),
        "shadowed": list(report.collection.shadowed),
        "deleted": [item.key for item in report.deleted],
        "invalidated": list(report.invalidated),
        "sought": [found._asdict() for found in report.build.sought],
        "manifest_file": str(project.manifest_file) if project.manifest_file else None,
        "config_file": str(project.config_file) if project.config_file else None,
    }
