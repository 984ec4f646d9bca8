"""A first run that is interrupted, or loses an answer, at each of its requests."""

from __future__ import annotations

from contextlib import suppress
from typing import Any

import pytest
from botocore.exceptions import ClientError, ConnectionClosedError

from flask_cdn_stack.aws.cloudformation import Stack
from flask_cdn_stack.aws.patience import AWAY_SECONDS
from flask_cdn_stack.errors import AWSError, StackFailedError, UnreachableError
from tests.stack.fake_cloudformation import Ask, FakeConnection, Run, Service, refuse
from tests.stack.first_runs import carry_out, decline

LOST = ConnectionClosedError(endpoint_url="")


class Moment:
    """A service whose ``nth`` answer is another than its own, after or instead of what was asked."""

    def __init__(self, nth: int, answer: BaseException, *, arrives: bool, operation: str = "") -> None:
        self.service = Service()
        self.asked: list[str] = []
        self._nth, self._answer, self._arrives, self._operation = nth, answer, arrives, operation

    def ask(self, operation: str, parameters: dict[str, Any]) -> Any:
        """Answer a request."""
        self.asked.append(operation)
        counted = self.asked if not self._operation else [name for name in self.asked if name == self._operation]
        hit = len(counted) == self._nth and self._operation in ("", operation)
        if not hit:
            return self.service.answer(operation, parameters)
        with suppress(ClientError):
            if self._arrives:
                self.service.answer(operation, parameters)
        raise self._answer

    def run(self, run: Run, ask: Ask | None = None) -> object:
        """Return how a run ended that meets the moment, or what else ``ask`` makes of the answers."""
        try:
            return run(FakeConnection(ask or self.ask), lambda seconds: None, lambda: self.service.now)
        except (AWSError, KeyboardInterrupt) as error:
            return error


def requests(run: Run) -> list[str]:
    """Return what a run asks for that nothing happens to."""
    quiet = Moment(0, LOST, arrives=True)
    quiet.run(run)
    return quiet.asked


@pytest.mark.parametrize("arrives", [True, False])
@pytest.mark.parametrize("run", [carry_out, decline])
def test_ctrl_c(run: Run, arrives: bool) -> None:
    """Before the change is begun nothing is left of it, after that everything stays."""
    asked = requests(run)
    begun = asked.index("execute_change_set") if "execute_change_set" in asked else len(asked)
    for number, operation in enumerate(asked):
        moment = Moment(number + 1, KeyboardInterrupt(), arrives=arrives)
        assert isinstance(moment.run(run), KeyboardInterrupt)
        states = [stack["StackStatus"] for stack in moment.service.living()]
        if number >= begun:
            assert states != [], operation
            assert "delete_stack" not in moment.asked
            assert "delete_change_set" not in moment.asked
        elif operation in ("delete_change_set", "list_change_sets", "delete_stack"):
            assert states in ([], ["REVIEW_IN_PROGRESS"])  # a second one, while it was cleaning up
        elif run is carry_out:
            assert states == [], operation


@pytest.mark.parametrize("arrives", [True, False])
@pytest.mark.parametrize("run", [carry_out, decline])
def test_a_lost_answer(run: Run, arrives: bool) -> None:
    """Whichever it is, nothing that was executed is deleted, and a run that says it is there is right."""
    for number in range(len(requests(run))):
        moment = Moment(number + 1, LOST, arrives=arrives)
        end = moment.run(run)
        assert moment.service.killed == []
        if isinstance(end, Stack):
            assert [stack["StackStatus"] for stack in moment.service.living()] == ["CREATE_COMPLETE"]


@pytest.mark.parametrize("answer", [LOST, refuse("ServiceUnavailable", status=503), refuse("InvalidChangeSetStatus")])
def test_an_execution_that_was_carried_out(answer: Exception) -> None:
    """Whatever is answered to it, it is followed to its end."""
    moment = Moment(1, answer, arrives=True, operation="execute_change_set")

    end = moment.run(carry_out)

    assert isinstance(end, Stack)
    assert end.status == "CREATE_COMPLETE"
    assert not {"delete_stack", "delete_change_set"} & set(moment.asked)


