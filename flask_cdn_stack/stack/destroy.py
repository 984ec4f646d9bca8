"""Deletes the stack and, with ``--empty-bucket``, the published files and their bucket.

The bucket is emptied first, because a stack that does not retain its bucket cannot be deleted while it holds objects.
It is deleted last: while the distribution exists, nobody else should be able to create a bucket of that name.
"""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import AbstractContextManager, nullcontext, suppress
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Protocol

from ..aws.cloudformation import CloudFormation, Event, Stack
from ..aws.session import Connection
from ..aws.stack_events import STACK
from ..aws.stack_recovery import StackResource
from ..config_file import check_writable, is_own_file, read_config_file, render_python, write_guarded
from ..errors import RefusedError, StackFailedError, StackNotFoundError
from ..release.bucket_survey import Tally
from ..release.emptying import empty_bucket
from ..settings.model import Project
from .deletion import check_confirmed, delete_confirmed_stack
from .destroy_plan import Place, divide_events, plan_destroy
from .destroy_values import Cost, DestroyOptions, DestroyPlan, find_costs
from .following import follow, note_earlier
from .outputs import check_owner, config_values
from .stack_failures import read_causes, stack_failure
from .waiting import StackWaiter

#: A hint for a run that ends before the stack's deletion does.
REST = "Run `flask-cdn-stack destroy` again with the same options, for the steps after the stack's deletion."


@dataclass(frozen=True)
class DestroyReport:
    """The result of a deletion.

    :param status: the stack's status; None if there never was a stack.
    :param deleted: the stack's resources that are gone; includes the bucket if it was emptied.
    :param kept: the resources that stay.
    :param emptied: the objects deleted from the bucket.
    :param costs: resources that stay and may cost money.
    :param config_file: the config file, which no longer names a CDN; None if there is none, or it is not this stack's.
    :param changed_files: the config file if it was written, and the manifest if it was removed.
    """

    plan: DestroyPlan
    status: str | None
    deleted: tuple[StackResource, ...]
    kept: tuple[StackResource, ...]
    emptied: Tally
    costs: tuple[Cost, ...]
    config_file: Path | None = None
    changed_files: tuple[Path, ...] = ()


class DestroyAttendant(Protocol):
    """Callbacks of :func:`destroy`: shows the plan, asks the user to confirm, and reports progress."""

    def show(self, plan: DestroyPlan, costs: Sequence[Cost]) -> None:
        """Show what would be deleted, and what stays."""

    def confirm(self, plan: DestroyPlan) -> str:
        """Return the stack's name as the user gave it to confirm; raise an error to refuse."""

    def working(self) -> AbstractContextManager[object]:
        """Return a context manager around all requests that write; it may raise an exception to end the run."""

    def emptied(self, done: Tally, doomed: Tally) -> None:
        """Report progress: how much of the bucket is deleted so far, and how much is to be."""

    def warn(self, text: str) -> None:
        """Show a warning."""


@dataclass(frozen=True)
class Confirmed:
    """Confirms in advance to delete the stack of this name, and shows nothing."""

    name: str

    def show(self, plan: DestroyPlan, costs: Sequence[Cost]) -> None:
        """Do nothing."""

    def confirm(self, plan: DestroyPlan) -> str:
        """Return the name."""
        return self.name

    def working(self) -> AbstractContextManager[object]:
        """Do nothing."""
        return nullcontext()

    def emptied(self, done: Tally, doomed: Tally) -> None:
        """Do nothing."""

    def warn(self, text: str) -> None:
        """Do nothing."""


def preview_destroy(
    connection: Connection, project: Project, options: DestroyOptions, waiting: StackWaiter | None = None
) -> DestroyReport:
    """Return what :func:`destroy` would do, and raise the errors that it would; change nothing."""
    _require_stack(project)
    plan, _ = plan_destroy(connection, project, options, waiting or StackWaiter())
    return _report(project, plan, plan.before, plan.goes, plan.stays)


