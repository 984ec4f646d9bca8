"""Deletes stacks: the only module that does. A stack that is in use is deleted only if the user confirmed its name.

DeleteStack takes no condition: CloudFormation deletes the stack in whatever state it is by then. So the stack is read
by its id right before the request, and read again if that took too long: another run needs more time than
``FRESH_SECONDS`` to create a change set and execute it.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Literal

from ..aws.cloudformation import CloudFormation, Stack
from ..aws.failures import is_refusal
from ..errors import AWSError, RefusedError
from ..naming import PROJECT_TAG
from ..settings.model import Project
from .outputs import check_owner, failed_state
from .waiting import POLL_SECONDS, StackWaiter

#: Seconds for which what was read of the stack counts as current.
FRESH_SECONDS = 1.0

_LOOKS = 5

#: States of a stack that never served files, or that can only be deleted.
Dead = Literal["REVIEW_IN_PROGRESS", "CREATE_FAILED", "ROLLBACK_COMPLETE", "ROLLBACK_FAILED", "DELETE_FAILED"]


def delete_dead_stack(
    cloudformation: CloudFormation,
    stack_id: str,
    state: Dead,
    waiting: StackWaiter,
    change_set_id: str = "",
    how: Mapping[str, object] | None = None,
) -> str:
    """Start the deletion of a stack, if it is in the given state; return why it was not deleted, or nothing.

    A stack in ``REVIEW_IN_PROGRESS`` was never created: it has change sets only. It is deleted only if it has none but
    the given one, and the caller must not have sent that to be executed. The other states are from the CloudFormation
    user guide, "Stack status codes":

    * ``CREATE_FAILED``: "Unsuccessful creation of one or more stacks". It was never complete, and nothing is published
      in it.
    * ``ROLLBACK_COMPLETE``: its creation was rolled back. "When in this state, only a delete operation can be
      performed."
    * ``ROLLBACK_FAILED``: the rollback of its creation failed. "Delete the stack or view the stack events."
    * ``DELETE_FAILED``: its deletion failed. "You can't work with or update the stack. Delete the stack again or view
      the stack events."

    :param change_set_id: this run's own change set.
    :param how: further parameters of DeleteStack.
    :raises AWSError: the stack cannot be read or deleted.
    """
    for look in range(1, _LOOKS + 1):
        began = waiting.clock()
        # The change sets are listed first: if one is executed afterwards, the stack's state shows it.
        others = cloudformation.list_change_sets(stack_id) - {change_set_id} if state == "REVIEW_IN_PROGRESS" else None
        stack = cloudformation.describe_stack(stack_id)
        if stack is None or stack.status in ("DELETE_IN_PROGRESS", "DELETE_COMPLETE"):
            return ""
        if stack.status != state:
            return f"another run has changed it: it is {stack.status} now"
        if others:
            return "it holds another run's change set"
        if not 0 <= waiting.clock() - began <= FRESH_SECONDS:
            continue
        try:
            cloudformation.delete_stack(stack_id, **(how or {}))
            return ""
        except AWSError as error:
            if is_refusal(error) or look == _LOOKS:
                raise
        waiting.sleep(POLL_SECONDS[0])
    return "CloudFormation answers too slowly to be sure of it"


def delete_confirmed_stack(
    cloudformation: CloudFormation,
    stack: Stack,
    project: Project,
    confirmed: str,
    waiting: StackWaiter,
    how: Mapping[str, object],
) -> None:
    """Start the deletion of a stack that may be in use, after its user has confirmed its name.

    It is deleted by its id, so that a new stack of the same name is safe. If it is already being deleted, or gone,
    nothing is requested.

    :param confirmed: the name that the user gave.
    :param how: further parameters of DeleteStack.
    :raises RefusedError: the name is wrong, the stack belongs to another project, or it is protected.
    :raises StackFailedError: an operation on the stack is in progress.
    :raises AWSError: the stack cannot be read or deleted.
    """
    check_confirmed(stack.name, confirmed)
    for look in range(1, _LOOKS + 1):
        began = waiting.clock()
        found = cloudformation.describe_stack(stack.id)
        if found is None or found.status in ("DELETE_IN_PROGRESS", "DELETE_COMPLETE"):
            return
        check_deletable(found, project)
        if not 0 <= waiting.clock() - began <= FRESH_SECONDS:
            continue
        try:
            cloudformation.delete_stack(stack.id, **how)
            return
        except AWSError as error:
            if is_refusal(error) or look == _LOOKS:
                raise
        waiting.sleep(POLL_SECONDS[0])
    raise AWSError(f"The stack {stack.name} was not deleted: CloudFormation answers too slowly to be sure of it.", "")


def check_confirmed(name: str, confirmed: str) -> None:
    """Check that the user gave the name of the stack to delete.

    :raises RefusedError: it is another name.
    """
    if confirmed != name:
        raise RefusedError(
            f"{confirmed!r} is not the name of the stack, which is {name}; nothing was deleted.",
            "Check --stage, --settings and the key stack; each stage has a stack of its own.",
        )


def check_deletable(stack: Stack, project: Project) -> None:
    """Check that a stack may be deleted if the user confirms its name.

    :raises RefusedError: it belongs to another project, or it is protected.
    :raises StackFailedError: an operation on it is in progress.
    """
    if stack.status != "REVIEW_IN_PROGRESS" or PROJECT_TAG in stack.tags:  # a stack in review may have no tags yet
        check_owner(stack, project)
    if stack.is_under_way and stack.status != "REVIEW_IN_PROGRESS":
        raise failed_state(stack)
    if stack.is_protected:
        raise RefusedError(
            f"Termination protection of the stack {stack.name} is on; nothing was deleted.",
            "To delete it, switch that off with termination_protection: off in the settings file and "
            "`flask-cdn-stack provision`, or with `aws cloudformation update-termination-protection "
            f"--no-enable-termination-protection --stack-name {stack.name}`, then retry.",
        )
