"""Warns of drift: resources that were changed outside CloudFormation."""

from __future__ import annotations

from collections.abc import Iterable
from contextlib import suppress

from ..aws.cloudformation import Change, Stack
from ..aws.session import Connection
from ..aws.stack_recovery import list_resources
from ..errors import AWSError

_WORDS = {"MODIFIED": "changed", "DELETED": "deleted"}


def find_drift(connection: Connection, stack: Stack | None, changes: Iterable[Change]) -> str | None:
    """Return a warning if resources of a stack are known to differ from its template; None otherwise.

    CloudFormation knows only what its last drift detection found (CloudFormation user guide, "Detect unmanaged
    configuration changes with drift detection"). Without the permission to list them, no resources are named.

    :param stack: the present stack; None if it is to be created.
    :param changes: the changes of the plan, which also tell of drift.
    """
    found = {change.logical_id: change.drift for change in changes}
    if stack is not None and stack.drift == "DRIFTED":
        with suppress(AWSError):
            found |= {item.logical_id: item.drift for item in list_resources(connection, stack)}
    elif set(found.values()).isdisjoint(_WORDS):
        return None
    names = ", ".join(f"{name} ({_WORDS[word]})" for name, word in sorted(found.items()) if word in _WORDS)
    return (
        f"Resources of the stack were changed outside CloudFormation{': ' + names if names else ''}. "
        "`provision` undoes only what it changes itself."
    )
