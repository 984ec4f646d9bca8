"""How ``provision`` is told to make a change: what of it AWS is told, when it ends, and what is said then."""

from __future__ import annotations

import itertools
from datetime import UTC, datetime
from typing import Any
from uuid import UUID

import pytest

from tests.cli.life import Life
from tests.cli.life_stacks import Refusal, Resource
from tests.cli.observing import assert_one_message

CREATE, UPDATE = "CreateChangeSet ChangeSetType=CREATE", "CreateChangeSet ChangeSetType=UPDATE"
EXECUTE = "ExecuteChangeSet"
ROLE = "arn:aws:iam::123456789012:role/cloudformation"
PROTECT = "UpdateTerminationProtection EnableTerminationProtection"
AGAIN = "`flask-cdn-stack status --follow`"


@pytest.mark.parametrize(
    ("status", "flags", "calls", "words", "exit_code"),
    [
        # What is asked of CloudFormation where a change fails.
        (None, "--on-failure rollback", [CREATE, EXECUTE], "CREATE_COMPLETE", 0),
        (None, "--on-failure delete", [f"{CREATE} OnStackFailure=DELETE", EXECUTE], "CREATE_COMPLETE", 0),
        (None, "--on-failure keep", [CREATE, f"{EXECUTE} DisableRollback"], "CREATE_COMPLETE", 0),
        ("CREATE_COMPLETE", "--on-failure delete", [UPDATE, EXECUTE], "it is rolled back, and nothing is deleted", 0),
        ("CREATE_COMPLETE", "--on-failure keep", [UPDATE, f"{EXECUTE} DisableRollback"], "UPDATE_COMPLETE", 0),
        ("CREATE_COMPLETE", "--on-failure ignore", [], "--on-failure", 2),
        # Whoever acts does so in all that is done.
        (None, f"--role-arn {ROLE}", [f"{CREATE} RoleARN={ROLE}", EXECUTE], "CREATE_COMPLETE", 0),
        ("ROLLBACK_COMPLETE", f"--role-arn {ROLE}",
         [f"DeleteStack RoleARN={ROLE}", f"{CREATE} RoleARN={ROLE}", EXECUTE], "CREATE_COMPLETE", 0),
        ("UPDATE_ROLLBACK_FAILED", f"--role-arn {ROLE}",
         [f"ContinueUpdateRollback RoleARN={ROLE}", f"{UPDATE} RoleARN={ROLE}", EXECUTE], "UPDATE_COMPLETE", 0),
        ("UPDATE_FAILED", f"--role-arn {ROLE}",
         [f"RollbackStack RoleARN={ROLE}", f"{UPDATE} RoleARN={ROLE}", EXECUTE], "UPDATE_COMPLETE", 0),
        (None, "--role-arn role", [], "--role-arn", 2),
        # When the run ends.
        (None, "--no-wait", [CREATE, EXECUTE], f"{AGAIN} follows it. When it has ended, run `flask-cdn-stack provi", 0),
        ("CREATE_COMPLETE", "--no-wait", [UPDATE, EXECUTE], f"{AGAIN} follows it.", 0),
        ("UPDATE_IN_PROGRESS", "--no-wait", [], "is being changed (UPDATE_IN_PROGRESS)", 1),
        ("ROLLBACK_COMPLETE", "--no-wait", ["DeleteStack", CREATE, EXECUTE], f"{AGAIN} follows it.", 0),
        (None, "--timeout 0.25", [CREATE, EXECUTE], "After 0.25 minutes the stack shop-cdn is still CREATE_IN_PROG", 1),
        (None, "--timeout 1", [CREATE, EXECUTE], "CREATE_COMPLETE", 0),
        ("UPDATE_IN_PROGRESS", "--timeout 0.25", [], "is still UPDATE_IN_PROGRESS", 1),
        # One time for all that is followed.
        ("UPDATE_IN_PROGRESS", "--timeout 0.75", [UPDATE, EXECUTE], "is still UPDATE_IN_PROGRESS", 1),
        (None, "--timeout 0", [], "--timeout", 2),
        (None, "--timeout 1 --no-wait", [], "--timeout has no effect", 2),
        # Nothing is stuck that a resource could be left out of.
        ("CREATE_COMPLETE", "--skip-resource Bucket", [UPDATE, EXECUTE], "No rollback has got stuck; --skip-resou", 0),
    ],
)  # fmt: skip
def test_how(life: Life, status: str | None, flags: str, calls: list[str], words: str, exit_code: int) -> None:
    """Each option, on a stack that is to be created, updated, or brought out of its state first."""
    if status:
        life.has(status)

    result = life("provision", "--yes", *flags.split())

    assert (life.account.calls, result.exit_code) == (calls, exit_code), result.stderr
    assert words in result.stderr
    if "is still" in result.stderr:
        assert AGAIN in result.stderr


