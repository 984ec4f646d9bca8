"""What settings name and no stack makes: buckets, a key, a web ACL, an OIDC provider, a certificate and its names.

Settings say ``{far}`` for the bucket of that name, which is made when it is first asked for. All of it has the suite's
names and tags, and goes with the rest.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping, Sequence
from string import Formatter
from typing import Any

from tests.live.account import Account
from tests.live.names import GLOBAL_REGION

#: Who plays no part in the suite, and has a name that nobody else gets (RFC 2606).
_STRANGER = "example.com"

#: Seconds that ACM may take to see a record, and to issue a certificate.
_ISSUE_PATIENCE = 1800


class Belongings:
    """What is there for settings to name, each made once."""

    def __init__(self, account: Account) -> None:
        self._account = account
        self._made: dict[str, str] = {}

    def __getitem__(self, name: str) -> str:
        if name not in self._made:
            self._made[name] = MAKERS[name](self._account)
        return self._made[name]

    def fill(self, value: Any) -> Any:
        """Return settings with the names of things in place of their braces."""
        if isinstance(value, Mapping):
            return {key: self.fill(inner) for key, inner in value.items()}
        if isinstance(value, list):
            return [self.fill(inner) for inner in value]
        return value.format_map(self) if isinstance(value, str) else value


def find_named(value: Any) -> set[str]:
    """Return the names of the things that settings name."""
    if isinstance(value, Mapping):
        return {name for inner in value.values() for name in find_named(inner)}
    if isinstance(value, list):
        return {name for inner in value for name in find_named(inner)}
    return {name for _, name, _, _ in Formatter().parse(value) if name} if isinstance(value, str) else set()


def make_bucket(account: Account, name: str, region: str) -> str:
    """Make a bucket of the user's own, in a region."""
    s3 = account.client("s3", region)
    # S3 takes us-east-1 for granted, and refuses to be told it (S3 API reference, "CreateBucket").
    place = {} if region == "us-east-1" else {"CreateBucketConfiguration": {"LocationConstraint": region}}
    s3.create_bucket(Bucket=name, **place)
    s3.put_bucket_tagging(Bucket=name, Tagging={"TagSet": account.tag_list})
    s3.put_bucket_versioning(Bucket=name, VersioningConfiguration={"Status": "Enabled"})
    return name


def _make_guarded_bucket(account: Account) -> str:
    """Make one that has a policy: nobody reads it without TLS."""
    name = make_bucket(account, account.name("guarded-bucket"), account.region)
    denial = {
        "Effect": "Deny",
        "Principal": "*",
        "Action": "s3:GetObject",
        "Resource": f"arn:aws:s3:::{name}/*",
        "Condition": {"Bool": {"aws:SecureTransport": "false"}},
    }
    account.client("s3", account.region).put_bucket_policy(Bucket=name, Policy=_document(denial))
    return name


def _make_key(account: Account) -> str:
    """Make a key with which the account's distributions may decrypt."""
    whole = {"AWS": f"arn:aws:iam::{account.number}:root"}
    distributions = {"aws:SourceArn": f"arn:aws:cloudfront::{account.number}:distribution/*"}
    policy = _document(
        {"Effect": "Allow", "Principal": whole, "Action": "kms:*", "Resource": "*"},
        {
            "Effect": "Allow",
            "Principal": {"Service": "cloudfront.amazonaws.com"},
            "Action": "kms:Decrypt",
            "Resource": "*",
            "Condition": {"ArnLike": distributions},
        },
    )
    tags = {**account.tags, "Name": account.name("key")}
    made = account.client("kms").create_key(
        Policy=policy, Tags=[{"TagKey": key, "TagValue": value} for key, value in tags.items()]
    )
    return str(made["KeyMetadata"]["Arn"])


