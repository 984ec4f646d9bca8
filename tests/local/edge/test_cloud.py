"""The edge in front of a local AWS: a distribution as it is now, and everything else as if there were no edge."""

from __future__ import annotations

import contextlib
import json
import os
import socket
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest

from flask_cdn_stack.local.cloud import LocalCloud
from flask_cdn_stack.local.launcher import reserve_port
from tests.conftest import wait_until
from tests.local.edge.site import ask
from tests.local.published_site import BODY, client, create_stack, outputs, template, view

_KEY = "static/app.js"


class Published:
    """A distribution of its own for a test, with one object in its bucket."""

    def __init__(self, cloud: LocalCloud, name: str, document: dict[str, Any] | None = None) -> None:
        self.cloud = cloud
        self.name = name
        values = create_stack(cloud, name, document or template())
        self.bucket, self.domain = values["BucketName"], values["Domain"]
        self.put(BODY)

    def put(self, body: bytes) -> None:
        """Write the object anew."""
        client(self.cloud, "s3").put_object(
            Bucket=self.bucket, Key=_KEY, Body=body, ContentType="text/javascript", CacheControl="max-age=60"
        )

    def look(self, target: str = f"/{_KEY}", **headers: str) -> tuple[int, bytes, str]:
        """Return status, body and result of a view, by the name that browsers know."""
        host = self.domain.replace(".net", f".localhost:{self.cloud.port}")
        seen = ask(self.cloud.port, target, host=host, **headers)
        return seen.status, seen.body, seen.result

    def invalidate(self, *paths: str) -> None:
        """Have paths forgotten."""
        cloudfront = client(self.cloud, "cloudfront")
        (id,) = [item["Id"] for item in cloudfront.list_distributions()["DistributionList"]["Items"]
                 if item["DomainName"] == self.domain]  # fmt: skip
        batch = {"Paths": {"Quantity": len(paths), "Items": list(paths)}, "CallerReference": f"{time.monotonic_ns()}"}
        cloudfront.create_invalidation(DistributionId=id, InvalidationBatch=batch)


@pytest.fixture(scope="session")
def published(cloud: LocalCloud) -> Published:
    return Published(cloud, "edge-plain")


def test_a_deployed_object_stays_until_it_is_invalidated(published: Published) -> None:
    """And is there anew as soon as the invalidation is made."""
    published.invalidate("/*")  # whichever test looked before
    first, second = published.look(), published.look()
    published.put(b"two")
    third = published.look()
    published.invalidate(f"/{_KEY}")
    fourth = published.look()
    published.put(BODY)
    published.invalidate("/static/*")

    assert [first, second, third] == [(200, BODY, "Miss"), (200, BODY, "Hit"), (200, BODY, "Hit")]
    assert fourth == (200, b"two", "Miss")
    assert published.look() == (200, BODY, "Miss")


def test_what_was_asked_for_before_an_invalidation_is_not_kept(published: Published) -> None:
    """However the requests of many viewers and a deploy fall together."""
    with ThreadPoolExecutor(8) as viewers:
        for number in range(12):
            looks = [viewers.submit(published.look, f"/{_KEY}?n={number}") for _ in range(8)]
            published.put(str(number).encode())
            published.invalidate("/*")
            assert published.look(f"/{_KEY}?n={number}")[1] == str(number).encode()
            assert all(look.result()[0] == 200 for look in looks)
    published.put(BODY)
    published.invalidate("/*")


def test_the_bucket_answers_the_distribution_alone(published: Published) -> None:
    """As its policy says: what is not there is denied, and S3 says nothing of CORS."""
    status, body, result = published.look("/static/none.js")

    assert (status, result) == (403, "Error")
    assert b"AccessDenied" in body
    seen = ask(published.cloud.port, f"/{_KEY}", host=published.domain)
    assert "access-control-allow-origin" not in seen.headers
    seen = ask(published.cloud.port, f"/{_KEY}", host=published.domain, Origin="https://a.example")
    assert seen.headers["access-control-allow-origin"] == "*"


