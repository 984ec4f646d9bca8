"""CloudFormation in memory, as far as stacks and change sets go, and runs that meet there in any order.

A run is our own code. It is played again from its beginning for each of its steps, with the answers it has had so far,
until it asks for something new: so a state of the world is nothing but two lists of answers and the service, and each
is looked at once. A run may stand still for as long as it likes after an answer; a request is carried out at once when
it is sent.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

from botocore.exceptions import ClientError, ConnectionClosedError

#: Seconds that a request takes, and that a stack takes to be created. A change set is worked out at once.
REQUEST, CREATION = 0.3, 0.6

_WHEN = datetime(2026, 1, 1, tzinfo=UTC)


def refuse(code: str, message: str = "no", status: int = 400) -> ClientError:
    """Return the error for a service's answer."""
    answer = {"Error": {"Code": code, "Message": message}, "ResponseMetadata": {"HTTPStatusCode": status}}
    return ClientError(answer, "Operation")  # type: ignore[arg-type]


@dataclass
class Service:
    """What CloudFormation has. ``killed`` names each stack that was executed and then deleted."""

    now: float = 1000.0
    stacks: dict[str, dict[str, Any]] = field(default_factory=dict)
    change_sets: dict[str, dict[str, Any]] = field(default_factory=dict)
    events: list[tuple[str, str]] = field(default_factory=list)
    killed: list[str] = field(default_factory=list)
    made: int = 0

    def answer(self, operation: str, parameters: dict[str, Any]) -> dict[str, Any]:
        """Carry a request out."""
        self.now = round(self.now + REQUEST, 3)
        for stack in self.stacks.values():
            if stack["StackStatus"] == "CREATE_IN_PROGRESS" and self.now >= stack["until"]:
                stack["StackStatus"] = "CREATE_COMPLETE"
        result: dict[str, Any] = getattr(self, f"_{operation}")(**parameters)
        return result

    def copy(self) -> Service:
        """Return a service that can go another way."""
        stacks = {key: dict(item) for key, item in self.stacks.items()}
        change_sets = {key: dict(item) for key, item in self.change_sets.items()}
        return Service(self.now, stacks, change_sets, [*self.events], [*self.killed], self.made)

    def living(self) -> list[dict[str, Any]]:
        """Return the stacks that are there."""
        return [stack for stack in self.stacks.values() if stack["StackStatus"] != "DELETE_COMPLETE"]

    def _find(self, name: str) -> dict[str, Any]:
        named = [stack for stack in self.living() if stack["StackName"] == name]
        if found := self.stacks.get(name) or (named[0] if named else None):
            return found
        raise refuse("ValidationError", f"Stack with id {name} does not exist")

    def _change_set(self, name: str, stack: str = "") -> dict[str, Any]:
        named = [item for item in self.change_sets.values() if stack and item["ChangeSetName"] == name]
        if found := self.change_sets.get(name) or (named[0] if named else None):
            return found
        raise refuse("ChangeSetNotFound", f"ChangeSet [{name}] does not exist", 404)

    def _describe_stacks(self, StackName: str) -> dict[str, Any]:
        return {"Stacks": [dict(self._find(StackName))]}

    def _create_change_set(
        self,
        StackName: str,
        ChangeSetName: str,
        ChangeSetType: str,
        Tags: list[dict[str, str]],
        TemplateBody: str,
        **rest: Any,
    ) -> dict[str, Any]:
        if any(item["ChangeSetName"] == ChangeSetName for item in self.change_sets.values()):
            raise refuse("AlreadyExistsException")
        self.made += 1
        named = [stack for stack in self.living() if stack["StackName"] == StackName]
        new = {"StackName": StackName, "StackId": f"s{self.made}", "StackStatus": "REVIEW_IN_PROGRESS"}
        stack = named[0] if named else new
        if (ChangeSetType == "CREATE") != (stack["StackStatus"] == "REVIEW_IN_PROGRESS"):
            raise refuse("ValidationError", f"Stack [{StackName}] already exists or does not")
        self.stacks[stack["StackId"]] = stack
        made = {"ChangeSetId": f"c{self.made}", "ChangeSetName": ChangeSetName, "StackId": stack["StackId"]}
        status = {"Status": "CREATE_COMPLETE", "ExecutionStatus": "AVAILABLE"}
        if ChangeSetType == "UPDATE":  # with the template that the stack has
            reason = "The submitted information didn't contain changes."
            status = {"Status": "FAILED", "ExecutionStatus": "UNAVAILABLE", "StatusReason": reason}
        self.change_sets[made["ChangeSetId"]] = {**made, **status, "Tags": Tags, "TemplateBody": TemplateBody}
        return {"Id": made["ChangeSetId"], "StackId": stack["StackId"]}

    def _get_template(self, StackName: str, TemplateStage: str) -> dict[str, Any]:
        return {"TemplateBody": self._find(StackName)["TemplateBody"]}

    def _describe_change_set(self, ChangeSetName: str, StackName: str = "", **rest: Any) -> dict[str, Any]:
        return dict(self._change_set(ChangeSetName, StackName))

    def _list_change_sets(self, StackName: str) -> dict[str, Any]:
        stack = self._find(StackName)["StackId"]
        # "Returns the ID and status of each active change set": one that was executed may be missing.
        active = [item for item in self.change_sets.values() if not item["ExecutionStatus"].startswith("EXECUTE_")]
        return {"Summaries": [dict(item) for item in active if item["StackId"] == stack]}

    def _execute_change_set(self, ChangeSetName: str, ClientRequestToken: str) -> dict[str, Any]:
        executed = self._change_set(ChangeSetName)
        if executed["ExecutionStatus"] != "AVAILABLE":
            raise refuse("InvalidChangeSetStatus")
        executed["ExecutionStatus"] = "EXECUTE_IN_PROGRESS"
        stack = self.stacks[executed["StackId"]]
        stack.update(StackStatus="CREATE_IN_PROGRESS", until=self.now + CREATION, Tags=executed["Tags"])
        stack["TemplateBody"] = executed["TemplateBody"]
        self._drop(lambda item: item["StackId"] == stack["StackId"] and item is not executed)
        self.events.append((stack["StackId"], ClientRequestToken))
        return {}

    def _drop(self, matches: Callable[[dict[str, Any]], bool]) -> None:
        self.change_sets = {key: item for key, item in self.change_sets.items() if not matches(item)}

    def _delete_change_set(self, ChangeSetName: str) -> dict[str, Any]:
        found = self.change_sets.get(ChangeSetName)
        if found and found["ExecutionStatus"].startswith("EXECUTE_"):
            raise refuse("InvalidChangeSetStatus")
        self._drop(lambda item: item["ChangeSetId"] == ChangeSetName)
        return {}

    def _delete_stack(self, StackName: str) -> dict[str, Any]:
        stack = self.stacks.get(StackName, {})
        self.killed += [StackName] if "until" in stack else []
        stack.update(StackStatus="DELETE_COMPLETE")
        self._drop(lambda item: item["StackId"] == StackName)
        return {}

    def _describe_stack_events(self, StackName: str) -> dict[str, Any]:
        found = [(number, token) for number, (stack, token) in enumerate(self.events) if stack == StackName]
        entry = {"Timestamp": _WHEN, "LogicalResourceId": "shop-cdn"}
        return {"StackEvents": [{**entry, "EventId": str(n), "ClientRequestToken": t} for n, t in reversed(found)]}


