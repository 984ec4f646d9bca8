"""What the suite has made in an account and is still there, found by name and by tag.

A thing counts where its name is one of the suite's, and it carries the suite's tag with the run that its name has. Of
two kinds the name alone must do: what cannot be tagged (CloudFront's access controls, policies and functions, policies
of IAM that CloudFormation makes, and records of DNS), and a stack in review, which holds nothing.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator
from typing import Any, NamedTuple

from botocore.exceptions import ClientError

from tests.live.account import Account
from tests.live.names import GLOBAL_REGION, PREFIX, is_ours, is_tagged

# What ACM puts before a name that is to be proved (ACM user guide, "DNS validation").
_PROOF = re.compile(r"^_[^.]+\.")

_COMMENT = f"Static files of the stack {PREFIX}"


class Leftover(NamedTuple):
    """Something of the suite's: its kind, its name, and what AWS calls it, in a region."""

    kind: str
    name: str
    id: str
    region: str = ""

    def __str__(self) -> str:
        return f"{self.kind} {self.name}"


def find_leftovers(account: Account) -> Iterator[Leftover]:
    """Find everything, in the order in which it can go."""
    for find in (
        find_stacks,
        find_distributions,
        find_policies,
        find_buckets,
        find_roles,
        find_providers,
        find_keys,
        find_acls,
        find_certificates,
        find_records,
    ):
        yield from find(account)


def find_stacks(account: Account) -> Iterator[Leftover]:
    """Find stacks."""
    for region in account.regions:
        for page in account.client("cloudformation", region).get_paginator("describe_stacks").paginate():
            for stack in page["Stacks"]:
                name, state = stack["StackName"], stack["StackStatus"]
                tagged = is_tagged(_tags(stack.get("Tags", ())), name)
                if state != "DELETE_COMPLETE" and is_ours(name) and (tagged or state == "REVIEW_IN_PROGRESS"):
                    yield Leftover("stack", name, stack["StackId"], region)


def find_distributions(account: Account) -> Iterator[Leftover]:
    """Find distributions, by the stack that their comment names."""
    cloudfront = account.client("cloudfront")
    for page in cloudfront.get_paginator("list_distributions").paginate():
        for item in page["DistributionList"].get("Items", ()):
            if item["Comment"].startswith(_COMMENT):
                name = item["Comment"].rpartition(" ")[2]
                tags = cloudfront.list_tags_for_resource(Resource=item["ARN"])["Tags"].get("Items", ())
                if is_tagged(_tags(tags), name):
                    yield Leftover("distribution", name, item["Id"])


def find_policies(account: Account) -> Iterator[Leftover]:
    """Find what a distribution refers to."""
    for kind, (method, listed, read) in _REFERRED.items():
        for item in _list_all(getattr(account.client("cloudfront"), method), listed):
            name, found = read(item)
            if is_ours(name):
                yield Leftover(kind, name, found)


def find_buckets(account: Account) -> Iterator[Leftover]:
    """Find buckets, each with its region."""
    s3 = account.client("s3")
    for bucket in s3.list_buckets()["Buckets"]:
        if is_ours(name := bucket["Name"]):
            region = s3.get_bucket_location(Bucket=name).get("LocationConstraint") or "us-east-1"
            if is_tagged(_ask_tags(account.client("s3", region).get_bucket_tagging, Bucket=name), name):
                yield Leftover("bucket", name, name, region)


def find_roles(account: Account) -> Iterator[Leftover]:
    """Find roles and policies of IAM."""
    iam = account.client("iam")
    for page in iam.get_paginator("list_roles").paginate():
        for role in page["Roles"]:
            name = role["RoleName"]
            if is_ours(name) and is_tagged(_ask_tags(iam.list_role_tags, RoleName=name), name):
                yield Leftover("role", name, name)
    for page in iam.get_paginator("list_policies").paginate(Scope="Local"):
        yield from (Leftover("policy", p["PolicyName"], p["Arn"]) for p in page["Policies"] if is_ours(p["PolicyName"]))


def find_providers(account: Account) -> Iterator[Leftover]:
    """Find OIDC providers, by the issuer's host."""
    iam = account.client("iam")
    for provider in iam.list_open_id_connect_providers()["OpenIDConnectProviderList"]:
        arn = provider["Arn"]
        name = arn.partition("oidc-provider/")[2]
        if is_ours(name):
            tags = _ask_tags(iam.get_open_id_connect_provider, OpenIDConnectProviderArn=arn)
            if is_tagged(tags, name):
                yield Leftover("OIDC provider", name, arn)


