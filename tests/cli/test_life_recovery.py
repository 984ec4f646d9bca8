"""``provision`` on a stack that is stuck: what is retried, what stays, what another run does meanwhile."""

from __future__ import annotations

from typing import Any

import pytest

from tests.cli.life import Life
from tests.cli.life_stacks import Refusal, Resource
from tests.cli.observing import assert_one_message
from tests.cli.settings_file import add_settings

CREATE, UPDATE = "CreateChangeSet ChangeSetType=CREATE", "CreateChangeSet ChangeSetType=UPDATE"
EXECUTE = "ExecuteChangeSet"
FULL = Resource("Bucket", "DELETE_FAILED", "The bucket you tried to delete is not empty", "AWS::S3::Bucket")
USED = Resource("Policy", "DELETE_FAILED", "The policy is in use", "AWS::CloudFront::CachePolicy")
STUCK = Resource("Distribution", "UPDATE_FAILED", "The certificate is gone")
OFF = "termination_protection: off\n"


def set_up(life: Life, status: str, *resources: Resource, **outcomes: list[str]) -> None:
    """Let there be a stack with resources, and its operations come to states."""
    life.has(status, resources=[Resource(item.name, item.status, item.reason, item.type) for item in resources])
    life.account.stacks.outcomes.update(outcomes)


FAILED = "DELETE_FAILED"


@pytest.mark.parametrize(
    ("resources", "ends", "typed", "calls", "words", "exit_code"),
    [
        # It goes at the second try: somebody has emptied the bucket.
        ([FULL], [], "yy", ["DeleteStack"], "Bucket (AWS::S3::Bucket): The bucket you tried to delete is not", 0),
        # What the user was told of stays, and is not asked about again.
        ([FULL], [FAILED], "yy", ["DeleteStack", "DeleteStack RetainResources=Bucket"], "no stack: Bucket (shop-", 0),
        ([FULL, USED], [FAILED], "yy", ["DeleteStack", "DeleteStack RetainResources=Bucket,Policy"], "Policy (", 0),
        # AWS does not say what it is.
        ([], [FAILED], "yyy", ["DeleteStack", "DeleteStack DeletionMode=FORCE_DELETE_STACK"], "  It does not say", 0),
        ([], [FAILED], "yn", ["DeleteStack"], "Aborted; the stack shop-cdn stays DELETE_FAILED.", 4),
        ([FULL], [FAILED, FAILED], "yyy",
         ["DeleteStack", "DeleteStack RetainResources=Bucket", "DeleteStack DeletionMode=FORCE_DELETE_STACK"],
         "no stack: Bucket (shop-", 0),
        ([FULL], [FAILED, FAILED, FAILED], "yy",
         ["DeleteStack", "DeleteStack RetainResources=Bucket", "DeleteStack DeletionMode=FORCE_DELETE_STACK"],
         "is in the state DELETE_FAILED", 1),
    ],
)  # fmt: skip
def test_a_deletion_that_failed(
    life: Life,
    resources: list[Resource],
    ends: list[str],
    typed: str,
    calls: list[str],
    words: str,
    exit_code: int,
) -> None:
    """Is tried again, then without what cannot go, which was named, then by force."""
    set_up(life, "DELETE_FAILED", *resources, DeleteStack=ends)
    life.account.stacks.found[0].reason = "It does not say what"

    result = life("provision", typed=typed)

    assert life.account.calls == [*calls, *([CREATE, EXECUTE] if exit_code == 0 else [])]
    assert result.exit_code == exit_code, result.stderr
    assert words in result.stderr
    assert result.stderr.count("[y/N]") == len(typed)


def test_a_creation_that_cannot_be_deleted(life: Life) -> None:
    """Is asked about once more, because something will stay; without a terminal the answer is yes to both."""
    set_up(life, "ROLLBACK_FAILED", FULL, DeleteStack=[FAILED])

    result = life("provision", "--yes")

    retained = "DeleteStack RetainResources=Bucket"
    assert life.account.calls == ["DeleteStack", retained, CREATE, EXECUTE]
    assert result.exit_code == 0, result.stderr


def test_what_is_retained(life: Life) -> None:
    """A bucket that outlives its stack is named before it is left behind, and so is what goes."""
    set_up(life, "CREATE_FAILED", Resource("Bucket", type="AWS::S3::Bucket"), Resource("OriginAccessControl"))

    result = life("provision", typed="n")

    assert "stay, and then belong to no stack: Bucket (shop-cdn-bucket)." in result.stderr
    assert "Its remaining resources are deleted: OriginAccessControl (shop-cdn-originaccesscontrol)." in result.stderr


@pytest.mark.parametrize(
    ("settings", "calls", "words", "exit_code"),
    [
        ("", [], "Switch that off, with termination_protection: off in the settings file or `aws cloudformation", 4),
        ("termination_protection: on\n", [], "its termination protection is on", 4),
        (OFF, ["UpdateTerminationProtection EnableTerminationProtection=False", "DeleteStack", CREATE, EXECUTE],
         "switched off for that, as the settings say", 0),
    ],
)  # fmt: skip
def test_a_protected_stack(life: Life, settings: str, calls: list[str], words: str, exit_code: int) -> None:
    """Is not deleted, and nobody is asked, unless the settings say that it need not be protected."""
    add_settings(life.folder, settings)
    life.has("ROLLBACK_COMPLETE", is_protected=True)

    result = life("provision", typed="yy")

    assert (life.account.calls, result.exit_code) == (calls, exit_code), result.stderr
    assert words in result.stderr


