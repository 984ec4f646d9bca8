"""``releases``: list the releases that can be published again."""

from __future__ import annotations

from typing import Any

import click

from ..release.history import Release, list_releases
from .call import Call
from .group import Command
from .options import aws_options, json_option, output_options, settings_options
from .output import moment_text, size_text
from .provenance import provenance_json, shown_provenance
from .site import costs, open_site

_HEADER = ("RELEASE", "TIME", "FILES", "SIZE", "COMMIT", "BRANCH", "BY", "")


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
    rows = [_HEADER, *map(_row, found)]
    # Columns without a value, such as commits and branches, are left out.
    columns = [column for column in zip(*rows, strict=True) if any(column[1:])]
    for cells in zip(*map(_pad, columns), strict=True):
        call.output.data("  ".join(cells).rstrip())


def _row(release: Release) -> tuple[str, ...]:
    by, commit, branch = shown_provenance(release.provenance)
    files = "?" if release.files is None else f"{release.files:,}"
    size = "?" if release.size is None else size_text(release.size)
    return release.id, moment_text(release.created), files, size, commit, branch, by, _remark(release)


def _pad(column: tuple[str, ...]) -> list[str]:
    width, is_number = max(map(len, column)), column[0] in ("FILES", "SIZE")
    return [cell.rjust(width) if is_number else cell.ljust(width) for cell in column]


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
        **provenance_json(release.provenance),
        "problem": release.problem or None,
    }
