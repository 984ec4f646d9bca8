"""A bucket in another region than the stack, or than the session: each service is asked in its own."""

from __future__ import annotations

import json
from typing import Any

import pytest

from flask_cdn_stack.verify import fetch
from tests.cli.observing import assert_one_message, outputs
from tests.conftest import Program, write_files
from tests.end_to_end.published import cdn_host, connect
from tests.servers.clients import client_at

_STYLE = "static/css/app.css"


@pytest.fixture
def bucket(program: Program) -> str:
    """A bucket in eu-west-1, with versions and without a policy."""
    name = f"there-{program.folder.parent.name}".replace("_", "-").lower()[:60].rstrip("-")
    s3 = _client(program)
    s3.create_bucket(Bucket=name, CreateBucketConfiguration={"LocationConstraint": "eu-west-1"})
    s3.put_bucket_versioning(Bucket=name, VersioningConfiguration={"Status": "Enabled"})
    return name


def _client(program: Program) -> Any:
    return client_at(program.environment["AWS_ENDPOINT_URL"], "s3", "eu-west-1")


def _set(program: Program, settings: str) -> None:
    file = program.folder / "flask-cdn-stack.yml"
    file.write_text(f"{file.read_text()}assets: {{keep_releases: 1, keep_days: 0}}\n{settings}\n")


def _publish_twice_and_return(program: Program) -> None:
    """Go through every command that asks the bucket."""
    assert program("deploy", "--dry-run", "--exit-code").exit_code == 3
    program.ok("deploy", "--wait")
    write_files(program.folder, {f"shop/{_STYLE}": "body { color: teal }\n", "shop/static/new.js": "1"})
    assert program.ok("deploy", "--verify-remote", "--json").json["requests"]["GetObject"]
    assert program("rollback", "--dry-run", "--exit-code").exit_code == 3
    assert program.ok("rollback", "--yes", "--json").json["restored"] == [{"key": _STYLE, "bytes": 22}]
    assert len(program.ok("releases", "--json").json["releases"]) == 3
    assert program.ok("prune", "--yes", "--json").json["deleted"] == ["static/new.js"]
    assert "CDN_DOMAIN" in program.ok("config").stdout


def test_an_existing_bucket(program: Program, bucket: str) -> None:
    """Is provisioned with, deployed to and gone back in, and the distribution fetches from it."""
    _set(program, f"region: us-east-1\nbucket: {{existing: {bucket}, region: eu-west-1}}")
    first = program.ok("provision", "--yes")
    statements, _ = json.JSONDecoder().raw_decode(first.stderr.partition("add them to it:\n")[2])
    document = json.dumps({"Version": "2012-10-17", "Statement": statements})
    _client(program).put_bucket_policy(Bucket=bucket, Policy=document)

    assert f"The policy of the bucket {bucket} lets" in program.ok("provision", "--dry-run").stderr
    assert outputs(program)["BucketName"] == bucket
    _publish_twice_and_return(program)
    answer = fetch(f"http://{cdn_host(program)}/{_STYLE}", connect(program).connect_address)
    assert (answer.status, answer.body) == (200, b"body { color: black }\n")


def test_a_target(program: Program, bucket: str) -> None:
    """Says where its bucket is, whatever region the session has."""
    program.ok("provision", "--yes")
    distribution = outputs(program)["DistributionId"]
    _set(
        program,
        f"target: {{bucket: {bucket}, domain: cdn.example, distribution_id: {distribution}, region: eu-west-1}}",
    )

    _publish_twice_and_return(program)
    result = program("deploy", "--region", "us-west-2")
    assert "the bucket is in target.region, eu-west-1" in result.stderr


def test_a_policy_in_another_region(program: Program, bucket: str) -> None:
    """Cannot be the stack's, whichever way its region is known; the two statements are printed instead."""
    _set(program, f"bucket: {{existing: {bucket}, region: eu-west-1, manage_policy: true}}")
    words = ("bucket.manage_policy: true is for a bucket in the stack's region, us-east-1,", "lies in eu-west-1")

    assert_one_message(program("provision", "--yes"), 2, *words)
    assert_one_message(program("provision", "--yes", "--region", "us-east-1"), 2, *words)
    assert program("provision", "--dry-run", "--region", "eu-west-1").exit_code == 0
