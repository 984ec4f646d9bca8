"""What was changed beside CloudFormation, as far as CloudFormation has been told to look."""

from __future__ import annotations

from collections.abc import Iterable
from contextlib import suppress

from ..aws.cloudformation import Change, Stack
from ..aws.session import Connection
from ..aws.stack_recovery import list_resources
from ..errors import AWSError

_WORDS = {"MODIFIED": "changed", "DELETED": "deleted"}


def find_drift(connection: Connection, stack: Stack | None, changes: Iterable[Change]) -> str | None:
    """Say so where resources of a stack are known not to be as its template says.

    CloudFormation knows it from the last time that somebody let it look (CloudFormation user guide, "Detect unmanaged
    configuration changes with drift detection"). Where AWS does not let the names be asked, none is said.

    :param stack: as it is; None where it is to be created.
    :param changes: what is about to be done to it.
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
