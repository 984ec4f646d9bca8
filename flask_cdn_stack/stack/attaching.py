"""Follows an operation of CloudFormation that has already begun (``status --follow``)."""

from __future__ import annotations

from ..aws.cloudformation import CloudFormation, Stack
from ..aws.session import Connection
from ..errors import StackFailedError, StackNotFoundError
from ..settings.model import Project
from .following import follow
from .outputs import USABLE, check_owner
from .stack_failures import stack_failure
from .waiting import StackWaiter

_BEGINNINGS = {"CREATE_IN_PROGRESS", "UPDATE_IN_PROGRESS", "DELETE_IN_PROGRESS", "IMPORT_IN_PROGRESS"}
_SUCCESSES = (USABLE | {"DELETE_COMPLETE"}) - {"UPDATE_ROLLBACK_COMPLETE", "IMPORT_ROLLBACK_COMPLETE"}


def attach(connection: Connection, project: Project, waiting: StackWaiter) -> StackFailedError | None:
    """Follow the operation in progress on the project's stack, from its first event to its end.

    :return: the error that says why the operation failed; None if it succeeded, or none is in progress.
    :raises RefusedError: the stack belongs to another project.
    :raises AWSError: AWS refused a request or could not be reached.
    """
    cloudformation = CloudFormation(connection, waiting.patience)
    stack = cloudformation.describe_stack(project.stack)
    # A stack in review has change sets only; no operation is in progress.
    if stack is None or not stack.status.endswith("_IN_PROGRESS") or stack.status == "REVIEW_IN_PROGRESS":
        return None
    check_owner(stack, project)
    is_deleted = stack.status.startswith("DELETE_")
    try:
        stack, events = follow(cloudformation, stack.id, _note_earlier(cloudformation, stack, waiting), waiting)
    except StackNotFoundError:
        if not is_deleted:
            raise
        return None
    return None if stack.status in _SUCCESSES else stack_failure(stack, events)


def _note_earlier(cloudformation: CloudFormation, stack: Stack, waiting: StackWaiter) -> set[str]:
    """Return the ids of the events of earlier operations, and hand these to ``waiting`` to estimate durations."""
    events = iter(cloudformation.events(stack.id))
    for event in events:
        if event.logical_id == stack.name and event.status in _BEGINNINGS:
            break
    earlier = list(events)
    waiting.on_earlier(earlier)
    return {event.id for event in earlier}
