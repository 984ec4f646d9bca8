"""Brings a stack into a state in which it can be updated.

An operation in progress is followed to its end. A stack that is stuck after a failure is repaired or deleted with the
one request that CloudFormation accepts in that state, after the user has agreed (CloudFormation user guide, "Stack
status codes" and "Continue rolling back an update").
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable
from contextlib import suppress
from typing import Literal, NamedTuple, get_args

from ..aws.cloudformation import CloudFormation, Event, Stack
from ..aws.session import Connection
from ..aws.stack_recovery import StackResource, continue_rollback, list_resources, roll_back, set_protection
from ..errors import AWSError, RefusedError, SettingsError, StackFailedError, StackNotFoundError
from ..settings.model import Project
from .change_options import ChangeOptions
from .change_sets import find_own_stack, is_new
from .deletion import Dead, delete_dead_stack
from .deployed_template import read_retained
from .following import follow, note_earlier
from .outputs import USABLE, failed_state
from .stack_failures import stack_failure
from .waiting import StackWaiter


class Recovery(NamedTuple):
    """What must be done to a stack before it can be changed.

    :param failed: its resources that failed, with AWS's reasons.
    :param goes: its other resources, which are deleted.
    :param stays: resources that the deletion cannot delete, or that are retained; they will belong to no stack.
    :param skipped: logical ids of the resources that the rollback skips.
    :param unprotects: its termination protection is switched off first, as the settings say.
    """

    stack: Stack
    action: Literal["delete", "continue rollback", "roll back"]
    failed: tuple[StackResource, ...] = ()
    goes: tuple[StackResource, ...] = ()
    stays: tuple[StackResource, ...] = ()
    skipped: tuple[str, ...] = ()
    unprotects: bool = False


class StackRecovery:
    """Brings a project's stack into a state in which it can be changed.

    :param agree: called before anything is done to the stack; raises an error to refuse. None: refuse everything.
    """

    def __init__(
        self,
        connection: Connection,
        project: Project,
        waiting: StackWaiter,
        options: ChangeOptions,
        agree: Callable[[Recovery], None] | None,
    ) -> None:
        self._connection, self._project, self._waiting = connection, project, waiting
        self._options, self._agree = options, agree
        self._looked = CloudFormation(connection)
        self._followed = CloudFormation(connection, waiting.patience)
        self._deletions: Counter[str] = Counter()
        self._left: set[str] = set()
        self._has_skipped = False

    def find_stack(self) -> Stack | None:
        """Return the stack once a change set can be created for it; None if there is no stack.

        :raises RefusedError: the stack belongs to another project, is protected, or the user did not agree.
        :raises SettingsError: a resource is to be skipped that has not failed.
        :raises StackFailedError: the stack is in a state that cannot be repaired, or the repair failed.
        """
        looked, project = self._looked, self._project
        while (stack := find_own_stack(looked, project)) and not is_new(stack) and stack.status not in USABLE:
            if stack.is_under_way:
                self._follow_other(stack)
            elif self._agree is None:
                raise failed_state(stack)
            elif stack.status == "UPDATE_ROLLBACK_FAILED":
                self._continue_rollback(stack, self._agree)
            elif stack.status == "UPDATE_FAILED":
                self._roll_back(stack, self._agree)
            else:
                self._delete(stack, self._agree)
        if self._options.skipped and not self._has_skipped:
            self._waiting.say("No rollback has got stuck; --skip-resource was not needed.")
        return stack

    def _follow_other(self, stack: Stack) -> None:
        if not self._options.waits:
            raise failed_state(stack)
        self._waiting.say(
            f"The stack {stack.name} is being changed ({stack.status}); that is followed to its end first."
        )
        self._follow(stack, note_earlier(self._followed, stack.id, self._waiting))

    def _follow(self, stack: Stack, seen: set[str]) -> tuple[Stack | None, list[Event]]:
        with suppress(StackNotFoundError):  # a deletion has ended as intended
            return follow(self._followed, stack.id, seen, self._waiting)
        return None, []

    def _continue_rollback(self, stack: Stack, agree: Callable[[Recovery], None]) -> None:
        failed = _with_status(list_resources(self._connection, stack), "UPDATE_FAILED")
        skipped, names = self._options.skipped, [item.logical_id for item in failed]
        if unknown := [name for name in skipped if name not in names]:
            raise SettingsError(
                f"--skip-resource {unknown[0]}: no resource of that name has failed in the stack {stack.name}.",
                f"Those that have: {', '.join(names)}." if names else "Leave it out.",
            )
        agree(Recovery(stack, "continue rollback", failed, skipped=skipped))
        self._has_skipped = True
        self._take_back(stack, lambda: continue_rollback(self._connection, stack, skipped, self._options.role_arn))

    def _roll_back(self, stack: Stack, agree: Callable[[Recovery], None]) -> None:
        agree(Recovery(stack, "roll back", _with_status(list_resources(self._connection, stack), "UPDATE_FAILED")))
        self._take_back(stack, lambda: roll_back(self._connection, stack, self._options.role_arn))

    def _take_back(self, stack: Stack, begin: Callable[[], None]) -> None:
        seen = note_earlier(self._followed, stack.id, self._waiting)
        try:
            begin()
        except AWSError:
            # If another run was quicker, or the answer was lost, the rollback is in progress.
            found = self._followed.describe_stack(stack.id)
            if found is None or found.status == stack.status:
                raise
        ended, events = self._follow(stack, seen)
        if ended is not None and ended.status not in USABLE:
            raise _stuck_rollback(ended, events)

    def _delete(self, stack: Stack, agree: Callable[[Recovery], None]) -> None:
        state = next((state for state in get_args(Dead) if state == stack.status), None)
        if state is None or self._deletions[stack.id] > 2:
            raise failed_state(stack)
        self._check_protection(stack)
        # After a complete rollback there are no resources left to list.
        plan = self._plan_deletion(
            stack, () if state == "ROLLBACK_COMPLETE" else list_resources(self._connection, stack)
        )
        names = {item.logical_id for item in plan.failed}
        # Ask once for the stack, and again only if more resources would stay than was shown.
        if not self._deletions[stack.id] or not names or names - self._left:
            agree(plan)
            self._left |= names
        if plan.unprotects:
            set_protection(self._connection, stack, False)
        request = self._request(stack, sorted(names)) | _role(self._options)
        self._deletions[stack.id] += 1
        seen = note_earlier(self._followed, stack.id, self._waiting)
        if reason := delete_dead_stack(self._followed, stack.id, state, self._waiting, how=request):
            raise StackFailedError(f"The stack {stack.name} was not deleted: {reason}.", "Look at it, then retry.")
        self._follow(stack, seen)

    def _plan_deletion(self, stack: Stack, resources: Iterable[StackResource]) -> Recovery:
        """Divide the resources into those to delete, those that failed to be deleted, and those to retain."""
        failed = _with_status(resources, "DELETE_FAILED")
        there = [item for item in resources if item.status.endswith("_COMPLETE") and item.status != "DELETE_COMPLETE"]
        kept = read_retained(self._looked, stack) if there else frozenset()
        goes = tuple(item for item in there if item.logical_id not in kept)
        retained = (item for item in there if item.logical_id in kept)
        return Recovery(stack, "delete", failed, goes, (*failed, *retained), unprotects=stack.is_protected)

    def _check_protection(self, stack: Stack) -> None:
        """Refuse to delete a protected stack, unless the settings switch termination protection off."""
        if stack.is_protected and self._project.settings.termination_protection is not False:
            raise RefusedError(
                f"The stack {stack.name} is {stack.status}: it has to be deleted to be created again, and its "
                "termination protection is on.",
                "Switch that off, with termination_protection: off in the settings file or `aws cloudformation "
                f"update-termination-protection --no-enable-termination-protection --stack-name {stack.name}`, then "
                "retry.",
            )

    def _request(self, stack: Stack, names: list[str]) -> dict[str, object]:
        """Return parameters of DeleteStack: first none, then retain the resources that failed, then force it."""
        tries = self._deletions[stack.id]
        if stack.status != "DELETE_FAILED" or tries == 0:
            return {}
        return {"RetainResources": names} if names and tries == 1 else {"DeletionMode": "FORCE_DELETE_STACK"}


def _role(options: ChangeOptions) -> dict[str, object]:
    return {"RoleARN": options.role_arn} if options.role_arn else {}


def _with_status(resources: Iterable[StackResource], status: str) -> tuple[StackResource, ...]:
    return tuple(item for item in resources if item.status == status)


def _stuck_rollback(stack: Stack, events: list[Event]) -> StackFailedError:
    failure = stack_failure(stack, events)
    failure.add_hint("A resource that cannot be rolled back is left out with --skip-resource.", "\n")
    return failure
