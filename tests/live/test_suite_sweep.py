"""The sweep: what a killed run left goes, whatever kind it is of, and what only looks like it stays."""

from __future__ import annotations

import json
import subprocess
import sys
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.conftest import ROOT, program_environment
from tests.live.account import Account, LocalAccount, open_local, start_local
from tests.live.belongings import MAKERS, Belongings, write_records
from tests.live.leftovers import find_leftovers
from tests.live.names import GLOBAL_REGION, PREFIX, TAG
from tests.live.roles import make_role
from tests.live.sites import CONFIGURATIONS, Site, make_site
from tests.live.sweep import between_sweeps, main
from tests.live.test_suite import EVERYTHING
from tests.local.published_site import template
from tests.servers.forward_proxy import ForwardProxy


@pytest.fixture(scope="module")
def other() -> Iterator[LocalAccount]:
    """An account with nothing in it."""
    with start_local() as aws:
        yield open_local(aws.endpoint_url, "0badcafe")


class TestSweep:
    """Taking away what a run left that was killed."""

    @pytest.mark.long
    def test_what_a_killed_run_left(
        self, other: LocalAccount, tmp_path: Path, capsys: pytest.CaptureFixture[str]
    ) -> None:
        """Goes, whatever kind it is of; what only looks like it stays."""
        site = make_site(other, tmp_path, "kms", CONFIGURATIONS["kms"])
        site.provision()
        other.client("s3").put_object(Bucket=site.outputs["BucketName"], Key="file", Body=b"")
        leave_open(other)
        make_role(other, "role", EVERYTHING)
        make_tagged_bucket(other, other.name("own.example.com"), {TAG: other.run})
        belongings = Belongings(other)
        assert all(belongings[name] for name in MAKERS)
        make_loose_distribution(other, site, belongings)
        strangers = make_strangers(other)
        found = list(find_leftovers(other))
        assert Counter(leftover.kind for leftover in found) == {
            "stack": 2,
            "distribution": 2,
            "access control": 1,
            "cache policy": 1,
            "headers policy": 1,
            "bucket": 5,
            "role": 1,
            "OIDC provider": 1,
            "key": 2,
            "web ACL": 1,
            "certificate": 1,
            "CNAME record": 3,
            "A record": 1,
        }

        listed = [str(leftover) for leftover in found]
        assert main(["--endpoint-url", other.endpoint_url, "--dry-run"]) == 0
        assert capsys.readouterr().out.splitlines() == listed
        assert run_sweep(other).splitlines() == [f"Taking away the {leftover}" for leftover in listed]

        assert list(find_leftovers(other)) == []
        assert find_strangers(other) == strangers

    @pytest.mark.long
    def test_a_run_begins_and_ends_with_it(self, other: LocalAccount) -> None:
        """So that what a killed run left goes with the next one."""
        said: list[str] = []
        make_role(other, "earlier", EVERYTHING)
        run = between_sweeps(other, said.append)
        assert list(find_leftovers(next(run))) == []
        make_role(other, "later", EVERYTHING)
        assert next(run, None) is None

        assert list(find_leftovers(other)) == []
        assert said == [f"Taking away the role {other.name(part)}" for part in ("earlier", "later")]

    def test_it_must_be_told_where(self, capsys: pytest.CaptureFixture[str]) -> None:
        """Without an account, or without credentials for one, nobody is asked."""
        with pytest.raises(SystemExit):
            main([])
        assert main(["--endpoint-url", "https://s3.amazonaws.com"]) == 1
        assert "is not on loopback" in capsys.readouterr().err
        with ForwardProxy({}) as proxy:
            result = sweep_process("--aws", HTTPS_PROXY=f"http://{proxy.address}")
            assert result.returncode == 1
            assert result.stderr == "Error: Unable to locate credentials\n"
            assert proxy.log == []


def run_sweep(account: LocalAccount) -> str:
    """Sweep a local account in a process of its own, and return what it said."""
    result = sweep_process("--endpoint-url", account.endpoint_url)
    assert result.returncode == 0, result.stderr
    return result.stdout


def sweep_process(*arguments: str, **variables: str) -> subprocess.CompletedProcess[str]:
    """Run the sweep as a user does."""
    command = [sys.executable, "-m", "tests.live.sweep", *arguments]
    environment = {**program_environment(None), **variables}
    return subprocess.run(command, cwd=ROOT, env=environment, capture_output=True, text=True, check=False)


def leave_open(account: Account) -> None:
    """Leave a change set whose stack was never made."""
    account.client("cloudformation").create_change_set(
        StackName=account.name("review"),
        ChangeSetName="left",
        ChangeSetType="CREATE",
        TemplateBody=json.dumps(template()),
        Tags=account.tag_list,
    )


def make_loose_distribution(account: Account, site: Site, belongings: Belongings) -> None:
    """Make a distribution that no stack takes with it, which uses what else there is, and has a record."""
    cloudfront = account.client("cloudfront")
    config = cloudfront.get_distribution_config(Id=site.outputs["DistributionId"])["DistributionConfig"]
    certificate = {"ACMCertificateArn": belongings["certificate"], "SSLSupportMethod": "sni-only"}
    loose = {"CallerReference": "loose", "WebACLId": belongings["acl"], "ViewerCertificate": certificate}
    tagged = {"DistributionConfig": {**config, **loose}, "Tags": {"Items": account.tag_list}}
    cloudfront.create_distribution_with_tags(DistributionConfigWithTags=tagged)
    write_records(account, [{"Name": belongings["one"], "Type": "A", "Value": "192.0.2.1"}])


