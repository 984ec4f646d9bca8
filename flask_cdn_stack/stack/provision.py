"""Creates the project's stack, or updates it to match the settings."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import AbstractContextManager, contextmanager, nullcontext
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from typing import Protocol

from ..aws.cloudformation import Stack
from ..aws.session import Connection
from ..aws.stack_recovery import set_protection
from ..checks.settings import check_session_region, require_stack
from ..config_file import render_python, write_guarded
from ..infrastructure.template import build_template, render_template
from ..settings.model import Project, Settings
from .adoption import adopt_bucket, check_adoptable
from .advice import PolicyAdvice, check_cache_policy, check_headers_policy, find_key_advice, find_policy_advice
from .bucket_policy import refuse_kept_policy
from .certificates import check_certificate
from .change_options import USUAL, ChangeOptions
from .destroy_plan import find_left_bucket
from .differences import Difference, find_differences
from .drift import find_drift
from .former_keys import find_former_key
from .outputs import parse_outputs, provisioned_values
from .progress import slow_step
from .quotas import warn_of_quotas
from .recovery import Recovery
from .stack_plan import StackPlan, discard_change, execute_change, prepare_change
from .waiting import StackWaiter

__all__ = ["Attendant", "ProvisionReport", "Unattended", "carry_out", "only_look", "provision", "write_config"]


@dataclass(frozen=True)
class ProvisionReport:
    """The result: the plan, its changes to outputs and tags, and the stack, None if there is none yet.

    ``policy_advice`` and ``key_advice`` are statements for the user to add to policies that the stack does not manage.
    """

    plan: StackPlan
    differences: tuple[Difference, ...]
    stack: Stack | None
    policy_advice: PolicyAdvice | None = None
    key_advice: str | None = None


class Attendant(Protocol):
    """Callbacks of :func:`provision`: shows the plan and warnings, and asks the user to agree."""

    def resolve(self) -> Settings:
        """Return the settings, with the values filled in that come from the app."""

    def warn(self, text: str) -> None:
        """Show a warning."""

    def working(self) -> AbstractContextManager[object]:
        """Return a context manager around all requests that write; it may raise an exception to end the run."""

    def agree_to_recover(self, recovery: Recovery) -> None:
        """Agree to what must be done to a stack before it can be changed; raise an error to refuse."""

    def show(self, plan: StackPlan, differences: Sequence[Difference]) -> None:
        """Show what would change."""

    def agree(self, plan: StackPlan) -> None:
        """Agree to the plan; raise an error to refuse."""

    def write_config(self, stack: Stack | None) -> None:
        """Write the config file that the app imports."""


def write_config(connection: Connection, project: Project, stack: Stack | None) -> str | None:
    """Write the config file for a stack, and return the CDN's domain.

    :return: None if nothing was written: the file is up to date or not wanted, or the stack has no outputs yet.
    :raises RefusedError: there is a file in its place that this tool did not write.
    :raises LocalFileError: the file cannot be written.
    """
    if stack is None or project.config_file is None or is_begun(stack):
        return None
    values = provisioned_values(connection, project, parse_outputs(stack.name, stack.outputs))
    return values.domain if write_guarded(project.config_file, render_python(values)) else None


def is_begun(stack: Stack) -> bool:
    """Return whether a stack is being created and has no outputs yet."""
    return stack.is_under_way and not stack.outputs


@dataclass(frozen=True)
class Unattended:
    """Agrees to everything, and writes the config file. The settings must not need values from the app."""

    connection: Connection
    project: Project

    def resolve(self) -> Settings:
        """Return the settings unchanged."""
        return self.project.settings

    def warn(self, text: str) -> None:
        """Do nothing."""

    def working(self) -> AbstractContextManager[object]:
        """Do nothing."""
        return nullcontext()

    def agree_to_recover(self, recovery: Recovery) -> None:
        """Agree."""

    def show(self, plan: StackPlan, differences: Sequence[Difference]) -> None:
        """Do nothing."""

    def agree(self, plan: StackPlan) -> None:
        """Agree."""

    def write_config(self, stack: Stack | None) -> None:
        """Write the config file."""
        write_config(self.connection, self.project, stack)


class ProvisionReader(Protocol):
    """Executes a plan, or only discards it."""

    @property
    def recovers(self) -> bool:
        """Whether a stack that cannot be updated may be changed to make a plan possible."""

    def __call__(
        self, connection: Connection, plan: StackPlan, waiting: StackWaiter, attendant: Attendant
    ) -> Stack | None:
        """Execute or discard the plan, and return the stack in its state afterwards."""


class _CarryOut:
    """Executes a plan, and has the config file written, even if nothing changes."""

    recovers = True

    def __call__(
        self, connection: Connection, plan: StackPlan, waiting: StackWaiter, attendant: Attendant
    ) -> Stack | None:
        stack = _execute(connection, plan, waiting) if plan.change_set else plan.before
        attendant.write_config(stack)
        if plan.protection is None or stack is None or stack.is_under_way:
            return stack
        set_protection(connection, stack, plan.protection)
        return replace(stack, is_protected=plan.protection)


class _OnlyLook:
    """Deletes the plan's change set: a dry run."""

    recovers = False

    def __call__(
        self, connection: Connection, plan: StackPlan, waiting: StackWaiter, attendant: Attendant
    ) -> Stack | None:
        _discard(connection, plan, waiting, attendant)
        return plan.before


