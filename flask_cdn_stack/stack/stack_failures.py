"""What is said of a stack that failed, and of a template that CloudFormation refuses."""

from __future__ import annotations

from ..aws.cloudformation import ChangeSet, Event, Stack
from ..errors import StackFailedError
from .quotas import explain_problems, explain_refusals

# What CloudFormation says of resources that only share in another one's failure.
_CONSEQUENCES = ("Resource creation cancelled", "Resource update cancelled", "The following resource(s) failed to")


def refused_template(change_set: ChangeSet, problems: list[str]) -> StackFailedError:
    """Return the error for a change set that could not be worked out, and what validation found."""
    return StackFailedError(
        "\n  ".join([f"CloudFormation refuses the template: {change_set.failure}", *problems]),
        "\n".join(explain_problems([change_set.failure, *problems])),
    )


def stack_failure(stack: Stack, events: list[Event]) -> StackFailedError:
    """Return the error for a stack whose change failed; its message begins with the first real cause."""
    failed = [
        event for event in events if event.status.endswith("_FAILED") and event.type != "AWS::CloudFormation::Stack"
    ]
    causes = [event for event in failed if not event.reason.startswith(_CONSEQUENCES)] or failed
    lines = [f"  {event.logical_id} ({event.type}): {event.reason}" for event in causes]
    undone = "what was done has been undone" if "ROLLBACK_COMPLETE" in stack.status else f"it is now {stack.status}"
    return StackFailedError(
        "\n".join([f"The stack {stack.name} failed; {undone}. First cause:", *lines]),
        "\n".join([*explain_refusals(causes), "Fix the cause, then run `flask-cdn-stack provision` again."]),
    )
