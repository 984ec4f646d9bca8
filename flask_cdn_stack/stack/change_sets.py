"""Creates change sets, waits for them, and executes or deletes them."""

from __future__ import annotations

import uuid
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from typing import Literal

from ..aws.cloudformation import ChangeSet, CloudFormation, Prepared, Stack
from ..aws.failures import is_refusal
from ..errors import AWSError, StackFailedError, UnreachableError
from ..naming import PROJECT_TAG
from ..settings.model import Project
from .change_options import ChangeOptions, find_capabilities
from .deletion import delete_dead_stack
from .outputs import check_owner
from .waiting import StackWaiter

# Error codes of ExecuteChangeSet that a repeated request also gets if the first one was successful.
_DOUBTFUL_CODES = {"InvalidChangeSetStatus", "ChangeSetNotFound", "TokenAlreadyExistsException"}

_LOOKS_AFTER_EXECUTION = 5

_RUN_AGAIN = "Run `flask-cdn-stack provision` again."

_Execution = Literal["begun", "refused", "gone", "unknown"]


def is_new(before: Stack | None) -> bool:
    """Return whether the stack is still to be created. In ``REVIEW_IN_PROGRESS`` it has change sets only."""
    return before is None or before.status == "REVIEW_IN_PROGRESS"


def find_own_stack(cloudformation: CloudFormation, project: Project) -> Stack | None:
    """Return the project's stack in whatever state; None if there is none.

    :raises RefusedError: it belongs to another project; not checked for one that is still to be created.
    """
    stack = cloudformation.describe_stack(project.stack)
    if stack is not None and not is_new(stack):
        check_owner(stack, project)
    return stack


def stack_tags(project: Project) -> dict[str, str]:
    """Return the tags of a project's stack: those of the settings, and the project's own."""
    return {**project.settings.tags, PROJECT_TAG: project.name}


def prepare_change_set(
    cloudformation: CloudFormation,
    project: Project,
    template: str,
    before: Stack | None,
    waiting: StackWaiter,
    options: ChangeOptions,
) -> Prepared:
    """Request a change set; if interrupted, delete what the request has created."""
    name = f"flask-cdn-stack-{uuid.uuid4().hex[:12]}"
    creates, tags = is_new(before), stack_tags(project)
    try:
        return cloudformation.create_change_set(
            project.stack, name, template, create=creates, tags=tags, token=name, **_request(template, creates, options)
        )
    except AWSError as error:
        if error.code != "AlreadyExistsException" and "already exists" not in error.message:
            raise
        # The name is unique: if the change set exists, a repeated request found what the first one created.
        if made := cloudformation.find_change_set(project.stack, name):
            return made
        raise StackFailedError(
            f"Another run has begun to create the stack {project.stack} meanwhile.", _RUN_AGAIN
        ) from error
    except KeyboardInterrupt:
        with suppress(AWSError):
            if found := cloudformation.find_change_set(project.stack, name):
                discard(cloudformation, found, is_new(before), waiting)
        raise


def _request(template: str, creates: bool, options: ChangeOptions) -> dict[str, object]:
    request: dict[str, object] = {}
    if capabilities := find_capabilities(template):
        request["Capabilities"] = list(capabilities)
    if options.role_arn:
        request["RoleARN"] = options.role_arn
    # "This is only valid when the ChangeSetType parameter is set to CREATE" (API reference, "CreateChangeSet").
    if options.on_failure == "delete" and creates:
        request["OnStackFailure"] = "DELETE"
    if options.adopt and creates:
        request["ImportExistingResources"] = True
    return request


def await_change_set(cloudformation: CloudFormation, change_set_id: str, waiting: StackWaiter) -> ChangeSet:
    """Wait until CloudFormation has created a change set, and return it.

    :raises StackFailedError: the change set is gone.
    """
    sleep = waiting.sleep_longer()
    while (change_set := cloudformation.describe_change_set(change_set_id)) is None:
        sleep()
    return change_set