def find_keys(account: Account) -> Iterator[Leftover]:
    """Find keys that are not to be deleted yet: by the stack that CloudFormation's own tag names, or by their name."""
    kms = account.client("kms")
    for page in kms.get_paginator("list_keys").paginate():
        for key in page["Keys"]:
            tags = _ask_tags(kms.list_resource_tags, KeyId=key["KeyId"])
            name = tags.get("aws:cloudformation:stack-name") or tags.get("Name", "")
            if is_ours(name) and is_tagged(tags, name) and not _is_doomed(kms, key["KeyId"]):
                yield Leftover("key", name, key["KeyId"])


def find_acls(account: Account) -> Iterator[Leftover]:
    """Find web ACLs for CloudFront; an account has no more than a page of them (AWS WAF quotas)."""
    wafv2 = account.client("wafv2", GLOBAL_REGION)
    for acl in wafv2.list_web_acls(Scope="CLOUDFRONT", Limit=100)["WebACLs"]:
        if is_ours(name := acl["Name"]):
            tags = wafv2.list_tags_for_resource(ResourceARN=acl["ARN"])["TagInfoForResource"]["TagList"]
            if is_tagged(_tags(tags), name):
                yield Leftover("web ACL", name, acl["Id"])


def find_certificates(account: Account) -> Iterator[Leftover]:
    """Find certificates for CloudFront, by the first of their names."""
    acm = account.client("acm", GLOBAL_REGION)
    for page in acm.get_paginator("list_certificates").paginate():
        for certificate in page["CertificateSummaryList"]:
            name, arn = certificate["DomainName"], certificate["CertificateArn"]
            if is_ours(name) and is_tagged(_ask_tags(acm.list_tags_for_certificate, CertificateArn=arn), name):
                yield Leftover("certificate", name, arn)


def find_records(account: Account) -> Iterator[Leftover]:
    """Find records of DNS in every zone: of the suite's names, and those that prove whose these are."""
    route53 = account.client("route53")
    for zones in route53.get_paginator("list_hosted_zones").paginate():
        for zone in zones["HostedZones"]:
            pages = route53.get_paginator("list_resource_record_sets").paginate(HostedZoneId=zone["Id"])
            for record in (record for page in pages for record in page["ResourceRecordSets"]):
                if is_ours(_PROOF.sub("", record["Name"])):
                    yield Leftover(f"{record['Type']} record", record["Name"], zone["Id"])


def _is_doomed(kms: Any, key: str) -> bool:
    return bool(kms.describe_key(KeyId=key)["KeyMetadata"]["KeyState"] == "PendingDeletion")


def _ask_tags(ask: Callable[..., Any], **asked: str) -> dict[str, str]:
    """Return the tags of something: none where it has none, is gone, or is not ours to ask after."""
    try:
        answer = ask(**asked)
    except ClientError:
        return {}
    return _tags(answer.get("TagSet", answer.get("Tags", ())))


def _tags(tags: Iterable[dict[str, str]]) -> dict[str, str]:
    return {tag.get("Key", tag.get("TagKey", "")): tag.get("Value", tag.get("TagValue", "")) for tag in tags}


def _list_all(method: Callable[..., Any], listed: str) -> Iterator[dict[str, Any]]:
    marker: dict[str, str] = {}
    while True:
        found = method(**marker)[listed]
        yield from found.get("Items", ())
        if not found.get("NextMarker"):
            return
        marker = {"Marker": found["NextMarker"]}


_Reader = Callable[[dict[str, Any]], tuple[str, str]]


def _read_policy(kind: str) -> _Reader:
    return lambda item: (item[kind][f"{kind}Config"]["Name"], item[kind]["Id"])


#: By kind: how it is listed, under which key, and how an item is read as a name and an id.
_REFERRED: dict[str, tuple[str, str, _Reader]] = {
    "access control": (
        "list_origin_access_controls",
        "OriginAccessControlList",
        lambda item: (item["Name"], item["Id"]),
    ),
    "cache policy": ("list_cache_policies", "CachePolicyList", _read_policy("CachePolicy")),
    "headers policy": (
        "list_response_headers_policies",
        "ResponseHeadersPolicyList",
        _read_policy("ResponseHeadersPolicy"),
    ),
    "function": ("list_functions", "FunctionList", lambda item: (item["Name"], item["Name"])),
}
