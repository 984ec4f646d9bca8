"""``releases``: what was published, and what of it can be had again."""

from __future__ import annotations

from typing import Any

import click

from ..release.history import Release, list_releases
from .call import Call
from .group import Command
from .options import aws_options, json_option, output_options, settings_options
from .output import moment_text, size_text
from .site import costs, open_site


@click.command("releases", cls=Command)
@settings_options
@aws_options
@json_option
@output_options
def releases(**options: Any) -> None:
    """List the releases, the newest first.

    Each can be published again with `rollback`, until `prune` removes it.

    \b
    flask-cdn-stack releases
    flask-cdn-stack releases --json
    """
    call = Call(options)
    site = open_site(call)
    found = list_releases(site.objects, site.start_run(takes_over=False))
    for release in found:
        if release.problem:
            call.output.warn(release.problem)
    if call.output.as_json:
        call.output.json({"releases": [_json(release) for release in found], **costs(call, site)})
    elif found:
        _print_table(call, found)
    else:
        call.output.say("Nothing has been published yet.")
    call.say_next("releases" if found else "releases none")


def _print_table(call: Call, found: list[Release]) -> None:
    rows = [("RELEASE", "TIME", "FILES", "SIZE", "")]
    for release in found:
        files = "?" if release.files is None else f"{release.files:,}"
        size = "?" if release.size is None else size_text(release.size)
        rows.append((release.id, moment_text(release.created), files, size, _remark(release)))
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
    for name, moment, files, size, remark in rows:
        line = f"{name:{widths[0]}}  {moment:{widths[1]}}  {files:>{widths[2]}}  {size:>{widths[3]}}  {remark}"
        call.output.data(line.rstrip())


def _remark(release: Release) -> str:
    remarks = [click.style("published", fg="green")] if release.published else []
    remarks += [f"rollback of {release.rollback_of}"] if release.rollback_of else []
    remarks += [click.style("not readable", fg="red")] if release.problem else []
    return ", ".join(remarks)


def _json(release: Release) -> dict[str, Any]:
    return {
        "id": release.id,
        "release": release.id,
        "created": moment_text(release.created) or None,
        "published": release.published,
        "files": release.files,
        "bytes": release.size,
        "rollback_of": release.rollback_of,
        "problem": release.problem or None,
    }
