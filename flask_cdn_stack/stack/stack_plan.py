"""Creating and updating the stack through a change set: prepare, show, then execute or discard."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from ..aws.cloudformation import Change, ChangeSet, CloudFormation, Prepared, Stack
from ..aws.session import Connection
from ..errors import AWSError, StackFailedError
from ..settings.model import Project
from .change_sets import await_change_set, discard, discarded_on_error, execute, is_new, prepare_change_set
from .deletion import delete_dead_stack
from .following import follow, note_earlier
from .outputs import USABLE, check_owner, failed_state
from .stack_failures import refused_template, stack_failure
from .transitions import fit_template
from .waiting import POLL_SECONDS, StackWaiter


@dataclass(frozen=True)
class StackPlan:
    """A change worked out and not yet carried out. ``change_set`` is None where nothing changes."""

    stack: str
    region: str
    account: str
    creates: bool
    change_set: ChangeSet | None
    before: Stack | None

    @property
    def changes(self) -> tuple[Change, ...]:
        """What would change, resource by resource."""
        return self.change_set.changes if self.change_set else ()


def prepare_change(
    connection: Connection,
    project: Project,
    template: str,
    waiting: StackWaiter,
    agree_to_delete: Callable[[Stack], None] | None = None,
) -> StackPlan:
    """Work out what it takes to make the stack as the template says. Executes nothing.

    A stack whose creation failed and was undone holds nothing and cannot be updated: it has to be deleted first.

    :param agree_to_delete: called before such a stack is deleted, and raises to prevent it. None: it is an error.
    :raises RefusedError: the stack belongs to another project, or AWS would not carry the change out.
    :raises StackFailedError: the stack cannot be updated, or the change set is refused, or gone.
    """
    cloudformation = CloudFormation(connection)
    before = _find_stack(cloudformation, project)
    if before is not None and before.status == "ROLLBACK_COMPLETE" and agree_to_delete is not None:
        agree_to_delete(before)
        _delete_undone(CloudFormation(connection, waiting.patience), before, waiting)
        before = _find_stack(cloudformation, project)
    if before is not None and not is_new(before) and before.status not in USABLE:
        raise failed_state(before)
    creates = is_new(before)
    if before is not None and not creates:
        template = fit_template(cloudformation.read_template(before.id), template)
    prepared = prepare_change_set(cloudformation, project, template, before, waiting)
    followed = CloudFormation(connection, waiting.patience)
    with discarded_on_error(cloudformation, prepared, creates, waiting):
        change_set = await_change_set(followed, prepared.id, waiting)
        described = followed.describe_stack(change_set.stack_id)
        if change_set.failure and not change_set.is_empty:
            raise refused_template(change_set, cloudformation.validation_problems(change_set.id, project.stack))
    if change_set.is_empty:
        discard(cloudformation, prepared, creates, waiting)
    return StackPlan(
        stack=project.stack,
        region=connection.region,
        account=described.account if described else "",
        creates=creates,
        change_set=None if change_set.is_empty else change_set,
        before=before,
    )


def discard_change(connection: Connection, plan: StackPlan, waiting: StackWaiter) -> str:
    """Delete the change set, and the stack that is nothing without it; return what stays, and why, as a sentence.

    What another run has made of the stack meanwhile stays.
    """
    if plan.change_set is None:
        return ""
    prepared = Prepared(plan.change_set.id, plan.change_set.stack_id)
    try:
        reason = discard(CloudFormation(connection), prepared, plan.creates, waiting)
    except AWSError as error:
        reason = f"what was prepared could not be taken back: {error.message.rstrip('.')}"
    return f"The stack {plan.stack} stays as it is: {reason}." if reason else ""


def execute_change(connection: Connection, plan: StackPlan, waiting: StackWaiter) -> Stack:
    """Carry the change out, follow it to its end and return the stack.

    An answer that is lost is read back: a change that has begun is followed as if it had come.

    :raises StackFailedError: it failed; the message begins with the first real cause.
    :raises UnreachableError: nobody can say whether it has begun.
    """
    assert plan.change_set is not None
    cloudformation = CloudFormation(connection)
    stack_id = plan.change_set.stack_id
    followed = CloudFormation(connection, waiting.patience)
    with discarded_on_error(cloudformation, Prepared(plan.change_set.id, stack_id), plan.creates, waiting):
        seen = note_earlier(followed, stack_id, waiting)
    execute(followed, plan.change_set, seen, waiting)
    stack, events = follow(followed, stack_id, seen, waiting)
    if stack.status not in ("CREATE_COMPLETE", "UPDATE_COMPLETE"):
        raise stack_failure(stack, events)
    return stack


def _find_stack(cloudformation: CloudFormation, project: Project) -> Stack | None:
    stack = cloudformation.describe_stack(project.stack)
    if stack is not None and not is_new(stack):
        check_owner(stack, project)
    return stack


def _delete_undone(cloudformation: CloudFormation, stack: Stack, waiting: StackWaiter) -> None:
    if reason := delete_dead_stack(cloudformation, stack.id, "ROLLBACK_COMPLETE", waiting):
        raise StackFailedError(f"The stack {stack.name} was not deleted: {reason}.", "Look at it, then retry.")
    while (left := cloudformation.describe_stack(stack.id)) is not None and left.status != "DELETE_COMPLETE":
        if left.status == "DELETE_FAILED":
            raise failed_state(left)
        waiting.sleep(POLL_SECONDS[0])
