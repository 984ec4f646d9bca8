"""The click group, which imports a command only when it is used, and shows expected errors with their exit codes."""

from __future__ import annotations

import os
from collections.abc import Mapping
from importlib import import_module
from typing import TYPE_CHECKING, Any

import click

from ..errors import CDNStackError, LocalFileError, MissingExtraError, RefusedError, show_text, way_out
from .streams import mended_streams

if TYPE_CHECKING:
    from click.shell_completion import CompletionItem

#: Commands with the first sentence of their help, in the order in which they are used. Each is a module of this package
#: that contains a command of the same name.
COMMANDS = {
    "init": "Write flask-cdn-stack.yml and a config file to start from.",
    "check": "Check settings files, at each of their stages.",
    "template": "Print the CloudFormation template.",
    "provision": "Create or update the S3 bucket and CloudFront distribution.",
    "deploy": "Upload the app's static files and publish them.",
    "status": "Show the stack and the release, and what differs from the app.",
    "verify": "Check every published URL as a viewer gets it.",
    "releases": "List the releases, the newest first.",
    "rollback": "Publish an earlier release again.",
    "prune": "Remove old releases, and the objects that only they need.",
    "destroy": "Delete the stack; the app then serves its files itself again.",
    "open": "Open a published file as the CDN serves it.",
    "config": "Print the app's config values, or rewrite the config file.",
    "cost": "Estimate the cost of a month and of a deploy.",
    "doctor": "Check what keeps the other commands from working.",
    "local": "Run a local AWS on this machine until Ctrl-C.",
    "demo": "Provision, deploy and serve a sample app on this machine.",
}

# Packages that may be missing: a web server that only uses the extension needs none of them.
_DEPENDENCIES = {"boto3", "botocore", "msgspec", "obstore", "rich", "tinycss2", "troposphere", "yaml"}


class CommandGroup(click.Group):
    """A group that knows only names and summaries of its commands, because every ``flask`` command loads it."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        """Return the commands' names, in the order in which they are used."""
        return list(COMMANDS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        """Import and return a command; for shell completion without a package that it needs, one without options."""
        if cmd_name not in COMMANDS:
            return None
        try:
            command: click.Command = getattr(import_module(f"{__package__}.{cmd_name}"), cmd_name)
        except ModuleNotFoundError as error:
            if ctx.resilient_parsing and error.name in _DEPENDENCIES:
                return click.Command(cmd_name)
            raise
        return command

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """Write the list of commands; click's own method would import each of them."""
        with formatter.section("Commands"):
            formatter.write_dl(list(COMMANDS.items()))

    def shell_complete(self, ctx: click.Context, incomplete: str) -> list[CompletionItem]:
        """Return the commands and options that begin so; click's own method would import each command."""
        from click.shell_completion import CompletionItem  # needed for completion only

        commands = [CompletionItem(name, help=text) for name, text in COMMANDS.items() if name.startswith(incomplete)]
        return commands + click.Command.shell_complete(self, ctx, incomplete)

    def resolve_command(
        self, ctx: click.Context, args: list[str]
    ) -> tuple[str | None, click.Command | None, list[str]]:
        """Find the command that is called; suggest similar names if there is none."""
        try:
            return super().resolve_command(ctx, args)
        except click.UsageError as error:
            from difflib import get_close_matches  # needed for a wrong name only

            near = " or ".join(map(repr, get_close_matches(args[0], COMMANDS)))
            raise click.UsageError(f"{error.message} Did you mean {near}?", ctx) if near else error from None

    def main(self, *args: Any, **kwargs: Any) -> Any:
        """Run as a program."""
        with mended_streams():
            try:
                return super().main(*args, **kwargs)
            except OSError as error:
                failure = _translate(error)
                _show_failure(failure)
                raise SystemExit(failure.exit_code) from None

    def invoke(self, ctx: click.Context) -> Any:
        """Find and run a command."""
        ctx.color = _choose_color(os.environ)
        with mended_streams():
            try:
                return super().invoke(ctx)
            except ModuleNotFoundError as error:
                if error.name not in _DEPENDENCIES:
                    raise
                _show_failure(MissingExtraError(f"{error.name} is not installed.", "Run: pip install flask-cdn-stack"))
                ctx.exit(MissingExtraError.exit_code)
            except KeyboardInterrupt:
                _end_aborted(ctx)


class Command(click.Command):
    """A command whose expected failures end as one message and an exit code."""

    def invoke(self, ctx: click.Context) -> Any:
        """Run the command."""
        if ctx.params.get("no_color"):
            ctx.color = False
        if ctx.params.get("exit_code") and not ctx.params.get("dry_run", True):
            raise click.UsageError("--exit-code needs --dry-run.", ctx)
        try:
            return super().invoke(ctx)
        except CDNStackError as error:
            _show_failure(error, ctx.params.get("verbose", False))
            ctx.exit(error.exit_code)
        except (click.Abort, KeyboardInterrupt):
            _end_aborted(ctx)
        except BrokenPipeError:
            raise
        except OSError as error:
            failure = _translate(error)
            _show_failure(failure, ctx.params.get("verbose", False))
            ctx.exit(failure.exit_code)


def _choose_color(environment: Mapping[str, str]) -> bool | None:
    """Return whether to use colours (no-color.org, force-color.org); None: if the output is a terminal."""
    if environment.get("NO_COLOR") or environment.get("TERM") == "dumb":
        return False
    return True if environment.get("FORCE_COLOR", "0") not in ("", "0") else None


def _translate(error: OSError) -> LocalFileError:
    """Return an error of the operating system as an expected failure; an unknown one is a bug, and raised again."""
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
    lines += [f"See {error.see}"] if error.see else []
    for line in lines:
        click.echo(show_text(line), err=True)


def list_causes(error: BaseException) -> list[tuple[str, str]]:
    """Return the type names and texts of an error's causes, the nearest first."""
    causes = []
    cause = error.__cause__
    while cause is not None:
        causes.append((type(cause).__name__, cause.text if isinstance(cause, CDNStackError) else str(cause)))
        cause = cause.__cause__
    return causes
