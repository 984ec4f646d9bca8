"""CloudFormation's stacks and change sets as plain values."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, NamedTuple

from botocore import xform_name

from ..errors import AWSError, StackFailedError
from .changes import Change, ChangeSet, read_changes
from .failures import translate_errors
from .patience import Patience
from .session import Connection

__all__ = ["Change", "ChangeSet", "CloudFormation", "Event", "Operation", "Prepared", "Stack", "failed_hook"]

# States of hooks that refused, or could not answer (CloudFormation API reference, StackEvent, HookStatus).
_FAILED_HOOKS = ("HOOK_COMPLETE_FAILED", "HOOK_FAILED")


class Operation(NamedTuple):
    """An operation on a stack, such as an update or its rollback; ``type`` is DescribeStacks' word."""

    type: str
    id: str


@dataclass(frozen=True)
class Stack:
    """A stack as CloudFormation describes it.

    :param drift: ``DRIFTED`` if drift was detected in its resources.
    :param operations: the last operations, the newest first.
    :param is_protected: whether termination protection is on.
    :param role_arn: the role that CloudFormation assumes; empty if it uses the caller's permissions.
    """

    name: str
    id: str
    status: str
    reason: str
    outputs: Mapping[str, str] = field(default_factory=dict)
    tags: Mapping[str, str] = field(default_factory=dict)
    drift: str = ""
    operations: tuple[Operation, ...] = ()
    is_protected: bool = False
    role_arn: str = ""

    @property
    def is_under_way(self) -> bool:
        """Whether an operation is under way, or the stack's creation is still under review."""
        return self.status.endswith("_IN_PROGRESS")

    @property
    def own_tags(self) -> dict[str, str]:
        """The tags without AWS's own, which cannot be set (CloudFormation API reference, "Tag")."""
        return {name: value for name, value in self.tags.items() if not name.startswith("aws:")}

    @property
    def account(self) -> str:
        """The id of the stack's account, from its ARN."""
        return self.id.split(":")[4] if self.id.count(":") >= 5 else ""

    def distribution_arn(self, distribution: str) -> str:
        """Return the ARN of a distribution of the same account."""
        return f"arn:{self.id.split(':')[1]}:cloudfront::{self.account}:distribution/{distribution}"


class Prepared(NamedTuple):
    """The ids of a change set whose creation has begun, and of its stack."""

    id: str
    stack_id: str


class Event(NamedTuple):
    """A stack event, of one resource or of the stack itself; ``token`` is the client token of the request behind it.

    ``physical_id`` is empty while the resource has none. ``hook`` names a hook that refused the resource, if any; the
    reason is then the hook's.
    """

    id: str
    time: datetime
    logical_id: str
    type: str
    status: str
    reason: str
    token: str = ""
    physical_id: str = ""
    hook: str = ""