carry_out, only_look = _CarryOut(), _OnlyLook()


def provision(
    connection: Connection,
    project: Project,
    attendant: Attendant | None = None,
    waiting: StackWaiter | None = None,
    reader: ProvisionReader = carry_out,
    options: ChangeOptions = USUAL,
) -> ProvisionReport:
    """Create the project's stack, or update it to match the settings.

    :param attendant: shows the plan and agrees to it; :class:`Unattended` by default.
    :param waiting: how to wait for CloudFormation, with the callbacks for its events.
    :param reader: ``carry_out``, or for a dry run ``only_look``, both of this module.
    :param options: how the change is made.
    :raises SettingsError: AWS would not accept the settings.
    :raises RefusedError: the stack belongs to another project, or the user did not agree.
    :raises StackFailedError: CloudFormation refused the change set, or the change failed.
    :raises AWSError: AWS refused a request or could not be reached.
    """
    attendant, waiting = attendant or Unattended(connection, project), waiting or StackWaiter()
    require_stack(project.settings)
    check_session_region(project.settings, connection.region)
    settings = attendant.resolve()
    template = render_template(settings)
    if options.adopt:
        check_adoptable(connection, project, options.adopt)
        template = adopt_bucket(template, options.adopt)
    for warning in _check_with_aws(connection, settings):
        attendant.warn(warning)
    agree_to_recover = attendant.agree_to_recover if reader.recovers else None
    with attendant.working():
        plan = prepare_change(connection, project, template, waiting, agree_to_recover, options)
        differences = find_differences(plan, project, build_template(settings)) if plan.change_set else ()
        with _discarded_on_error(connection, plan, waiting, attendant):
            attendant.show(plan, differences)
            for warning in _check_plan(connection, project, plan):
                attendant.warn(warning)
            attendant.agree(plan)
        stack = reader(connection, plan, waiting, attendant)
    if stack is None:
        return ProvisionReport(plan, differences, stack)
    policy_advice = find_policy_advice(connection, project.settings, stack)
    return ProvisionReport(plan, differences, stack, policy_advice, find_key_advice(project.settings, stack))


def _check_with_aws(connection: Connection, settings: Settings) -> Iterator[str]:
    certificate = check_certificate(connection, settings.delivery, datetime.now(UTC))
    yield from (*certificate, *check_cache_policy(connection, settings))
    yield from check_headers_policy(connection, settings)


def _check_plan(connection: Connection, project: Project, plan: StackPlan) -> Iterator[str]:
    if drift := find_drift(connection, plan.before, plan.changes):
        yield drift
    if plan.change_set is None:
        return
    yield from warn_of_quotas(connection, plan.changes)
    refuse_kept_policy(connection, project.settings, plan.changes)
    if former := find_former_key(connection, project.settings, plan.before, plan.changes):
        yield former
    yield from _name_left_bucket(connection, project, plan)


def _name_left_bucket(connection: Connection, project: Project, plan: StackPlan) -> Iterator[str]:
    settings = project.settings
    if not plan.creates or plan.options.adopt or not settings.has_bucket or settings.bucket.existing:
        return
    if left := find_left_bucket(connection, project):
        yield (
            f"An earlier stack of this name has left the bucket {left}, and this stack gets a new one. To use the "
            f"old one, say no, and run `flask-cdn-stack provision --adopt {left}`."
        )


def _execute(connection: Connection, plan: StackPlan, waiting: StackWaiter) -> Stack:
    slow = "" if connection.is_local else slow_step(plan.changes)
    if plan.options.waits:
        waiting.say(" ".join(filter(None, ["CloudFormation is at work.", slow, "Ctrl-C leaves it running."])))
    if plan.options.on_failure == "delete" and not plan.creates:
        waiting.say("The stack exists already: if the update fails, it is rolled back, and nothing is deleted.")
    stack = execute_change(connection, plan, waiting)
    if stack.is_under_way:
        waiting.say(" ".join(["CloudFormation is at work.", *_sentences_of(stack, plan, slow, waiting)]))
    return stack


def _sentences_of(stack: Stack, plan: StackPlan, slow: str, waiting: StackWaiter) -> Iterator[str]:
    """Yield what the user should know if the run ends before the change does."""
    if slow:
        yield slow
    yield f"`{waiting.attach}` follows it."
    left = [] if stack.outputs else ["the config file is written"]
    if plan.protection is not None:
        left.append(f"termination protection is switched {'on' if plan.protection else 'off'}")
    if left:
        yield f"When it has ended, run `flask-cdn-stack provision` again: {' and '.join(left)} then."


@contextmanager
def _discarded_on_error(
    connection: Connection, plan: StackPlan, waiting: StackWaiter, attendant: Attendant
) -> Iterator[None]:
    """Discard the plan if the block raises an error or is interrupted."""
    try:
        yield
    except BaseException:
        _discard(connection, plan, waiting, attendant)
        raise


def _discard(connection: Connection, plan: StackPlan, waiting: StackWaiter, attendant: Attendant) -> None:
    if kept := discard_change(connection, plan, waiting):
        attendant.warn(kept)
