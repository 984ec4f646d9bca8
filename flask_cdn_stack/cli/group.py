"""The commands as a click group that imports a command when it is used, and the one place where errors end."""

from __future__ import annotations

import os
from importlib import import_module
from typing import Any

import click

from ..errors import CDNStackError, LocalFileError, MissingExtraError, RefusedError, hide_user_info, way_out

#: Commands in the order of the path they lie on; each is a module of this package with a command of that name.
COMMANDS = ("init", "template", "provision", "deploy", "releases", "rollback", "prune", "config", "local", "demo")

# A web server's image may hold Flask and this package alone, for the extension.
_DEPENDENCIES = {"boto3", "botocore", "msgspec", "obstore", "rich", "tinycss2", "troposphere", "yaml"}


class CommandGroup(click.Group):
    """A group that knows its commands by name: every ``flask`` command of every user loads this one."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        """Return the names, in the order of the path."""
        return list(COMMANDS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        """Import and return a command."""
        if cmd_name not in COMMANDS:
            return None
        command: click.Command = getattr(import_module(f"{__package__}.{cmd_name}"), cmd_name)
        return command

    def main(self, *args: Any, **kwargs: Any) -> Any:
        """Run as a program."""
        from .streams import mended_streams

        with mended_streams():
            try:
                return super().main(*args, **kwargs)
            except OSError as error:
                failure = _translate(error)
                _show_failure(failure)
                raise SystemExit(failure.exit_code) from None

    def invoke(self, ctx: click.Context) -> Any:
        """Find and run a command."""
        from .streams import mended_streams

        with mended_streams():
            try:
                return super().invoke(ctx)
            except KeyboardInterrupt:
                _end_aborted(ctx)


class Command(click.Command):
    """A command whose expected failures end as one message and an exit code."""

    def invoke(self, ctx: click.Context) -> Any:
        """Run the command."""
        if ctx.params.get("no_color") or os.environ.get("NO_COLOR"):
            ctx.color = False
        if ctx.params.get("exit_code") and not ctx.params["dry_run"]:
            raise click.UsageError("--exit-code needs --dry-run.", ctx)
        try:
            return super().invoke(ctx)
        except CDNStackError as error:
            _show_failure(error, ctx.params.get("verbose", False))
            ctx.exit(error.exit_code)
        except ModuleNotFoundError as error:
            if error.name not in _DEPENDENCIES:
                raise
            _show_failure(MissingExtraError(f"{error.name} is not installed.", "Run: pip install flask-cdn-stack"))
            ctx.exit(MissingExtraError.exit_code)
        except (click.Abort, KeyboardInterrupt):
            _end_aborted(ctx)
        except BrokenPipeError:
            raise
        except OSError as error:
            failure = _translate(error)
            _show_failure(failure, ctx.params.get("verbose", False))
            ctx.exit(failure.exit_code)


def _translate(error: OSError) -> LocalFileError:
    """Return what the operating system refuses as a failure of ours; whatever else it is, is a bug and goes on."""
    hint = way_out(error)
    if not hint:
        raise error
    place = f"{error.filename}: " if error.filename else "The operating system says: "
    failure = LocalFileError(f"{place}{error.strerror}.", hint)
    failure.__cause__ = error
    return failure


def _end_aborted(ctx: click.Context) -> None:
    click.echo("Aborted. The same command may be run again: it goes on from what is there.", err=True)
    ctx.exit(RefusedError.exit_code)


def _show_failure(error: CDNStackError, verbose: bool = False) -> None:
    lines = [click.style("Error: ", fg="red", bold=True) + error.message, *([error.hint] if error.hint else [])]
    lines += [f"Cause: {name}: {text}" for name, text in (list_causes(error) if verbose else ())]
    for line in lines:
        click.echo(hide_user_info(line), err=True)


def list_causes(error: BaseException) -> list[tuple[str, str]]:
    """Return the type names and texts of what led to an error, the nearest first."""
    causes = []
    cause = error.__cause__
    while cause is not None:
        causes.append((type(cause).__name__, str(cause)))
        cause = cause.__cause__
    return causes