def _make_acl(account: Account) -> str:
    """Make a web ACL that lets everything through."""
    name = account.name("acl")
    made = account.client("wafv2", GLOBAL_REGION).create_web_acl(
        Name=name,
        Scope="CLOUDFRONT",
        DefaultAction={"Allow": {}},
        VisibilityConfig={"SampledRequestsEnabled": False, "CloudWatchMetricsEnabled": False, "MetricName": name},
        Tags=account.tag_list,
    )
    return str(made["Summary"]["ARN"])


def _make_provider(account: Account) -> str:
    """Make an OIDC provider that issues nothing: an account has GitHub's own once, and may have it already.

    With a thumbprint IAM does not ask the issuer for one (IAM API reference, "CreateOpenIDConnectProvider").
    """
    made = account.client("iam").create_open_id_connect_provider(
        Url=f"https://{account.name('issuer')}.{_STRANGER}",
        ClientIDList=["sts.amazonaws.com"],
        ThumbprintList=["0" * 40],
        Tags=account.tag_list,
    )
    return str(made["OpenIDConnectProviderArn"])


def _make_certificate(account: Account) -> str:
    """Let ACM make a certificate for the names of the owner's domain, proved by records in its zone."""
    acm, names = account.client("acm", GLOBAL_REGION), [_name_host(account, part) for part in HOSTS]
    asked = {"ValidationMethod": "DNS", "Tags": account.tag_list}
    arn = acm.request_certificate(DomainName=names[0], SubjectAlternativeNames=names, **asked)["CertificateArn"]

    def read_proofs() -> list[dict[str, str]]:
        options = acm.describe_certificate(CertificateArn=arn)["Certificate"].get("DomainValidationOptions", ())
        found = [option["ResourceRecord"] for option in options if "ResourceRecord" in option]
        return found if len(found) == len(names) else []

    proofs = account.wait_for(read_proofs)
    assert proofs, f"ACM does not say how {arn} is proved"
    write_records(account, proofs)

    def is_issued() -> bool:
        return bool(acm.describe_certificate(CertificateArn=arn)["Certificate"]["Status"] == "ISSUED")

    assert account.wait_for(is_issued, _ISSUE_PATIENCE), f"ACM does not issue {arn}: is the domain's zone delegated to?"
    return str(arn)


def write_records(account: Account, records: Sequence[Mapping[str, str]]) -> None:
    """Write records, each a name, a type and a value, into the zone of the owner's domain."""
    changes = [
        {
            "Action": "UPSERT",
            "ResourceRecordSet": {
                "Name": record["Name"],
                "Type": record["Type"],
                "TTL": 60,
                "ResourceRecords": [{"Value": record["Value"]}],
            },
        }
        for record in records
    ]
    account.client("route53").change_resource_record_sets(
        HostedZoneId=_read_zone(account), ChangeBatch={"Changes": changes}
    )


def _name_host(account: Account, part: str) -> str:
    assert account.domain
    return f"{account.name(part)}.{account.domain.name}"


def _read_zone(account: Account) -> str:
    assert account.domain
    return account.domain.zone


def _host(part: str) -> Callable[[Account], str]:
    return lambda account: _name_host(account, part)


def _bucket(part: str, where: Callable[[Account], str]) -> Callable[[Account], str]:
    return lambda account: make_bucket(account, account.name(f"{part}-bucket"), where(account))


def _document(*statements: dict[str, Any]) -> str:
    return json.dumps({"Version": "2012-10-17", "Statement": statements})


#: Names below the owner's domain that the certificate is for.
HOSTS = ("one", "two", "three")

#: What only an owner has: a domain with its zone, and what is made there.
OWNED = {*HOSTS, "certificate", "zone"}

#: How each thing is made, by the name that stands in braces.
MAKERS: Mapping[str, Callable[[Account], str]] = {
    "elsewhere": lambda account: account.other_region,
    "far": _bucket("far", lambda account: account.other_region),
    "near": _bucket("near", lambda account: account.region),
    "guarded": _make_guarded_bucket,
    "key": _make_key,
    "acl": _make_acl,
    "provider": _make_provider,
    "certificate": _make_certificate,
    "zone": _read_zone,
    **{part: _host(part) for part in HOSTS},
}