class CloudFormation:
    """The stacks and change sets of one region.

    :param patience: retries requests that only read. None: only boto3's own retries.
    """

    def __init__(self, connection: Connection, patience: Patience | None = None) -> None:
        self._connection = connection
        self._patience = patience
        self._values: dict[str, bool] = {"IncludePropertyValues": True}
        with translate_errors("cloudformation:DescribeStacks"):
            self._client = connection.client("cloudformation")

    def describe_stack(self, name: str) -> Stack | None:
        """Return a stack by name or id, or None if it does not exist."""
        try:
            found = self._read("DescribeStacks", f"stack {name}", StackName=name)["Stacks"]
        except AWSError as error:
            if _is_absence(error):
                return None
            raise
        return _stack(found[0]) if found else None

    def read_template(self, stack: str) -> str:
        """Return a stack's template as it was sent: YAML or JSON."""
        with translate_errors("cloudformation:GetTemplate", f"stack {stack}"):
            body = self._client.get_template(StackName=stack, TemplateStage="Original")["TemplateBody"]
        # botocore parses a JSON template, and leaves YAML as text.
        return body if isinstance(body, str) else json.dumps(body)

    def create_change_set(
        self,
        stack: str,
        name: str,
        template: str,
        *,
        create: bool,
        tags: Mapping[str, str],
        token: str,
        **options: object,
    ) -> Prepared:
        """Start to create a change set; CloudFormation goes on in the background.

        :param options: further parameters of CreateChangeSet, by its own names.
        """
        with translate_errors("cloudformation:CreateChangeSet", f"stack {stack}"):
            answer = self._client.create_change_set(
                StackName=stack,
                ChangeSetName=name,
                ChangeSetType="CREATE" if create else "UPDATE",
                TemplateBody=template,
                Tags=[{"Key": key, "Value": value} for key, value in sorted(tags.items())],
                ClientToken=token,
                **options,
            )
        return Prepared(answer["Id"], answer["StackId"])

    def find_change_set(self, stack: str, name: str) -> Prepared | None:
        """Return a stack's change set of this name, or None if there is none."""
        found = self._describe_change_set(ChangeSetName=name, StackName=stack)
        return Prepared(found["ChangeSetId"], found["StackId"]) if found else None

    def find_execution(self, change_set_id: str) -> str | None:
        """Return the ``ExecutionStatus`` of a change set, or None if it does not exist.

        ``AVAILABLE``: it can be executed; ``EXECUTE_...``: it is, or was (CloudFormation API reference).
        """
        found = self._describe_change_set(ChangeSetName=change_set_id)
        return str(found.get("ExecutionStatus", "")) if found else None

    def _describe_with_values(self, **which: str) -> dict[str, Any] | None:
        try:
            return self._describe_change_set(**which, **self._values)
        except AWSError as error:
            # Older versions of botocore, and some local services, do not know this parameter.
            if "IncludePropertyValues" not in error.message:
                raise
            self._values = {}
            return self._describe_change_set(**which)

    def _describe_change_set(self, **which: Any) -> dict[str, Any] | None:
        try:
            return self._read("DescribeChangeSet", which["ChangeSetName"], **which)
        except AWSError as error:
            if "ChangeSetNotFound" in error.code or _is_absence(error):
                return None
            raise

    def describe_change_set(self, change_set_id: str) -> ChangeSet | None:
        """Return a change set with all its changes, or None while it is being created.

        :raises StackFailedError: it does not exist any more.
        """
        changes: list[Change] = []
        token: dict[str, str] = {}
        while True:
            page = self._describe_with_values(ChangeSetName=change_set_id, **token)
            if page is None or page["Status"].startswith("DELETE_"):
                raise StackFailedError(
                    f"The change set {change_set_id} is gone: another run has changed the stack meanwhile, or deleted "
                    "the change set.",
                    "Run `flask-cdn-stack provision` again.",
                )
            if page["Status"] not in ("CREATE_COMPLETE", "FAILED"):
                return None
            changes += read_changes(page)
            if not page.get("NextToken"):
                break
            token = {"NextToken": page["NextToken"]}
        failure = page.get("StatusReason") or "no reason given" if page["Status"] == "FAILED" else ""
        return ChangeSet(page["ChangeSetId"], page["StackId"], tuple(changes), failure)

    def execute_change_set(self, change_set_id: str, token: str, keeps_failed: bool = False) -> None:
        """Start to execute a change set.

        :param keeps_failed: do not roll back if it fails.
        """
        options = {"DisableRollback": True} if keeps_failed else {}
        with translate_errors("cloudformation:ExecuteChangeSet", change_set_id):
            self._client.execute_change_set(ChangeSetName=change_set_id, ClientRequestToken=token, **options)

    def list_change_sets(self, stack_id: str) -> set[str]:
        """Return the ids of a stack's change sets; none if the stack is gone."""
        try:
            pages = list(self._pages("ListChangeSets", stack_id))
        except AWSError as error:
            if _is_absence(error):
                return set()
            raise
        return {item["ChangeSetId"] for page in pages for item in page["Summaries"]}

    def delete_change_set(self, change_set_id: str) -> None:
        """Delete a change set that was not executed."""
        with translate_errors("cloudformation:DeleteChangeSet", change_set_id):
            self._client.delete_change_set(ChangeSetName=change_set_id)

    def delete_stack(self, stack_id: str, **options: object) -> None:
        """Start to delete a stack. The request is not retried: the first one could have had an effect meanwhile.

        :param options: further parameters of DeleteStack, by its own names.
        """
        with translate_errors("cloudformation:DeleteStack", f"stack {stack_id}"):
            self._connection.client("cloudformation", once=True).delete_stack(StackName=stack_id, **options)

    def events(self, stack: str) -> Iterator[Event]:
        """Yield a stack's events, the newest first."""
        for page in self._pages("DescribeStackEvents", stack):
            for item in page["StackEvents"]:
                yield _event(item)

    def _pages(self, operation: str, stack: str) -> Iterator[dict[str, Any]]:
        token: dict[str, str] = {}
        while True:
            page = self._read(operation, f"stack {stack}", StackName=stack, **token)
            yield page
            if not page.get("NextToken"):
                return
            token = {"NextToken": page["NextToken"]}

    def _read(self, operation: str, resource: str, **parameters: Any) -> dict[str, Any]:
        method = getattr(self._client, xform_name(operation))

        def read() -> dict[str, Any]:
            with translate_errors(f"cloudformation:{operation}", resource):
                return dict(method(**parameters))

        return self._patience.ask(self._connection, read) if self._patience else read()


def _is_absence(error: AWSError) -> bool:
    return "does not exist" in error.message


def _stack(item: dict[str, Any]) -> Stack:
    return Stack(
        name=item["StackName"],
        id=item["StackId"],
        status=item["StackStatus"],
        reason=item.get("StackStatusReason", ""),
        outputs={output["OutputKey"]: output["OutputValue"] for output in item.get("Outputs", ())},
        tags={tag["Key"]: tag["Value"] for tag in item.get("Tags", ())},
        drift=item.get("DriftInformation", {}).get("StackDriftStatus", ""),
        operations=tuple(
            Operation(each["OperationType"], each["OperationId"]) for each in item.get("LastOperations", ())
        ),
        is_protected=bool(item.get("EnableTerminationProtection")),
        role_arn=item.get("RoleARN", ""),
    )


def _event(item: dict[str, Any]) -> Event:
    return Event(
        id=item["EventId"],
        time=item["Timestamp"],
        logical_id=item["LogicalResourceId"],
        type=item.get("ResourceType", ""),
        status=item.get("ResourceStatus", ""),
        reason=item.get("ResourceStatusReason") or item.get("HookStatusReason", ""),
        token=item.get("ClientRequestToken", ""),
        physical_id=item.get("PhysicalResourceId", ""),
        hook=failed_hook(item),
    )


def failed_hook(item: dict[str, Any]) -> str:
    """Return the hook that refused in an event, and its invocation point; empty if there is none, or it only warns."""
    if item.get("HookStatus") not in _FAILED_HOOKS or item.get("HookFailureMode") == "WARN":
        return ""
    return ", ".join(filter(None, (f"hook {item.get('HookType', '')}", item.get("HookInvocationPoint", ""))))
