"""The suite itself: without ``--aws`` it asks nobody, it takes away what is its own, and it says what it will cost."""

from __future__ import annotations

import importlib
import os
import re
import socket
import subprocess
import sys
from pathlib import Path

import boto3
import pytest
from botocore.exceptions import HTTPClientError

from tests.conftest import ROOT, Program, program_environment
from tests.live.account import Account, LocalAccount, open_real
from tests.live.belongings import OWNED, find_named
from tests.live.domains import Domain, check_domain, read_domain
from tests.live.estimate import MAX_POLICIES, PARTS, estimate, find_shortages
from tests.live.leftovers import Leftover, find_leftovers
from tests.live.local_gaps import NOT_LOCAL
from tests.live.names import PREFIX, TAG, is_ours, is_tagged
from tests.live.roles import assume, make_role
from tests.live.sites import make_site
from tests.live.steps import STEPS, WITHOUT_UPDATE
from tests.servers.forward_proxy import ForwardProxy

FOLDER = Path(__file__).parent

#: Every service that the suite asks.
SERVICES = ("acm", "cloudformation", "cloudfront", "iam", "kms", "route53", "s3", "sts", "wafv2")

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
            for command in (["provision", "--yes"], ["deploy"], ["releases"], ["status"]):
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
    modules = {
        path.stem: path.read_text("utf-8")
        for path in FOLDER.glob("test_*.py")
        if not path.stem.startswith(Path(__file__).stem)
    }

    assert {part.module for part in PARTS} == set(modules)
    for part in PARTS:
        named = re.findall(r'@uses\((.+)\)|sites\.find\("(.+)"\)', modules[part.module])
        sites = {name for names in named for text in names for name in re.findall(r"\w+", text)}
        assert part.sites == sites, part.module
        assert part.creates == len(re.findall(r"= make_site\(|return make_site\(", modules[part.module]))


def test_an_estimate_follows_what_is_chosen() -> None:
    """In stacks, minutes and dollars; with no more stacks than an account may have policies."""
    modules = [part.module for part in PARTS]
    everything, named, little = estimate(modules), estimate(modules, has_domain=True), estimate(["test_first_fetch"])

    assert little.stacks == 4
    assert little.minutes < everything.minutes
    assert 0 < little.dollars < everything.dollars
    assert everything.stacks < MAX_POLICIES
    page = " ".join((ROOT / "docs/how-to/real-account-tests.rst").read_text("utf-8").split())
    assert str(everything) in page
    assert f"{named.minutes} minutes with a domain" in page
    assert named.dollars == everything.dollars


def test_every_step_is_estimated() -> None:
    """The updates of the chain, those for which an owner must give a domain apart."""
    (part,) = (part for part in PARTS if part.module == "test_changes")
    named = [step for step, settings in STEPS.items() if not OWNED.isdisjoint(find_named(settings))]

    assert part.named_updates == len(named)
    assert part.updates == len(STEPS) - len(named) - len(WITHOUT_UPDATE)
    assert part.deploys == len(STEPS)


class TestDomain:
    """What an owner gives."""

    @pytest.mark.parametrize(
        ("name", "kind"), [("shop.example", ""), ("cdn.shop.example", ""), ("shop.example.com", "a public one for")]
    )
    def test_zone(self, account: Account, name: str, kind: str) -> None:
        """Is for the domain, or for one above it."""
        assert account.domain
        route53, domain = account.client("route53"), Domain(name, account.domain.zone)
        if not kind:
            check_domain(route53, domain)
            return
        with pytest.raises(ValueError, match=kind):
            check_domain(route53, domain)

    def test_options(self) -> None:
        """Are both of them, or none."""
        assert read_domain(None, None) is None
        assert read_domain("Shop.example", "Z1") == Domain("shop.example", "Z1")
        for half in (("shop.example", None), (None, "Z1")):
            with pytest.raises(ValueError, match="--aws-domain and --aws-hosted-zone-id go together"):
                read_domain(*half)


def test_an_account_that_is_full(account: Account) -> None:
    """Is told of before anything is made."""
    assert list(find_shortages(account, 0)) == []
    assert len(list(find_shortages(account, MAX_POLICIES + 1))) == 2


def test_what_is_said_first() -> None:
    """With ``--aws``: what it takes and costs. Collecting asks nobody."""
    environment = {**program_environment(None), "PYTEST_ADDOPTS": ""}
    command = [sys.executable, "-m", "pytest", "--aws", "--collect-only", "-q", "-p", "no:cacheprovider", str(FOLDER)]
    result = subprocess.run(command, cwd=ROOT, env=environment, capture_output=True, text=True, check=False)

    assert result.returncode == 0, result.stdout
    assert f"in a real account: {estimate([part.module for part in PARTS])}" in result.stdout