def test_a_timeout_while_aws_is_busy(life: Life) -> None:
    """Ends the run too."""

    def refuse(parameters: dict[str, Any]) -> dict[str, Any]:
        if "ExecuteChangeSet" in life.account.calls:
            raise Refusal("Throttling", "Rate exceeded")
        return life.account.stacks.answer("DescribeStacks", parameters)

    life.account.answers["cloudformation", "DescribeStacks"] = refuse

    assert_one_message(
        life("provision", "--yes", "--timeout", "3"), 1, "After 3 minutes AWS still does not report", AGAIN
    )


def test_a_stage(life: Life) -> None:
    """Stands in the command that attaches again."""
    (life.folder / "flask-cdn-stack.yml").write_text("stages: {live: }\n")

    result = life("provision", "--yes", "--stage", "live", "--timeout", "0.1")

    assert_one_message(result, 1, "`flask-cdn-stack status --follow --stage live` follows it again")


@pytest.mark.parametrize(("status", "written"), [(None, False), ("CREATE_COMPLETE", True)])
def test_the_config_file_of_who_does_not_wait(life: Life, status: str | None, written: bool) -> None:
    """Is written from the outputs that there are, or by the next run."""
    if status:
        life.has(status)

    report = life("provision", "--yes", "--no-wait", "--json").json

    assert report["status"] == ("UPDATE_IN_PROGRESS" if status else "CREATE_IN_PROGRESS")
    assert bool(report["outputs"]) == written
    assert (life.folder / "cdn_config.py").exists() == written
    life.account.stacks.sleep(60)
    assert life("provision", "--yes").exit_code == 0
    assert (life.folder / "cdn_config.py").exists()


def test_capabilities(life: Life) -> None:
    """Are given where the template makes IAM resources, and the user is told."""
    (life.folder / "flask-cdn-stack.yml").write_text("access: {deploy_policy: on}\n")

    result = life("provision", "--yes", "--json")

    assert life.account.calls == [f"{CREATE} Capabilities=CAPABILITY_IAM", EXECUTE]
    assert result.json["capabilities"] == ["CAPABILITY_IAM"]
    assert "(CAPABILITY_IAM)" in result.stderr


@pytest.mark.parametrize(
    ("status", "wanted", "is_protected", "flags", "calls", "words", "exit_code"),
    [
        (None, "on", False, "--yes", [CREATE, EXECUTE, f"{PROTECT}"], "termination protection of the stack on", 0),
        (None, "off", False, "--yes", [CREATE, EXECUTE], "CREATE_COMPLETE", 0),
        ("CREATE_COMPLETE", "on", True, "--yes", [], "nothing to change", 0),
        ("CREATE_COMPLETE", "on", False, "--yes", [PROTECT], "nothing else to change", 0),
        ("CREATE_COMPLETE", "off", True, "--yes", [f"{PROTECT}=False"], "of the stack off", 0),
        ("CREATE_COMPLETE", "on", False, "--dry-run --exit-code", [], "nothing else to change", 3),
        ("CREATE_COMPLETE", "on", False, "", [], "Pass --yes", 4),
        (None, "on", False, "--yes --no-wait", [CREATE, EXECUTE], "termination protection is switched on then", 0),
    ],
)
def test_termination_protection(
    life: Life,
    status: str | None,
    wanted: str,
    is_protected: bool,
    flags: str,
    calls: list[str],
    words: str,
    exit_code: int,
) -> None:
    """Is a change as any other: shown, asked for, and made when the rest has worked."""
    (life.folder / "flask-cdn-stack.yml").write_text(f"termination_protection: {wanted}\n")
    if status:
        life.has(status, changed=False, is_protected=is_protected)

    result = life("provision", *flags.split())

    assert (life.account.calls, result.exit_code) == (calls, exit_code), result.stderr
    assert words in result.stderr


def test_a_key_that_is_missing(life: Life) -> None:
    """Leaves the protection as somebody has set it."""
    life.has("CREATE_COMPLETE", changed=False, is_protected=True)

    assert "nothing to change" in life("provision").stderr
    assert life.account.calls == []


