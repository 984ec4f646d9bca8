"""A user with nothing but the generated policy: what it is enough for, and what it is not.

MiniStack judges what is asked of S3, CloudFront and CloudFormation with a user's own policies. Not on trial here is
what it does not judge: KMS, and what CloudFormation does in a user's name.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

from botocore.exceptions import ClientError

from ..conftest import Program, Result
from .conftest import Account


def work(program: Program, style: str) -> str:
    """Deploy twice, look, roll back, prune; return what was refused, or nothing."""
    sheet = program.folder / "shop/static/css/app.css"
    steps: list[tuple[str, ...]] = [
        ("deploy",),
        ("deploy",),
        ("releases",),
        ("rollback", "--yes"),
        ("prune", "--yes"),
        ("status",),
        ("verify",),
    ]
    for number, step in enumerate(steps):
        sheet.write_text(f"body {{ color: {style}; margin: {number}px }}\n", "utf-8")
        result = program(*step)
        if result.exit_code:
            return result.stderr
    return ""


def test_it_is_enough(account: Account, tmp_path: Path) -> None:
    """For everything that who deploys does."""
    assert work(account.user(tmp_path / "project", account.statements), "green") == ""


def test_every_statement_is_needed(account: Account, tmp_path: Path) -> None:
    """Without any one of them something is denied."""
    assert {statement["Sid"] for statement in account.statements} == {
        "ListFiles",
        "PublishFiles",
        "InvalidateFiles",
        "ReadDistribution",
        "ReadStack",
    }
    for statement in account.statements:
        others = tuple(other for other in account.statements if other is not statement)
        sid = statement["Sid"]
        refusal = work(account.user(tmp_path / sid, others), sid)
        assert "AWS denied" in refusal, f"{sid} is not needed: {refusal}"


Ask = Callable[[Any, dict[str, str]], object]

ELSEWHERE: dict[str, tuple[str, Ask]] = {
    "another prefix, write": ("s3", lambda s3, own: s3.put_object(Bucket=own["BucketName"], Key="other/a", Body=b"")),
    "another prefix, read": ("s3", lambda s3, own: s3.get_object(Bucket=own["BucketName"], Key="other/secret")),
    "another prefix, delete": ("s3", lambda s3, own: s3.delete_object(Bucket=own["BucketName"], Key="other/secret")),
    "another prefix, list": ("s3", lambda s3, own: s3.list_objects_v2(Bucket=own["BucketName"], Prefix="other/")),
    "the whole bucket, list": ("s3", lambda s3, own: s3.list_objects_v2(Bucket=own["BucketName"])),
    "a shorter prefix, list": ("s3", lambda s3, own: s3.list_objects_v2(Bucket=own["BucketName"], Prefix="shop/")),
    "the whole bucket, list versions": ("s3", lambda s3, own: s3.list_object_versions(Bucket=own["BucketName"])),
    "a prefix that begins alike": (
        "s3",
        lambda s3, own: s3.put_object(Bucket=own["BucketName"], Key="shop/live2/a", Body=b""),
    ),
    "another bucket, write": ("s3", lambda s3, own: s3.put_object(Bucket="foreign", Key="shop/live/a", Body=b"")),
    "the bucket's policy": ("s3", lambda s3, own: s3.delete_bucket_policy(Bucket=own["BucketName"])),
    "another distribution": (
        "cloudfront",
        lambda cloudfront, own: cloudfront.create_invalidation(
            DistributionId="E0000000000000",
            InvalidationBatch={"Paths": {"Quantity": 1, "Items": ["/*"]}, "CallerReference": "other"},
        ),
    ),
    "the distribution itself": (
        "cloudfront",
        lambda cloudfront, own: cloudfront.delete_distribution(Id=own["DistributionId"], IfMatch="x"),
    ),
    "another stack": ("cloudformation", lambda stacks, own: stacks.describe_stacks(StackName="other-cdn")),
    "the stack itself": ("cloudformation", lambda stacks, own: stacks.delete_stack(StackName="guarded-cdn")),
    "users": ("iam", lambda iam, own: iam.list_users()),
}


def test_it_is_good_for_nothing_else(account: Account, tmp_path: Path) -> None:
    """Neither for other places in the bucket, nor for other buckets, distributions and stacks, nor for its own."""
    root = account.client("s3")
    root.create_bucket(Bucket="foreign")
    root.put_object(Bucket=account.outputs["BucketName"], Key="other/secret", Body=b"")
    user = account.user(tmp_path / "project", account.statements)

    allowed = []
    for name, (service, ask) in ELSEWHERE.items():
        try:
            ask(account.client(service, user), account.outputs)
        except ClientError as error:
            if error.response["Error"]["Code"] in {"AccessDenied", "AccessDeniedException", "UnauthorizedOperation"}:
                continue
        allowed.append(name)
    assert allowed == []


def remove_versions(account: Account, prefix: str, **limits: bool) -> None:
    """Remove versions below a prefix as who may do everything, and delete markers."""
    s3, bucket = account.client("s3"), account.outputs["BucketName"]
    for page in s3.get_paginator("list_object_versions").paginate(Bucket=bucket, Prefix=prefix):
        for item in [*page.get("Versions", ()), *page.get("DeleteMarkers", ())]:
            if all(item[name] is value for name, value in limits.items()):
                s3.delete_object(Bucket=bucket, Key=item["Key"], VersionId=item["VersionId"])


def test_an_empty_prefix(account: Account, tmp_path: Path) -> None:
    """The first deploy asks once more, as S3 does not say to this user that there is no record yet."""
    remove_versions(account, "shop/live/")
    user = account.user(tmp_path / "project", account.statements)

    assert user.ok("releases", "--json").json["releases"] == []
    first = user.ok("deploy", "--json").json
    assert {name: first["requests"][name] for name in ("GetObject", "ListObjectsV2")} == {
        "GetObject": 1,
        "ListObjectsV2": 2,
    }
    assert user.ok("deploy", "--json").json["requests"] == {"GetObject": 1}


def test_a_version_that_is_gone(account: Account, tmp_path: Path) -> None:
    """Is told from one that is denied: a rollback to it is refused."""
    remove_versions(account, "shop/live/")
    user = account.user(tmp_path / "project", account.statements)
    for color in ("red", "blue"):
        (user.folder / "shop/static/css/app.css").write_text(f"body {{ color: {color} }}\n", "utf-8")
        user.ok("deploy")
    remove_versions(account, "shop/live/static/css/app.css", IsLatest=False)
    refused = user("rollback", "--yes")

    assert refused.exit_code == 4, refused.stderr
    assert "static/css/app.css" in refused.stderr
    assert "AWS denied" not in refused.stderr


# MiniStack does not see which stack a change set belongs to that is named by its id, and asks for every resource.
BY_ID = {
    "Sid": "ChangeSetsById",
    "Effect": "Allow",
    "Action": [f"cloudformation:{verb}ChangeSet" for verb in ("Describe", "Execute", "Delete")],
    "Resource": "*",
}


def provision_statements(account: Account, stack: str, command: str = "provision") -> tuple[dict[str, Any], ...]:
    text = account.root.ok("template", "--policy", command).stdout
    text = text.replace("REGION", "us-east-1").replace("ACCOUNT", "000000000000").replace("guarded-cdn", stack)
    return tuple(json.loads(text)["Statement"])


def provision(user: Program, stack: str, *options: str) -> Result:
    settings = user.folder / "flask-cdn-stack.yml"
    settings.write_text(settings.read_text("utf-8").replace("guarded-cdn", stack), "utf-8")
    return user("provision", *(options or ["--yes"]))


def test_provision_policy_is_enough(account: Account, tmp_path: Path) -> None:
    """For a stack of the name that it is for, and for no other; and for a dry run, which leaves nothing."""
    user = account.user(tmp_path / "project", (*provision_statements(account, "fresh-cdn"), BY_ID))
    preview = provision(user, "fresh-cdn", "--dry-run")
    assert preview.exit_code == 0, preview.stderr
    assert "stays as it is" not in preview.stderr
    result = provision(user, "fresh-cdn")
    assert result.exit_code == 0, result.stderr

    settings = user.folder / "flask-cdn-stack.yml"
    settings.write_text(settings.read_text("utf-8").replace("fresh-cdn", "other-cdn"), "utf-8")
    refused = user("provision", "--yes")
    assert refused.exit_code != 0
    assert "AWS denied cloudformation:" in refused.stderr


def test_destroy_policy_is_enough(account: Account, tmp_path: Path) -> None:
    """To take a stack down with all that was published, and to do nothing else."""
    makes = account.user(tmp_path / "makes/project", (*provision_statements(account, "brief-cdn"), BY_ID))
    made = provision(makes, "brief-cdn")
    assert made.exit_code == 0, made.stderr
    settings = (makes.folder / "flask-cdn-stack.yml").read_text("utf-8")
    (account.root.folder / "brief.yml").write_text(settings, "utf-8")
    account.root.ok("deploy", "--settings", "brief.yml")
    user = account.user(tmp_path / "project", provision_statements(account, "brief-cdn", "destroy"))
    (user.folder / "flask-cdn-stack.yml").write_text(settings, "utf-8")

    (user.folder / "changed.yml").write_text(f"{settings}query_strings: [c]\n", "utf-8")
    assert "AWS denied cloudformation:CreateChangeSet" in user("provision", "--dry-run", "-c", "changed.yml").stderr
    done = user("destroy", "--yes", "--stack", "brief-cdn", "--empty-bucket", "--json")
    assert done.exit_code == 0, done.stderr
    assert (done.json["kept"], done.json["status"]) == ([], "DELETE_COMPLETE")
    assert done.json["emptied"]["objects"] > 3
