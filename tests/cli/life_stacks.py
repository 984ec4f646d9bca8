"""CloudFormation in memory for one stack, from any state that its documents name, as strict as they say.

What an operation comes to stands in ``outcomes``; it takes ``SECONDS`` by the clock that ``sleep`` moves, after it has
called ``on_sleep``.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any

from flask_cdn_stack.infrastructure.yaml_text import read_template
from flask_cdn_stack.naming import PROJECT_TAG

ACCOUNT, REGION = "123456789012", "us-east-1"

#: How long an operation takes.
SECONDS = 30.0

OUTPUTS = {
    "BucketName": "shop-cdn-bucket-1a2b",
    "CdnDomain": "d111111abcdef8.cloudfront.net",
    "DistributionDomainName": "d111111abcdef8.cloudfront.net",
    "DistributionId": "E1ABCDEF",
    "OriginMode": "bucket",
}

_BEGAN = datetime(2026, 1, 1, tzinfo=UTC)

# CloudFormation user guide, "Stack status codes" and "Stack failure options".
_UPDATABLE = {
    *("CREATE_COMPLETE", "UPDATE_COMPLETE", "UPDATE_ROLLBACK_COMPLETE", "IMPORT_COMPLETE"),
    *("IMPORT_ROLLBACK_COMPLETE", "CREATE_FAILED", "UPDATE_FAILED"),
}


class Refusal(Exception):
    """A service's no."""

    def __init__(self, code: str, message: str, status: int = 400) -> None:
        super().__init__(message)
        self.status = status
        self.parsed = {"Error": {"Code": code, "Message": message}, "ResponseMetadata": {"HTTPStatusCode": status}}


def _invalid(message: str) -> Refusal:
    return Refusal("ValidationError", message)


@dataclass
class Resource:
    """One resource of the stack."""

    name: str
    status: str = "CREATE_COMPLETE"
    reason: str = ""
    type: str = "AWS::CloudFront::Distribution"


@dataclass
class Stack:
    """The stack; ``then`` is the state that an operation under way ends in at ``until``."""

    id: str
    status: str
    reason: str = ""
    project: str | None = "shop"
    template: str = "{}"
    outputs: dict[str, str] = field(default_factory=dict)
    resources: list[Resource] = field(default_factory=list)
    is_protected: bool = False
    until: float = 0.0
    then: str = ""


