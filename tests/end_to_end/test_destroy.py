"""The way out: everything is taken down, or the bucket stays and is used again."""

from __future__ import annotations

from typing import Any

from botocore.exceptions import ClientError

from tests.cli.observing import client, find_stack, outputs, stack_name
from tests.conftest import Program


def destroy(program: Program, *options: str) -> Any:
    """Delete the stack, and return what is printed."""
    return program.ok("destroy", "--yes", "--stack", stack_name(program), "--json", *options).json


def bucket_is_there(program: Program, bucket: str) -> bool:
    """Say whether there is a bucket of a name."""
    try:
        client(program, "s3").head_bucket(Bucket=bucket)
    except ClientError:
        return False
    return True


def publish_twice(program: Program) -> None:
    """Leave objects, earlier versions and delete markers."""
    program.ok("provision", "--yes")
    program.ok("deploy")
    (program.folder / "shop/static/css/app.css").write_text("body { color: red }\n")
    (program.folder / "shop/static/logo.svg").unlink()
    program.ok("deploy", "--delete", "--yes")


def test_everything_goes(program: Program) -> None:
    """Bucket, distribution and files; the app then serves itself."""
    publish_twice(program)
    made, stack = outputs(program), stack_name(program)
    report = destroy(program, "--empty-bucket")

    assert (report["stack"], report["status"], report["kept"], report["costs"]) == (stack, "DELETE_COMPLETE", [], [])
    assert {"Bucket", "Distribution", "BucketPolicy"} <= {item["logical_id"] for item in report["deleted"]}
    assert report["emptied"]["objects"] > 3
    assert report["emptied"]["versions"] > 2
    assert report["emptied"]["markers"] >= 1
    assert find_stack(program) is None
    assert not bucket_is_there(program, made["BucketName"])
    assert "CDN_DOMAIN = None\n" in (program.folder / "cdn_config.py").read_text()
    assert not (program.folder / "cdn_manifest.txt").exists()
    again = program.ok("destroy", "--yes", "--stack", stack, "--empty-bucket", "--json").json
    assert (again["status"], again["emptied"]["objects"], again["kept"]) == ("DELETE_COMPLETE", 0, [])


def test_a_bucket_that_stays_is_adopted(program: Program) -> None:
    """By the next stack of that project: what was published is there, and the stack changes as any other."""
    publish_twice(program)
    bucket, releases = outputs(program)["BucketName"], program.ok("releases", "--json").json["releases"]
    report = destroy(program)

    assert [(item["logical_id"], item["id"]) for item in report["kept"]] == [("Bucket", bucket)]
    assert [cost["name"] for cost in report["costs"]] == [bucket]
    assert report["emptied"] == dict.fromkeys(("objects", "versions", "markers", "bytes"), 0)
    preview = program.ok("provision", "--adopt", bucket, "--dry-run", "--json").json
    assert ("Bucket", "Import") in {(item["logical_id"], item["action"]) for item in preview["changes"]}
    assert find_stack(program) is None
    made = program.ok("provision", "--adopt", bucket, "--yes", "--json").json
    assert made["outputs"]["BucketName"] == bucket
    assert program.ok("releases", "--json").json["releases"] == releases
    program.ok("deploy")
    assert program.ok("provision", "--yes", "--json").json["changes"] == []
    settings = program.folder / "flask-cdn-stack.yml"
    settings.write_text(f"{settings.read_text()}bucket:\n  noncurrent_days: 3\n")
    program.ok("provision", "--yes")
    rules = client(program, "s3").get_bucket_lifecycle_configuration(Bucket=bucket)["Rules"]
    assert [rule["NoncurrentVersionExpiration"]["NoncurrentDays"] for rule in rules if "Noncurrent" in str(rule)] == [3]
    assert outputs(program)["BucketName"] == bucket
    assert destroy(program, "--empty-bucket")["kept"] == []
    assert not bucket_is_there(program, bucket)
