"""Take away what the suite has made, and nothing else: ``python -m tests.live.sweep --aws``.

It runs at the start and at the end of each run, and by hand after one that was killed. What another run is using goes
too: an account has one at a time.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Callable, Collection, Iterable, Iterator, Sequence
from typing import Any

from botocore.exceptions import BotoCoreError, ClientError

from tests.live.account import Account, LocalAccount, open_real
from tests.live.leftovers import (
    Leftover,
    find_acls,
    find_buckets,
    find_certificates,
    find_distributions,
    find_keys,
    find_leftovers,
    find_policies,
    find_providers,
    find_records,
    find_roles,
    find_stacks,
)
from tests.live.names import GLOBAL_REGION, new_run

Say = Callable[[str], object]


def sweep(account: Account, say: Say) -> None:
    """Take everything away, and say of each thing that it goes.

    :raises AssertionError: something stays.
    """
    if not (found := list(find_leftovers(account))):
        return
    for leftover in found:
        say(f"Taking away the {leftover}")
    for _ in range(2):  # a stack stays while a distribution of another uses its policies, or its bucket got a log
        _delete_stacks(account)
        _delete_distributions(account)
    for find, remove in _REMOVALS:
        for leftover in find(account):
            remove(account, leftover)
    kept = [str(leftover) for leftover in find_leftovers(account)]
    assert not kept, f"These stay: {', '.join(kept)}"


def between_sweeps(account: Account, say: Say) -> Iterator[Account]:
    """Give an account with nothing of the suite's in it, and leave nothing."""
    sweep(account, say)
    yield account
    sweep(account, say)


def _delete_stacks(account: Account) -> None:
    """Delete every stack at once: each takes minutes, most of them for its distribution."""
    stacks = list(find_stacks(account))
    for leftover in find_buckets(account) if stacks else ():
        _empty(account, leftover)
    for stack in stacks:
        account.client("cloudformation", stack.region).delete_stack(StackName=stack.id)
    _wait(account, lambda: all(_has_ended(account, stack) for stack in stacks))


def _has_ended(account: Account, stack: Leftover) -> bool:
    try:
        described = account.client("cloudformation", stack.region).describe_stacks(StackName=stack.id)["Stacks"]
    except ClientError as error:
        if "does not exist" in str(error):
            return True
        raise
    return described[0]["StackStatus"] in ("DELETE_COMPLETE", "DELETE_FAILED")


def _delete_distributions(account: Account) -> None:
    """Disable those that no stack takes with it, wait until that is known everywhere, and delete them."""
    cloudfront = account.client("cloudfront")
    found = [leftover.id for leftover in find_distributions(account)]
    for name in found:
        answer = cloudfront.get_distribution_config(Id=name)
        config = answer["DistributionConfig"]
        if config["Enabled"]:
            disabled = {**config, "Enabled": False}
            cloudfront.update_distribution(Id=name, DistributionConfig=disabled, IfMatch=answer["ETag"])
    _wait(account, lambda: _are_deployed(cloudfront, found))
    for name in found:
        cloudfront.delete_distribution(Id=name, IfMatch=cloudfront.get_distribution(Id=name)["ETag"])


def _are_deployed(cloudfront: Any, names: Collection[str]) -> bool:
    return all(cloudfront.get_distribution(Id=name)["Distribution"]["Status"] == "Deployed" for name in names)


def _delete_referred(account: Account, leftover: Leftover) -> None:
    """Delete what a distribution referred to; the ETag is asked for first."""
    cloudfront, kind = account.client("cloudfront"), leftover.kind.replace(" ", "_")
    ask, delete, name = {
        "access_control": ("get_origin_access_control", "delete_origin_access_control", "Id"),
        "cache_policy": ("get_cache_policy", "delete_cache_policy", "Id"),
        "headers_policy": ("get_response_headers_policy", "delete_response_headers_policy", "Id"),
        "function": ("describe_function", "delete_function", "Name"),
    }[kind]
    etag = getattr(cloudfront, ask)(**{name: leftover.id})["ETag"]
    getattr(cloudfront, delete)(**{name: leftover.id, "IfMatch": etag})


def _empty(account: Account, bucket: Leftover) -> None:
    """Delete every version and every delete marker."""
    s3 = account.client("s3", bucket.region)
    for page in s3.get_paginator("list_object_versions").paginate(Bucket=bucket.id):
        doomed = [*page.get("Versions", ()), *page.get("DeleteMarkers", ())]
        objects = [{"Key": item["Key"], "VersionId": item["VersionId"]} for item in doomed]
        if objects:
            s3.delete_objects(Bucket=bucket.id, Delete={"Objects": objects, "Quiet": True})


