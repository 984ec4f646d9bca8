"""What the running server answers."""

from __future__ import annotations

import pytest
from botocore.exceptions import WaiterError

from flask_cdn_stack.local.launcher import LocalAWS
from tests.local.published_site import BODY, client, create_stack, publish, template, view


@pytest.fixture(scope="session")
def domain(local_aws: LocalAWS) -> str:
    return publish(local_aws, "served")


def test_it_serves_a_distribution(local_aws: LocalAWS, domain: str) -> None:
    """By its name in AWS and by the one that browsers resolve; plain http and redirect-to-https still give 200.

    Fonts and modules need the header for other origins.
    """
    for host in (domain, domain.replace(".cloudfront.net", f".cloudfront.localhost:{local_aws.port}")):
        answer = view(local_aws, host, "/static/app.js?c=1", Origin="https://shop.example")
        assert (answer.status, answer.body) == (200, BODY), host
        assert answer.headers["access-control-allow-origin"] == "*"


def test_a_distribution_shows_nothing_else(local_aws: LocalAWS, domain: str) -> None:
    """A missing object is refused, as by S3 to a reader that may not list."""
    assert view(local_aws, domain, "/static/other.js").status == 403


@pytest.mark.parametrize(
    "headers",
    [{"Origin": "https://evil.example"}, {"Sec_Fetch_Site": "cross-site"}, {"Sec_Fetch_Site": "same-origin"}],
)
@pytest.mark.parametrize("host", ["127.0.0.1", "evil.example", "dunknown.cloudfront.localhost"])
def test_web_pages_cannot_call_the_api(local_aws: LocalAWS, host: str, headers: dict[str, str]) -> None:
    """Neither from another site nor by a name that was pointed at loopback."""
    assert view(local_aws, host, "/?Action=ListStacks", **headers).status == 403


@pytest.mark.parametrize(
    "host", ["evil.example", "evil.example:4566", "169.254.169.254", "dunknown.cloudfront.net", "[::1"]
)
def test_a_name_that_was_pointed_at_loopback(local_aws: LocalAWS, host: str) -> None:
    """Is not answered: the site whose name it is could read what is here, and a browser would say nothing of it."""
    assert view(local_aws, host, "/?Action=ListStacks&Version=2010-05-15").status == 403


@pytest.mark.parametrize("host", ["127.0.0.1:{port}", "localhost:{port}", "served.s3.localhost", "[::1]:{port}"])
def test_a_name_of_loopback(local_aws: LocalAWS, host: str) -> None:
    """Is what clients on this machine use, and people who type an address into a browser."""
    for headers in ({}, {"Sec_Fetch_Site": "none"}):
        assert view(local_aws, host.format(port=local_aws.port), "/_ministack/health", **headers).status != 403


@pytest.mark.parametrize("versioning", [False, True], ids=["object", "version"])
def test_a_bucket_that_is_not_empty(local_aws: LocalAWS, versioning: bool) -> None:
    """Stays, and its stack says so in AWS's words; once it is empty, both go. Old versions count."""
    document, stack = template(), f"full-{versioning}".lower()
    if versioning:
        document["Resources"]["Bucket"]["Properties"] = {"VersioningConfiguration": {"Status": "Enabled"}}
    bucket = create_stack(local_aws, stack, document)["BucketName"]
    s3, cloudformation = client(local_aws, "s3"), client(local_aws, "cloudformation")
    s3.put_object(Bucket=bucket, Key="a", Body=b"a")
    if versioning:
        s3.delete_object(Bucket=bucket, Key="a")
    deleted, patience = cloudformation.get_waiter("stack_delete_complete"), {"Delay": 0.1, "MaxAttempts": 50}

    cloudformation.delete_stack(StackName=stack)
    with pytest.raises(WaiterError, match="DELETE_FAILED"):
        deleted.wait(StackName=stack, WaiterConfig=patience)

    events = cloudformation.describe_stack_events(StackName=stack)["StackEvents"]
    (reason,) = [event["ResourceStatusReason"] for event in events if event.get("LogicalResourceId") == "Bucket"
                 and event["ResourceStatus"] == "DELETE_FAILED"]  # fmt: skip
    assert reason.startswith('Resource handler returned message: "The bucket you tried to delete is not empty')
    listed = s3.list_object_versions(Bucket=bucket)
    for found in (*listed.get("Versions", ()), *listed.get("DeleteMarkers", ())):
        s3.delete_object(Bucket=bucket, Key="a", VersionId=found["VersionId"])
    cloudformation.delete_stack(StackName=stack)
    deleted.wait(StackName=stack, WaiterConfig=patience)
