"""Shows a project's status, as one screen and as JSON."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from datetime import UTC, datetime
from typing import Any

import click

from ..release.differences import Difference
from ..release.history import release_time
from ..stack.next_steps import next_steps
from ..stack.status import Status, Unfinished
from .call import Call
from .output import count, moment_text
from .provenance import provenance_json, provenance_text
from .site import costs_of
from .stack_outputs import viewer_outputs
from .stack_words import state_color

#: Most differences that are shown without ``--verbose``.
SHOWN = 10

_COLORS = {"new": "green", "changed": "yellow", "removed": "red", "missing": "red", "foreign-change": "magenta"}

#: A certificate with fewer days left is shown in red.
_SOON_DAYS = 30

Row = tuple[str, str]


def show_status(call: Call, status: Status) -> None:
    """Print the status as lines with labels."""
    rows = [
        *_account(call, status),
        *_delivery(status),
        *_release(status),
        *_files(status),
        *_differences(call, status),
    ]
    rows += [("Next", step) for step in next_steps(status)]
    width, before = max(len(label) for label, _ in rows), ""
    for label, text in rows:
        shown = "" if label == before else label
        call.output.data(f"{shown:{width}}  {text}".rstrip())
        before = label


def _account(call: Call, status: Status) -> Iterator[Row]:
    account, stack = status.answers.account, status.answers.stack
    name = f"{account.id} ({account.alias})" if account and account.alias else account.id if account else "not known"
    yield "Account", f"{name}, region {status.region or 'not known'}"
    if status.project.settings.target:
        yield "Stack", "none: bucket and CDN are named by the key target"
    elif stack is None:
        yield "Stack", f"{status.project.stack}  {'not there yet' if status.lacks_stack else 'not known'}"
    else:
        drift = ", changed outside CloudFormation" if stack.drift == "DRIFTED" else ""
        protected = ", protected from deletion" if stack.is_protected else ""
        yield "Stack", f"{stack.name}  {click.style(stack.status, fg=state_color(stack.status))}{drift}{protected}"
        yield from ([("Stack", stack.reason)] if stack.reason else [])
        yield from ([("Stack", status.page)] if status.page else [])
        outputs, width = sorted(viewer_outputs(call, stack.outputs).items()), max(map(len, stack.outputs), default=0)
        yield from (("Outputs", f"{name:{width}}  {value}") for name, value in outputs)


def _delivery(status: Status) -> Iterator[Row]:
    if status.address:
        yield "CDN", _url(status.address)
    if found := status.answers.distribution:
        state = f"{'enabled' if found.enabled else click.style('disabled', fg='red')}, {found.status}"
        yield "Distribution", ", ".join([f"{found.id}  {state}", *found.aliases])
        yield "Invalidations", f"{found.invalidations} in progress"
    if certificate := status.answers.certificate:
        yield "Certificate", f"{certificate.status}{_days_text(certificate.days_left(datetime.now(UTC)))}"
        yield "Certificate", certificate.arn


def _url(address: tuple[str, bool]) -> str:
    host, https = address
    return f"{'https' if https else 'http'}://{host}"


def _days_text(days: int | None) -> str:
    if days is None:
        return ""
    return ", " + click.style(f"{count(days, 'day')} left", fg="red" if days < _SOON_DAYS else None)


def _release(status: Status) -> Iterator[Row]:
    state, release = status.answers.state, status.answers.release
    if state is None:
        return
    if state.release is None:
        yield "Release", "nothing published yet"
    else:
        published = [state.release, moment_text(release.created if release else release_time(state.release))]
        yield "Release", "  ".join(published + ([count(len(release.objects), "object")] if release else []))
        if state.owner:
            yield "Release", f"of the project {state.owner.project}, stack {state.owner.stack}"
        if release and (origin := provenance_text(release.provenance)):
            yield "Release", origin
        if release and release.rollback_of:
            yield "Release", f"a rollback to {release.rollback_of}"
    yield "Bucket", f"{count(len(state.objects), 'object')} on record{_foreign_text(status)}"
    yield from (("In progress", _unfinished_text("writing", item)) for item in status.writing)
    yield from (("In progress", _unfinished_text("deleting", item)) for item in status.removing)
    if state.owed:
        yield "Edge", f"{count(len(state.owed), 'path')} still to be invalidated"


def _foreign_text(status: Status) -> str:
    listing = status.answers.listing
    if listing is None:
        return ""
    if listing.etags is None:
        return "; bucket not listed in full"
    return f", {status.foreign:,} foreign" if status.foreign else ""


def _unfinished_text(verb: str, item: Unfinished) -> str:
    who = {"running": "a run on this machine", "left": "a run that has ended", "unknown": "a run elsewhere"}
    return f"{who[item.process]}: {verb} {count(item.keys, 'object')} since {moment_text(item.since)}"


def _files(status: Status) -> Iterator[Row]:
    project = status.project
    for label, path, state in (
        ("Config file", project.config_file, status.config_file),
        ("Manifest", project.manifest_file, status.manifest_file),
    ):
        if path is not None:
            yield label, f"{path}: {state or 'not compared'}"


def _differences(call: Call, status: Status) -> Iterator[Row]:
    found = status.differences
    counts = Counter(difference.kind for difference in found)
    kinds = ", ".join(f"{number:,} {kind}" for kind, number in counts.items())
    compared = _compared(status)
    yield "Differences", (kinds or "none") + f" ({compared})" if compared else "nothing was compared"
    shown: Sequence[Difference] = found if call.output.verbose else found[:SHOWN]
    for difference in shown:
        kind = click.style(f"{difference.kind:<14}", fg=_COLORS[difference.kind])
        yield "Differences", f"{kind}  {difference.key}"
    if len(found) > len(shown):
        yield "Differences", f"and {len(found) - len(shown):,} more; --verbose or --json shows all of them"


def _compared(status: Status) -> str:
    app = ["app"] if status.has_app else []
    parts = [*app, *(["bucket"] if status.has_listing else [])]
    return f"{' and '.join(parts)} compared with the {status.basis}" if parts else ""


def status_json(call: Call, status: Status) -> dict[str, Any]:
    """Return the object that ``--json`` prints."""
    answers, project = status.answers, status.project
    state, release, distribution = answers.state, answers.release, answers.distribution
    return {
        "account": {"id": answers.account.id, "alias": answers.account.alias} if answers.account else None,
        "region": status.region,
        "stack": _stack_json(status),
        "url": _url(status.address) if status.address else None,
        "distribution": {
            "id": distribution.id,
            "domain": distribution.domain,
            "status": distribution.status,
            "enabled": distribution.enabled,
            "aliases": list(distribution.aliases),
        }
        if distribution
        else None,
        "certificate": _certificate_json(status),
        "invalidations": distribution.invalidations if distribution else None,
        "release": state.release if state else None,
        "published": {
            "created": moment_text(release.created),
            "objects": len(release.objects),
            "rollback_of": release.rollback_of,
            **provenance_json(release.provenance),
            "project": state.owner.project if state and state.owner else None,
            "stack": state.owner.stack if state and state.owner else None,
        }
        if release
        else None,
        "bucket": {
            "name": answers.outputs.bucket,
            "objects": len(state.objects),
            "foreign": status.foreign,
        }
        if answers.outputs and state
        else None,
        "claims": [_unfinished_json(item) for item in status.writing],
        "removals": [_unfinished_json(item) for item in status.removing],
        "owed": sorted(state.owed) if state else [],
        "differences": [difference._asdict() for difference in status.differences],
        "compared": {"app": status.has_app, "bucket": status.has_listing, "with": status.basis},
        "config_file": _file_json(project.config_file, status.config_file),
        "manifest_file": _file_json(project.manifest_file, status.manifest_file),
        "problems": [
            {"part": part, "message": error.message, "hint": error.hint or None, "see": error.see or None}
            for part, error in status.problems
        ],
        "next": list(next_steps(status)),
        **costs_of(call, answers.requests),
    }


def _stack_json(status: Status) -> dict[str, Any]:
    stack, has_target = status.answers.stack, status.project.settings.target is not None
    return {
        "name": None if has_target else status.project.stack,
        "id": stack.id if stack else None,
        "status": stack.status if stack else None,
        "reason": (stack.reason or None) if stack else None,
        "drift": (stack.drift or None) if stack else None,
        "protected": stack.is_protected if stack else None,
        "outputs": dict(stack.outputs) if stack else {},
        "console": status.page,
    }


def _certificate_json(status: Status) -> dict[str, Any] | None:
    found = status.answers.certificate
    if found is None:
        return None
    ends = found.ends.timestamp() if found.ends else None
    return {
        "arn": found.arn,
        "status": found.status,
        "ends": moment_text(ends) or None,
        "days_left": found.days_left(datetime.now(UTC)),
    }


def _unfinished_json(item: Unfinished) -> dict[str, Any]:
    return {
        "objects": item.keys,
        "since": moment_text(item.since),
        "renewed": moment_text(item.renewed),
        "process": item.process,
    }


def _file_json(path: object, state: str | None) -> dict[str, Any] | None:
    return {"path": str(path), "state": state} if path is not None else None
