"""Creating and updating the stack through a change set: prepare, show, then execute or discard."""

from __future__ import annotations

import time
import uuid
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field

from ..aws.cloudformation import Change, ChangeSet, CloudFormation, Event, Stack
from ..aws.session import Connection
from ..errors import AWSError, StackFailedError, UnreachableError
from ..naming import PROJECT_TAG
from ..settings.model import Project
from .outputs import USABLE, check_owner, failed_state

#: Seconds between two looks at a change set or stack, at first and at most.
POLL_SECONDS = (0.5, 4.0)

# What CloudFormation says of resources that only share in another one's failure.
_CONSEQUENCES = ("Resource creation cancelled", "Resource update cancelled", "The following resource(s) failed to")


@dataclass(frozen=True)
class Waiting:
    """How to wait: ``sleep`` in seconds and what to call for every new event."""

    sleep: Callable[[float], None] = time.sleep
    on_event: Callable[[Event], None] = field(default=lambda event: None)


@dataclass(frozen=True)
class StackPlan:
    """A change worked out and not yet carried out. ``change_set`` is None where nothing changes."""

    stack: str
    region: str
    account: str
    creates: bool
    change_set: ChangeSet | None
    before: Stack | None

    @property
    def changes(self) -> tuple[Change, ...]:
        """What would change, resource by resource."""
        return self.change_set.changes if self.change_set else ()


def prepare_change(
    connection: Connection,
    project: Project,
    template: str,
    waiting: Waiting,
    agree_to_delete: Callable[[Stack], None] | None = None,
) -> StackPlan:
    """Work out what it takes to make the stack as the template says. Executes nothing.

    A stack whose creation failed and was undone holds nothing and cannot be updated: it has to be deleted first.

    :param agree_to_delete: called before such a stack is deleted, and raises to prevent it. None: it is an error.
    :raises RefusedError: the stack belongs to another project.
    :raises StackFailedError: the stack cannot be updated, or the change set is refused.
    """
    cloudformation = CloudFormation(connection)
    before = cloudformation.describe_stack(project.stack)
    if before is not None and before.status != "REVIEW_IN_PROGRESS":
        check_owner(before, project)
        if before.status == "ROLLBACK_COMPLETE" and agree_to_delete is not None:
            agree_to_delete(before)
            _delete_stack(cloudformation, before, waiting)
            before = None
        elif before.status not in USABLE:
            raise failed_state(before)
    change_set_id = _ask_for_change_set(cloudformation, project, template, before)
    with _discarded_on_error(cloudformation, change_set_id, project.stack if before is None else None):
        change_set = _await_change_set(cloudformation, change_set_id, waiting)
        described = cloudformation.describe_stack(change_set.stack_id)
        if change_set.failure and not change_set.is_empty:
            raise _refused_template(change_set, cloudformation.validation_problems(change_set.id, project.stack))
    if change_set.is_empty:
        _discard(cloudformation, change_set_id, None)
    return StackPlan(
        stack=project.stack,
        region=connection.region,
        account=described.account if described else "",
        creates=_is_new(before),
        change_set=None if change_set.is_empty else change_set,
        before=before,
    )


def discard_change(connection: Connection, plan: StackPlan) -> None:
    """Delete the change set, and the empty stack that it made for itself."""
    if plan.change_set is None:
        return
    empty_stack = plan.change_set.stack_id if plan.before is None else None
    _discard(CloudFormation(connection), plan.change_set.id, empty_stack)


def execute_change(connection: Connection, plan: StackPlan, waiting: Waiting) -> Stack:
    """Carry the change out, follow it to its end and return the stack.

    :raises StackFailedError: it failed; the message begins with the first real cause.
    """
    assert plan.change_set is not None
    cloudformation = CloudFormation(connection)
    stack_id = plan.change_set.stack_id
    with _discarded_on_error(cloudformation, plan.change_set.id, stack_id if plan.before is None else None):
        seen = {event.id for event in cloudformation.events(stack_id)}
        cloudformation.execute_change_set(plan.change_set.id, token=f"flask-cdn-stack-{uuid.uuid4().hex}")
    stack, events = _follow(cloudformation, stack_id, seen, waiting)
    if stack.status not in ("CREATE_COMPLETE", "UPDATE_COMPLETE"):
        raise _failure(stack, events)
    return stack


