"""Follows an operation on a stack by its events."""

from __future__ import annotations

from ..aws.cloudformation import CloudFormation, Event, Stack
from ..errors import AWSError, StackNotFoundError
from .waiting import StackWaiter


def follow(
    cloudformation: CloudFormation, stack_id: str, seen: set[str], waiting: StackWaiter
) -> tuple[Stack, list[Event]]:
    """Follow an operation to its end; return the stack in its final state, and the operation's events.

    Ctrl-C stops the following, not the operation; a message says so.

    :param seen: the ids of the events from before the operation; new ids are added to it.
    :raises StackNotFoundError: the stack is gone.
    :raises AWSError: AWS refused a request or could not be reached, or the user's timeout has passed.
    """
    events: list[Event] = []
    sleep = waiting.sleep_longer()
    try:
        with waiting.following():
            while True:
                stack, new = _look(cloudformation, stack_id, seen, waiting)
                for event in new:
                    seen.add(event.id)
                    events.append(event)
                    waiting.on_event(event)
                if stack is None:
                    raise StackNotFoundError(f"The stack {stack_id} vanished while it was being changed.")
                if not stack.is_under_way:
                    return stack, events
                sleep()
    except KeyboardInterrupt:
        waiting.say(waiting.goes_on)
        raise


def note_earlier(cloudformation: CloudFormation, stack_id: str, waiting: StackWaiter) -> set[str]:
    """Return the ids of a stack's events before an operation, and hand these to ``waiting`` to estimate durations."""
    earlier = list(cloudformation.events(stack_id))
    waiting.on_earlier(earlier)
    return {event.id for event in earlier}


def _look(
    cloudformation: CloudFormation, stack_id: str, seen: set[str], waiting: StackWaiter
) -> tuple[Stack | None, list[Event]]:
    try:
        stack = cloudformation.describe_stack(stack_id)
        if stack and stack.is_under_way:
            waiting.check_time(f"the stack {stack.name} is still {stack.status}")
        return stack, _new_events(cloudformation, stack_id, seen) if stack else []
    except AWSError as error:
        error.add_hint(waiting.goes_on)
        raise


def _new_events(cloudformation: CloudFormation, stack_id: str, seen: set[str]) -> list[Event]:
    new = []
    for event in cloudformation.events(stack_id):
        if event.id in seen:
            break
        new.append(event)
    return new[::-1]