def test_a_preflight(cloud: LocalCloud) -> None:
    """Is asked of the bucket, which has no rules for it; the policy's headers are there nevertheless."""
    document = template()
    behavior = document["Resources"]["Site"]["Properties"]["DistributionConfig"]["DefaultCacheBehavior"]
    behavior["AllowedMethods"] = ["GET", "HEAD", "OPTIONS"]
    published = Published(cloud, "edge-preflight", document)
    asked = {"Origin": "https://a.example", "Access_Control_Request_Method": "GET"}

    seen = ask(cloud.port, f"/{_KEY}", "OPTIONS", published.domain, **asked)

    assert (seen.status, seen.headers["access-control-allow-origin"]) == (403, "*")
    assert b"CORS is not enabled for this bucket" in seen.body


def test_a_bucket_that_lets_another_distribution_in(cloud: LocalCloud) -> None:
    """Is closed to this one."""
    published = Published(cloud, "edge-denied")
    client(cloud, "s3").delete_bucket_policy(Bucket=published.bucket)

    assert published.look()[0] == 403


def test_a_changed_distribution(cloud: LocalCloud) -> None:
    """Counts with the next request: a behavior, a policy, a function, and that it is gone."""
    published = Published(cloud, "edge-changed")
    assert published.look()[0] == 200
    document = template()
    behavior = document["Resources"]["Site"]["Properties"]["DistributionConfig"]["DefaultCacheBehavior"]
    code = "function handler(event) { return {statusCode: 410, headers: {}}; }"
    document["Resources"]["Gone"] = {
        "Type": "AWS::CloudFront::Function",
        "Properties": {
            "Name": "gone",
            "AutoPublish": True,
            "FunctionCode": code,
            "FunctionConfig": {"Comment": "", "Runtime": "cloudfront-js-2.0"},
        },
    }
    behavior["FunctionAssociations"] = [
        {"EventType": "viewer-request", "FunctionARN": {"Fn::GetAtt": ["Gone", "FunctionARN"]}}
    ]
    _update(cloud, published.name, document)

    assert published.look() == (410, b"", "FunctionGeneratedResponse")
    client(cloud, "s3").delete_object(Bucket=published.bucket, Key=_KEY)
    cloudformation = client(cloud, "cloudformation")
    cloudformation.delete_stack(StackName=published.name)
    cloudformation.get_waiter("stack_delete_complete").wait(
        StackName=published.name, WaiterConfig={"Delay": 0.1, "MaxAttempts": 100}
    )
    status, body, result = published.look()
    assert (status, result) == (403, "Error")
    assert b"no distribution answers" in body


def _update(cloud: LocalCloud, name: str, document: dict[str, Any]) -> None:
    cloudformation = client(cloud, "cloudformation")
    cloudformation.update_stack(StackName=name, TemplateBody=json.dumps(document))
    cloudformation.get_waiter("stack_update_complete").wait(
        StackName=name, WaiterConfig={"Delay": 0.1, "MaxAttempts": 100}
    )
    assert outputs(cloud, name)


def test_what_the_edge_does_not_know(cloud: LocalCloud) -> None:
    """It says so, and does not guess."""
    document = template()
    behavior = document["Resources"]["Site"]["Properties"]["DistributionConfig"]["DefaultCacheBehavior"]
    behavior["OriginRequestPolicyId"] = "88a5eaf4-2fd4-4709-b370-b4c650ea3fcf"
    published = Published(cloud, "edge-unknown", document)

    status, body, _ = published.look()

    assert status == 503
    assert b"origin request policy" in body


def test_a_large_object_through_the_port(published: Published) -> None:
    """Goes in and comes out as it is, while viewers are served."""
    body = os.urandom(3_000_000)
    s3 = client(published.cloud, "s3")
    with ThreadPoolExecutor(4) as clients:
        puts = [
            clients.submit(s3.put_object, Bucket=published.bucket, Key=f"static/{n}.bin", Body=body) for n in range(4)
        ]
        assert published.look()[0] == 200
        for put in puts:
            put.result()

    assert s3.get_object(Bucket=published.bucket, Key="static/3.bin")["Body"].read() == body
    assert published.look("/static/3.bin")[1] == body
    assert published.look("/static/3.bin", Range="bytes=10-19")[:2] == (206, body[10:20])


