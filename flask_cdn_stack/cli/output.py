"""What the user sees: data on standard output, narration, tables and progress on standard error."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

import click

from ..aws.cloudformation import Change, Event
from ..aws.credentials import read_device, refuse_code
from ..errors import LocalFileError, RefusedError, hide_user_info
from ..json_text import encode_lines

if TYPE_CHECKING:
    from rich.console import Console
    from rich.progress import Progress

_REPLACEMENT_WORDS = {"True": "yes", "False": "", "Conditional": "perhaps"}

#: What a user is told whose run asked the edge for more than is free.
CHARGED = (
    "The 1,000 invalidation paths that are free each month are used up: CloudFront charges for each further one until "
    'the month ends (CloudFront developer guide, "Pay for file invalidation").'
)


@dataclass(frozen=True)
class Output:
    """Where words go. ``as_json``: standard output is kept for one JSON object. ``bars`` are those that are shown.

    ``place`` says what is worked on, before a question: whoever agrees should know which account is meant.
    """

    as_json: bool = False
    verbose: bool = False
    no_color: bool = False
    bars: list[Progress] = field(default_factory=list, repr=False)
    place: Callable[[], str] | None = field(default=None, repr=False)

    def say(self, text: str) -> None:
        """Narrate, without passwords in URLs."""
        click.echo(hide_user_info(text), err=True)

    def detail(self, text: str) -> None:
        """Narrate what only ``--verbose`` wants to know."""
        if self.verbose:
            self.say(text)

    def warn(self, text: str) -> None:
        """Narrate what the user should look at."""
        self.say(click.style("Warning: ", fg="yellow", bold=True) + text)

    def data(self, text: str) -> None:
        """Print data as it is, and a line break where it does not end with one.

        :raises LocalFileError: standard output does not take it.
        """
        _write(text if text.endswith("\n") else text + "\n")

    def json(self, value: dict[str, Any]) -> None:
        """Print the one object, where it was asked for."""
        if self.as_json:
            # As a whole, the text and its parts take some hundred bytes for each of 100,000 files.
            is_utf8 = (sys.stdout.encoding or "").lower().replace("-", "") == "utf8"
            for piece in encode_lines(value, ensure_ascii=not is_utf8):
                _write(piece)
            _write("\n")

    def confirm(self, question: str) -> None:
        """Ask; return on yes.

        :raises RefusedError: the answer was no, or there is nobody to ask.
        """
        if not sys.stdin.isatty():
            raise RefusedError("There is no terminal to ask on.", "Pass --yes to answer the question in advance.")
        if self.place:
            self.say(self.place())
        if not click.confirm(question, err=True):
            raise RefusedError("Aborted; nothing was changed.")

    def ask_code(self, prompt: str) -> str:
        """Ask for the code of an MFA device, as botocore puts it, and do not show what is typed.

        :raises CredentialsError: there is nobody to ask.
        """
        device = read_device(prompt)
        if not sys.stdin.isatty():
            raise refuse_code(device)
        with self._without_bars():
            return str(click.prompt(f"Code of the MFA device {device}", hide_input=True, err=True))

    @contextmanager
    def _without_bars(self) -> Iterator[None]:
        # They would be drawn over the question, which comes in the middle of an upload, too.
        for bar in self.bars:
            bar.stop()
        try:
            yield
        finally:
            for bar in self.bars:
                bar.start()

    def table(self, columns: Sequence[str], rows: Iterable[Sequence[str]]) -> None:
        """Show rows: as a table on a terminal, as plain lines elsewhere."""
        rows = list(rows)
        if not sys.stderr.isatty():
            widths = [max(len(row[i]) for row in rows) for i in range(len(columns))] if rows else []
            for row in rows:
                cells = (cell.ljust(width) for cell, width in zip(row, widths, strict=True))
                self.say("  " + "  ".join(cells).rstrip())
            return
        from rich.table import Table  # only for a terminal, as all of rich

        table = Table(*columns)
        for row in rows:
            table.add_row(*row)
        self.console().print(table, markup=False)

    def changes(self, changes: Iterable[Change]) -> None:
        """Show what a change set would do."""
        rows = [
            (change.action, change.logical_id, change.type, _REPLACEMENT_WORDS.get(change.replacement, ""))
            for change in changes
        ]
        self.table(("Action", "Resource", "Type", "Replaced"), rows)

    def event(self, event: Event) -> None:
        """Show what happened to one resource."""
        reason = f"  {event.reason}" if event.reason else ""
        self.say(f"  {event.time:%H:%M:%S}  {event.status:<28}  {event.logical_id}{reason}")

    def console(self) -> Console:
        """Return rich's console for standard error."""
        from rich.console import Console

        return Console(stderr=True, no_color=True if self.no_color else None, highlight=False)


def _write(text: str) -> None:
    try:
        try:
            click.echo(text, nl=False)
        except UnicodeEncodeError as error:  # a file's name that is not UTF-8, or a terminal that knows less
            click.echo(text.encode(error.encoding, "backslashreplace").decode(error.encoding), nl=False)
    except BrokenPipeError:
        raise
    except OSError as error:
        raise LocalFileError(
            f"Standard output cannot be written: {error.strerror or error}.",
            "Free space, or send it elsewhere.",
        ) from error


def count(number: int, noun: str) -> str:
    """Return ``1 file`` or ``2 files``."""
    return f"{number:,} {noun}" + ("" if number == 1 else "s")


def size_text(size: int) -> str:
    """Return a number of bytes in the largest unit that leaves it at 1 or more."""
    for unit in ("bytes", "kB", "MB", "GB"):
        if size < 1000 or unit == "GB":
            break
        size /= 1000  # type: ignore[assignment]
    return f"{size:.0f} {unit}" if unit == "bytes" else f"{size:.1f} {unit}"


def moment_text(seconds: float | None) -> str:
    """Return a moment as ISO 8601 in UTC; empty for none."""
    return "" if seconds is None else f"{datetime.fromtimestamp(seconds, UTC):%Y-%m-%dT%H:%M:%SZ}"
