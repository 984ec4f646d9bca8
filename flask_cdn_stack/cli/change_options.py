"""The command line options of a change to the stack."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from typing import Any, TypeVar, get_args

import click

from ..stack.change_options import ChangeOptions, OnFailure
from .completion import complete_resource

Function = TypeVar("Function", bound=Callable[..., Any])

# By name, in the order of the help.
_OPTIONS: dict[str, dict[str, Any]] = {
    "--no-wait": {"is_flag": True, "help": "Exit as soon as CloudFormation has started, without waiting for the end."},
    "--timeout": {
        "type": click.FloatRange(min=0, min_open=True),
        "metavar": "MINUTES",
        "help": "Exit with 1 if the change takes longer; CloudFormation goes on with it.",
    },
    "--on-failure": {
        "type": click.Choice(get_args(OnFailure)),
        "default": "rollback",
        "show_default": True,
        "help": "What to do if the change fails: roll it back, delete a stack that was being created, or keep it all "
        "as it is, to look at.",
    },
    "--role-arn": {
        "metavar": "ARN",
        "callback": lambda ctx, option, value: _check_role(value),
        "help": "IAM role that CloudFormation uses for this and every later change of the stack. "
        "You need iam:PassRole for it.",
    },
    "--skip-resource": {
        "multiple": True,
        "metavar": "ID",
        "shell_complete": complete_resource,
        "help": "Resource to skip when a rollback that got stuck is continued. May be given several times.",
    },
    "--adopt": {
        "metavar": "BUCKET",
        "help": "Take this bucket, which an earlier stack of this project has left, into the new stack.",
    },
}


def change_options(command: Function) -> Function:
    """Add the options of a change to the stack."""
    for name, attributes in reversed(_OPTIONS.items()):
        command = click.option(name, **attributes)(command)
    return command


def read_change_options(values: Mapping[str, Any]) -> tuple[ChangeOptions, float | None]:
    """Return the options of the change, and the timeout in seconds; None without one.

    :raises click.UsageError: two of the options contradict each other.
    """
    minutes, waits = values["timeout"], not values["no_wait"]
    if minutes is not None and not waits:
        raise click.UsageError("--timeout has no effect with --no-wait; leave one of them out.")
    options = ChangeOptions(
        values["on_failure"], values["role_arn"], values["skip_resource"], waits, adopt=values["adopt"]
    )
    return options, None if minutes is None else minutes * 60


def _check_role(arn: str | None) -> str | None:
    if arn is not None and not re.fullmatch(r"arn:[\w-]+:iam::\d{12}:role/\S+", arn):
        raise click.BadParameter(f"{arn!r} is not the ARN of a role, as arn:aws:iam::123456789012:role/name is.")
    return arn