@pytest.mark.parametrize(
    ("flags", "ends", "calls", "words", "exit_code"),
    [
        ("", [], ["ContinueUpdateRollback", UPDATE, EXECUTE], "Distribution): The certificate is gone", 0),
        ("--skip-resource Distribution", [], ["ContinueUpdateRollback ResourcesToSkip=Distribution", UPDATE, EXECUTE],
         "Skipped, and left as they are now: Distribution.", 0),
        ("--skip-resource Bucket", [], [], "--skip-resource Bucket: no resource of that name has failed", 2),
        ("", ["UPDATE_ROLLBACK_FAILED"], ["ContinueUpdateRollback"], "is left out with --skip-resource", 1),
    ],
)  # fmt: skip
def test_a_rollback_that_got_stuck(
    life: Life, flags: str, ends: list[str], calls: list[str], words: str, exit_code: int
) -> None:
    """Shows the reasons, goes on without what is named, and is not tried twice."""
    set_up(life, "UPDATE_ROLLBACK_FAILED", STUCK, ContinueUpdateRollback=ends)

    result = life("provision", "--yes", *flags.split())

    assert (life.account.calls, result.exit_code) == (calls, exit_code), result.stderr
    assert words in result.stderr


@pytest.mark.parametrize(
    ("status", "calls", "words"),
    [
        ("ROLLBACK_COMPLETE", ["DeleteStack", CREATE, "DeleteChangeSet", "DeleteStack"], "is deleted, and it was not"),
        ("UPDATE_FAILED", ["RollbackStack", UPDATE, "DeleteChangeSet"], "was rolled back, and not changed further"),
    ],
)
def test_a_no_after_a_yes(life: Life, status: str, calls: list[str], words: str) -> None:
    """Does not say that nothing was changed."""
    set_up(life, status, STUCK)

    result = life("provision", typed="yn")

    assert (life.account.calls, result.exit_code) == (calls, 4), result.stderr
    assert words in result.stderr
    assert "nothing was changed" not in result.stderr


def test_a_failed_update_whose_rollback_gets_stuck(life: Life) -> None:
    """Ends there, with what failed."""
    set_up(life, "UPDATE_FAILED", STUCK, RollbackStack=["UPDATE_ROLLBACK_FAILED"])

    result = life("provision", "--yes")

    assert life.account.calls == ["RollbackStack"]
    assert_one_message(result, 1, "The certificate is gone", "--skip-resource")


def another_run(life: Life, operation: str) -> None:
    """Let another run be quicker: its request is answered first, ours refused."""

    def refuse(parameters: dict[str, Any]) -> dict[str, Any]:
        del life.account.answers["cloudformation", operation]
        life.account.stacks.answer(operation, {"StackName": "shop-cdn"})
        return life.account.stacks.answer(operation, parameters)

    life.account.answers["cloudformation", operation] = refuse


@pytest.mark.parametrize(
    ("status", "operation"),
    [("UPDATE_ROLLBACK_FAILED", "ContinueUpdateRollback"), ("UPDATE_FAILED", "RollbackStack")],
)
def test_another_run_was_quicker(life: Life, status: str, operation: str) -> None:
    """What it has begun is followed as if it were ours."""
    set_up(life, status, STUCK)
    another_run(life, operation)

    result = life("provision", "--yes")

    assert result.exit_code == 0, result.stderr
    assert life.account.calls == [operation, UPDATE, EXECUTE]


def test_it_became_something_else(life: Life) -> None:
    """Between the question and the answer: a stack that lives stays."""
    stack = life.has("ROLLBACK_COMPLETE")
    events = life.account.stacks.answer

    def look(parameters: dict[str, Any]) -> dict[str, Any]:
        stack.status = "UPDATE_COMPLETE"
        return events("DescribeStackEvents", parameters)

    life.account.answers["cloudformation", "DescribeStackEvents"] = look

    result = life("provision", "--yes")

    assert_one_message(result, 1, "was not deleted: another run has changed it: it is UPDATE_COMPLETE now")
    assert life.account.calls == []


def test_it_was_taken_away(life: Life) -> None:
    """By another run, whose stack is there meanwhile: that one is followed, and updated."""
    stack = life.has("ROLLBACK_COMPLETE")
    events = life.account.stacks.answer

    def look(parameters: dict[str, Any]) -> dict[str, Any]:
        if stack.status == "ROLLBACK_COMPLETE":
            stack.status = "DELETE_COMPLETE"
            life.has("CREATE_IN_PROGRESS")
        return events("DescribeStackEvents", parameters)

    life.account.answers["cloudformation", "DescribeStackEvents"] = look

    result = life("provision", "--yes")

    assert result.exit_code == 0, result.stderr
    assert life.account.calls == [UPDATE, EXECUTE]


def test_a_deletion_that_is_not_answered(life: Life) -> None:
    """Is asked for again only after another look."""
    life.has("ROLLBACK_COMPLETE")
    answer = life.account.stacks.answer

    def lose(parameters: dict[str, Any]) -> dict[str, Any]:
        del life.account.answers["cloudformation", "DeleteStack"]
        answer("DeleteStack", parameters)
        raise Refusal("ServiceUnavailable", "later", 503)

    life.account.answers["cloudformation", "DeleteStack"] = lose

    result = life("provision", "--yes")

    assert result.exit_code == 0, result.stderr
    assert life.account.calls == ["DeleteStack", CREATE, EXECUTE]


@pytest.mark.parametrize("project", ["another", None])
@pytest.mark.parametrize("status", ["DELETE_FAILED", "UPDATE_ROLLBACK_FAILED", "UPDATE_IN_PROGRESS"])
def test_a_stack_of_somebody_elses(life: Life, status: str, project: str | None) -> None:
    """Is neither followed nor touched."""
    life.has(status, project=project)

    assert_one_message(life("provision", "--yes"), 4, "it is left as it is")
    assert life.account.calls == []