def make_tagged_bucket(account: Account, name: str, tags: dict[str, str]) -> None:
    """Make a bucket with an object in it."""
    s3 = account.client("s3")
    s3.create_bucket(Bucket=name)
    s3.put_object(Bucket=name, Key="file", Body=b"")
    if tags:
        s3.put_bucket_tagging(Bucket=name, Tagging={"TagSet": [{"Key": k, "Value": v} for k, v in tags.items()]})


#: Names and tags that are nearly those of the suite.
NEARLY = {
    f"{PREFIX}0badcafe-untagged": {},
    f"{PREFIX}0badcafe-other-run": {TAG: "00000000"},
    f"{PREFIX}of-mine": {TAG: "of"},
    "my-fcs-live-0badcafe-shop": {TAG: "0badcafe"},
}


#: Names of DNS that are nearly those of the suite: of records the name alone counts.
NEARLY_RECORDS = (f"{PREFIX}of-mine", "my-fcs-live-0badcafe-shop", f"_x.my-{PREFIX}0badcafe-shop", "fcs-live")


def make_strangers(account: Account) -> list[str]:
    """Make what is not the suite's, and return what can be found of it."""
    document = {"Resources": {"Topic": {"Type": "AWS::SNS::Topic"}}}
    for name, tags in NEARLY.items():
        make_tagged_bucket(account, name, tags)
        pairs = [{"Key": key, "Value": value} for key, value in tags.items()]
        account.client("cloudformation").create_stack(StackName=name, TemplateBody=json.dumps(document), Tags=pairs)
        account.client("iam").create_role(RoleName=name, AssumeRolePolicyDocument="{}", Tags=pairs)
        make_strange_belongings(account, name, pairs)
    assert account.domain
    hosts = [f"{name}.{account.domain.name}" for name in NEARLY_RECORDS]
    write_records(account, [{"Name": host, "Type": "A", "Value": "192.0.2.1"} for host in hosts])
    found = find_strangers(account)
    assert len(found) == 7 * len(NEARLY) + len(NEARLY_RECORDS)
    return found


def make_strange_belongings(account: Account, name: str, tags: list[dict[str, str]]) -> None:
    """Make what settings could name, of another's."""
    host, given = f"{name}.example.com", {"Tags": tags} if tags else {}
    account.client("iam").create_open_id_connect_provider(Url=f"https://{host}", ThumbprintList=["0" * 40], Tags=tags)
    account.client("acm", GLOBAL_REGION).request_certificate(DomainName=host, **given)
    account.client("kms").create_key(Description=name, Tags=[{"TagKey": "Name", "TagValue": name}, *rename_tags(tags)])
    account.client("wafv2", GLOBAL_REGION).create_web_acl(
        Name=name,
        Scope="CLOUDFRONT",
        DefaultAction={"Allow": {}},
        VisibilityConfig={"SampledRequestsEnabled": False, "CloudWatchMetricsEnabled": False, "MetricName": "m"},
        **given,
    )


def rename_tags(tags: list[dict[str, str]]) -> list[dict[str, str]]:
    """Return tags as KMS takes them."""
    return [{f"Tag{key}": value for key, value in tag.items()} for tag in tags]


def find_strangers(account: Account) -> list[str]:
    """Return each thing of another's that is there."""
    stacks = account.client("cloudformation").describe_stacks()["Stacks"]
    roles = account.client("iam").list_roles()["Roles"]
    buckets = account.client("s3").list_buckets()["Buckets"]
    found = [
        *find_strange_belongings(account),
        *find_strange_records(account),
        *(f"stack {item['StackName']} {item['StackStatus']}" for item in stacks if item["StackName"] in NEARLY),
        *(f"role {item['RoleName']}" for item in roles if item["RoleName"] in NEARLY),
        *(f"bucket {item['Name']}" for item in buckets if item["Name"] in NEARLY),
    ]
    return sorted(found)


def find_strange_belongings(account: Account) -> Iterator[str]:
    """Yield each of another's things that settings could name."""
    hosts = {f"{name}.example.com" for name in NEARLY}
    for provider in account.client("iam").list_open_id_connect_providers()["OpenIDConnectProviderList"]:
        if provider["Arn"].rpartition("/")[2] in hosts:
            yield f"OIDC provider {provider['Arn']}"
    for certificate in account.client("acm", GLOBAL_REGION).list_certificates()["CertificateSummaryList"]:
        if certificate["DomainName"] in hosts:
            yield f"certificate {certificate['DomainName']}"
    for acl in account.client("wafv2", GLOBAL_REGION).list_web_acls(Scope="CLOUDFRONT")["WebACLs"]:
        if acl["Name"] in NEARLY:
            yield f"web ACL {acl['Name']}"
    kms = account.client("kms")
    for key in kms.list_keys()["Keys"]:
        described = kms.describe_key(KeyId=key["KeyId"])["KeyMetadata"]
        if described["Description"] in NEARLY:
            yield f"key {described['Description']} {described['KeyState']}"


def find_strange_records(account: Account) -> Iterator[str]:
    """Yield each record of another's names."""
    assert account.domain
    hosts = {f"{name}.{account.domain.name}." for name in NEARLY_RECORDS}
    listed = account.client("route53").list_resource_record_sets(HostedZoneId=account.domain.zone)
    yield from (f"record {item['Name']}" for item in listed["ResourceRecordSets"] if item["Name"] in hosts)