@pytest.mark.parametrize("status", [None, "UPDATE_IN_PROGRESS", "ROLLBACK_FAILED"])
def test_ctrl_c(life: Life, status: str | None) -> None:
    """Leaves what CloudFormation has begun, and says once how to attach to it again."""
    if status:
        life.has(status)

    def interrupt(seconds: float) -> None:
        raise KeyboardInterrupt

    life.account.stacks.on_sleep = interrupt

    result = life("provision", "--yes")

    assert result.exit_code == 4
    assert result.stderr.count(AGAIN) == 1
    assert "goes on" in result.stderr
    assert life.account.calls == {None: [CREATE, EXECUTE], "ROLLBACK_FAILED": ["DeleteStack"]}.get(status, [])


@pytest.mark.parametrize(
    ("flags", "end", "words"),
    [
        ("", "ROLLBACK_COMPLETE", "what was done has been undone"),
        ("--on-failure keep", "CREATE_FAILED", "it is now CREATE_FAILED"),
        ("--on-failure delete", "DELETE_COMPLETE", "what was done has been deleted again"),
        ("", "ROLLBACK_FAILED", "it is now ROLLBACK_FAILED"),
    ],
)
def test_a_change_that_fails(life: Life, flags: str, end: str, words: str) -> None:
    """Ends with one message, and the next run makes the stack whatever is left of this one."""
    life.account.stacks.outcomes["ExecuteChangeSet"] = [end]

    assert_one_message(life("provision", "--yes", *flags.split()), 1, words)
    assert life("provision", "--yes").exit_code == 0
    assert life.account.stacks.living()[0].status == "CREATE_COMPLETE"


#: What AWS may answer to anything.
ANSWERS = (
    Refusal("AccessDenied", "User: ann is not authorized to perform this", 403),
    Refusal("ValidationError", "Stack [shop-cdn] is not as it should be"),
    Refusal("InternalFailure", "It is our fault", 500),
    Refusal("ExpiredToken", "The security token included in the request is expired", 403),
    Refusal("TokenAlreadyExistsException", "A client request token already exists"),
)


@pytest.mark.parametrize(
    ("status", "settings"),
    [(None, "termination_protection: on\n"), ("UPDATE_ROLLBACK_FAILED", ""), ("DELETE_FAILED", ""),
     ("UPDATE_FAILED", ""), ("UPDATE_IN_PROGRESS", "")],
)  # fmt: skip
def test_whatever_aws_answers(life: Life, status: str | None, settings: str) -> None:
    """To any one request of a run, once: one message, or it is asked again, and no traceback."""
    (life.folder / "flask-cdn-stack.yml").write_text(settings)
    asked = sorted(_try(life, status, ""))
    assert len(asked) > 5
    for operation, answer in zip(asked, itertools.cycle(ANSWERS), strict=False):
        _try(life, status, operation, answer)


def _try(life: Life, status: str | None, operation: str, answer: Refusal | None = None) -> set[str]:
    """Run ``provision`` in a new account where an operation is answered so, and return what was asked."""
    account = type(life.account)(answers=dict(life.account.answers))
    life = type(life)(life.folder, account)
    if status:
        life.has(status, resources=[Resource("Bucket", "UPDATE_FAILED"), Resource("Policy", "DELETE_FAILED")])

    def refuse(parameters: dict[str, Any]) -> dict[str, Any]:
        del account.answers["cloudformation", operation]
        assert answer is not None
        raise answer

    if answer:
        account.answers["cloudformation", operation] = refuse
    result = life("provision", "--yes")
    errors = result.stderr.count("Error: ")
    assert (result.exit_code, errors) in ((0, 0), (1, 1)), (operation, result.stderr)
    assert "Traceback" not in result.stderr
    return {*account.reads, *(call.partition(" ")[0] for call in account.calls)} - {"ListCachePolicies"}


def test_a_cache_policy_that_works_at_a_cost(life: Life) -> None:
    """Is warned of before anything is made."""
    key = {
        "EnableAcceptEncodingGzip": True, "HeadersConfig": {"HeaderBehavior": "none"},
        "CookiesConfig": {"CookieBehavior": "none"}, "QueryStringsConfig": {"QueryStringBehavior": "none"},
    }  # fmt: skip
    config = {"Name": "own", "MinTTL": 0, "ParametersInCacheKeyAndForwardedToOrigin": key}
    policy = {"Id": "1", "LastModifiedTime": datetime.now(UTC), "CachePolicyConfig": config}
    life.account.answers["cloudfront", "GetCachePolicy"] = {"CachePolicy": policy}
    (life.folder / "flask-cdn-stack.yml").write_text(f"delivery: {{cache_policy_id: {UUID(int=1)}}}\n")

    assert "only an invalidation refreshes" in " ".join(life("provision", "--dry-run").stderr.split())
