"""Options that several commands share, each with its variable."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any, TypeVar

import click

Function = TypeVar("Function", bound=Callable[..., Any])


def settings_options(command: Function) -> Function:
    """Add ``--settings`` and ``--stage``."""
    return _apply(
        command,
        click.option(
            "--settings",
            "-c",
            type=click.Path(path_type=Path, dir_okay=False),
            envvar="FLASK_CDN_STACK_SETTINGS",
            show_envvar=True,
            metavar="FILE",
            help="Settings file, instead of the nearest flask-cdn-stack.yml.",
        ),
        click.option(
            "--stage",
            "-s",
            envvar="FLASK_CDN_STACK_STAGE",
            show_envvar=True,
            metavar="NAME",
            help="Stage whose overlay in the settings file is used.",
        ),
    )


def aws_options(command: Function) -> Function:
    """Add ``--region``, ``--profile`` and ``--endpoint-url``."""
    return _apply(
        command,
        click.option("--region", envvar="FLASK_CDN_STACK_REGION", show_envvar=True, help="AWS region of the stack."),
        click.option(
            "--profile",
            envvar="FLASK_CDN_STACK_PROFILE",
            show_envvar=True,
            help="AWS profile to take credentials from.",
        ),
        click.option(
            "--endpoint-url",
            envvar="FLASK_CDN_STACK_ENDPOINT_URL",
            show_envvar=True,
            metavar="URL",
            help="Address of another AWS, such as a local one.",
        ),
    )


def app_option(command: Function) -> Function:
    """Add ``--app``."""
    return _apply(
        command,
        click.option(
            "--app",
            "-A",
            envvar="FLASK_CDN_STACK_APP",
            show_envvar=True,
            metavar="IMPORT",
            help="The Flask app, as for `flask --app`.",
        ),
    )


def output_options(command: Function) -> Function:
    """Add ``--verbose`` and ``--no-color``."""
    return _apply(
        command,
        click.option(
            "--verbose",
            "-v",
            is_flag=True,
            envvar="FLASK_CDN_STACK_VERBOSE",
            show_envvar=True,
            help="Say more, also of the cause of an error.",
        ),
        click.option(
            "--no-color",
            is_flag=True,
            envvar="FLASK_CDN_STACK_NO_COLOR",
            show_envvar=True,
            help="No colours (NO_COLOR does the same).",
        ),
    )


def json_option(command: Function) -> Function:
    """Add ``--json``."""
    return _apply(
        command,
        click.option(
            "--json",
            "as_json",
            is_flag=True,
            envvar="FLASK_CDN_STACK_JSON",
            show_envvar=True,
            help="Print one JSON object on standard output, and nothing else there.",
        ),
    )


def dry_run_options(command: Function) -> Function:
    """Add ``--dry-run`` and ``--exit-code``."""
    return _apply(
        command,
        click.option(
            "--dry-run",
            is_flag=True,
            envvar="FLASK_CDN_STACK_DRY_RUN",
            show_envvar=True,
            help="Show what would change, and change nothing.",
        ),
        click.option(
            "--exit-code",
            is_flag=True,
            envvar="FLASK_CDN_STACK_EXIT_CODE",
            show_envvar=True,
            help="With --dry-run: exit with 3 if something would change.",
        ),
    )


def yes_option(command: Function) -> Function:
    """Add ``--yes``."""
    return _apply(
        command,
        click.option("--yes", "-y", is_flag=True, envvar="FLASK_CDN_STACK_YES", show_envvar=True, help="Do not ask."),
    )


def _apply(command: Function, *decorators: Callable[[Function], Function]) -> Function:
    for decorator in reversed(decorators):
        command = decorator(command)
    return command
