"""Deleting a stack: done here and nowhere else, and never to one that lives, but by the user's own word.

CloudFormation deletes whatever is there when it is asked to; there is no condition to send along. So the stack is
looked at by its id right before, and again where that look is no longer fresh: another run needs longer than that to
prepare a change and to carry it out.
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

#: Seconds for which a look at the stack is good.
FRESH_SECONDS = 1.0

_LOOKS = 5

#: A stack that never served, or that nothing but its deletion is left for.
Dead = Literal["REVIEW_IN_PROGRESS", "CREATE_FAILED", "ROLLBACK_COMPLETE", "ROLLBACK_FAILED", "DELETE_FAILED"]


def delete_dead_stack(
    cloudformation: CloudFormation,
    stack_id: str,
    state: Dead,
    waiting: StackWaiter,
    change_set_id: str = "",
    how: Mapping[str, object] | None = None,
) -> str:
    """Start the deletion of a stack that is in this state now; return why it stays, or nothing.

    ``REVIEW_IN_PROGRESS`` is a stack that never was: nothing but change sets. It has to hold none but ours, and nobody
    may call this for one whose change set was sent to be executed. The others are from the CloudFormation user guide,
    "Stack status codes":

    * ``CREATE_FAILED``: "Unsuccessful creation of one or more stacks". It never was whole, and nothing is published in
      it.
    * ``ROLLBACK_COMPLETE``: its creation was undone. "When in this state, only a delete operation can be performed."
    * ``ROLLBACK_FAILED``: undoing its creation failed. "Delete the stack or view the stack events."
    * ``DELETE_FAILED``: somebody deletes it. "You can't work with or update the stack. Delete the stack again or view
      the stack events."

    :param change_set_id: our own.
    :param how: what else DeleteStack is to be told, by its own names.
    :raises AWSError: the stack cannot be looked at, or not be deleted.
    """
    for look in range(1, _LOOKS + 1):
        began = waiting.clock()
        # The change sets come first: one that is executed after this leaves another state behind.
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
    """Start the deletion of a stack that may live: its user has said its name for that. Nothing else may.

    It is deleted by its id, so that one that was made of the same name meanwhile stays. One that is being deleted, or
    is gone, counts as begun.

    :param confirmed: the name that the user gave.
    :param how: what else DeleteStack is to be told, by its own names.
    :raises RefusedError: that is not its name, it is another project's, or it is protected.
    :raises StackFailedError: it is being changed.
    :raises AWSError: it cannot be looked at, or not be deleted.
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
    """Make sure that a user has said the name of the stack that is to go.

    :raises RefusedError: it is another name.
    """
    if confirmed != name:
        raise RefusedError(
            f"{confirmed!r} is not the name of the stack, which is {name}; nothing was deleted.",
            "Look at --stage, --settings and the key stack; each stage has a stack of its own.",
        )


def check_deletable(stack: Stack, project: Project) -> None:
    """Make sure that a stack may be deleted at its user's word.

    :raises RefusedError: it is another project's, or it is protected.
    :raises StackFailedError: it is being changed.
    """
    if stack.status != "REVIEW_IN_PROGRESS" or PROJECT_TAG in stack.tags:  # which need not have tags yet
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
