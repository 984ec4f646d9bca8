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
