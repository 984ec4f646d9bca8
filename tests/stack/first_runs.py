"""A first run of ``provision``, as our own code does it, for a CloudFormation in memory."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import cast

from flask_cdn_stack.aws.session import Connection
from flask_cdn_stack.settings.model import Project, Settings
from flask_cdn_stack.stack.recovery import Recovery
from flask_cdn_stack.stack.stack_plan import discard_change, execute_change, prepare_change
from flask_cdn_stack.stack.waiting import StackWaiter
from tests.stack.fake_cloudformation import FakeConnection

PROJECT = Project(
    settings=Settings(), name="shop", stack_named=False, folder=Path(), file=None, stage=None, stack="shop-cdn"
)
TEMPLATE = '{"Resources": {}}'
Sleep = Callable[[float], None]
Clock = Callable[[], float]
Agree = Callable[[Recovery], None]


def carry_out(fake: FakeConnection, sleep: Sleep, clock: Clock, agree: Agree | None = None) -> object:
    """Run ``provision`` and answer yes."""
    connection, waiting = cast("Connection", fake), StackWaiter(sleep, clock=clock)
    plan = prepare_change(connection, PROJECT, TEMPLATE, waiting, agree)
    return execute_change(connection, plan, waiting) if plan.change_set else plan.before


def recover(fake: FakeConnection, sleep: Sleep, clock: Clock) -> object:
    """Run ``provision --yes``."""
    return carry_out(fake, sleep, clock, lambda recovery: None)


def decline(fake: FakeConnection, sleep: Sleep, clock: Clock) -> object:
    """Run ``provision`` and answer no, or ``provision --dry-run``."""
    connection, waiting = cast("Connection", fake), StackWaiter(sleep, clock=clock)
    return discard_change(connection, prepare_change(connection, PROJECT, TEMPLATE, waiting), waiting)