def test_an_execution_whose_change_set_is_gone_after_it() -> None:
    """Its token stands in the stack's events."""
    moment = Moment(1, refuse("ChangeSetNotFound", status=404), arrives=True, operation="execute_change_set")

    def forgetful(operation: str, parameters: dict[str, Any]) -> Any:
        try:
            return moment.ask(operation, parameters)
        finally:
            if operation == "execute_change_set":
                moment.service.change_sets.clear()

    assert isinstance(moment.run(carry_out, forgetful), Stack)


@pytest.mark.parametrize("answer", [LOST, refuse("ServiceUnavailable", status=503)])
def test_an_execution_that_nobody_knows_of(answer: Exception) -> None:
    """Is left as it is, and said so."""
    moment = Moment(1, answer, arrives=False, operation="execute_change_set")

    end = moment.run(carry_out)

    assert isinstance(end, UnreachableError)
    assert end.message.startswith("It is not known whether the change of the stack has started: ")
    assert "Nothing was undone." in end.hint
    assert not {"delete_stack", "delete_change_set"} & set(moment.asked)
    assert [item["ExecutionStatus"] for item in moment.service.change_sets.values()] == ["AVAILABLE"]


def test_an_execution_that_cannot_be_read_back() -> None:
    """Is left as it is too, after the time in which an answer can be counted on."""
    moment = Moment(1, LOST, arrives=True, operation="execute_change_set")

    def silent(operation: str, parameters: dict[str, Any]) -> Any:
        answer = moment.ask(operation, parameters)
        if operation == "describe_change_set" and "execute_change_set" in moment.asked:
            raise LOST
        return answer

    end = moment.run(carry_out, silent)

    assert isinstance(end, UnreachableError)
    assert end.message.startswith("It is not known")
    assert [stack["StackStatus"] for stack in moment.service.living()] == ["CREATE_COMPLETE"]
    assert moment.service.now > AWAY_SECONDS


@pytest.mark.parametrize("code", ["AccessDenied", "InsufficientCapabilitiesException"])
def test_an_execution_that_is_refused(code: str) -> None:
    """Takes its change set with it; the stack is never deleted after that request, and it is said."""
    moment = Moment(1, refuse(code), arrives=False, operation="execute_change_set")

    end = moment.run(carry_out)

    assert isinstance(end, AWSError)
    assert end.hint.endswith("The stack stays as it was.")
    assert moment.service.change_sets == {}
    assert [stack["StackStatus"] for stack in moment.service.living()] == ["REVIEW_IN_PROGRESS"]
    assert "delete_stack" not in moment.asked


def test_an_execution_after_another_s() -> None:
    """Says that the other was first; nothing of it is touched."""
    moment = Moment(0, LOST, arrives=True)

    def overtaken(operation: str, parameters: dict[str, Any]) -> Any:
        if operation == "execute_change_set":
            assert isinstance(moment.run(carry_out), Stack)
        return moment.ask(operation, parameters)

    end = moment.run(carry_out, overtaken)

    assert isinstance(end, StackFailedError)
    assert "another run has changed the stack" in end.message
    assert end.hint == "Run `flask-cdn-stack provision` again."
    assert [stack["StackStatus"] for stack in moment.service.living()] == ["CREATE_COMPLETE"]


def test_a_repeated_request_for_a_change_set() -> None:
    """Finds what the first one made."""
    moment = Moment(1, refuse("AlreadyExistsException"), arrives=True, operation="create_change_set")

    assert isinstance(moment.run(carry_out), Stack)


@pytest.mark.parametrize("operation", ["list_change_sets", "delete_stack", "delete_change_set"])
def test_what_cannot_be_taken_back(operation: str) -> None:
    """Is told, with the reason: not everybody may ask for everything."""
    moment = Moment(1, refuse("AccessDenied", "no"), arrives=False, operation=operation)

    end = moment.run(decline)

    if operation == "delete_change_set":
        assert end == ""  # the stack takes it with it
        return
    action = "".join(word.capitalize() for word in operation.split("_"))
    assert str(end).startswith("The stack shop-cdn stays as it is: what was prepared could not be deleted: ")
    assert f"cloudformation:{action}" in str(end)