def destroy(
    connection: Connection,
    project: Project,
    attendant: DestroyAttendant,
    options: DestroyOptions | None = None,
    waiting: StackWaiter | None = None,
) -> DestroyReport:
    """Delete the project's stack, with ``empty_bucket`` also its bucket, and let the app serve its files itself again.

    If it is interrupted at any point, run it again: it continues.

    :param attendant: shows the plan and confirms the stack's name; :class:`Confirmed` confirms it in advance.
    :param waiting: how to wait for CloudFormation, with the callbacks for its events.
    :raises RefusedError: the stack belongs to another project, is protected, or the user did not confirm.
    :raises StackFailedError: the stack could not be deleted; the message begins with the first real cause.
    :raises AWSError: AWS refused a request or could not be reached.
    """
    options, waiting = options or DestroyOptions(), waiting or StackWaiter()
    _require_stack(project)
    named = _read_named(project)
    with attendant.working():
        _await_operation(connection, project, waiting)
        plan, place = plan_destroy(connection, project, options, waiting)
        if plan.before is None:
            return _report(project, plan, None, (), ())
        attendant.show(plan, tuple(find_costs(project, plan, plan.stays)))
        confirmed = attendant.confirm(plan) if plan.does_anything else plan.stack
        check_confirmed(plan.stack, confirmed)
        emptied = _empty(place, plan, options, attendant) if place else Tally()
        stack, deleted, kept = _delete_stack(connection, project, plan, confirmed, options, waiting)
        if place:
            deleted, kept = _delete_bucket(place, deleted, kept, attendant)
        report = _report(project, plan, stack, deleted, kept)
        config_file, changed = _reset_files(connection, project, plan, named, attendant)
        return replace(report, emptied=emptied, config_file=config_file, changed_files=changed)


def _require_stack(project: Project) -> None:
    if target := project.settings.target:
        raise RefusedError(
            f"The settings name a target, the bucket {target.bucket}: another tool looks after it and its CDN, and "
            "there is no stack to destroy.",
            "Delete bucket and CDN with that tool.",
        )


def _await_operation(connection: Connection, project: Project, waiting: StackWaiter) -> None:
    cloudformation = CloudFormation(connection, waiting.patience)
    stack = cloudformation.describe_stack(project.stack)
    if stack is None or stack.status in ("DELETE_IN_PROGRESS", "REVIEW_IN_PROGRESS"):
        return
    check_owner(stack, project)
    if stack.is_under_way:
        waiting.say(f"The stack {stack.name} is being changed ({stack.status}); waiting until that has ended.")
        follow(cloudformation, stack.id, note_earlier(cloudformation, stack.id, waiting), waiting)


def _empty(place: Place, plan: DestroyPlan, options: DestroyOptions, attendant: DestroyAttendant) -> Tally:
    assert plan.survey is not None
    doomed = plan.doomed
    return empty_bucket(
        place.contents,
        place.store,
        plan.survey,
        place.run,
        options.including_foreign,
        lambda done: attendant.emptied(done, doomed),
    )


def _delete_stack(
    connection: Connection,
    project: Project,
    plan: DestroyPlan,
    confirmed: str,
    options: DestroyOptions,
    waiting: StackWaiter,
) -> tuple[Stack, tuple[StackResource, ...], tuple[StackResource, ...]]:
    assert plan.before is not None
    if not plan.deletes_stack:
        return plan.before, plan.deleted, plan.kept
    cloudformation = CloudFormation(connection, waiting.patience)
    stack_id = plan.before.id
    seen = _note_earlier(cloudformation, plan.before, waiting)
    delete_confirmed_stack(cloudformation, plan.before, project, confirmed, waiting, options.request)
    waiting.say(f"CloudFormation deletes the stack {plan.stack}. Ctrl-C ends this command, not the deletion.")
    stack, events = replace(plan.before, status="DELETE_COMPLETE"), list[Event]()
    try:
        with suppress(StackNotFoundError):  # it is deleted, and CloudFormation no longer describes it
            stack, events = follow(cloudformation, stack_id, seen, waiting)
    except KeyboardInterrupt:
        waiting.say(REST)
        raise
    if stack.status != "DELETE_COMPLETE":
        raise _explain(connection, stack, events, waiting)
    deleted, kept = divide_events(events)
    # These events lack the resources that an earlier deletion of the stack deleted or left.
    told = {item.logical_id for item in (*deleted, *kept)}
    return (
        stack,
        (*deleted, *(item for item in plan.deleted if item.logical_id not in told)),
        (*kept, *(item for item in plan.kept if item.logical_id not in told)),
    )


