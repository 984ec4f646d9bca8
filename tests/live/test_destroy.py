"""The way out: a stack that leaves its bucket, another one that adopts it, and nothing left in the end."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from botocore.exceptions import ClientError

from tests.live.account import Account
from tests.live.roles import assume, make_role, wait_for_rights
from tests.live.sites import Site, make_site


def keep_bucket(site: Site) -> None:
    """Let the bucket outlive the stack, as it does where the settings do not say otherwise."""
    file = site.program.folder / "flask-cdn-stack.yml"
    file.write_text(json.dumps({**json.loads(file.read_text()), "bucket": {}}), "utf-8")


def is_there(site: Site, bucket: str) -> bool:
    """Say whether the bucket is."""
    try:
        site.account.client("s3").head_bucket(Bucket=bucket)
    except ClientError:
        return False
    return True


def destroy(site: Site, *options: str) -> Any:
    """Take the stack down as who has the printed rights for that, and no other."""
    account = site.account
    key = assume(account, make_role(account, "destroy", site.rights("destroy")))
    wait_for_rights(account, account.client("cloudformation", key=key).describe_stacks, StackName=site.stack)
    program = account.program(site.program.folder, key)
    return program.ok("destroy", "--yes", "--stack", site.stack, "--json", *options).json


def test_a_stack_that_leaves_its_bucket_and_one_that_adopts_it(account: Account, tmp_path: Path) -> None:
    """What was published is there again; with the second stack all of it goes."""
    site = make_site(account, tmp_path, "destroyed", {})
    keep_bucket(site)
    site.provision()
    site.deploy()
    bucket = site.outputs["BucketName"]
    left = destroy(site)

    assert left["status"] == "DELETE_COMPLETE"
    assert [item["id"] for item in left["kept"]] == [bucket]
    changes = site.program.ok("provision", "--adopt", bucket, "--yes", "--json").json["changes"]
    assert [item["action"] for item in changes if item["logical_id"] == "Bucket"] == ["Import"]
    assert site.outputs["BucketName"] == bucket
    assert site.provision()["changes"] == []
    assert site.deploy()["uploaded"] == []
    (path, *_) = site.paths
    assert site.view(path).status == 200
    gone = destroy(site, "--empty-bucket")
    assert (gone["kept"], gone["costs"]) == ([], [])
    assert gone["emptied"]["objects"] > 0
    assert not is_there(site, bucket)
