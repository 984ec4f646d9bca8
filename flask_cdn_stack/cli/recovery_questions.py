"""Explains the state of a stack that cannot be changed as it is, and asks whether to repair it."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from ..aws.stack_recovery import StackResource
from ..stack.recovery import Recovery
from .output import Output

# What happened, by the stack's status.
_STORIES = {
    "CREATE_FAILED": "The creation of the stack {name} failed, and its resources were kept; it was never in use.",
    "DELETE_FAILED": "The deletion of the stack {name} failed.",
    "ROLLBACK_COMPLETE": "The creation of the stack {name} failed and was rolled back; an empty stack is left.",
    "ROLLBACK_FAILED": "The creation of the stack {name} failed, and its rollback did not finish.",
    "UPDATE_FAILED": "The last update of the stack {name} failed, and was left as it was, without a rollback.",
    "UPDATE_ROLLBACK_FAILED": "The last update of the stack {name} failed, and so did its rollback.",
}

_QUESTIONS = {
    "delete": "Delete it and create it again?",
    "continue rollback": "Go on with the rollback?",
    "roll back": "Roll it back, and go on from there?",
}


def ask_to_recover(output: Output, recovery: Recovery, asks: bool, again: bool) -> None:
    """Say what must be done to a stack, and which resources stay, and ask.

    :param asks: False if the answer was given in advance.
    :param again: the user has already agreed once, and the stack was changed.
    :raises RefusedError: the answer is no, or there is no terminal to ask on.
    """
    for line in _tell(recovery):
        output.say(line)
    no = {"no": f"Aborted; the stack {recovery.stack.name} stays {recovery.stack.status}."} if again else {}
    if asks:
        output.confirm(_QUESTIONS[recovery.action], **no)


def told_no(recovery: Recovery) -> str:
    """Return the message for a no to the change itself, after the stack was recovered."""
    name = recovery.stack.name
    if recovery.action == "delete":
        return f"Aborted; what was left of the stack {name} is deleted, and it was not created again."
    return f"Aborted; the stack {name} was rolled back, and not changed further."


def _tell(recovery: Recovery) -> Iterator[str]:
    stack = recovery.stack
    reasons = [f"  {item.logical_id} ({item.type}): {item.reason or item.status}" for item in recovery.failed]
    if not reasons and stack.reason:
        reasons = [f"  {stack.reason}"]
    story = _STORIES[stack.status].format(name=stack.name)
    yield f"{story[:-1]}:" if reasons else story
    yield from reasons
    if recovery.goes:
        yield f"Its remaining resources are deleted: {_name(recovery.goes)}."
    if recovery.stays:
        staying = _name(recovery.stays)
        yield f"Resources that cannot be deleted or have to be retained stay, and then belong to no stack: {staying}."
    if recovery.skipped:
        yield f"Skipped, and left as they are now: {', '.join(recovery.skipped)}."
    elif recovery.action == "continue rollback":
        yield "Fix what made them fail first, or skip them with --skip-resource."
    if recovery.unprotects:
        yield "Its termination protection is switched off for that, as the settings say."


def _name(resources: Iterable[StackResource]) -> str:
    return ", ".join(f"{item.logical_id} ({item.physical_id})" for item in resources)
