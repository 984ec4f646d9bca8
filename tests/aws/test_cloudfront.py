"""Invalidations."""

from __future__ import annotations

from collections import Counter
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

import pytest

from flask_cdn_stack.aws.cloudfront import Distribution, InvalidationWaiter
from flask_cdn_stack.aws.session import Connection
from flask_cdn_stack.errors import AWSError
from tests.aws.conftest import MakeStubbed
from tests.servers.stubbed import open_stubbed

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

BUSY = "TooManyInvalidationsInProgress"


class Clock:
    """A clock that goes only while somebody sleeps, and what was said meanwhile."""

    def __init__(self) -> None:
        self.pauses: list[float] = []
        self.said: list[str] = []
        self.waiting = InvalidationWaiter(self.said.append, self.pauses.append, lambda: 1000.0 + sum(self.pauses))

    def until(self, timeout: float) -> InvalidationWaiter:
        """Return the same way to wait, for another time."""
        return replace(self.waiting, timeout=timeout)


@pytest.fixture
def clock() -> Clock:
    return Clock()


def answer(status: str) -> dict[str, Any]:
    """Return what CloudFront answers of an invalidation."""
    batch = {"Paths": {"Quantity": 1, "Items": ["/a*"]}, "CallerReference": "release-1"}
    created = datetime(2026, 1, 1, tzinfo=UTC)
    return {"Invalidation": {"Id": "I1", "Status": status, "CreateTime": created, "InvalidationBatch": batch}}


def test_invalidations(connection: Connection, clock: Clock) -> None:
    """Asked for again with the same reference, as after a lost answer, it is the same one, and done already."""
    client = connection.client("cloudfront")
    identifier = client.create_distribution(DistributionConfig=CONFIG)["Distribution"]["Id"]
    requests: Counter[str] = Counter()
    distribution = Distribution(connection, identifier, requests, clock.waiting)
    first = distribution.invalidate(["/static/a%20b.css*", "/b.js*"], "release-1")

    assert distribution.invalidate(["/static/a%20b.css*", "/b.js*"], "release-1") == first
    second = distribution.invalidate(["/b.js*"], "release-2")
    assert second != first
    items = client.list_invalidations(DistributionId=identifier)["InvalidationList"]["Items"]
    assert {item["Id"] for item in items} == {first, second}
    batch = client.get_invalidation(DistributionId=identifier, Id=first)["Invalidation"]["InvalidationBatch"]
    assert sorted(batch["Paths"]["Items"]) == ["/b.js*", "/static/a%20b.css*"]
    distribution.wait(first)
    assert (clock.pauses, clock.said) == ([], ["The invalidation is done, after 0 seconds."])
    assert requests == {"CreateInvalidation": 3, "GetInvalidation": 1}
    client.close()


REFUSALS = {
    "InvalidationBatchAlreadyExists": ("E1 has an invalidation release-1 already, of other paths", "again"),
    "NoSuchDistribution": ("There is no CloudFront distribution E1 in this account", "target.distribution_id"),
    "AccessDenied": ("AWS denied cloudfront:CreateInvalidation on distribution E1", "Allow that action"),
    "InvalidArgument": ("CloudFront says why. (InvalidArgument)", ""),
}


@pytest.mark.parametrize("code", REFUSALS)
def test_refusals(stubbed: MakeStubbed, clock: Clock, code: str) -> None:
    """Each is said once, at once, with the distribution and a next step where there is one."""
    connection, stubber = stubbed("cloudfront")
    stubber.add_client_error("create_invalidation", code, "CloudFront says why.", 400)
    message, hint = REFUSALS[code]

    with pytest.raises(AWSError) as caught:
        Distribution(connection, "E1", Counter(), clock.waiting).invalidate(["/a*"], "release-1")

    assert message in caught.value.message
    assert hint in caught.value.hint
    assert clock.pauses == []


def test_too_many_at_once(stubbed: MakeStubbed, clock: Clock) -> None:
    """CloudFront is asked again, with the same request, until it takes it; the user is told once."""
    connection, stubber = stubbed("cloudfront")
    batch = {"Paths": {"Quantity": 1, "Items": ["/a*"]}, "CallerReference": "release-1"}
    asked = {"DistributionId": "E1", "InvalidationBatch": batch}
    for _ in range(3):
        stubber.add_client_error("create_invalidation", BUSY, "Too many.", 400, expected_params=asked)
    stubber.add_response("create_invalidation", answer("InProgress"), asked)
    requests: Counter[str] = Counter()

    found = Distribution(connection, "E1", requests, clock.waiting).invalidate(["/a*"], "release-1")

    assert found == "I1"
    assert requests == {"CreateInvalidation": 1}
    assert clock.pauses == [2, 3, 4.5]
    assert [text for text in clock.said if "too many invalidations" in text] == clock.said
    assert len(clock.said) == 1
    stubber.assert_no_pending_responses()


