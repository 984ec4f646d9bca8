"""The suite itself: without ``--aws`` it asks nobody, it takes away what is its own, and it says what it will cost."""

from __future__ import annotations

import importlib
import json
import os
import re
import socket
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import boto3
import pytest
from botocore.exceptions import HTTPClientError

from tests.conftest import ROOT, Program, program_environment
from tests.live.account import Account, LocalAccount, open_real, start_local
from tests.live.estimate import MAX_POLICIES, PARTS, estimate, find_shortages
from tests.live.leftovers import Leftover, find_leftovers
from tests.live.local_gaps import NOT_LOCAL
from tests.live.names import PREFIX, TAG, is_ours, is_tagged
from tests.live.roles import assume, make_role
from tests.live.sites import CONFIGURATIONS, Site, make_site
from tests.live.sweep import between_sweeps, main
from tests.local.published_site import template
from tests.servers.forward_proxy import ForwardProxy

FOLDER = Path(__file__).parent

#: Every service that the suite asks.
SERVICES = ("cloudformation", "cloudfront", "iam", "kms", "s3", "sts")

#: What could lead a client of boto3's out.
ELSEWHERE = {
    "AWS_ENDPOINT_URL": "https://amazonaws.com",
    "AWS_ENDPOINT_URL_S3": "https://s3.amazonaws.com",
    "AWS_IGNORE_CONFIGURED_ENDPOINT_URLS": "true",
    "AWS_PROFILE": "production",
    "AWS_ACCESS_KEY_ID": "AKIAREAL",
    "AWS_SECRET_ACCESS_KEY": "real",
    "AWS_USE_FIPS_ENDPOINT": "true",
    "AWS_USE_DUALSTACK_ENDPOINT": "true",
}

EVERYTHING = [{"Effect": "Allow", "Action": "s3:*", "Resource": "*"}]


class TestNobodyIsAsked:
    """Without ``--aws`` nothing leaves this machine."""

    def test_clients(self, account: Account, monkeypatch: pytest.MonkeyPatch) -> None:
        """Have the local endpoint, in every region, whatever the user's environment says."""
        for name, value in ELSEWHERE.items():
            monkeypatch.setenv(name, value)
        fresh = LocalAccount(run=account.run, endpoint_url=account.client("sts").meta.endpoint_url)
        urls = {fresh.client(service, region).meta.endpoint_url for service in SERVICES for region in account.regions}

        assert len(urls) == 1
        assert re.fullmatch(r"http://127\.0\.0\.1:\d+", urls.pop())
        assert {call for path in FOLDER.glob("*.py") for call in find_services(path)} <= set(SERVICES)

    def test_an_account_elsewhere(self) -> None:
        """Is no local one."""
        with pytest.raises(ValueError, match="not on loopback"):
            LocalAccount(run="0", endpoint_url="https://cloudformation.us-east-1.amazonaws.com")

    def test_a_client_that_forgot_the_endpoint(self) -> None:
        """Is stopped before it looks up a name, and so is a connection to an address."""
        stray = boto3.client("sts", region_name="us-east-1", aws_access_key_id="x", aws_secret_access_key="x")
        with pytest.raises(HTTPClientError, match=r"sts.*amazonaws.com is not on this machine"):
            stray.get_caller_identity()
        with socket.socket() as one, pytest.raises(AssertionError, match="not on this machine"):
            one.connect(("192.0.2.1", 443))

    def test_commands(self, account: Account, tmp_path: Path) -> None:
        """Go past a proxy that would see what leaves, and sees it of a user without the local AWS."""
        site = make_site(account, tmp_path, "proxied", {})
        with ForwardProxy({}) as proxy:
            through = {"HTTPS_PROXY": f"http://{proxy.address}", "HTTP_PROXY": f"http://{proxy.address}"}
            for command in (["provision", "--yes"], ["deploy"], ["releases"]):
                assert site.program(*command, environment=through).exit_code == 0
            assert proxy.log == []

            keys = {"AWS_ACCESS_KEY_ID": "x", "AWS_SECRET_ACCESS_KEY": "x", "AWS_MAX_ATTEMPTS": "1"}
            stranger = Program(site.program.folder, {**program_environment(None), **through, **keys})
            assert stranger("releases").exit_code == 1
            assert "cloudformation.us-east-1.amazonaws.com" in proxy.log[0][1]


