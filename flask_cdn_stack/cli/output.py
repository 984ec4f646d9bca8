"""What the user sees: data on standard output, narration, tables and progress on standard error."""

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

#: What a user is told whose run asked the edge for more than is free.
CHARGED = (
    "The 1,000 invalidation paths that are free each month are used up: CloudFront charges for each further one until "
    'the month ends (CloudFront developer guide, "Pay for file invalidation").'
)


@dataclass(frozen=True)
class Output:
    """Where words go.

    :param as_json: standard output is kept for one JSON object.
    :param is_dry: what would be done is what was asked for.
    :param bars: those that are shown.
    :param place: says what is worked on, before a question: whoever agrees should know which account is meant.
    """

    as_json: bool = False
    is_dry: bool = False
    verbose: bool = False
    no_color: bool = False
    bars: list[Live] = field(default_factory=list, repr=False)
    place: Callable[[], str] | None = field(default=None, repr=False)

    def say(self, text: str) -> None:
        """Narrate, without passwords in URLs; above what is drawn live, if anything is."""
        text = show_text(text)
        if self.bars:
            from rich.text import Text

            self.bars[-1].console.print(Text.from_ansi(text))
        else:
            click.echo(text, err=True)

    def detail(self, text: str) -> None:
        """Narrate what only ``--verbose`` wants to know."""
        if self.verbose:
            self.say(text)

    def next(self, done: str, stage: str | None = None) -> None:
        """Narrate the next step, as the last that is said.

        :param done: a key of :data:`~flask_cdn_stack.stack.step_after.AFTER`.
        """
        self.say(f"Next: {step_after(done, stage)}")

    def done(self, text: str) -> None:
        """Narrate what was done, in green."""
        self.say(click.style(text, fg="green"))

    def warn(self, text: str) -> None:
        """Narrate what the user should look at."""
        self.say(click.style("Warning: ", fg="yellow", bold=True) + text)
        self.see(text)

    def see(self, message: str) -> None:
        """Narrate where the documentation says more of a message, if it does."""
        if page := find_page(message):
            self.say(f"See {page}")

    @property
    def plan_is_data(self) -> bool:
        """Whether what would be done goes to standard output, where it is data; else it is narrated."""
        return self.is_dry and not self.as_json

    def plan(self, text: str) -> None:
        """Say a line of what would be done, or of what the user is asked to agree to.

        :raises LocalFileError: it is data, and standard output does not take it.
        """
        if self.plan_is_data:
            self.data(show_text(text))
        else:
            self.say(text)

    def plan_lines(self, lines: Sequence[PlanLine]) -> None:
        """Say what would be done, a line for each thing; a long plan is shortened for a reader, and whole for programs.

        :raises LocalFileError: it is data, and standard output does not take it.
        """
        is_whole = self.verbose or (self.plan_is_data and not is_terminal(sys.stdout))
        way_to_all = "`| less` shows all, and --json too" if self.plan_is_data else "--verbose shows all"
        texts = [line.text for line in lines] if is_whole else list(shorten_plan(lines, way_to_all))
        if texts:
            self.plan("\n".join(texts))

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

    def confirm(self, question: str, no: str = "Aborted; nothing was changed.") -> None:
        """Ask; return on yes.

        :param no: what a no comes to.
        :raises RefusedError: the answer was no, or there is nobody to ask.
        """
        if not sys.stdin.isatty():
            raise RefusedError("There is no terminal to ask on.", "Pass --yes to answer the question in advance.")
        with self._without_bars():
            if self.place:
                self.say(self.place())
            if not click.confirm(question, err=True):
                raise RefusedError(no)

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

    def table(self, columns: Sequence[str], rows: Iterable[Sequence[str]], is_plan: bool = False) -> None:
        """Show rows: as a table on a terminal, as plain lines elsewhere.

        :param is_plan: they are what would be done.
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
        except UnicodeEncodeError as error:  # a file's name that is not UTF-8, or a terminal that knows less
            click.echo(text.encode(error.encoding, "backslashreplace").decode(error.encoding), nl=False)
    except BrokenPipeError:
        raise
    except OSError as error:
        raise LocalFileError(
            f"Standard output cannot be written: {error.strerror or error}.",
            "Free space, or send it elsewhere.",
        ) from error


def moment_text(seconds: float | None) -> str:
    """Return a moment as ISO 8601 in UTC; empty for none."""
    return "" if seconds is None else f"{datetime.fromtimestamp(seconds, UTC):%Y-%m-%dT%H:%M:%SZ}"
