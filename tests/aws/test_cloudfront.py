"""Invalidations."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from typing import Any

import boto3
import pytest
from botocore.stub import Stubber

from flask_cdn_stack.aws.cloudfront import Distribution
from flask_cdn_stack.aws.session import Connection
from flask_cdn_stack.errors import AWSError

ORIGIN = {"Id": "o", "DomainName": "b.s3.us-east-1.amazonaws.com", "S3OriginConfig": {"OriginAccessIdentity": ""}}
CONFIG = {
    "CallerReference": "tests",
    "Comment": "",
    "Enabled": True,
    "Origins": {"Quantity": 1, "Items": [ORIGIN]},
    "DefaultCacheBehavior": {
        "TargetOriginId": "o",
        "ViewerProtocolPolicy": "allow-all",
        "CachePolicyId": "658327ea-f89d-4fab-a63d-7e88639e58f6",
    },
}


def test_invalidations(connection: Connection) -> None:
    """Asked for again with the same reference, as after a lost answer, it is the same one."""
    client = connection.client("cloudfront")
    identifier = client.create_distribution(DistributionConfig=CONFIG)["Distribution"]["Id"]
    requests: Counter[str] = Counter()
    distribution = Distribution(connection, identifier, requests)
    first = distribution.invalidate(["/static/a%20b.css*", "/b.js*"], "release-1")

    assert distribution.invalidate(["/static/a%20b.css*", "/b.js*"], "release-1") == first
    second = distribution.invalidate(["/b.js*"], "release-2")
    assert second != first
    items = client.list_invalidations(DistributionId=identifier)["InvalidationList"]["Items"]
    assert {item["Id"] for item in items} == {first, second}
    batch = client.get_invalidation(DistributionId=identifier, Id=first)["Invalidation"]["InvalidationBatch"]
    assert sorted(batch["Paths"]["Items"]) == ["/b.js*", "/static/a%20b.css*"]
    assert requests == {"CreateInvalidation": 3}
    client.close()


def test_a_reference_for_other_paths(stubbed: Callable[[str], tuple[Connection, Stubber]]) -> None:
    """Is an error of AWS's, said with the distribution."""
    connection, stubber = stubbed("cloudfront")
    stubber.add_client_error("create_invalidation", "InvalidationBatchAlreadyExists", "Exists already.", 400)

    with pytest.raises(AWSError) as caught:
        Distribution(connection, "E1", Counter()).invalidate(["/a*"], "release-1")

    assert caught.value.message == (
        "cloudfront:CreateInvalidation on distribution E1 failed: Exists already. (InvalidationBatchAlreadyExists)"
    )


class _WithoutClients(Connection):
    def client(self, service: str) -> Any:
        """Fail."""
        raise AssertionError(service)


def test_no_client_without_an_invalidation() -> None:
    """A deploy that changes nothing does not pay for loading CloudFront's model."""
    distribution = Distribution(_WithoutClients(boto3.Session(), "us-east-1", None, {}), "E1", Counter())

    with pytest.raises(AssertionError, match="cloudfront"):
        distribution.invalidate(["/a*"], "release-1")
