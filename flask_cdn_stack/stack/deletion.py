"""Deleting a stack: done here and nowhere else, and never to one that lives.

CloudFormation deletes whatever is there when it is asked to; there is no condition to send along. So the stack is
looked at by its id right before, and again where that look is no longer fresh: another run needs longer than that to
prepare a change and to carry it out.
"""

from __future__ import annotations

from typing import Literal

from ..aws.cloudformation import CloudFormation
from ..aws.failures import is_refusal
from ..errors import AWSError
from .waiting import POLL_SECONDS, StackWaiter

#: Seconds for which a look at the stack is good.
FRESH_SECONDS = 1.0

_LOOKS = 5

Dead = Literal["REVIEW_IN_PROGRESS", "ROLLBACK_COMPLETE"]


def delete_dead_stack(
    cloudformation: CloudFormation, stack_id: str, state: Dead, waiting: StackWaiter, change_set_id: str = ""
) -> str:
    """Start the deletion of a stack that is in this state now; return why it stays, or nothing.

    ``REVIEW_IN_PROGRESS`` is a stack that never was: nothing but change sets. It has to hold none but ours, and nobody
    may call this for one whose change set was sent to be executed. ``ROLLBACK_COMPLETE`` is one whose creation was
    undone, which nothing but its deletion is left for (CloudFormation user guide, "Stack status codes").

    :param change_set_id: our own.
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
            return f"it is {stack.status} now, which is another run's doing"
        if others:
            return "it holds another run's change set"
        if not 0 <= waiting.clock() - began <= FRESH_SECONDS:
            continue
        try:
            cloudformation.delete_stack(stack_id)
            return ""
        except AWSError as error:
            if is_refusal(error) or look == _LOOKS:
                raise
        waiting.sleep(POLL_SECONDS[0])
    return "CloudFormation answers too slowly to be sure of it"