def test_a_real_account(account: Account, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Is found by the user's environment, in the clients, in the program, and in that of a role; here it leads back."""
    key = assume(account, make_role(account, "real", EVERYTHING))
    for name, value in account.program(tmp_path).environment.items():
        monkeypatch.setenv(name, value)
    real = open_real("us-east-1", None)
    site = make_site(real, tmp_path, "real", {})
    site.provision()

    assert site.stack in [leftover.name for leftover in find_leftovers(real) if leftover.kind == "stack"]
    assert real.client("s3", key=key).list_buckets()["Buckets"]
    environment = real.program(tmp_path, key).environment
    assert environment["AWS_SESSION_TOKEN"] == key.token
    assert environment["AWS_CONFIG_FILE"] == os.devnull
    assert "AWS_ENDPOINT_URL" not in environment


def find_services(path: Path) -> set[str]:
    """Return the names of services that a module asks an account for."""
    return set(re.findall(r'\.client\("(\w+)"', path.read_text("utf-8")))


@pytest.fixture(scope="module")
def other() -> Iterator[LocalAccount]:
    """An account with nothing in it."""
    with start_local() as aws:
        yield LocalAccount(run="0badcafe", endpoint_url=aws.endpoint_url)


class TestSweep:
    """Taking away what a run left that was killed."""

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
        make_loose_distribution(other, site)
        strangers = make_strangers(other)
        found = list(find_leftovers(other))
        assert {leftover.kind for leftover in found} >= {
            "stack",
            "distribution",
            "bucket",
            "role",
            "key",
        }

        listed = [str(leftover) for leftover in found]
        assert main(["--endpoint-url", other.endpoint_url, "--dry-run"]) == 0
        assert capsys.readouterr().out.splitlines() == listed
        assert run_sweep(other).splitlines() == [f"Taking away the {leftover}" for leftover in listed]

        assert list(find_leftovers(other)) == []
        assert find_strangers(other) == strangers

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


def make_loose_distribution(account: Account, site: Site) -> None:
    """Make a distribution that no stack takes with it."""
    cloudfront = account.client("cloudfront")
    config = cloudfront.get_distribution_config(Id=site.outputs["DistributionId"])["DistributionConfig"]
    tagged = {"DistributionConfig": {**config, "CallerReference": "loose"}, "Tags": {"Items": account.tag_list}}
    cloudfront.create_distribution_with_tags(DistributionConfigWithTags=tagged)


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


def make_strangers(account: Account) -> list[str]:
    """Make what is not the suite's, and return what can be found of it."""
    document = {"Resources": {"Topic": {"Type": "AWS::SNS::Topic"}}}
    for name, tags in NEARLY.items():
        make_tagged_bucket(account, name, tags)
        pairs = [{"Key": key, "Value": value} for key, value in tags.items()]
        account.client("cloudformation").create_stack(StackName=name, TemplateBody=json.dumps(document), Tags=pairs)
        account.client("iam").create_role(RoleName=name, AssumeRolePolicyDocument="{}", Tags=pairs)
    found = find_strangers(account)
    assert len(found) == 3 * len(NEARLY)
    return found


def find_strangers(account: Account) -> list[str]:
    """Return each thing of another's that is there."""
    stacks = account.client("cloudformation").describe_stacks()["Stacks"]
    roles = account.client("iam").list_roles()["Roles"]
    buckets = account.client("s3").list_buckets()["Buckets"]
    found = [
        *(f"stack {item['StackName']} {item['StackStatus']}" for item in stacks if item["StackName"] in NEARLY),
        *(f"role {item['RoleName']}" for item in roles if item["RoleName"] in NEARLY),
        *(f"bucket {item['Name']}" for item in buckets if item["Name"] in NEARLY),
    ]
    return sorted(found)


def test_names() -> None:
    """Of the suite's are told from all others, and a tag must be that of the run that the name has."""
    assert is_ours(f"{PREFIX}0badcafe-plain-bucket-1a2b")
    for name in (PREFIX, f"{PREFIX}prod-cdn", f"{PREFIX}0badcafe", "fcs-0badcafe-plain", f"x{PREFIX}0badcafe-plain"):
        assert not is_ours(name), name
    assert is_tagged({TAG: "0badcafe"}, f"{PREFIX}0badcafe-plain")
    for tags in ({}, {TAG: ""}, {TAG: "0badcaf"}, {"Name": "0badcafe"}):
        assert not is_tagged(tags, f"{PREFIX}0badcafe-plain"), tags
    assert str(Leftover("bucket", "name", "id")) == "bucket name"


def test_every_gap_is_a_test() -> None:
    """And has a reason."""
    for name, why in NOT_LOCAL.items():
        module, _, rest = name.partition("::")
        function, _, parameter = rest.partition("[")
        assert hasattr(importlib.import_module(f"tests.live.{module}"), function), name
        assert not parameter or parameter.rstrip("]") in importlib.import_module(f"tests.live.{module}").STEPS
        assert why.endswith(".")


def test_every_part_is_estimated() -> None:
    """With the stacks that its tests name."""
    modules = {path.stem: path.read_text("utf-8") for path in FOLDER.glob("test_*.py") if path != Path(__file__)}

    assert {part.module for part in PARTS} == set(modules)
    for part in PARTS:
        named = re.findall(r'@uses\((.+)\)|sites\.find\("(.+)"\)', modules[part.module])
        sites = {name for names in named for text in names for name in re.findall(r"\w+", text)}
        assert part.sites == sites, part.module
        assert part.creates == len(re.findall(r"= make_site\(|return make_site\(", modules[part.module]))


def test_an_estimate_follows_what_is_chosen() -> None:
    """In stacks, minutes and dollars; with no more stacks than an account may have policies."""
    everything, little = estimate([part.module for part in PARTS]), estimate(["test_first_fetch"])

    assert little.stacks == 4
    assert little.minutes < everything.minutes
    assert 0 < little.dollars < everything.dollars
    assert everything.stacks < MAX_POLICIES
    page = " ".join((ROOT / "docs/how-to/real-account-tests.rst").read_text("utf-8").split())
    assert str(everything) in page


def test_an_account_that_is_full(account: Account) -> None:
    """Is told of before anything is made."""
    assert list(find_shortages(account, 0)) == []
    assert len(list(find_shortages(account, MAX_POLICIES + 1))) == 2


def test_what_is_said_first(tmp_path: Path) -> None:
    """With ``--aws``: what it takes and costs. Collecting asks nobody."""
    environment = {**program_environment(None), "PYTEST_ADDOPTS": ""}
    command = [sys.executable, "-m", "pytest", "--aws", "--collect-only", "-q", "-p", "no:cacheprovider", str(FOLDER)]
    result = subprocess.run(command, cwd=ROOT, env=environment, capture_output=True, text=True, check=False)

    assert result.returncode == 0, result.stdout
    assert f"in a real account: {estimate([part.module for part in PARTS])}" in result.stdout
