"""Finds the names of a stack's resources, for the ARNs of the printed IAM policies."""

from __future__ import annotations

from contextlib import suppress
from dataclasses import replace

from ..aws.failures import translate_errors
from ..aws.session import Connection
from ..errors import AWSError
from ..infrastructure.encryption import KEY_TITLE, has_own_key
from ..infrastructure.iam_text import Names, names_in_settings
from ..settings.model import Project
from .outputs import parse_outputs, read_stack


def read_names(connection: Connection, project: Project) -> Names:
    """Return the names of the resources of the project's stack; for a target, those in the settings.

    :raises AWSError: AWS refused a request or could not be reached, or the stack is missing or unusable.
    :raises RefusedError: the stack belongs to another project.
    """
    known = names_in_settings(project.settings)
    if project.settings.target:
        return known
    stack = read_stack(connection, project)
    outputs = parse_outputs(stack.name, stack.outputs)
    known = replace(
        known,
        partition=stack.id.split(":")[1],
        region=stack.id.split(":")[3],
        account=stack.account,
        bucket=outputs.bucket,
        distribution=outputs.distribution_id,
    )
    return replace(known, key=_find_key(connection, stack.id) or known.key) if has_own_key(project.settings) else known


def _find_key(connection: Connection, stack: str) -> str:
    with suppress(AWSError), translate_errors("cloudformation:DescribeStackResource", stack):
        client = connection.client("cloudformation")
        found = client.describe_stack_resource(StackName=stack, LogicalResourceId=KEY_TITLE)
        return str(found["StackResourceDetail"]["PhysicalResourceId"])
    return ""