def _note_earlier(cloudformation: CloudFormation, stack: Stack, waiting: StackWaiter) -> set[str]:
    """Return the ids of the events from before the deletion, which may already be in progress."""
    seen = note_earlier(cloudformation, stack.id, waiting)
    if stack.status == "DELETE_IN_PROGRESS":
        for event in cloudformation.events(stack.id):
            seen.discard(event.id)
            if event.type == STACK and event.status == "DELETE_IN_PROGRESS":
                break
    return seen


def _explain(connection: Connection, stack: Stack, events: Sequence[Event], waiting: StackWaiter) -> StackFailedError:
    failure = stack_failure(stack, events, read_causes(connection, stack, events, waiting.patience))
    failed = (event for event in events if event.status == "DELETE_FAILED" and event.type != STACK)
    ids = " ".join(f"--retain-resource {event.logical_id}" for event in failed) or "--retain-resource ID"
    failure.add_hint(f"To keep in the account what cannot be deleted, add {ids}; --force keeps all of it.", "\n")
    return failure


def _delete_bucket(
    place: Place,
    deleted: tuple[StackResource, ...],
    kept: tuple[StackResource, ...],
    attendant: DestroyAttendant,
) -> tuple[tuple[StackResource, ...], tuple[StackResource, ...]]:
    """Delete the emptied bucket, which the stack retained; return the deleted and the kept resources."""
    emptied = [item for item in kept if item.physical_id == place.contents.name]
    if not emptied:
        return deleted, kept
    if not place.contents.delete_bucket():
        attendant.warn(f"The bucket {place.contents.name} stays: objects were added to it meanwhile.")
        return deleted, kept
    return (*deleted, *emptied), tuple(item for item in kept if item not in emptied)


def _report(
    project: Project,
    plan: DestroyPlan,
    stack: Stack | None,
    deleted: tuple[StackResource, ...],
    kept: tuple[StackResource, ...],
) -> DestroyReport:
    costs = tuple(find_costs(project, plan, kept))
    return DestroyReport(plan, stack.status if stack else None, deleted, kept, plan.doomed, costs)


def _read_named(project: Project) -> str | None:
    """Return the CDN that the config file names, and check that the file can be written."""
    file = project.config_file
    if file is None or not is_own_file(file):
        return None
    check_writable(file)
    named: str | None = read_config_file(file).get("CDN_DOMAIN")
    return named


def _reset_files(
    connection: Connection, project: Project, plan: DestroyPlan, named: str | None, attendant: DestroyAttendant
) -> tuple[Path | None, tuple[Path, ...]]:
    """Let the app serve its files itself: write a config file without CDN, and remove the manifest.

    Only files that this tool wrote are changed, and only if they are about this stack: stages may share them.
    """
    file, manifest = project.config_file, project.manifest_file
    if file is None or not is_own_file(file):
        return None, ()
    domain = plan.before.outputs.get("CdnDomain") if plan.before else None
    if named and domain and named != connection.viewer_address(domain)[0]:
        attendant.warn(f"{file} names another CDN, {named}; it is left as it is.")
        return None, ()
    changed = [file] if write_guarded(file, render_python(config_values(project, None, None))) else []
    if manifest and is_own_file(manifest):
        manifest.unlink()
        changed.append(manifest)
    return file, tuple(changed)