def discard(cloudformation: CloudFormation, prepared: Prepared, creates: bool, waiting: StackWaiter) -> str:
    """Delete a change set that was never executed, and the stack if the change set was to create it.

    :returns: why the stack was not deleted; empty otherwise.
    """
    try:
        cloudformation.delete_change_set(prepared.id)
    except AWSError:
        if not creates:
            raise
    if not creates:
        return ""
    return delete_dead_stack(cloudformation, prepared.stack_id, "REVIEW_IN_PROGRESS", waiting, prepared.id)


@contextmanager
def discarded_on_error(
    cloudformation: CloudFormation, prepared: Prepared, creates: bool, waiting: StackWaiter
) -> Iterator[None]:
    """Delete the change set, and the empty stack, if the block raises an error or is interrupted."""
    try:
        yield
    except UnreachableError:
        raise  # a deletion would not be answered either
    except BaseException:
        with suppress(AWSError):
            discard(cloudformation, prepared, creates, waiting)
        raise


def execute(
    cloudformation: CloudFormation,
    change_set: ChangeSet,
    seen: set[str],
    waiting: StackWaiter,
    keeps_failed: bool = False,
) -> None:
    """Execute a change set, and return when that has begun. From here on the stack is not deleted, even on an error.

    :param seen: the ids of the events that the stack had before.
    :param keeps_failed: if the change fails, keep the resources as they are instead of rolling back.
    :raises UnreachableError: it cannot be found out whether the execution has begun.
    :raises AWSError: it has not begun; the change set is deleted.
    """
    token = f"flask-cdn-stack-{uuid.uuid4().hex}"
    try:
        cloudformation.execute_change_set(change_set.id, token, keeps_failed)
    except AWSError as error:
        execution = _read_back(cloudformation, change_set, token, seen, error, waiting)
        if execution == "begun":
            return
        if execution == "unknown":
            raise UnreachableError(
                f"It is not known whether the change of the stack has started: {error.message}",
                f"Nothing was undone. Look at the stack {change_set.stack_id}, then run "
                "`flask-cdn-stack provision` again: it goes on from what is there.",
            ) from error
        if execution == "gone":
            raise StackFailedError(
                "The change was not made: its change set is gone, because another run has changed the stack meanwhile, "
                "or deleted the change set.",
                _RUN_AGAIN,
            ) from error
        with suppress(AWSError):
            cloudformation.delete_change_set(change_set.id)
        if not error.hint:
            error.add_hint(_RUN_AGAIN)
        error.add_hint("The stack stays as it was.")
        raise


def _read_back(
    cloudformation: CloudFormation,
    change_set: ChangeSet,
    token: str,
    seen: set[str],
    error: AWSError,
    waiting: StackWaiter,
) -> _Execution:
    """Find out the state of a change set after ExecuteChangeSet failed or was not answered."""
    is_doubtful = not is_refusal(error) or error.code in _DOUBTFUL_CODES
    sleep = waiting.sleep_longer()
    try:
        for _ in range(_LOOKS_AFTER_EXECUTION if is_doubtful else 1):
            status = cloudformation.find_execution(change_set.id)
            if (status or "").startswith("EXECUTE_") or _has_event_of(cloudformation, change_set, token, seen):
                return "begun"
            if status is None:
                return "gone"
            if status != "AVAILABLE":
                return "refused"
            if is_doubtful:
                sleep()
    except AWSError:
        return "unknown"
    return "unknown" if is_doubtful else "refused"


def _has_event_of(cloudformation: CloudFormation, change_set: ChangeSet, token: str, seen: set[str]) -> bool:
    # "All events initiated by a given stack operation are assigned the same client request token" (CloudFormation API
    # reference, StackEvent). If the change set is gone, the token tells this execution from another's.
    for event in cloudformation.events(change_set.stack_id):
        if event.id in seen:
            return False
        if event.token == token:
            return True
    return False
