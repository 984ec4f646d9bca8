"""``provision`` in every state that a stack can be in: what is asked of AWS, what is said, and how it ends."""

from __future__ import annotations

from typing import Any, NamedTuple

import boto3
import pytest

from tests.cli.life import Life
from tests.cli.observing import assert_one_message

CREATE, UPDATE, EXECUTE = (
    "CreateChangeSet ChangeSetType=CREATE",
    "CreateChangeSet ChangeSetType=UPDATE",
    "ExecuteChangeSet",
)
DROP, DELETE, CONTINUE, ROLL_BACK = "DeleteChangeSet", "DeleteStack", "ContinueUpdateRollback", "RollbackStack"


class Way(NamedTuple):
    """What a state leads to: the request that it needs first, after a question, and whether there is a stack then."""

    first: str = ""
    creates: bool = False
    words: str = ""


NEW, USABLE, FOLLOWED = Way(creates=True), Way(), Way(words="that is followed to its end first")
DEAD, STUCK = Way(DELETE, creates=True), Way(CONTINUE, words="so did its rollback")

#: By the state, which None stands for where there is no stack.
WAYS = {
    None: NEW,
    "CREATE_COMPLETE": USABLE,
    "CREATE_FAILED": DEAD._replace(words="its resources were kept"),
    "CREATE_IN_PROGRESS": FOLLOWED,
    "DELETE_COMPLETE": NEW,
    "DELETE_FAILED": DEAD._replace(words="The deletion of the stack"),
    "DELETE_IN_PROGRESS": NEW._replace(words="that is followed to its end first"),
    "IMPORT_COMPLETE": USABLE,
    "IMPORT_IN_PROGRESS": FOLLOWED,
    "IMPORT_ROLLBACK_COMPLETE": USABLE,
    "IMPORT_ROLLBACK_FAILED": Way("nothing", words="this tool cannot repair that state"),
    "IMPORT_ROLLBACK_IN_PROGRESS": FOLLOWED,
    "REVIEW_IN_PROGRESS": NEW,
    "ROLLBACK_COMPLETE": DEAD._replace(words="failed and was rolled back; an empty stack is left"),
    "ROLLBACK_FAILED": DEAD._replace(words="its rollback did not finish"),
    "ROLLBACK_IN_PROGRESS": DEAD._replace(words="that is followed to its end first"),
    "UPDATE_COMPLETE": USABLE,
    "UPDATE_COMPLETE_CLEANUP_IN_PROGRESS": FOLLOWED,
    "UPDATE_FAILED": Way(ROLL_BACK, words="was left as it was, without a rollback"),
    "UPDATE_IN_PROGRESS": FOLLOWED,
    "UPDATE_ROLLBACK_COMPLETE": USABLE,
    "UPDATE_ROLLBACK_COMPLETE_CLEANUP_IN_PROGRESS": FOLLOWED,
    "UPDATE_ROLLBACK_FAILED": STUCK,
    "UPDATE_ROLLBACK_IN_PROGRESS": FOLLOWED,
}

#: What the user passes, and types where there is a terminal.
ANSWERS = {"yes": ("--yes", None), "look": ("--dry-run", None), "nobody": ("", None), "n": ("", "n"), "y": ("", "yy")}

#: Of the states that differ in nothing but their names, one is looked at with every answer, the others with two.
_TWO = ("yes", "n")
_ALIKE = {status for status, way in WAYS.items() if way in (NEW, USABLE, FOLLOWED)} - {
    *(None, "REVIEW_IN_PROGRESS", "CREATE_COMPLETE", "UPDATE_ROLLBACK_COMPLETE", "UPDATE_IN_PROGRESS")
}
ROWS = [(status, answer) for status in WAYS for answer in (_TWO if status in _ALIKE else ANSWERS)]


def test_every_state_is_in_the_table() -> None:
    """CloudFormation's model has no other."""
    model = boto3.Session(region_name="us-east-1").client("cloudformation").meta.service_model
    states: Any = model.shape_for("StackStatus")
    assert set(WAYS) - {None} == set(states.enum)


@pytest.mark.parametrize(("status", "answer"), ROWS)
def test_each_state(life: Life, status: str | None, answer: str) -> None:
    """What is in the way is done after a question, then the change; a dry run and a no leave nothing behind."""
    way, (flag, typed) = WAYS[status], ANSWERS[answer]
    if status:
        life.has(status)

    result = life("provision", *flag.split(), typed=typed)

    calls, exit_code, words = expect(way, answer)
    assert (life.account.calls, result.exit_code) == (calls, exit_code), result.stderr
    assert words in result.stderr
    assert way.words in result.stderr or (answer == "look" and way.first)
    assert "Traceback" not in result.stderr
    assert (life.folder / "cdn_config.py").exists() == (exit_code == 0 and answer != "look")


def expect(way: Way, answer: str) -> tuple[list[str], int, str]:
    """Return the requests, the exit code and words for a way and an answer."""
    agreed = answer in ("yes", "y")
    change = CREATE if way.creates else UPDATE
    if way.first == "nothing" or (way.first and answer == "look"):
        return [], 1, "is in the state"
    if way.first and not agreed:
        return [], 4, "Pass --yes" if answer == "nobody" else "Aborted; nothing was changed."
    if agreed:
        return [*filter(None, [way.first]), change, EXECUTE], 0, "E_COMPLETE"
    taken_back = [change, DROP, DELETE] if way.creates else [change, DROP]
    words = {"look": "the stack shop-cdn in us-east-1", "nobody": "Pass --yes", "n": "Aborted; nothing was changed."}
    return taken_back, 0 if answer == "look" else 4, words[answer]


def test_a_deploy_to_a_stack_whose_creation_failed(life: Life) -> None:
    """Names state and way out."""
    life.has("ROLLBACK_COMPLETE")

    assert_one_message(life("deploy"), 1, "ROLLBACK_COMPLETE", "`flask-cdn-stack provision`")
