"""``doctor`` in states that a stack can be in: it asks for no change, and says what the other commands would say."""

from __future__ import annotations

import sys
from typing import Any

import pytest
from botocore.awsrequest import AWSResponse
from botocore.compat import HTTPHeaders
from botocore.httpsession import URLLib3Session

from tests.cli.life import Life


def allow(asked: dict[str, Any]) -> dict[str, Any]:
    """Answer as a simulator that allows everything."""
    return {"EvaluationResults": [{"EvalActionName": name, "EvalDecision": "allowed"} for name in asked["ActionNames"]]}


@pytest.fixture(autouse=True)
def nowhere(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let the time be asked of nobody outside, and the app load in this process."""
    monkeypatch.setattr(URLLib3Session, "send", lambda session, request: AWSResponse("", 200, HTTPHeaders(), None))
    monkeypatch.setattr(sys, "executable", "")


def look(life: Life) -> dict[str, Any]:
    """Return what is found of the stack."""
    life.account.answers["iam", "SimulatePrincipalPolicy"] = allow

    result = life("doctor", "--json")

    assert set(life.account.calls) <= {"SimulatePrincipalPolicy"}
    found = {check["name"]: check for check in result.json["checks"]}
    assert found["provision permissions"]["state"] == "ok"
    assert found["credentials"]["message"].endswith("of user ann in account 123456789012.")
    stack: dict[str, Any] = found["stack"]
    return stack


@pytest.mark.parametrize(
    ("status", "state", "words"),
    [
        ("CREATE_COMPLETE", "ok", "shop-cdn is there, CREATE_COMPLETE."),
        ("UPDATE_IN_PROGRESS", "ok", "UPDATE_IN_PROGRESS"),
        ("REVIEW_IN_PROGRESS", "skipped", "There is no stack shop-cdn"),
        ("UPDATE_ROLLBACK_FAILED", "wrong", "UPDATE_ROLLBACK_FAILED"),
        ("DELETE_FAILED", "wrong", "DELETE_FAILED"),
    ],
)
def test_states(life: Life, status: str, state: str, words: str) -> None:
    """A stack that cannot be used is wrong, with the way out, and one that is not there yet is none of it."""
    life.has(status)

    found = look(life)

    assert (found["state"], words in found["message"]) == (state, True), found
    assert bool(found["remedy"]) == (state != "ok")
