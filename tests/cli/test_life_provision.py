"""``provision`` in every state that a stack can be in: what is asked of AWS, what is said, and how it ends."""

from __future__ import annotations

import pytest

from tests.cli.life import Life

CREATE = "CreateChangeSet ChangeSetType=CREATE Capabilities=CAPABILITY_IAM"
UPDATE = "CreateChangeSet ChangeSetType=UPDATE Capabilities=CAPABILITY_IAM"


@pytest.mark.parametrize(
    ("status", "arguments", "typed", "calls", "words", "exit_code"),
    [
        (None, "--yes", None, [CREATE, "ExecuteChangeSet"], "CREATE_COMPLETE", 0),
        (None, "", "n", [CREATE, "DeleteChangeSet", "DeleteStack"], "Aborted; nothing was changed.", 4),
        ("CREATE_COMPLETE", "", "y", [UPDATE, "ExecuteChangeSet"], "UPDATE_COMPLETE", 0),
        ("ROLLBACK_COMPLETE", "", "n", [], "failed and was undone", 4),
    ],
)
def test_each_state(
    life: Life, status: str | None, arguments: str, typed: str | None, calls: list[str], words: str, exit_code: int
) -> None:
    """A stack in a state, a command and an answer come to requests, words and an exit code."""
    if status:
        life.has(status)

    result = life("provision", *arguments.split(), typed=typed)

    assert result.exit_code == exit_code, result.stderr
    assert life.account.calls == calls
    assert words in result.stderr
