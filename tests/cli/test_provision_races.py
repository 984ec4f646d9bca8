"""``provision`` beside another run, and with a lost answer: a stack that lives stays."""

from __future__ import annotations

import pytest

from tests.cli.observing import client, find_stack, stack_name
from tests.cli.terminal import run_in_terminal
from tests.conftest import Program, Result
from tests.servers.fault_proxy import FaultProxy, Rule


def states(program: Program) -> list[tuple[str, str]]:
    """Return id and state of every stack that the project ever had."""
    pages = client(program, "cloudformation").get_paginator("list_stacks").paginate()
    found = [item for page in pages for item in page["StackSummaries"] if item["StackName"] == stack_name(program)]
    return [(item["StackId"], item["StackStatus"]) for item in found]


def words(result: Result) -> str:
    """Return what was shown, on one line."""
    return " ".join((result.stdout + result.stderr).split())


def test_the_answer_to_the_execution_is_lost(program: Program) -> None:
    """It is repeated, refused as it was carried out, and followed to its end as if it had come."""
    with FaultProxy(
        program.environment["AWS_ENDPOINT_URL"], [Rule("drop_response", body="Action=ExecuteChangeSet", times=1)]
    ) as proxy:
        result = program("provision", "--yes", environment={"AWS_ENDPOINT_URL": proxy.url})

    assert [request.action for request in proxy.log].count("drop_response") == 1
    assert result.exit_code == 0, result.stderr
    assert [state for _, state in states(program)] == ["CREATE_COMPLETE"]
    assert (program.folder / "cdn_config.py").exists()


@pytest.mark.parametrize("answer", [b"n\n", b"\x03"])
def test_another_run_was_quicker(program: Program, answer: bytes) -> None:
    """Who declines later is told, and takes nothing of it away."""
    result = run_in_terminal(program, "provision", answer=answer, meanwhile=lambda: program.ok("provision", "--yes"))

    assert result.exit_code == 4
    assert "stays as it is: another run has changed it: it is CREATE_COMPLETE now." in words(result)
    assert [state for _, state in states(program)] == ["CREATE_COMPLETE"]


def test_a_dry_run_beside_a_first_run(program: Program) -> None:
    """Leaves the other's change set, which can still be carried out."""
    seen = []

    result = run_in_terminal(
        program, "provision", answer=b"y\n", meanwhile=lambda: seen.append(program.ok("provision", "--dry-run"))
    )

    assert "stays as it is: it holds another run's change set." in words(seen[0])
    assert result.exit_code == 0, result.stdout
    assert [state for _, state in states(program)] == ["CREATE_COMPLETE"]


def test_two_runs_that_are_declined(program: Program) -> None:
    """The last one leaves nothing."""
    result = run_in_terminal(
        program, "provision", answer=b"n\n", meanwhile=lambda: program.ok("provision", "--dry-run")
    )

    assert result.exit_code == 4
    assert "stays as it is" not in words(result)
    assert find_stack(program) is None


def test_a_user_without_the_right_to_list_change_sets(program: Program) -> None:
    """A policy of an earlier version: the dry run is shown, and what it leaves is said."""
    rule = Rule("status", body="Action=ListChangeSets", status=403, error="AccessDenied", message="no", query_api=True)
    with FaultProxy(program.environment["AWS_ENDPOINT_URL"], [rule]) as proxy:
        result = program("provision", "--dry-run", "--json", environment={"AWS_ENDPOINT_URL": proxy.url})

    assert result.exit_code == 0, result.stderr
    assert result.json["changes"]
    assert "AWS denied cloudformation:ListChangeSets" in result.stderr
    assert [state for _, state in states(program)] == ["REVIEW_IN_PROGRESS"]
    program.ok("provision", "--yes")