def _ask_for_change_set(cloudformation: CloudFormation, project: Project, template: str, before: Stack | None) -> str:
    name = f"flask-cdn-stack-{uuid.uuid4().hex[:12]}"
    tags = {**project.settings.tags, PROJECT_TAG: project.name}
    return cloudformation.create_change_set(
        project.stack, name, template, create=_is_new(before), tags=tags, token=name
    )


def _await_change_set(cloudformation: CloudFormation, change_set_id: str, waiting: Waiting) -> ChangeSet:
    delay = POLL_SECONDS[0]
    while (change_set := cloudformation.describe_change_set(change_set_id)) is None:
        waiting.sleep(delay)
        delay = min(delay * 1.5, POLL_SECONDS[1])
    return change_set


@contextmanager
def _discarded_on_error(cloudformation: CloudFormation, change_set_id: str, empty_stack: str | None) -> Iterator[None]:
    """Leave no change set, and no empty stack, behind when the block ends in an error or is interrupted."""
    try:
        yield
    except UnreachableError:
        raise  # what was asked for may have been done
    except BaseException:
        with suppress(AWSError):
            _discard(cloudformation, change_set_id, empty_stack)
        raise


def _refused_template(change_set: ChangeSet, problems: list[str]) -> StackFailedError:
    return StackFailedError("\n  ".join([f"CloudFormation refuses the template: {change_set.failure}", *problems]))


def _is_new(before: Stack | None) -> bool:
    return before is None or before.status == "REVIEW_IN_PROGRESS"


def _discard(cloudformation: CloudFormation, change_set_id: str, empty_stack: str | None) -> None:
    cloudformation.delete_change_set(change_set_id)
    if empty_stack is not None:
        cloudformation.delete_stack(empty_stack)


def _delete_stack(cloudformation: CloudFormation, stack: Stack, waiting: Waiting) -> None:
    cloudformation.delete_stack(stack.id)
    while (left := cloudformation.describe_stack(stack.id)) is not None and left.status != "DELETE_COMPLETE":
        if left.status == "DELETE_FAILED":
            raise failed_state(left)
        waiting.sleep(POLL_SECONDS[0])


def _follow(
    cloudformation: CloudFormation, stack_id: str, seen: set[str], waiting: Waiting
) -> tuple[Stack, list[Event]]:
    events: list[Event] = []
    delay = POLL_SECONDS[0]
    while True:
        stack = cloudformation.describe_stack(stack_id)
        for event in _new_events(cloudformation, stack_id, seen):
            seen.add(event.id)
            events.append(event)
            waiting.on_event(event)
        if stack is None:
            raise AWSError(f"The stack {stack_id} vanished while it was being changed.")
        if not stack.status.endswith("_IN_PROGRESS"):
            return stack, events
        waiting.sleep(delay)
        delay = min(delay * 1.5, POLL_SECONDS[1])


def _new_events(cloudformation: CloudFormation, stack_id: str, seen: set[str]) -> list[Event]:
    new = []
    for event in cloudformation.events(stack_id):
        if event.id in seen:
            break
        new.append(event)
    return new[::-1]


def _failure(stack: Stack, events: list[Event]) -> StackFailedError:
    failed = [
        event for event in events if event.status.endswith("_FAILED") and event.type != "AWS::CloudFormation::Stack"
    ]
    causes = [event for event in failed if not event.reason.startswith(_CONSEQUENCES)] or failed
    lines = [f"  {event.logical_id} ({event.type}): {event.reason}" for event in causes]
    undone = "what was done has been undone" if "ROLLBACK_COMPLETE" in stack.status else f"it is now {stack.status}"
    return StackFailedError(
        "\n".join([f"The stack {stack.name} failed; {undone}. First cause:", *lines]),
        "Mend the cause, then run `flask-cdn-stack provision` again.",
    )
