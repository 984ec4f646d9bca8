"""Creates and updates the stack through a change set: prepare it, then execute or discard it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from ..aws.cloudformation import Change, ChangeSet, CloudFormation, Prepared, Stack
from ..aws.session import Connection
from ..errors import AWSError
from ..settings.model import Project
from .change_options import USUAL, ChangeOptions, find_capabilities
from .change_sets import await_change_set, discard, discarded_on_error, execute, is_new, prepare_change_set, stack_tags
from .deployed_template import is_as_wanted
from .following import follow, note_earlier
from .property_changes import fill_in
from .recovery import Recovery, StackRecovery
from .stack_failures import find_left_over, read_causes, refused_template, stack_failure
from .transitions import fit_template
from .waiting import StackWaiter


@dataclass(frozen=True)
class StackPlan:
    """A change that is prepared and not yet executed. ``change_set`` is None if no resource, output or tag changes.

    :param capabilities: the capabilities that the change set acknowledges, such as ``CAPABILITY_IAM``.
    :param protection: whether to switch termination protection on or off; None: it stays as it is.
    """

    stack: str
    region: str
    account: str
    creates: bool
    change_set: ChangeSet | None
    before: Stack | None
    options: ChangeOptions = USUAL
    capabilities: tuple[str, ...] = ()
    protection: bool | None = None

    @property
    def is_empty(self) -> bool:
        """Whether there is nothing to do."""
        return self.change_set is None and self.protection is None

    @property
    def changes(self) -> tuple[Change, ...]:
        """The changes to resources."""
        return self.change_set.changes if self.change_set else ()


def prepare_change(
    connection: Connection,
    project: Project,
    template: str,
    waiting: StackWaiter,
    agree_to_recover: Callable[[Recovery], None] | None = None,
    options: ChangeOptions = USUAL,
) -> StackPlan:
    """Create the change set that makes the stack match the template. It is not executed.

    A stack in a state in which it cannot be updated is first brought out of it.

    :param agree_to_recover: called before anything is done for that; raises an error to refuse. None: such a state is
        an error.
    :raises RefusedError: the stack belongs to another project, or AWS would refuse the change.
    :raises StackFailedError: the stack cannot be updated, or CloudFormation refused the change set, or it is gone.
    """
    cloudformation = CloudFormation(connection)
    before = StackRecovery(connection, project, waiting, options, agree_to_recover).find_stack()
    creates, deployed, protection = is_new(before), "", _protection(project, before)
    if before is not None and not creates:
        deployed = cloudformation.read_template(before.id)
        template = fit_template(deployed, template)
        if is_as_wanted(before, deployed, template, stack_tags(project), options.role_arn):
            there = (project.stack, connection.region, before.account)
            return StackPlan(*there, False, None, before, options, protection=protection)
    prepared = prepare_change_set(cloudformation, project, template, before, waiting, options)
    followed = CloudFormation(connection, waiting.patience)
    with discarded_on_error(cloudformation, prepared, creates, waiting):
        change_set = fill_in(await_change_set(followed, prepared.id, waiting), deployed, template)
        described = followed.describe_stack(change_set.stack_id)
        if change_set.failure and not change_set.is_empty:
            raise refused_template(connection, change_set, waiting.patience)
    if change_set.is_empty:
        discard(cloudformation, prepared, creates, waiting)
    return StackPlan(
        stack=project.stack,
        region=connection.region,
        account=described.account if described else "",
        creates=creates,
        change_set=None if change_set.is_empty else change_set,
        before=before,
        options=options,
        capabilities=find_capabilities(template),
        protection=protection,
    )


def _protection(project: Project, before: Stack | None) -> bool | None:
    wanted = project.settings.termination_protection
    return None if wanted is None or wanted == (before is not None and before.is_protected) else wanted


def discard_change(connection: Connection, plan: StackPlan, waiting: StackWaiter) -> str:
    """Delete the change set, and the stack if it was to create it; return a sentence if something stays, and why.

    A stack that another run has changed meanwhile is not deleted.
    """
    if plan.change_set is None:
        return ""
    prepared = Prepared(plan.change_set.id, plan.change_set.stack_id)
    try:
        reason = discard(CloudFormation(connection), prepared, plan.creates, waiting)
    except AWSError as error:
        reason = f"what was prepared could not be deleted: {error.message.rstrip('.')}"
    return f"The stack {plan.stack} stays as it is: {reason}." if reason else ""


def execute_change(connection: Connection, plan: StackPlan, waiting: StackWaiter) -> Stack:
    """Execute the change set, follow the change to its end unless the options say not to, and return the stack.

    If the answer to the request is lost, the stack is read to find out whether the change has begun.

    :raises StackFailedError: the change failed; the message begins with the first real cause.
    :raises UnreachableError: it cannot be found out whether the change has begun.
    """
    assert plan.change_set is not None
    cloudformation = CloudFormation(connection)
    stack_id = plan.change_set.stack_id
    followed = CloudFormation(connection, waiting.patience)
    with discarded_on_error(cloudformation, Prepared(plan.change_set.id, stack_id), plan.creates, waiting):
        seen = note_earlier(followed, stack_id, waiting)
    try:
        execute(followed, plan.change_set, seen, waiting, keeps_failed=plan.options.on_failure == "keep")
    except KeyboardInterrupt:
        waiting.say(waiting.goes_on)
        raise
    if not plan.options.waits and (begun := followed.describe_stack(stack_id)):
        return begun
    stack, events = follow(followed, stack_id, seen, waiting)
    if stack.status not in ("CREATE_COMPLETE", "UPDATE_COMPLETE"):
        raise stack_failure(stack, events, read_causes(connection, stack, events, waiting.patience))
    for said in find_left_over(events):
        waiting.say(said)
    return stack