def _delete_bucket(account: Account, bucket: Leftover) -> None:
    """Empty and delete a bucket, again where a log came in between."""

    def delete() -> None:
        _empty(account, bucket)
        account.client("s3", bucket.region).delete_bucket(Bucket=bucket.id)

    _delete_unused(account, delete, "BucketNotEmpty")


def _delete_role(account: Account, role: Leftover) -> None:
    iam = account.client("iam")
    if role.kind == "policy":
        iam.delete_policy(PolicyArn=role.id)
        return
    for policy in iam.list_role_policies(RoleName=role.id)["PolicyNames"]:
        iam.delete_role_policy(RoleName=role.id, PolicyName=policy)
    iam.delete_role(RoleName=role.id)


def _delete_key(account: Account, key: Leftover) -> None:
    # A week is the shortest time; a key that is to be deleted costs nothing (KMS API reference, "ScheduleKeyDeletion").
    account.client("kms").schedule_key_deletion(KeyId=key.id, PendingWindowInDays=7)


def _delete_provider(account: Account, provider: Leftover) -> None:
    account.client("iam").delete_open_id_connect_provider(OpenIDConnectProviderArn=provider.id)


def _delete_acl(account: Account, acl: Leftover) -> None:
    wafv2, named = account.client("wafv2", GLOBAL_REGION), {"Name": acl.name, "Id": acl.id, "Scope": "CLOUDFRONT"}

    def delete() -> None:
        wafv2.delete_web_acl(**named, LockToken=wafv2.get_web_acl(**named)["LockToken"])

    _delete_unused(account, delete, "WAFAssociatedItemException")


def _delete_certificate(account: Account, certificate: Leftover) -> None:
    acm = account.client("acm", GLOBAL_REGION)
    _delete_unused(account, lambda: acm.delete_certificate(CertificateArn=certificate.id), "ResourceInUseException")


def _delete_unused(account: Account, delete: Callable[[], object], in_use: str) -> None:
    """Delete something, and try again while its service says that it is in use, or not empty."""

    def is_gone() -> bool:
        try:
            delete()
        except ClientError as error:
            if error.response["Error"]["Code"] != in_use:
                raise
            return False
        return True

    account.wait_for(is_gone)


def _delete_record(account: Account, record: Leftover) -> None:
    """Delete a record of DNS; Route 53 wants to be told all of it."""
    route53, kind = account.client("route53"), record.kind.partition(" ")[0]
    asked = {"StartRecordName": record.name, "StartRecordType": kind, "MaxItems": "1"}
    (found,) = route53.list_resource_record_sets(HostedZoneId=record.id, **asked)["ResourceRecordSets"]
    changes = [{"Action": "DELETE", "ResourceRecordSet": found}]
    route53.change_resource_record_sets(HostedZoneId=record.id, ChangeBatch={"Changes": changes})


_REMOVALS: tuple[tuple[Callable[[Account], Iterable[Leftover]], Callable[[Account, Leftover], None]], ...] = (
    (find_policies, _delete_referred),
    (find_roles, _delete_role),
    (find_providers, _delete_provider),
    (find_keys, _delete_key),
    (find_buckets, _delete_bucket),
    (find_acls, _delete_acl),
    (find_certificates, _delete_certificate),
    (find_records, _delete_record),
)


def _wait(account: Account, is_done: Callable[[], bool]) -> None:
    assert account.wait_for(is_done, account.stack_patience), "What is to go is still being deleted"


def main(arguments: Sequence[str]) -> int:
    """Sweep the account that the options name."""
    parser = argparse.ArgumentParser("python -m tests.live.sweep", description=__doc__)
    where = parser.add_mutually_exclusive_group(required=True)
    where.add_argument("--aws", action="store_true", help="Sweep a real account.")
    where.add_argument("--endpoint-url", help="Sweep a local AWS on loopback.")
    parser.add_argument("--aws-region", default="us-east-1", help="The region that the suite ran in.")
    parser.add_argument("--aws-profile", help="The profile with the credentials.")
    parser.add_argument("--dry-run", action="store_true", help="Only say what is there.")
    options = parser.parse_args(arguments)
    try:
        account = _open_account(options)
        if options.dry_run:
            print(*find_leftovers(account), sep="\n")
        else:
            sweep(account, print)
    except (AssertionError, BotoCoreError, ClientError, ValueError) as error:
        print(f"Error: {error}", file=sys.stderr)
        return 1
    return 0


def _open_account(options: argparse.Namespace) -> Account:
    if options.aws:
        return open_real(options.aws_region, options.aws_profile)
    return LocalAccount(run=new_run(), endpoint_url=options.endpoint_url)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
