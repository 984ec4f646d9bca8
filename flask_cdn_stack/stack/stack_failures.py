"""Errors for a stack that failed and for a change set that CloudFormation refuses: the cause, then the remedy."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence

from ..aws.cloudformation import ChangeSet, Event, Stack
from ..aws.patience import Patience
from ..aws.session import Connection
from ..aws.stack_events import STACK, Problem, find_problems, read_change_set_problems, read_stack_problems
from ..checks.failure_remedies import REMEDIES, find_remedy
from ..checks.quotas import SHARED, find_quota
from ..errors import AWSError, StackFailedError

# CloudFormation's reasons for resources that failed only because another one did.
_CONSEQUENCE = re.compile(
    r"Resource (creation|update|deletion|import) cancelled|The following resource\(s\) failed to", re.IGNORECASE
)

# CloudFormation's reason for a resource that a hook refused; the hook's own message says more.
_HOOKED = re.compile(r"The following hook\(s\)")

_FIX = "Fix the cause, then run `flask-cdn-stack provision` again."
_FIX_DELETION = "Remove the cause, then run `flask-cdn-stack destroy` again."


def refused_template(connection: Connection, change_set: ChangeSet, patience: Patience) -> StackFailedError:
    """Return the error for a change set that failed to be created, with everything that validation and hooks found."""
    problems: list[Problem] = []
    hidden = ""
    try:
        problems = _real(read_change_set_problems(connection, change_set.id, patience))
    except AWSError as error:
        # The change set's reason may be complete; if it is not, it refers to DescribeEvents.
        if "DescribeEvents" in change_set.failure:
            hidden = f"The details were not read: {error.message} {error.hint}".rstrip()
    return StackFailedError(
        "\n  ".join([f"CloudFormation refuses the template: {change_set.failure}", *map(str, problems)]),
        "\n".join(filter(None, (hidden, *(explain(problems) or explain([Problem("", "", change_set.failure)]))))),
        remedy_code=_remedy_code([*problems, Problem("", "", change_set.failure)]),
    )


def read_causes(connection: Connection, stack: Stack, events: Sequence[Event], patience: Patience) -> list[Problem]:
    """Return the failures of the last operation on a stack, from DescribeEvents; empty if it cannot be called.

    A stack without operation ids is asked about only if its events refer to DescribeEvents.
    """
    if not stack.operations and not any("DescribeEvents" in event.reason for event in events):
        return []
    try:
        return _real(read_stack_problems(connection, stack, patience))
    except AWSError:
        return []  # the events that were followed say the same, except for details of validation


def stack_failure(stack: Stack, events: Sequence[Event], causes: Sequence[Problem] = ()) -> StackFailedError:
    """Return the error for a stack whose change or deletion failed; its message begins with the first real cause.

    :param events: the operation's events, the oldest first. Only those before the rollback count as causes; failures
        of the rollback are listed separately.
    :param causes: the result of :func:`read_causes`, which has more details than the events.
    """
    forward, undoing = _part(events)
    causes = causes or _real(find_problems(forward)) or _of_the_stack(stack, events)
    is_deletion = stack.status == "DELETE_FAILED"
    failed = "could not be deleted" if is_deletion else "failed"
    lines = [f"The stack {stack.name} {failed}; {_outcome(stack.status)}. First cause:", *(f"  {it}" for it in causes)]
    if left := _real(find_problems(undoing)):
        lines += ["While it was being undone:", *(f"  {problem}" for problem in left)]
    ways_out = [*explain([*causes, *left]), _FIX_DELETION if is_deletion else _FIX]
    return StackFailedError("\n".join(lines), "\n".join(ways_out), remedy_code=_remedy_code([*causes, *left]))


def find_left_over(events: Iterable[Event]) -> Iterator[str]:
    """Yield a warning for each replaced resource that a successful change could not delete.

    A failure of the cleanup after an update does not fail the update (CloudFormation user guide, "Stack status codes",
    ``UPDATE_COMPLETE_CLEANUP_IN_PROGRESS``).
    """
    for it in find_problems(events):
        said = f"CloudFormation has left {it.place} ({it.type}), which it could not delete: {it.reason}"
        yield "\n".join([said, *explain([it])])


def explain(problems: Iterable[Problem]) -> list[str]:
    """Return the remedies of known problems, each once, with the page of AWS's documentation."""
    found = (find_remedy(kind, reason) for kind, reason in _readings(problems))
    return list(dict.fromkeys(remedy for remedy in found if remedy))


def _remedy_code(problems: Iterable[Problem]) -> str:
    """Return the code of the first problem that is in the table of remedies; quotas are not."""
    known = ((kind, reason) for kind, reason in _readings(problems) if not find_quota(kind.rpartition(":")[2], reason))
    return next((row.code for kind, reason in known for row in REMEDIES if row.fits(kind, reason)), "")


def _readings(problems: Iterable[Problem]) -> Iterator[tuple[str, str]]:
    """Yield each problem's reason with each type that it may be about."""
    return ((kind, _reason(problem)) for problem in problems for kind in _kinds(problem))


def _part(events: Sequence[Event]) -> tuple[Sequence[Event], Sequence[Event]]:
    """Divide events into those before the rollback and those of it; all come first if the operation is a rollback."""
    turns = (n for n, event in enumerate(events) if event.type == STACK and "ROLLBACK" in event.status)
    turn = next(turns, 0) or len(events)
    return events[:turn], events[turn:]


def _real(problems: list[Problem]) -> list[Problem]:
    """Return the problems without those that only follow from another one, unless there are no others."""
    is_hooked = any(map(_is_of_hook, problems))
    return [
        problem
        for problem in problems
        if not _CONSEQUENCE.match(problem.reason) and not (is_hooked and _HOOKED.match(problem.reason))
    ] or problems


def _of_the_stack(stack: Stack, events: Sequence[Event]) -> list[Problem]:
    """Return the stack's own reason, for failures that no resource has an event for, such as a cancelled update."""
    told = [Problem(stack.name, STACK, event.reason) for event in events if event.type == STACK and event.reason]
    reason = stack.reason or "CloudFormation gives no reason."
    return _real([it for it in told if it.reason != "User Initiated"])[:1] or [Problem(stack.name, STACK, reason)]


def _outcome(status: str) -> str:
    if status == "DELETE_COMPLETE":
        return "what was done has been deleted again"
    return "what was done has been undone" if "ROLLBACK_COMPLETE" in status else f"it is now {status}"


def _reason(problem: Problem) -> str:
    return f"{problem.reason} Hook failed" if _is_of_hook(problem) else problem.reason


def _is_of_hook(problem: Problem) -> bool:
    return problem.check.startswith("hook ")


def _kinds(problem: Problem) -> Iterable[str]:
    """Return the resource types that a problem may be about: its own, or those that its text names."""
    if problem.type:
        return [problem.type]
    text = str(problem)
    if named := re.findall(r"AWS::\w+::\w+", text):
        return named
    known = dict.fromkeys((*(kind for remedy in REMEDIES for kind in remedy.kinds), *(f"::{it.kind}" for it in SHARED)))
    return [kind for kind in known if re.search(rf"/{kind.rpartition(':')[2]}\b", text)] or [""]