def test_too_many_for_too_long(stubbed: MakeStubbed, clock: Clock) -> None:
    """It is given up after the time that was given."""
    connection, stubber = stubbed("cloudfront")
    for _ in range(4):
        stubber.add_client_error("create_invalidation", BUSY, "Too many.", 400)

    with pytest.raises(AWSError, match="E1 has too many invalidations under way") as caught:
        Distribution(connection, "E1", Counter(), clock.until(6)).invalidate(["/a*"], "release-1")

    assert clock.pauses == [2, 3, 1]
    assert "3,000 paths at a time, of which 15 may end in *" in caught.value.message
    assert "run the same command again" in caught.value.hint
    assert "assets.fingerprint: path" in caught.value.hint


def test_waiting_for_an_invalidation(stubbed: MakeStubbed, clock: Clock) -> None:
    """It is looked at, at first often and then less, and each look is counted and told."""
    connection, stubber = stubbed("cloudfront")
    for status in [*["InProgress"] * 9, "Completed"]:
        stubber.add_response("get_invalidation", answer(status), {"DistributionId": "E1", "Id": "I1"})
    requests: Counter[str] = Counter()

    Distribution(connection, "E1", requests, clock.waiting).wait("I1")

    assert requests == {"GetInvalidation": 10}
    assert clock.pauses == pytest.approx([2, 3, 4.5, 6.75, 10.125, 15.1875, 20, 20, 20])
    assert clock.said[0] == "The invalidation has been under way for 0 seconds."
    assert clock.said[-1] == "The invalidation is done, after 102 seconds."
    assert len(clock.said) == 10
    stubber.assert_no_pending_responses()


def test_waiting_ends(stubbed: MakeStubbed, clock: Clock) -> None:
    """After a quarter of an hour, with the word that the invalidation does not."""
    connection, stubber = stubbed("cloudfront")
    for _ in range(100):
        stubber.add_response("get_invalidation", answer("InProgress"))

    with pytest.raises(AWSError) as caught:
        Distribution(connection, "E1", Counter(), clock.waiting).wait("I1")

    assert caught.value.message == "The invalidation I1 of the distribution E1 is not done after 15 minutes."
    assert caught.value.hint.startswith("It goes on by itself")
    assert "get-invalidation --distribution-id E1 --id I1" in caught.value.hint
    assert sum(clock.pauses) == pytest.approx(900)


@pytest.mark.parametrize(
    ("code", "message"),
    [
        ("NoSuchInvalidation", "The distribution E1 has no invalidation I1."),
        ("AccessDenied", "AWS denied cloudfront:GetInvalidation on distribution E1."),
    ],
)
def test_waiting_without_being_allowed_to(stubbed: MakeStubbed, clock: Clock, code: str, message: str) -> None:
    """Ends at once, with the action that is missing."""
    connection, stubber = stubbed("cloudfront")
    stubber.add_client_error("get_invalidation", code, "No.", 403)

    with pytest.raises(AWSError) as caught:
        Distribution(connection, "E1", Counter(), clock.waiting).wait("I1")

    assert caught.value.message == message
    assert clock.pauses == []


@pytest.mark.parametrize(
    ("code", "word"),
    [("Throttling", "AWS is busy (Throttling)."), ("ExpiredToken", "The AWS credentials have expired.")],
)
def test_waiting_while_cloudfront_does_not_say(stubbed: MakeStubbed, clock: Clock, code: str, word: str) -> None:
    """Goes on, and the user is told once; at its end it is as any that is not done."""
    connection, stubber = stubbed("cloudfront")
    connection.session.set_credentials("key", "secret")
    connection.credentials().method = "shared-credentials-file"
    for _ in range(3):
        stubber.add_client_error("get_invalidation", code, "No.", 400)
    stubber.add_response("get_invalidation", answer("Completed"))
    distribution = Distribution(connection, "E1", Counter(), clock.waiting)

    distribution.wait("I1")

    assert clock.said[0].startswith(word)
    assert clock.said[1:] == ["The invalidation is done, after 10 seconds."]
    for _ in range(100):
        stubber.add_client_error("get_invalidation", code, "No.", 400)
    with pytest.raises(AWSError, match="is not done after 15 minutes"):
        distribution.wait("I1")


def test_no_client() -> None:
    """Is made for a CDN that is not CloudFront, and none before there is something to ask for."""
    connection = open_stubbed()
    Distribution(connection, "E1", Counter())
    distribution = Distribution(connection, None, Counter())

    distribution.wait(distribution.invalidate(["/a*"], "release-1"))

    assert connection.asked == []
