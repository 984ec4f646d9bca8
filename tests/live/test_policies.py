"""The printed policies as the only rights of who runs each command."""

from __future__ import annotations

import pytest

from tests.conftest import Program
from tests.live.account import Account
from tests.live.roles import assume, make_role, wait_for_rights
from tests.live.sites import Site, make_site


@pytest.fixture(scope="module")
def guarded(account: Account, tmp_path_factory: pytest.TempPathFactory) -> Site:
    """A project that is not provisioned yet."""
    assets = {"prefix": "shops/live", "keep_releases": 1, "keep_days": 0}
    settings = {"assets": assets, "access": {"deploy_policy": True}}
    return make_site(account, tmp_path_factory.mktemp("guarded"), "guarded", settings)


def work_as(site: Site, command: str) -> Program:
    """Return the program as it is used by who has a command's printed rights, and nothing else."""
    account = site.account
    key = assume(account, make_role(account, command, site.rights(command)))
    wait_for_rights(account, account.client("cloudformation", key=key).describe_stacks, StackName=site.stack)
    return account.program(site.program.folder, key)


def test_provision(guarded: Site) -> None:
    """A dry run, the first one, and one that changes nothing."""
    program = work_as(guarded, "provision")

    assert "stays as it is" not in program.ok("provision", "--dry-run").stderr
    assert program.ok("provision", "--yes", "--json").json["status"] == "CREATE_COMPLETE"
    assert program.ok("provision", "--yes", "--json").json["changes"] == []


def test_deploy_and_what_follows(guarded: Site) -> None:
    """Deploys, the history, going back, pruning, and the commands that only read."""
    guarded.provision()
    program = work_as(guarded, "deploy")

    for text in ("a {}", "b {}"):
        guarded.write({"css/app.css": text})
        program.ok("deploy")
    program.ok("rollback", "--yes")
    assert guarded.view("static/css/app.css?c=back").body == b"a {}"
    report = program.ok("status", "--json").json
    assert ([item["kind"] for item in report["differences"]], report["problems"]) == (["changed"], [])
    for command in (["prune", "--yes"], ["releases"], ["config"], ["template", "--policy", "deploy"], ["doctor"]):
        program.ok(*command)


def test_what_doctor_finds(guarded: Site) -> None:
    """Whose account it is, and what its simulator says: of all rights, and of all but one."""
    guarded.provision()
    account = guarded.account
    whole = guarded.program.ok("doctor", "--json").json["checks"]
    rights = [*guarded.rights("deploy"), _allow("iam:SimulatePrincipalPolicy"), _allow("iam:GetRole")]
    denial = {"Effect": "Deny", "Action": "s3:PutObject", "Resource": "*"}
    key = assume(account, make_role(account, "doctor", [*rights, denial]))
    wait_for_rights(account, account.client("cloudformation", key=key).describe_stacks, StackName=guarded.stack)

    lacking = account.program(guarded.program.folder, key)("doctor", "--json").json["checks"]

    assert account.number in str(whole)
    assert {item["state"] for item in whole} <= {"ok", "warning", "skipped"}
    permissions = {item["name"]: item for item in lacking}["deploy permissions"]
    assert (permissions["state"], "s3:PutObject, by an explicit deny" in permissions["message"]) == ("wrong", True)


def _allow(action: str) -> dict[str, str]:
    return {"Effect": "Allow", "Action": action, "Resource": "*"}
