"""Creating or updating the stack that the settings ask for."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import AbstractContextManager, contextmanager, nullcontext
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Protocol

from ..aws.cloudformation import Stack
from ..aws.session import Connection
from ..checks.settings import check_session_region, require_stack
from ..config_file import render_python, write_guarded
from ..infrastructure.template import build_template, render_template
from ..settings.model import Project, Settings
from .advice import PolicyAdvice, check_cache_policy, check_headers_policy, find_key_advice, find_policy_advice
from .bucket_policy import refuse_kept_policy
from .certificates import check_certificate
from .differences import Difference, find_differences
from .following import GOES_ON
from .former_keys import find_former_key
from .outputs import parse_outputs, provisioned_values
from .quotas import warn_of_quotas
from .stack_plan import StackPlan, discard_change, execute_change, prepare_change
from .waiting import StackWaiter

__all__ = ["Attendant", "ProvisionReport", "Unattended", "carry_out", "only_look", "provision", "write_config"]


@dataclass(frozen=True)
class ProvisionReport:
    """What came of it: the plan, what it changes beside resources, and the stack, None where there is none yet.

    ``policy_advice`` and ``key_advice`` are statements that belong into policies which are not the stack's.
    """

    plan: StackPlan
    differences: tuple[Difference, ...]
    stack: Stack | None
    policy_advice: PolicyAdvice | None = None
    key_advice: str | None = None


class Attendant(Protocol):
    """Whoever attends: is shown the plan, warned and asked."""

    def resolve(self) -> Settings:
        """Return the settings with all that they leave to the app."""

    def warn(self, text: str) -> None:
        """Take note of what should be looked at."""

    def working(self) -> AbstractContextManager[object]:
        """Be there from the first request that writes to the last; an exception raised within ends it."""

    def agree_to_delete(self, stack: Stack) -> None:
        """Agree to delete a stack whose creation failed and was undone; raise what there is to object."""

    def show(self, plan: StackPlan, differences: Sequence[Difference]) -> None:
        """Show what would change."""

    def agree(self, plan: StackPlan) -> None:
        """Agree to it; raise what there is to object."""

    def write_config(self, stack: Stack | None) -> None:
        """Write the config file that the app imports."""


def write_config(connection: Connection, project: Project, stack: Stack | None) -> str | None:
    """Write the config file of a stack; return the CDN's domain, None where the file is as it was, or not wanted.

    :raises RefusedError: another file is in its place.
    :raises LocalFileError: it cannot be written.
    """
    if stack is None or project.config_file is None:
        return None
    values = provisioned_values(connection, project, parse_outputs(stack.name, stack.outputs))
    return values.domain if write_guarded(project.config_file, render_python(values)) else None


@dataclass(frozen=True)
class Unattended:
    """Agrees to everything, and writes the config file. The settings must leave nothing to the app."""

    connection: Connection
    project: Project

    def resolve(self) -> Settings:
        """Return them as they are."""
        return self.project.settings

    def warn(self, text: str) -> None:
        """Forget it."""

    def working(self) -> AbstractContextManager[object]:
        """Do nothing."""
        return nullcontext()

    def agree_to_delete(self, stack: Stack) -> None:
        """Agree."""

    def show(self, plan: StackPlan, differences: Sequence[Difference]) -> None:
        """Forget it."""

    def agree(self, plan: StackPlan) -> None:
        """Agree."""

    def write_config(self, stack: Stack | None) -> None:
        """Write it."""
        write_config(self.connection, self.project, stack)


class ProvisionReader(Protocol):
    """Says what becomes of a plan."""

    @property
    def deletes_dead(self) -> bool:
        """Whether a stack that cannot be updated may be deleted to come to a plan."""

    def __call__(
        self, connection: Connection, plan: StackPlan, waiting: StackWaiter, attendant: Attendant
    ) -> Stack | None:
        """Return the stack as it is then."""


class _CarryOut:
    """Executes a plan, and lets the config file be written, also where nothing has changed."""

    deletes_dead = True

    def __call__(
        self, connection: Connection, plan: StackPlan, waiting: StackWaiter, attendant: Attendant
    ) -> Stack | None:
        stack = _execute(connection, plan, waiting) if plan.change_set else plan.before
        attendant.write_config(stack)
        return stack


class _OnlyLook:
    """Takes back what was prepared for a plan: a dry run."""

    deletes_dead = False

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
) -> ProvisionReport:
    """Create the project's stack, or make it as the settings say.

    :param attendant: who is shown the plan, and asked; by itself, :class:`Unattended`.
    :param waiting: how to wait for CloudFormation, and what to call meanwhile.
    :param reader: ``carry_out``, or for a dry run ``only_look``, both of this module.
    :raises SettingsError: AWS would not take the settings.
    :raises RefusedError: the stack belongs to another project, or somebody has not agreed.
    :raises StackFailedError: the change set is refused, or the change failed.
    :raises AWSError: AWS refused or could not be reached.
    """
    attendant, waiting = attendant or Unattended(connection, project), waiting or StackWaiter()
    require_stack(project.settings)
    check_session_region(project.settings, connection.region)
    settings = attendant.resolve()
    template = render_template(settings)
    for warning in _check_with_aws(connection, settings):
        attendant.warn(warning)
    agree_to_delete = attendant.agree_to_delete if reader.deletes_dead else None
    with attendant.working():
        plan = prepare_change(connection, project, template, waiting, agree_to_delete)
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
    if plan.change_set is None:
        return
    yield from warn_of_quotas(connection, plan.changes)
    refuse_kept_policy(connection, project.settings, plan.changes)
    if former := find_former_key(connection, project.settings, plan.before, plan.changes):
        yield former


def _execute(connection: Connection, plan: StackPlan, waiting: StackWaiter) -> Stack:
    waiting.say("CloudFormation is at work; a distribution takes some minutes. Ctrl-C leaves it running.")
    try:
        return execute_change(connection, plan, waiting)
    except KeyboardInterrupt:
        waiting.say(GOES_ON)
        raise


@contextmanager
def _discarded_on_error(
    connection: Connection, plan: StackPlan, waiting: StackWaiter, attendant: Attendant
) -> Iterator[None]:
    """Leave nothing behind, whatever ends it before the change is begun."""
    try:
        yield
    except BaseException:
        _discard(connection, plan, waiting, attendant)
        raise


def _discard(connection: Connection, plan: StackPlan, waiting: StackWaiter, attendant: Attendant) -> None:
    if kept := discard_change(connection, plan, waiting):
        attendant.warn(kept)
