"""Options that several commands share, most with an environment variable named after the long option."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any, TypeVar

import click

from .completion import complete_profile, complete_region, complete_stage

Function = TypeVar("Function", bound=Callable[..., Any])


def settings_options(command: Function) -> Function:
    """Add ``--settings`` and ``--stage``."""
    file = click.Path(path_type=Path, dir_okay=False)
    command = _option(
        command,
        "--stage",
        "-s",
        metavar="NAME",
        help="Stage of the settings file to use.",
        shell_complete=complete_stage,
    )
    return _option(
        command,
        "--settings",
        "-c",
        type=file,
        metavar="FILE",
        help="Settings file, instead of the nearest flask-cdn-stack.yml.",
    )


def aws_options(command: Function) -> Function:
    """Add ``--region``, ``--profile`` and ``--endpoint-url``."""
    command = _option(command, "--endpoint-url", metavar="URL", help="Address of another AWS, such as a local one.")
    command = _option(
        command, "--profile", help="AWS profile to take credentials from.", shell_complete=complete_profile
    )
    return _option(command, "--region", help="AWS region of the stack.", shell_complete=complete_region)


def app_option(command: Function) -> Function:
    """Add ``--app``."""
    return _option(command, "--app", "-A", metavar="IMPORT", help="The Flask app, as for `flask --app`.")


def output_options(command: Function) -> Function:
    """Add ``--verbose`` and ``--no-color``."""
    command = _option(command, "--no-color", is_flag=True, help="No colours (NO_COLOR does the same).")
    return _option(command, "--verbose", "-v", is_flag=True, help="Say more, and name the cause of an error.")


def json_option(command: Function) -> Function:
    """Add ``--json``."""
    return _option(
        command,
        "--json",
        "as_json",
        is_flag=True,
        help="Print one JSON object on standard output, and nothing else there.",
    )


def exit_code_option(command: Function) -> Function:
    """Add ``--exit-code`` to a command that changes nothing."""
    return _option(command, "--exit-code", is_flag=True, help="Exit with 3 if something differs.")


def dry_run_options(command: Function) -> Function:
    """Add ``--dry-run`` and ``--exit-code``."""
    command = _option(
        command, "--exit-code", is_flag=True, help="With --dry-run: exit with 3 if something would change."
    )
    return _option(command, "--dry-run", is_flag=True, help="Show what would change, and change nothing.")


def max_deletes_option(command: Function) -> Function:
    """Add ``--max-deletes``."""
    return click.option(
        "--max-deletes",
        type=click.IntRange(min=0),
        metavar="N",
        help="Delete at most N objects, instead of assets.max_deletes.",
    )(command)


def take_over_option(command: Function) -> Function:
    """Add ``--take-over``."""
    return click.option(
        "--take-over",
        is_flag=True,
        help="Take over objects that another project or tool has put there, and a deletion that another machine has "
        "left unfinished.",
    )(command)


def yes_option(command: Function) -> Function:
    """Add ``--yes``."""
    return _option(command, "--yes", "-y", is_flag=True, help="Do not ask.")


def _option(command: Function, name: str, *names: str, **attributes: Any) -> Function:
    # Click's automatic prefix would contain the command's name, so that commands could not share a variable.
    variable = "FLASK_CDN_STACK_" + name.removeprefix("--").replace("-", "_").upper()
    return click.option(name, *names, envvar=variable, show_envvar=True, **attributes)(command)