@dataclass
class Stacks:
    """CloudFormation, and what its operations come to: for each a list of states, the next first."""

    now: float = 1_800_000_000.0
    found: list[Stack] = field(default_factory=list)
    outcomes: dict[str, list[str]] = field(default_factory=dict)
    change_sets: dict[str, dict[str, Any]] = field(default_factory=dict)
    events: list[dict[str, Any]] = field(default_factory=list)
    on_sleep: Callable[[float], None] = field(default=lambda seconds: None)

    def add(self, status: str, **more: Any) -> Stack:
        """Let there be a stack in a state; one that is whole has outputs."""
        stack = Stack(f"arn:aws:cloudformation:{REGION}:{ACCOUNT}:stack/shop-cdn/{len(self.found) + 1}", status)
        for name, value in more.items():
            assert hasattr(stack, name), name
            setattr(stack, name, value)
        if not status.startswith(("CREATE_F", "CREATE_I", "ROLLBACK", "REVIEW")):
            stack.outputs = dict(OUTPUTS)
        if status.endswith("_IN_PROGRESS") and status != "REVIEW_IN_PROGRESS":
            stack.until = self.now + SECONDS
            stack.then = stack.then or status.replace("_CLEANUP", "").replace("_IN_PROGRESS", "")
            stack.then += "" if stack.then.endswith(("COMPLETE", "FAILED")) else "_COMPLETE"
        self.found.append(stack)
        return stack

    def sleep(self, seconds: float) -> None:
        """Let time pass."""
        self.on_sleep(seconds)
        self.now += seconds

    def answer(self, operation: str, parameters: dict[str, Any]) -> dict[str, Any]:
        """Carry a request out."""
        for stack in self.found:
            if stack.then and self.now >= stack.until:
                self._end(stack)
        result: dict[str, Any] = getattr(self, f"_{operation}")(**parameters)
        return result

    def living(self) -> list[Stack]:
        """Return the stack, where there is one."""
        return [stack for stack in self.found if stack.status != "DELETE_COMPLETE"]

    def _end(self, stack: Stack) -> None:
        stack.status, stack.then = stack.then, ""
        self.tell(stack, stack.status)
        if stack.status in ("CREATE_COMPLETE", "UPDATE_COMPLETE"):
            stack.outputs = dict(OUTPUTS)

    def _begin(self, stack: Stack, operation: str, status: str, default: str, token: str = "") -> None:
        outcomes = self.outcomes.get(operation, [])
        stack.status, stack.until = status, self.now + SECONDS
        stack.then = outcomes.pop(0) if outcomes else default
        self.tell(stack, status, token)
        if stack.then.endswith(("FAILED", "ROLLBACK_COMPLETE")):
            failed = next((item for item in stack.resources if item.status.endswith("_FAILED")), None)
            failed = failed or Resource("Bucket", reason="The bucket you tried to delete is not empty")
            self.tell(stack, f"{status.split('_')[0]}_FAILED", token, failed)

    def tell(self, stack: Stack, status: str, token: str = "", resource: Resource | None = None) -> None:
        """Let something have happened to the stack, or to a resource of it."""
        event = {
            "StackId": stack.id, "EventId": str(len(self.events)), "StackName": "shop-cdn", "ResourceStatus": status,
            "LogicalResourceId": resource.name if resource else "shop-cdn",
            "ResourceType": resource.type if resource else "AWS::CloudFormation::Stack",
            "ResourceStatusReason": resource.reason if resource else "",
            "PhysicalResourceId": f"shop-cdn-{resource.name.lower()}" if resource else stack.id,
            "Timestamp": _BEGAN + timedelta(seconds=self.now),
        }  # fmt: skip
        self.events.append({**event, **({"ClientRequestToken": token} if token else {})})

    def _find(self, name: str) -> Stack:
        for stack in self.found:
            if stack.id == name or (name == "shop-cdn" and stack.status != "DELETE_COMPLETE"):
                return stack
        raise _invalid(f"Stack with id {name} does not exist")

    def _DescribeStacks(self, StackName: str) -> dict[str, Any]:
        stack = self._find(StackName)
        outputs = [{"OutputKey": key, "OutputValue": value} for key, value in stack.outputs.items()]
        tags = [{"Key": PROJECT_TAG, "Value": stack.project}] if stack.project else []
        return {
            "Stacks": [
                {
                    "StackName": "shop-cdn", "StackId": stack.id, "StackStatus": stack.status, "CreationTime": _BEGAN,
                    "StackStatusReason": stack.reason, "Outputs": outputs, "Tags": tags,
                    "EnableTerminationProtection": stack.is_protected,
                }
            ]
        }  # fmt: skip

    def _DescribeStackEvents(self, StackName: str) -> dict[str, Any]:
        stack = self._find(StackName)
        return {"StackEvents": [event for event in reversed(self.events) if event["StackId"] == stack.id]}

    def _DescribeEvents(self, StackName: str, **rest: Any) -> dict[str, Any]:
        return {"OperationEvents": []}

    def _ListStacks(self, StackStatusFilter: list[str]) -> dict[str, Any]:
        found = [stack for stack in self.found if stack.status in StackStatusFilter]
        summaries = [
            {"StackName": "shop-cdn", "StackId": stack.id, "StackStatus": stack.status, "CreationTime": _BEGAN}
            for stack in found
        ]
        return {"StackSummaries": summaries}

    def _DescribeStackResources(self, PhysicalResourceId: str) -> dict[str, Any]:
        raise _invalid(f"Stack for {PhysicalResourceId} does not exist")

    def _ListStackResources(self, StackName: str) -> dict[str, Any]:
        return {
            "StackResourceSummaries": [
                {
                    "LogicalResourceId": item.name, "PhysicalResourceId": f"shop-cdn-{item.name.lower()}",
                    "ResourceType": item.type, "ResourceStatus": item.status, "ResourceStatusReason": item.reason,
                    "LastUpdatedTimestamp": _BEGAN,
                }
                for item in self._find(StackName).resources
            ]
        }  # fmt: skip

    def _GetTemplate(self, StackName: str, **rest: Any) -> dict[str, Any]:
        return {"TemplateBody": self._find(StackName).template}

    def _CreateChangeSet(
        self,
        StackName: str,
        ChangeSetName: str,
        ChangeSetType: str,
        TemplateBody: str,
        Capabilities: tuple[str, ...] = (),
        OnStackFailure: str = "",
        **rest: Any,
    ) -> dict[str, Any]:
        creates, living = ChangeSetType == "CREATE", self.living()
        if creates and living and living[0].status != "REVIEW_IN_PROGRESS":
            raise _invalid(f"Stack [shop-cdn] already exists and cannot be created again with [{ChangeSetName}].")
        if not creates and not living:
            raise _invalid("Stack [shop-cdn] does not exist")
        if not creates and living[0].status not in _UPDATABLE:
            raise _invalid(f"Stack:{living[0].id} is in {living[0].status} state and can not be updated.")
        if OnStackFailure == "DELETE" and not creates:
            raise _invalid("OnStackFailure DELETE is only valid for the ChangeSetType CREATE")
        if re.search("Type: '?AWS::IAM::", TemplateBody) and "CAPABILITY_IAM" not in Capabilities:
            raise Refusal("InsufficientCapabilitiesException", "Requires capabilities : [CAPABILITY_IAM]")
        stack = living[0] if living else self.add("REVIEW_IN_PROGRESS")
        made = {"ChangeSetId": f"change-set-{len(self.change_sets)}", "ChangeSetName": ChangeSetName}
        status: dict[str, Any] = {"Status": "CREATE_COMPLETE", "ExecutionStatus": "AVAILABLE"}
        if not creates and read_template(stack.template) == read_template(TemplateBody):
            reason = "The submitted information didn't contain changes."
            status = {"Status": "FAILED", "ExecutionStatus": "UNAVAILABLE", "StatusReason": reason}
        change = {"LogicalResourceId": "Distribution", "ResourceType": "AWS::CloudFront::Distribution"}
        action = {"Action": "Add"} if creates else {"Action": "Modify", "Replacement": "False"}
        changes = [] if "StatusReason" in status else [{"Type": "Resource", "ResourceChange": {**change, **action}}]
        described = {**made, **status, "StackId": stack.id, "StackName": "shop-cdn", "Changes": changes}
        self.change_sets[made["ChangeSetId"]] = {
            "described": described, "creates": creates, "template": TemplateBody, "on_failure": OnStackFailure,
        }  # fmt: skip
        return {"Id": made["ChangeSetId"], "StackId": stack.id}

    def _change_set(self, name: str) -> dict[str, Any]:
        for key, found in self.change_sets.items():
            if name in (key, found["described"]["ChangeSetName"]):
                return found
        raise Refusal("ChangeSetNotFound", f"ChangeSet [{name}] does not exist", 404)

    def _DescribeChangeSet(self, ChangeSetName: str, **rest: Any) -> dict[str, Any]:
        return dict(self._change_set(ChangeSetName)["described"])

    def _ListChangeSets(self, StackName: str) -> dict[str, Any]:
        stack = self._find(StackName)
        described = [
            item["described"] for item in self.change_sets.values() if item["described"]["StackId"] == stack.id
        ]
        names = ("ChangeSetId", "ChangeSetName", "StackId", "Status", "ExecutionStatus")
        return {"Summaries": [{name: item[name] for name in names} for item in described]}

    def _DeleteChangeSet(self, ChangeSetName: str) -> dict[str, Any]:
        self.change_sets.pop(ChangeSetName, None)
        return {}

    def _ExecuteChangeSet(
        self, ChangeSetName: str, ClientRequestToken: str = "", DisableRollback: bool = False, **rest: Any
    ) -> dict[str, Any]:
        found = self._change_set(ChangeSetName)
        stack = self._find(found["described"]["StackId"])
        if found["on_failure"] and DisableRollback:
            raise _invalid("DisableRollback cannot be specified when OnStackFailure was")
        if stack.status in ("CREATE_FAILED", "UPDATE_FAILED") and not DisableRollback:
            raise _invalid(f"This stack is currently in a non-terminal [{stack.status}] state.")
        found["described"]["ExecutionStatus"] = "EXECUTE_IN_PROGRESS"
        kind = "CREATE" if found["creates"] else "UPDATE"
        stack.template = found["template"]
        self._begin(stack, "ExecuteChangeSet", f"{kind}_IN_PROGRESS", f"{kind}_COMPLETE", ClientRequestToken)
        return {}

    def _DeleteStack(
        self, StackName: str, RetainResources: tuple[str, ...] = (), DeletionMode: str = "", **rest: Any
    ) -> dict[str, Any]:
        stack = self._find(StackName)
        if stack.is_protected:
            raise _invalid(f"Stack [{stack.id}] cannot be deleted while TerminationProtection is enabled")
        if (RetainResources or DeletionMode == "FORCE_DELETE_STACK") and stack.status != "DELETE_FAILED":
            raise _invalid("Only a stack in the state DELETE_FAILED can be deleted so")
        if stack.then and stack.status != "CREATE_IN_PROGRESS":
            raise _invalid(f"Stack [{stack.id}] cannot be deleted while in status {stack.status}")
        failed = {item.name for item in stack.resources if item.status == "DELETE_FAILED"}
        if unknown := set(RetainResources) - failed:
            raise _invalid(f"Resources to retain must be in DELETE_FAILED: {sorted(unknown)}")
        for item in stack.resources:
            item.status = "DELETE_SKIPPED" if item.name in RetainResources else item.status
        if stack.status == "REVIEW_IN_PROGRESS":
            stack.status = "DELETE_COMPLETE"
        else:
            self._begin(stack, "DeleteStack", "DELETE_IN_PROGRESS", "DELETE_COMPLETE")
        return {}

    def _ContinueUpdateRollback(
        self, StackName: str, ResourcesToSkip: tuple[str, ...] = (), **rest: Any
    ) -> dict[str, Any]:
        stack = self._find(StackName)
        if stack.status != "UPDATE_ROLLBACK_FAILED":
            raise _invalid(f"Stack [{stack.id}] is not in UPDATE_ROLLBACK_FAILED state")
        failed = {item.name for item in stack.resources if item.status == "UPDATE_FAILED"}
        if unknown := set(ResourcesToSkip) - failed:
            raise _invalid(f"Resources that do not belong to UPDATE_FAILED can not be skipped: {sorted(unknown)}")
        self._begin(stack, "ContinueUpdateRollback", "UPDATE_ROLLBACK_IN_PROGRESS", "UPDATE_ROLLBACK_COMPLETE")
        return {}

    def _RollbackStack(self, StackName: str, **rest: Any) -> dict[str, Any]:
        stack = self._find(StackName)
        if stack.status != "UPDATE_FAILED":
            raise _invalid(f"Stack [{stack.id}] can not be rolled back in {stack.status}")
        self._begin(stack, "RollbackStack", "UPDATE_ROLLBACK_IN_PROGRESS", "UPDATE_ROLLBACK_COMPLETE")
        return {"StackId": stack.id}

    def _UpdateTerminationProtection(self, StackName: str, EnableTerminationProtection: bool) -> dict[str, Any]:
        stack = self._find(StackName)
        if stack.status in ("DELETE_IN_PROGRESS", "DELETE_COMPLETE"):
            raise _invalid(f"Stack [{stack.id}] is in {stack.status}")
        stack.is_protected = EnableTerminationProtection
        return {"StackId": stack.id}
