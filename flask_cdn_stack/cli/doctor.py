"""``doctor``: check for what keeps the other commands from working."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import ExitStack
from typing import Any

import click

from ..aws.session import Connection
from ..checks.partitions import check_target_partition
from ..errors import CDNStackError, hide_user_info
from ..settings.model import Project
from ..stack.diagnosis import examine
from ..stack.findings import Finding, find
from .call import Call, check_endpoint
from .group import Command, list_causes
from .local_checks import begin_app_check, check_files, check_versions, load_settings
from .options import app_option, aws_options, json_option, output_options, settings_options
from .output import Output, count

_KEYS = ("name", "state", "message", "remedy")
_COLORS = {"ok": "green", "warning": "yellow", "wrong": "red", "skipped": "bright_black"}


@click.command("doctor", cls=Command)
@app_option
@settings_options
@aws_options
@json_option
@output_options
@click.pass_context
def doctor(ctx: click.Context, /, **options: Any) -> None:
    """Check what keeps the other commands from working.

    Checks settings, versions, files and the app; region, endpoints and credentials; the clock, the stack, and whether
    IAM allows each action of the policies that `template --policy` prints. Each check is ok, a warning, wrong or
    skipped, and says what to do. Changes nothing. Exits with 1 if something is wrong.

    \b
    flask-cdn-stack doctor
    flask-cdn-stack doctor --json
    """
    call, findings = Call(options), []
    output = call.output
    with ExitStack() as running:
        for finding in _examine(call, running, options):
            findings.append(finding)
            if not output.as_json:
                _show(output, finding)
    output.json({"checks": [{**dict(zip(_KEYS, it, strict=False)), "see": it.see or None} for it in findings]})
    states = [finding.state for finding in findings]
    output.say(f"{count(len(states), 'check')}: {states.count('wrong')} wrong, {states.count('warning')} to look at.")
    output.next("doctor wrong" if "wrong" in states else "doctor", options["stage"])
    ctx.exit(1 if "wrong" in states else 0)


def _examine(call: Call, running: ExitStack, options: dict[str, Any]) -> Iterator[Finding]:
    project, finding = load_settings(options)
    check_app = begin_app_check(running, project, options)
    yield finding
    yield find("versions", check_versions)
    if project:
        yield find("files", lambda: check_files(project))
    try:
        connection = _open(call, project, options)
    except CDNStackError as error:
        yield Finding("connection", "wrong", error.message, error.hint, error)
    else:
        yield from examine(connection, project)
    yield find("app", check_app)


def _open(call: Call, project: Project | None, options: dict[str, Any]) -> Connection:
    region = project.settings.session_region if project else options["region"]
    connection = call.surroundings.connect(region, options["profile"], options["endpoint_url"])
    if project:
        check_target_partition(project.settings, connection.region)
    for service in ("cloudformation", "s3"):
        check_endpoint(connection.endpoint(service))
    return connection


def _show(output: Output, finding: Finding) -> None:
    output.data(f"{click.style(f'{finding.state:<8}', fg=_COLORS[finding.state])} {finding.name}: {finding.message}")
    causes = list_causes(finding.error) if output.verbose and finding.error else ()
    below = [text for text in (finding.remedy, finding.see and f"See {finding.see}") if text]
    for text in (*below, *(f"Cause: {name}: {hide_user_info(text)}" for name, text in causes)):
        output.data(f"{'':8} {text}".replace("\n", f"\n{'':9}"))