Ask = Callable[[str, dict[str, Any]], Any]


@dataclass(frozen=True)
class FakeConnection:
    """What our code takes for a connection: its one client hands every operation to ``ask``."""

    ask: Ask
    region: str = "us-east-1"

    def client(self, service: str, **options: Any) -> FakeConnection:
        """Return the client."""
        return self

    def get_paginator(self, operation: str) -> Any:
        """Return something that gives one page."""

        class Paginator:
            def paginate(paginator, **parameters: Any) -> Iterator[Any]:
                yield self.ask(operation, parameters)

        return Paginator()

    def __getattr__(self, operation: str) -> Callable[..., Any]:
        return lambda **parameters: self.ask(operation, parameters)


class Asks(BaseException):
    """A run has come to something that it has no answer to yet."""


#: A run: our code with a connection, a way to sleep and a clock. What it returns, or raises, is how it ended.
Run = Callable[[FakeConnection, Callable[[float], None], Callable[[], float]], object]


@dataclass(frozen=True)
class Faulty:
    """A run for which the answer to one of its operations is lost: it is repeated, or nothing comes."""

    run: Run
    operation: str = ""
    repeated: bool = True


@dataclass(frozen=True)
class Progress:
    """How far a run has come: what it asks for next, or None where it has ended, and what it returned or raised."""

    faulty: Faulty
    answers: tuple[Any, ...]
    text: str
    request: tuple[str, dict[str, Any]] | None
    end: object

    def after(self, answer: Any) -> Progress:
        """Return how far the run comes with one more answer."""
        return _play(self.faulty, (*self.answers, answer), f"{self.text}\n{answer!r}")


