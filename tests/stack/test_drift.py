"""What was changed beside CloudFormation. The answers are as the API reference has them."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime

import pytest

from flask_cdn_stack.aws.cloudformation import Change, Stack
from flask_cdn_stack.stack.drift import find_drift
from tests.stack.conftest import ARN, PreparedConnection

STACK = Stack("shop-cdn", ARN, "CREATE_COMPLETE", "", drift="DRIFTED")
DRIFTED = Change("Modify", "Bucket", "AWS::S3::Bucket", "False", drift="MODIFIED")


def test_resources_are_named(prepared: PreparedConnection) -> None:
    """Those that CloudFormation has found, and those that the change set tells of."""
    resources = [
        {
            "LogicalResourceId": name,
            "ResourceType": "AWS::CloudFront::CachePolicy",
            "ResourceStatus": "CREATE_COMPLETE",
            "LastUpdatedTimestamp": datetime.now(UTC),
            "DriftInformation": {"StackResourceDriftStatus": word},
        }
        for name, word in (("CachePolicy", "DELETED"), ("Distribution", "IN_SYNC"))
    ]
    prepared.stubber.add_response("list_stack_resources", {"StackResourceSummaries": resources}, {"StackName": ARN})

    found = find_drift(prepared, STACK, [DRIFTED])
    assert found is not None
    assert ": Bucket (changed), CachePolicy (deleted). `provision`" in found


def test_who_may_not_ask(prepared: PreparedConnection) -> None:
    """Is told all the same, without names; a policy that was printed before does not allow it."""
    prepared.stubber.add_client_error("list_stack_resources", "AccessDenied", "no", 403)

    found = find_drift(prepared, STACK, [])
    assert found is not None
    assert "outside CloudFormation. `provision`" in found


@pytest.mark.parametrize("stack", [None, replace(STACK, drift="IN_SYNC"), replace(STACK, drift="NOT_CHECKED")])
def test_nothing_is_known(prepared: PreparedConnection, stack: Stack | None) -> None:
    """Nothing is said, or asked; what a change set tells of is enough."""
    assert find_drift(prepared, stack, [DRIFTED._replace(drift="IN_SYNC")]) is None
    assert "Bucket (changed)" in (find_drift(prepared, stack, [DRIFTED]) or "")
