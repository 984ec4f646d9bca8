"""What a user is told, and asked, of a stack that cannot be changed as it is."""

from __future__ import annotations

from collections.abc import Iterator

from ..stack.recovery import Recovery
from .output import Output

# By the state that the stack is in.
_STORIES = {
    "CREATE_FAILED": "The creation of the stack {name} failed, and what had been made was kept; it never served.",
    "DELETE_FAILED": "The stack {name} was to be deleted, and is not:",
    "ROLLBACK_COMPLETE": "The creation of the stack {name} failed and was undone; what is left of it is empty.",
    "ROLLBACK_FAILED": "The creation of the stack {name} failed, and was not undone whole:",
    "UPDATE_FAILED": "The last update of the stack {name} failed, and what it had come to was kept:",
    "UPDATE_ROLLBACK_FAILED": "The last update of the stack {name} failed, and so did its rollback:",
}

_QUESTIONS = {
    "delete": "Delete it and create it again?",
    "continue rollback": "Go on with the rollback?",
    "roll back": "Roll it back, and go on from there?",
}


def ask_to_recover(output: Output, recovery: Recovery, asks: bool) -> None:
    """Say what is to be done to a stack, and what of it stays, and ask.

    :raises RefusedError: the answer is no, or there is nobody to ask.
    """
    for line in _tell(recovery):
        output.say(line)
    if asks:
        output.confirm(_QUESTIONS[recovery.action])


def _tell(recovery: Recovery) -> Iterator[str]:
    stack = recovery.stack
    yield _STORIES[stack.status].format(name=stack.name)
    for item in recovery.failed:
        yield f"  {item.logical_id} ({item.type}): {item.reason or item.status}"
    if stack.status in ("DELETE_FAILED", "ROLLBACK_FAILED") and not recovery.failed and stack.reason:
        yield f"  {stack.reason}"
    if recovery.stays:
        names = ", ".join(f"{item.logical_id} ({item.physical_id})" for item in recovery.stays)
        yield f"What cannot be deleted or is to be retained stays, and then belongs to no stack: {names}."
    if recovery.skipped:
        yield f"Left out, as they are now: {', '.join(recovery.skipped)}."
    elif recovery.action == "continue rollback":
        yield "See to what made them fail first, or leave them out with --skip-resource."
    if recovery.unprotects:
        yield "Its termination protection is switched off for that, as the settings say."