def _play(faulty: Faulty, answers: tuple[Any, ...], text: str) -> Progress:
    left = list(answers)
    asked: list[tuple[str, dict[str, Any]]] = []

    def ask(operation: str, parameters: dict[str, Any]) -> Any:
        if not left:
            asked.append((operation, parameters))
            raise Asks
        answer = left.pop(0)
        if isinstance(answer, Exception):
            raise answer
        return answer

    end: object = None
    try:
        end = faulty.run(
            FakeConnection(ask), lambda seconds: ask("sleep", {"seconds": seconds}), lambda: ask("clock", {})
        )
    except Asks:
        pass
    except Exception as error:
        end = error
    return Progress(faulty, answers, text, asked[0] if asked else None, end)


@dataclass(frozen=True)
class World:
    """Runs and what they work on."""

    service: Service
    runs: tuple[Progress, ...]

    def key(self) -> object:
        """Return what the future depends on; which of two runs of a kind is the first does not matter."""
        runs = sorted((id(run.faulty), run.text) for run in self.runs)
        return repr((self.service.now, self.service.stacks, sorted(self.service.change_sets), runs))

    def step(self, index: int) -> World | None:
        """Return the world after the next request of a run, or None where the run has ended.

        What the clock says is asked when the run goes on, which may be long after its last answer.
        """
        run = self.runs[index]
        while run.request and run.request[0] == "clock":
            run = run.after(self.service.now)
        if run.request is None:
            return None
        service = self.service.copy()
        run = run.after(_answer(service, run.faulty, *run.request))
        return World(service, (*self.runs[:index], run, *self.runs[index + 1 :]))


def _answer(service: Service, faulty: Faulty, operation: str, parameters: dict[str, Any]) -> Any:
    if operation == "sleep":
        service.now = round(service.now + parameters["seconds"], 3)
        return None
    try:
        answer = service.answer(operation, parameters)
        if operation == faulty.operation and not faulty.repeated:
            return ConnectionClosedError(endpoint_url="")
        return service.answer(operation, parameters) if operation == faulty.operation else answer
    except ClientError as error:
        return error


def every_end(*faulty: Faulty, service: Service | None = None) -> Iterator[World]:
    """Yield each way in which these runs can end, over every order of their requests.

    :param service: what there is before; None: nothing.
    """
    seen: set[object] = set()
    waiting = [World(service or Service(), tuple(_play(run, (), "") for run in faulty))]
    while waiting:
        world = waiting.pop()
        following = [after for index in range(len(world.runs)) if (after := world.step(index)) is not None]
        if not following and all(run.request is None for run in world.runs):
            yield world
        for after in following:
            if (key := after.key()) not in seen:
                seen.add(key)
                waiting.append(after)