@pytest.mark.parametrize("host", ["evil.example", "dunknown.cloudfront.net", "dunknown.cloudfront.localhost"])
def test_hosts_that_are_nobodys(cloud: LocalCloud, host: str) -> None:
    """Get nothing, by a page or without one."""
    assert view(cloud, host, "/?Action=ListStacks", Origin="https://evil.example").status == 403
    assert view(cloud, host, "/?Action=ListStacks").status == 403


@pytest.mark.parametrize("sent", [b"\x16\x03\x01" + bytes(200), b"x" * 70_000])
def test_what_is_no_http(cloud: LocalCloud, sent: bytes) -> None:
    """Ends the connection, such as a browser's that was led to https."""
    with socket.create_connection(("127.0.0.1", cloud.port), 10) as connection:
        connection.sendall(sent)
        with contextlib.suppress(ConnectionResetError):
            assert connection.recv(100) == b""


def test_a_connection_that_is_for_one(published: Published) -> None:
    """A head in pieces is waited for; another request for the API then gets nothing of it."""
    head = f"GET /{_KEY} HTTP/1.1\r\nHost: {published.domain}\r\n\r\n".encode()
    with socket.create_connection(("127.0.0.1", published.cloud.port), 10) as connection:
        connection.sendall(head[:20])
        time.sleep(0.05)
        connection.sendall(head[20:])
        assert connection.recv(20).startswith(b"HTTP/1.1 200")
    with socket.create_connection(("127.0.0.1", published.cloud.port), 10) as connection:
        connection.sendall(head + b"GET /_ministack/health HTTP/1.1\r\nHost: 127.0.0.1\r\nConnection: close\r\n\r\n")
        received = b"".join(iter(lambda: connection.recv(65536), b""))
    assert received.count(b"HTTP/1.1 ") == 2
    assert b"HTTP/1.1 403" in received


@pytest.mark.skipif(not Path("/proc/self/fd").exists(), reason="needs Linux")
def test_connections_that_end(cloud: LocalCloud) -> None:
    """Leave nothing open, on neither side, whoever ends them."""
    head = b"GET /_ministack/health HTTP/1.1\r\nHost: 127.0.0.1\r\n"

    def use(more: bytes, ends: bool) -> None:
        with socket.create_connection(("127.0.0.1", cloud.port), 10) as connection:
            connection.sendall(head + more + b"\r\n")
            if ends:
                connection.shutdown(socket.SHUT_WR)
            assert connection.recv(20).startswith(b"HTTP/1.1 200")

    def count() -> int:
        return len(os.listdir("/proc/self/fd"))

    use(b"", False)
    before = count()
    for _ in range(20):
        use(b"", False)
        use(b"Connection: close\r\n", False)
        use(b"", True)
    assert wait_until(lambda: count() < before + 5)


def test_it_listens_on_loopback_only(cloud: LocalCloud) -> None:
    """Another address of the loopback network is bound by a server that listens everywhere, and by no other."""
    with socket.socket() as other:
        other.settimeout(2)
        assert other.connect_ex(("127.0.0.2", cloud.port)) != 0


def test_it_ends_with_everything() -> None:
    """A connection that is open too; the port is free then, and the local AWS is gone."""
    port = reserve_port(0)
    with LocalCloud(port, environment=os.environ) as cloud:
        assert cloud.endpoint_url == f"http://127.0.0.1:{port}"
        process = cloud.process_id
        idle = socket.create_connection(("127.0.0.1", port), 10)
        client(cloud, "s3").list_buckets()
    idle.close()
    assert reserve_port(port) == port
    with pytest.raises(ProcessLookupError):
        os.kill(process, 0)
