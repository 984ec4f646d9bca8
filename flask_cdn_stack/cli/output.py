"""The output of commands: data on standard output; messages, tables and progress on standard error."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

import click

from ..aws.credentials import read_device, refuse_code
from ..errors import LocalFileError, RefusedError, show_text
from ..json_text import encode_lines
from ..quantities import count as count
from ..quantities import size_text as size_text
from ..stack.step_after import step_after
from ..troubleshooting import find_page
from .plan_lines import PlanLine, shorten_plan
from .streams import is_terminal

if TYPE_CHECKING:
    from rich.console import Console
    from rich.live import Live

#: The warning for a run whose invalidation paths are not all free.
CHARGED = (
    "The 1,000 invalidation paths that are free each month are used up: CloudFront charges for each further one until "
    'the month ends (CloudFront developer guide, "Pay for file invalidation").'
)


@dataclass(frozen=True)
class Output:
    """Writes messages and data to the right stream.

    :param as_json: standard output is only for one JSON object.
    :param is_dry: the command is a dry run, so that its plan is data.
    :param bars: the progress bars that are shown, the newest last.
    :param place: returns a sentence to show before a question, such as which account is meant.
    """

    as_json: bool = False
    is_dry: bool = False
    verbose: bool = False
    no_color: bool = False
    bars: list[Live] = field(default_factory=list, repr=False)
    place: Callable[[], str] | None = field(default=None, repr=False)

    def say(self, text: str) -> None:
        """Show a message, without passwords in URLs; above a progress bar, if one is shown."""
        text = show_text(text)
        if self.bars:
            from rich.text import Text

            self.bars[-1].console.print(Text.from_ansi(text))
        else:
            click.echo(text, err=True)

    def detail(self, text: str) -> None:
        """Show a message only with ``--verbose``."""
        if self.verbose:
            self.say(text)

    def next(self, done: str, stage: str | None = None) -> None:
        """Show the next step, as the last message.

        :param done: a key of :data:`~flask_cdn_stack.stack.step_after.AFTER`.
        """
        self.say(f"Next: {step_after(done, stage)}")

    def done(self, text: str) -> None:
        """Show in green what was done."""
        self.say(click.style(text, fg="green"))

    def warn(self, text: str) -> None:
        """Show a warning."""
        self.say(click.style("Warning: ", fg="yellow", bold=True) + text)
        self.see(text)

    def see(self, message: str) -> None:
        """Show the URL of the documentation's entry on a message, if there is one."""
        if page := find_page(message):
            self.say(f"See {page}")

    @property
    def plan_is_data(self) -> bool:
        """Whether the plan is data for standard output; otherwise it is shown on standard error."""
        return self.is_dry and not self.as_json

    def plan(self, text: str) -> None:
        """Write a line of a plan, in a dry run or before a question.

        :raises LocalFileError: the plan is data, and standard output cannot be written.
        """
        if self.plan_is_data:
            self.data(show_text(text))
        else:
            self.say(text)

    def plan_lines(self, lines: Sequence[PlanLine]) -> None:
        """Write the lines of a plan; a long one is shortened at a terminal, and complete in a pipe.

        :raises LocalFileError: the plan is data, and standard output cannot be written.
        """
        is_whole = self.verbose or (self.plan_is_data and not is_terminal(sys.stdout))
        way_to_all = "`| less` shows all, and --json too" if self.plan_is_data else "--verbose shows all"
        texts = [line.text for line in lines] if is_whole else list(shorten_plan(lines, way_to_all))
        if texts:
            self.plan("\n".join(texts))

    def data(self, text: str) -> None:
        """Write text to standard output, and a line break if it does not end with one.

        :raises LocalFileError: standard output cannot be written.
        """
        _write(text if text.endswith("\n") else text + "\n")

    def json(self, value: dict[str, Any]) -> None:
        """Write the JSON object, if ``--json`` was given."""
        if self.as_json:
            # In pieces, because the whole text would take some hundred bytes of memory for each of 100,000 files.
            is_utf8 = (sys.stdout.encoding or "").lower().replace("-", "") == "utf8"
            for piece in encode_lines(value, ensure_ascii=not is_utf8):
                _write(piece)
            _write("\n")

    def confirm(self, question: str, no: str = "Aborted; nothing was changed.") -> None:
        """Ask a question, and return if the answer is yes.

        :param no: the message of the error for a no.
        :raises RefusedError: the answer is no, or there is no terminal to ask on.
        """
        if not sys.stdin.isatty():
            raise RefusedError("There is no terminal to ask on.", "Pass --yes to answer the question in advance.")
        with self._without_bars():
            if self.place:
                self.say(self.place())
            if not click.confirm(question, err=True):
                raise RefusedError(no)

    def ask_code(self, prompt: str) -> str:
        """Ask for the code of an MFA device, and do not show what is typed.

        :param prompt: botocore's question, which names the device.
        :raises CredentialsError: there is no terminal to ask on.
        """
        device = read_device(prompt)
        if not sys.stdin.isatty():
            raise refuse_code(device)
        with self._without_bars():
            return str(click.prompt(f"Code of the MFA device {device}", hide_input=True, err=True))

    @contextmanager
    def _without_bars(self) -> Iterator[None]:
        # Bars would be drawn over the question, which may also come during an upload.
        for bar in self.bars:
            bar.stop()
        try:
            yield
        finally:
            for bar in self.bars:
                bar.start()

    def table(self, columns: Sequence[str], rows: Iterable[Sequence[str]], is_plan: bool = False) -> None:
        """Show rows: as a table on a terminal, as plain lines elsewhere.

        :param is_plan: the rows are part of a plan, as for :meth:`plan`.
        """
        rows, is_data = list(rows), is_plan and self.plan_is_data
        if not is_terminal(sys.stdout if is_data else sys.stderr):
            widths = [max(len(row[i]) for row in rows) for i in range(len(columns))] if rows else []
            for row in rows:
                cells = (cell.ljust(width) for cell, width in zip(row, widths, strict=True))
                (self.plan if is_plan else self.say)("  " + "  ".join(cells).rstrip())
            return
        from rich.table import Table  # only for a terminal, as all of rich

        table = Table(*columns)
        for row in rows:
            table.add_row(*row)
        self.console(is_data).print(table, markup=False)

    def console(self, for_data: bool = False) -> Console:
        """Return rich's console for standard error, or for standard output."""
        from rich.console import Console

        return Console(stderr=not for_data, no_color=True if self.no_color else None, highlight=False)


def _write(text: str) -> None:
    try:
        try:
            click.echo(text, nl=False)
        except UnicodeEncodeError as error:  # a file name that is not UTF-8, or a terminal with another encoding
            click.echo(text.encode(error.encoding, "backslashreplace").decode(error.encoding), nl=False)
    except BrokenPipeError:
        raise
    except OSError as error:
        raise LocalFileError(
            f"Standard output cannot be written: {error.strerror or error}.",
            "Free space, or send it elsewhere.",
        ) from error


def moment_text(seconds: float | None) -> str:
    """Return epoch seconds as ISO 8601 in UTC; empty for None."""
    return "" if seconds is None else f"{datetime.fromtimestamp(seconds, UTC):%Y-%m-%dT%H:%M:%SZ}"
